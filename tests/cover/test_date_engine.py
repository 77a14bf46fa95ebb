"""The date engine: every named case through the rule and through SQL, and what holds whatever happens (rulebook §4)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huzhu.cover import operations as cover
from huzhu.cover import queries, rules
from huzhu.cover.models import Cover
from huzhu.cover.rules import CoverClass, HeldCover, PlannedCover
from tests.cover.date_cases import CASES, FIGURES, Case, day
from tests.cover.test_operations import create, source
from tests.factories import enrolment as make
from tests.factories import plans

DAY = dt.timedelta(days=1)
LUMPS = {"CI25-A": 12000, "CI25-B": 30000, "MED06-A": 10000}  # yuan per share; plans without lump sums count shares
CHAINS = {
    "HOSP25": {"HOSP25", "HOSP06"},
    "CASH25": {"CASH25", "CASH06"},
    "CI25-A": {"CI25-A", "CI25-B", "MED06-A"},
    "CI25-B": {"CI25-A", "CI25-B", "MED06-A"},
}


def arrival(case: Case) -> dt.date:
    return rules.arrival(
        value_dates=[day(text) for text in case.arrived],
        issued_on=day(case.issued),
        credit_requested_on=day(case.credit) if case.credit else None,
    )


def by_rule(case: Case) -> PlannedCover:
    held = [
        HeldCover(
            start=day(each.start),
            end=day(each.end),
            amount=Decimal(each.shares * LUMPS.get(each.code, 1)),
            is_own=each.is_own,
        )
        for each in case.before
        if each.code in CHAINS[case.code]
    ]
    return rules.planned_cover(
        held=held,
        reference_on=day(case.reference) if case.reference else None,
        arrival_on=arrival(case),
        term_months=case.months,
        grace_days=case.grace,
        amount=Decimal(case.shares * LUMPS.get(case.code, 1)),
        figures=FIGURES,
    )


def version_for(code: str, *, months: int, grace: int):
    return plans.version(
        code,
        term_months=months,
        renewal_grace_days=grace,
        waiting_days_first=FIGURES.first,
        waiting_days_renewal=FIGURES.renewal,
        waiting_days_lapsed=FIGURES.lapsed,
    )


def test_there_are_sixty_cases_and_more():
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_rule_answers_every_case(case):
    planned = by_rule(case)

    period = planned.period
    assert (period.start, period.end, period.cover_class) == (day(case.start), day(case.end), case.cover_class)
    assert planned.is_moved is case.moved
    waits = [rules.waiting_ends_on(start=period.start, days=tier.days) for tier in planned.tiers]
    assert (waits[0], waits[-1]) == (day(case.full), case.added_on)
    assert planned.is_too_far_ahead is (case.refused == "already_covered" and case.moved)


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_sql_answers_every_case_as_the_rule_does(case):
    employer, other = make.an_employer(), make.an_employer()
    (entry,) = make.people(employer)
    elsewhere = make.also_at(entry, other)
    for each in case.before:
        make.cover_of(
            entry if each.is_own else elsewhere,
            plans.version(each.code),
            start=day(each.start),
            end=day(each.end),
            shares=each.shares,
        )
    asked = source(
        entry,
        employer=employer,
        version=version_for(case.code, months=case.months, grace=case.grace),
        shares=case.shares,
        reference_on=day(case.reference) if case.reference else None,
        arrival_on=arrival(case),
    )

    start, end, cover_class, previous_end, own_end = periods(asked)[0]
    made = cover.create_covers(source=asked, at=make.NOON)

    planned = by_rule(case)
    assert (start, end, cover_class) == (day(case.start), day(case.end), case.cover_class)
    assert previous_end == planned.previous_end
    assert (own_end is not None and own_end == start and planned.is_moved) is case.moved
    if case.refused:
        assert [person.reason for person in made.left_out] == [case.refused]
        assert not Cover.objects.filter(application_id=1).exists()
    else:
        held = Cover.objects.get(application_id=1)
        assert (held.coverage_start, held.coverage_end, held.cover_class) == (start, end, cover_class)
        assert (held.full_from, held.added_full_from) == (day(case.full), case.added_on)


def periods(asked: cover.Source) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coverage_start, coverage_end, cover_class, previous_end, own_end "
            f"FROM ({queries.period_sql(asked.sql)}) AS timed",
            asked.params,
        )
        return cursor.fetchall()


BASE = dt.date(2024, 2, 20)
DAYS = st.integers(0, 500).map(lambda days: BASE + days * DAY)
LENGTHS = st.integers(1, 500)
HELD = st.lists(st.tuples(DAYS, LENGTHS, st.booleans(), st.integers(1, 2)), max_size=4)
SITUATIONS = {
    "history": HELD,
    "reference_on": st.none() | DAYS,
    "arrival_on": DAYS,
    "grace": st.sampled_from([0, 0, 1, 30]),
    "months": st.sampled_from([1, 6, 12, 36]),
    "shares": st.integers(1, 3),
}


def planned_of(*, history, reference_on, arrival_on, grace, months, shares) -> PlannedCover:
    return rules.planned_cover(
        held=[
            HeldCover(start=start, end=start + length * DAY, amount=Decimal(12000 * count), is_own=is_own)
            for start, length, is_own, count in history
        ],
        reference_on=reference_on,
        arrival_on=arrival_on,
        term_months=months,
        grace_days=grace,
        amount=Decimal(12000 * shares),
        figures=FIGURES,
    )


@given(**SITUATIONS)
def test_no_cover_before_the_money_unless_by_the_reference_date(**situation):
    planned = planned_of(**situation)
    start, arrived, reference = planned.period.start, situation["arrival_on"], situation["reference_on"]
    assert start > arrived or start == reference == arrived
    if reference is not None:
        assert start >= min(reference, arrived + DAY)


@given(**SITUATIONS)
def test_no_gap_is_left_unreported(**situation):
    planned = planned_of(**situation)
    start, ends = planned.period.start, [at + length * DAY for at, length, _, _ in situation["history"]]
    before = max((end for end in ends if end <= start), default=None)
    assert planned.previous_end == before
    assert planned.gap_days == ((start - before).days if before else 0)
    reported = planned.period.cover_class is CoverClass.LAPSE
    assert reported is (before is not None and planned.gap_days > situation["grace"])


@given(**SITUATIONS)
def test_cover_through_the_own_employer_never_overlaps(**situation):
    planned = planned_of(**situation)
    for at, length, is_own, _ in situation["history"]:
        assert not is_own or at + length * DAY <= planned.period.start


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**SITUATIONS)
def test_sql_is_the_rule_and_the_database_holds_the_limit(**situation):
    """Whatever was there before, SQL answers as the rule does, and nobody ends up with more shares than the limit on any day."""
    employer, other = make.an_employer(), make.an_employer()
    (entry,) = make.people(employer)
    elsewhere = make.also_at(entry, other)
    version = version_for("CI25-A", months=situation["months"], grace=situation["grace"])
    history = []
    for at, length, is_own, count in situation["history"]:
        if held_at_most(history, at, at + length * DAY) + count <= version.max_shares:
            history.append((at, length, is_own, count))
            place = entry if is_own else elsewhere
            make.cover_of(place, version, start=at, end=at + length * DAY, shares=count)
    asked = source(
        entry,
        employer=employer,
        version=version,
        shares=situation["shares"],
        reference_on=situation["reference_on"],
        arrival_on=situation["arrival_on"],
    )

    ((start, end, cover_class, previous_end, _own_end),) = periods(asked)
    made = cover.create_covers(source=asked, at=make.NOON)

    planned = planned_of(**{**situation, "history": history})
    assert (start, end, cover_class, previous_end) == (
        planned.period.start,
        planned.period.end,
        planned.period.cover_class,
        planned.previous_end,
    )
    fits = held_at_most(history, start, end) + situation["shares"] <= version.max_shares
    assert made.count == int(fits and not planned.is_too_far_ahead)
    if made.count:
        waits = [rules.waiting_ends_on(start=start, days=tier.days) for tier in planned.tiers]
        covered = Cover.objects.get(application_id=1, worker=entry.worker)
        assert (covered.full_from, covered.added_full_from) == (waits[0], waits[-1])
    held = [(c.coverage_start, (c.coverage_end - c.coverage_start).days, True, c.share_count) for c in covers_of(entry)]
    assert all(held_at_most(held, at, at + DAY) <= version.max_shares for at, _, _, _ in held)
    Cover.objects.filter(application_id=1).update(application_id=None)


def covers_of(entry) -> list[Cover]:
    return list(Cover.objects.filter(worker=entry.worker))


def held_at_most(history, start: dt.date, end: dt.date) -> int:
    """The most shares held on any day of a period."""
    days = [start, *(at for at, _, _, _ in history if start < at < end)]
    return max(sum(n for at, length, _, n in history if at <= on < at + length * DAY) for on in days)


@pytest.mark.django_db
def test_the_guard_is_what_holds_the_limit():
    """The twin: written past the operation, one share too many is refused by the database itself."""
    (entry,) = make.people(make.an_employer())
    version = plans.version("HOSP25")
    assert create(entry, employer=entry.employer, version=version).count == 1
    with pytest.raises(Exception, match="more shares"):
        make.cover_of(entry, version, start=make.TOMORROW + DAY, end=make.TOMORROW + 2 * DAY)
