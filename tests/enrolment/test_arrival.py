"""若于某日到账: what is forecast is what settlement then does, and forecasting changes nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huzhu.cover.models import Cover
from huzhu.enrolment import queries
from huzhu.enrolment.queries import Outcome
from huzhu.journeys.start_cover import start_cover
from huzhu.shared.actors import system_actor
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def a_mixed_application(state: str = "draft", *, grace: int = 0, references: dt.date | None = None) -> make.Case:
    """Six people: new, renewing on 20 August (two), renewing on 1 October, lapsed long ago, covered elsewhere."""
    version = plans.version("HOSP25", renewal_grace_days=grace)
    employer = make.an_employer(headcount=6)
    entries = make.people(employer, 6)
    for entry in entries[1:3]:
        make.cover_of(entry, version, start=dt.date(2024, 8, 20))
    make.cover_of(entries[3], version, start=dt.date(2024, 10, 1))
    make.cover_of(entries[4], version, start=dt.date(2020, 1, 1))
    case = make.application(employer=employer, entries=entries, references=references, state=state)
    elsewhere = make.also_at(entries[5], make.an_employer(name="绝密重工集团"))
    make.cover_of(elsewhere, version, start=dt.date(2025, 8, 1))
    return case


def forecast(case: make.Case, day: dt.date, **more) -> queries.ArrivalForecast:
    return queries.forecast_arrival(application_ids=[case.id], day=day, today=make.TODAY, **more)


def test_in_time_nobody_loses_anything_but_the_one_without_a_share_left():
    answer = forecast(a_mixed_application(), make.TODAY)

    assert (answer.people, answer.rows) == (6, 6)
    assert answer.counts == {
        Outcome.LEFT_OUT: 1, Outcome.LOST: 0, Outcome.BARE: 0, Outcome.LAPSED: 1, Outcome.RENEWS: 3, Outcome.FIRST: 1,
    }  # fmt: skip
    assert answer.moved == 3
    assert (answer.latest_safe_on, answer.latest_safe_people) == (dt.date(2025, 8, 19), 2)
    assert [person.outcome for person in answer.named] == [Outcome.LEFT_OUT]


def test_the_latest_safe_day_is_the_last_on_which_nobody_loses():
    case = a_mixed_application()
    safe = forecast(case, make.TODAY).latest_safe_on

    assert forecast(case, safe).counts[Outcome.LOST] == 0
    late = forecast(case, safe + DAY)
    assert late.counts[Outcome.LOST] == late.latest_safe_people == 2
    assert {person.previous_end for person in late.named if person.outcome == Outcome.LOST} == {dt.date(2025, 8, 20)}
    lost = next(group for group in late.groups if group.outcome == Outcome.LOST)
    assert (lost.people, lost.gap_days, lost.start, lost.previous_start) == (2, 1, safe + 2 * DAY, dt.date(2024, 8, 20))


def test_within_the_grace_the_renewal_holds_but_days_are_bare():
    answer = forecast(a_mixed_application(grace=30), dt.date(2025, 8, 25))

    assert (answer.counts[Outcome.LOST], answer.counts[Outcome.BARE]) == (0, 2)
    assert answer.latest_safe_on == dt.date(2025, 9, 18)
    bare = next(group for group in answer.groups if group.outcome == Outcome.BARE)
    assert (bare.gap_days, bare.waiting_days) == (6, 0)


def test_past_the_reference_date_starts_are_late():
    case = a_mixed_application(references=dt.date(2025, 8, 20))

    in_time = forecast(case, dt.date(2025, 8, 20))
    assert (in_time.late, in_time.counts[Outcome.LOST]) == (0, 0)
    late = forecast(case, dt.date(2025, 8, 21))
    assert (late.late, late.counts[Outcome.LOST]) == (5, 2)


def test_a_reference_date_past_the_end_loses_the_renewal_whenever_the_money_comes():
    case = a_mixed_application(references=dt.date(2025, 8, 25))

    answer = forecast(case, make.TODAY)

    assert answer.counts[Outcome.LOST] == 2
    assert answer.latest_safe_on == dt.date(2025, 9, 30)  # of the one whose cover ends on 1 October


def test_one_person_alone():
    case = a_mixed_application()
    member = case.application.members.get(entry=case.entries[1])

    answer = forecast(case, dt.date(2025, 9, 1), member_id=member.pk)

    assert (answer.people, [group.people for group in answer.groups]) == (1, [1])
    assert answer.groups[0].gap_days == 13


@pytest.mark.parametrize("day", [make.TODAY, dt.date(2025, 8, 19), dt.date(2025, 8, 20), dt.date(2025, 10, 5)])
def test_what_is_forecast_is_what_settlement_does(day):
    case = a_mixed_application(state="awaiting_payment")
    answer = forecast(case, day)

    start_cover(application_id=case.id, arrival_on=day, by=system_actor(), at=make.NOON)

    made = Cover.objects.filter(application_id=case.id)
    planned = [
        (group.start, group.end, group.cover_class, group.previous_end)
        for group in answer.groups
        if group.outcome != Outcome.LEFT_OUT
        for _ in range(group.people)
    ]
    settled = [(c.coverage_start, c.coverage_end, c.cover_class, c.previous_end) for c in made]
    assert sorted(planned, key=str) == sorted(settled, key=str)


def test_one_statement_that_writes_nothing():
    case = a_mixed_application()
    with CaptureQueriesContext(connection) as captured:
        forecast(case, dt.date(2025, 9, 1))
    assert len(captured) == 1
    assert not any(word in captured[0]["sql"].upper() for word in ("INSERT ", "UPDATE ", "DELETE "))


def test_only_those_still_on_the_list():
    case = a_mixed_application()
    case.application.members.filter(entry=case.entries[1]).update(removed_at=make.NOON)
    assert forecast(case, make.TODAY).people == 5
