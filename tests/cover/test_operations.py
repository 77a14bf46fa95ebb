"""Cover made by SQL is the cover of the rules, and nobody gets what the limits do not allow."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from huzhu.cover import operations as cover
from huzhu.cover import queries, rules
from huzhu.cover.models import Cover
from huzhu.cover.rules import WaitingFigures
from tests.cover.test_rules import PERIODS, RULEBOOK, day
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db


def source(
    *wanted, employer, version, shares=1, reference_on=None, arrival_on=make.TODAY, application_id=1, common_end=None
) -> cover.Source:
    """These people in one plan, as an application would hand them over."""
    return cover.Source(
        sql="SELECT entry.id AS member_id, entry.worker_id, %(employer)s::bigint AS employer_id, "
        "%(application)s::bigint AS application_id, 7::bigint AS policy_id, %(plan)s::bigint AS plan_id, "
        "%(version)s::bigint AS plan_version_id, entry.name, entry.name_initials, '4401**********0001' AS number_masked, "
        "%(shares)s::int AS share_count, %(amount)s::numeric AS contribution_amount, %(reference_on)s::date AS reference_on, "
        "%(arrival_on)s::date AS arrival_on, %(common_end)s::date AS common_end "
        "FROM roster_rosterentry AS entry WHERE entry.id = ANY (%(entries)s)",
        params={
            "employer": employer.pk,
            "application": application_id,
            "plan": version.plan_id,
            "version": version.pk,
            "shares": shares,
            "amount": version.contribution_amount * shares,
            "reference_on": reference_on,
            "arrival_on": arrival_on,
            "common_end": common_end,
            "entries": [entry.pk for entry in wanted],
        },
    )


def create(*wanted, **kwargs) -> cover.CreatedCovers:
    return cover.create_covers(source=source(*wanted, **kwargs), at=make.NOON)


def sql_period(*, reference_on, arrival_on, previous_end, version):
    """What `period_sql` answers about one person whose cover through the own employer ended on a day."""
    employer = make.an_employer()
    (entry,) = make.people(employer)
    if previous_end:
        make.cover_of(entry, version, start=previous_end - dt.timedelta(days=365), end=previous_end)
    asked = source(entry, employer=employer, version=version, reference_on=reference_on, arrival_on=arrival_on)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coverage_start, coverage_end, cover_class, previous_end FROM ({queries.period_sql(asked.sql)}) AS timed",
            asked.params,
        )
        return cursor.fetchone()


@pytest.mark.parametrize(("reference", "value_dates", "previous_end", "start", "cover_class"), RULEBOOK)
def test_sql_answers_the_table_of_the_rulebook(reference, value_dates, previous_end, start, cover_class):
    answer = sql_period(
        reference_on=day(reference),
        arrival_on=rules.arrival(value_dates=map(day, value_dates), issued_on=dt.date(2024, 1, 2)),
        previous_end=day(previous_end),
        version=plans.version("HOSP25"),
    )
    assert (answer[0], answer[2]) == (day(start), cover_class)


@pytest.mark.parametrize(
    ("reference", "arrived", "months", "previous_end", "grace", "start", "end", "cover_class"),
    PERIODS.values(),
    ids=PERIODS,
)
def test_sql_answers_the_other_cases(reference, arrived, months, previous_end, grace, start, end, cover_class):
    answer = sql_period(
        reference_on=day(reference),
        arrival_on=day(arrived),
        previous_end=day(previous_end),
        version=plans.version("HOSP25", term_months=months, renewal_grace_days=grace),
    )
    assert answer[:3] == (day(start), day(end), cover_class)


def test_sql_equals_the_rule_on_random_cases():
    chance = random.Random(20250811)
    for _ in range(150):
        version = plans.version(
            "HOSP25", term_months=chance.choice([1, 6, 12, 36]), renewal_grace_days=chance.choice([0, 0, 1, 30])
        )
        arrived = dt.date(2024, 2, 20) + dt.timedelta(days=chance.randrange(400))
        reference = arrived + dt.timedelta(days=chance.randrange(-40, 180)) if chance.random() < 0.6 else None
        previous = arrived + dt.timedelta(days=chance.randrange(-90, 170)) if chance.random() < 0.7 else None
        expected = rules.cover_period(
            reference_on=reference,
            arrival_on=arrived,
            term_months=version.term_months,
            previous_end=previous,
            grace_days=version.renewal_grace_days,
        )
        answer = sql_period(reference_on=reference, arrival_on=arrived, previous_end=previous, version=version)
        assert answer == (expected.start, expected.end, expected.cover_class, previous)


@pytest.mark.parametrize(
    ("code", "shares", "past_code", "past_shares"),
    [
        ("CI25-A", 2, "CI25-A", 2),  # the same amount
        ("CI25-A", 1, "CI25-A", 3),  # less
        ("CI25-A", 3, "CI25-A", 1),  # more: what exceeds waits
        ("CI25-A", 2, "MED06-A", 2),  # the predecessor paid less per share
        ("CI25-B", 1, "CI25-A", 5),  # out of the exclusive group
        ("WCI25", 3, "WOM06-A", 1),
        ("CI25-A", 2, None, 0),
    ],
)
@pytest.mark.parametrize("gap", [0, 10])
def test_waiting_days_are_those_of_the_rule(code, shares, past_code, past_shares, gap):
    version = plans.version(code)
    employer = make.an_employer()
    (entry,) = make.people(employer, gender="female")
    start = make.TOMORROW
    previous_amount, lump = (
        Decimal(0),
        sum(Decimal(b["amount_yuan"]) for b in version.benefits if b["kind"] == "lump_sum"),
    )
    if past_code:
        past = plans.version(past_code)
        make.cover_of(entry, past, start=dt.date(2023, 1, 1), end=start - dt.timedelta(days=gap), shares=past_shares)
        previous_amount = past_shares * sum(Decimal(b["amount_yuan"]) for b in past.benefits if b["kind"] == "lump_sum")

    create(entry, employer=employer, version=version, shares=shares)

    made = Cover.objects.get(application_id=1)
    expected_class = (
        rules.CoverClass.FIRST if not past_code else rules.CoverClass.LAPSE if gap else rules.CoverClass.RENEWAL
    )
    assert made.cover_class == expected_class
    split = rules.waiting_split(
        cover_class=expected_class,
        amount=shares * lump,
        previous_amount=previous_amount,
        figures=WaitingFigures(
            first=version.waiting_days_first, renewal=version.waiting_days_renewal, lapsed=version.waiting_days_lapsed
        ),
    )
    assert made.full_from == start + dt.timedelta(days=split[0].days)
    assert made.added_full_from == start + dt.timedelta(days=split[-1].days)
    carried = min(shares * lump, previous_amount) if expected_class == rules.CoverClass.RENEWAL else 0
    assert made.carried_amount == carried
    assert made.carried_share_count == carried // lump


@pytest.mark.parametrize(("past_shares", "carried", "added_days"), [(1, 1, 30), (2, 2, 30), (3, 3, 0)])
def test_without_lump_sums_shares_are_what_is_carried_on(past_shares, carried, added_days):
    version = plans.version("CASH25")
    employer = make.an_employer()
    (entry,) = make.people(employer)
    make.cover_of(entry, version, start=dt.date(2024, 8, 12), end=make.TOMORROW, shares=past_shares)

    create(entry, employer=employer, version=version, shares=3)

    made = Cover.objects.get(application_id=1)
    assert (made.carried_share_count, made.carried_amount) == (carried, 0)
    assert made.full_from == make.TOMORROW
    assert made.added_full_from == make.TOMORROW + dt.timedelta(days=added_days)


class TestChain:
    def test_a_closed_predecessor_makes_it_a_renewal(self):
        employer = make.an_employer()
        (entry,) = make.people(employer)
        make.cover_of(entry, plans.version("HOSP06"), start=dt.date(2024, 8, 12), end=make.TOMORROW)

        create(entry, employer=employer, version=plans.version("HOSP25"))

        made = Cover.objects.get(application_id=1)
        assert (made.cover_class, made.previous_end, made.coverage_start) == ("renewal", make.TOMORROW, make.TOMORROW)

    def test_cover_of_an_unrelated_plan_is_no_chain(self):
        employer = make.an_employer()
        (entry,) = make.people(employer)
        make.cover_of(entry, plans.version("ACC25"), start=dt.date(2024, 8, 12), end=make.TOMORROW)

        create(entry, employer=employer, version=plans.version("HOSP25"))

        assert Cover.objects.get(application_id=1).cover_class == "first"

    def test_somebody_who_changed_employers_renews_when_nothing_lies_between(self):
        employer, before = make.an_employer(), make.an_employer()
        (entry,) = make.people(employer)
        make.cover_of(
            make.also_at(entry, before), plans.version("HOSP25"), start=dt.date(2024, 8, 12), end=make.TOMORROW
        )

        create(entry, employer=employer, version=plans.version("HOSP25"))

        assert Cover.objects.get(application_id=1).cover_class == "renewal"

    def test_cover_through_another_employer_does_not_move_the_start(self):
        employer, other = make.an_employer(), make.an_employer()
        (entry,) = make.people(employer)
        version = plans.version("CI25-A")
        make.cover_of(make.also_at(entry, other), version, start=dt.date(2024, 1, 1), shares=2)

        create(entry, employer=employer, version=version, shares=3)

        made = Cover.objects.get(application_id=1)
        assert (made.coverage_start, made.cover_class) == (make.TOMORROW, "first")


class TestLeftOut:
    def test_whoever_has_no_share_left_by_now_is_left_out_and_the_others_are_covered(self):
        employer, other = make.an_employer(), make.an_employer()
        settled_first, free = make.people(employer, 2)
        version = plans.version("HOSP25")
        held = make.cover_of(make.also_at(settled_first, other), version, start=dt.date(2025, 8, 1))

        created = create(settled_first, free, employer=employer, version=version)

        assert created.count == 1
        assert created.contribution_amount == version.contribution_amount
        assert created.left_out_amount == version.contribution_amount
        (person,) = created.left_out
        assert (person.member_id, person.reason, person.until) == (
            settled_first.pk,
            "already_covered",
            held.coverage_end,
        )
        assert Cover.objects.get(application_id=1).worker_id == free.worker_id

    def test_whoever_holds_a_rival_plan_by_now_is_left_out(self):
        employer, other = make.an_employer(), make.an_employer()
        (entry,) = make.people(employer)
        make.cover_of(make.also_at(entry, other), plans.version("CI25-B"), start=dt.date(2025, 8, 1))

        created = create(entry, employer=employer, version=plans.version("CI25-A"))

        assert [person.reason for person in created.left_out] == ["exclusive_plan"]
        assert (created.count, created.earliest_start) == (0, None)

    @pytest.mark.parametrize(("days", "covered"), [(180, 1), (181, 0)])
    def test_own_cover_far_ahead_is_not_prolonged(self, days, covered):
        employer = make.an_employer()
        (entry,) = make.people(employer)
        ends = make.TODAY + dt.timedelta(days=days)
        make.cover_of(entry, plans.version("HOSP25"), start=dt.date(2025, 1, 1), end=ends)

        created = create(entry, employer=employer, version=plans.version("HOSP25"))

        assert created.count == covered
        assert [person.until for person in created.left_out] == [ends] * (1 - covered)


def test_covering_an_application_twice_is_refused_even_when_the_limit_would_allow_it():
    employer = make.an_employer()
    (entry,) = make.people(employer)
    version = plans.version("HOSP25")
    create(entry, employer=employer, version=version)
    late = make.TODAY + dt.timedelta(days=365)

    with pytest.raises(IntegrityError, match="one_cover_per_application"), transaction.atomic():
        create(entry, employer=employer, version=version, arrival_on=late)


def test_everybody_at_once_takes_as_many_statements_as_one(django_assert_num_queries):
    employer = make.an_employer()
    entries = make.people(employer, 50)
    version = plans.version("HOSP25")
    with django_assert_num_queries(4):  # savepoint, locks, covers, release
        created = create(*entries, employer=employer, version=version)
    assert (created.count, created.earliest_start, created.left_out) == (50, make.TOMORROW, [])
