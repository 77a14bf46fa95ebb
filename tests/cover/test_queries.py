"""Who was covered on day D, and a person's timeline, from the database."""

import datetime as dt

import pytest

from huzhu.cover import queries
from huzhu.shared.calendar import ONE_DAY
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db
START, END = dt.date(2025, 9, 1), dt.date(2026, 9, 1)


@pytest.fixture
def covers():
    employer, other = make.an_employer(), make.an_employer()
    first, second = make.people(employer, 2)
    (third,) = make.people(other)
    hospital, accident = plans.version("HOSP25"), plans.version("ACC25")
    return {
        "first": make.cover_of(first, hospital, start=START),
        "renewed": make.cover_of(first, hospital, start=END),
        "accident": make.cover_of(first, accident, start=START),
        "second": make.cover_of(second, hospital, start=START),
        "third": make.cover_of(third, hospital, start=START),
    }


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (START - ONE_DAY, set()),
        (START, {"first", "accident", "second", "third"}),
        (END - ONE_DAY, {"first", "accident", "second", "third"}),
        (END, {"renewed"}),
    ],
)
def test_who_was_covered_on_a_day(covers, on, expected):
    assert {cover.pk for cover in queries.get_covered_on(day=on)} == {covers[name].pk for name in expected}


def test_by_person_plan_and_employer(covers):
    first = covers["first"]

    def names(**wanted):
        found = {cover.pk for cover in queries.get_covered_on(day=START, **wanted)}
        return {name for name, cover in covers.items() if cover.pk in found}

    assert names(worker_id=first.worker_id) == {"first", "accident"}
    assert names(fingerprint=first.worker.documents.get().fingerprint) == {"first", "accident"}
    assert names(plan_id=first.plan_id) == {"first", "second", "third"}
    assert names(employer_id=first.employer_id) == {"first", "accident", "second"}
    assert names(employer_id=first.employer_id, plan_id=first.plan_id, worker_id=first.worker_id) == {"first"}


def test_another_employers_people_are_out_of_sight(covers):
    employer = covers["first"].employer
    seen = queries.get_covered_on(day=START).visible_to(make.handler(employer))
    assert {cover.employer_id for cover in seen} == {employer.pk}


def test_a_timeline_tells_everything_in_order(covers, django_assert_num_queries):
    with django_assert_num_queries(1):
        timeline = [
            (cover.plan.code, cover.coverage_start, cover.employer.name)
            for cover in queries.get_timeline(worker_id=covers["first"].worker_id)
        ]
    assert [entry[:2] for entry in timeline] == [("HOSP25", START), ("ACC25", START), ("HOSP25", END)]
