"""The floors shown beside the list are those the check judges by, without judging the list again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huzhu.enrolment import operations
from huzhu.enrolment.precheck.facts import PLAN_FACTS
from huzhu.enrolment.precheck.floors import PlanFloor, get_floors
from huzhu.enrolment.precheck.gathering import gathered, get_params
from huzhu.shared.calendar import local_date
from tests.factories import enrolment as make
from tests.factories import varied
from tests.factories.enrolment import NOON

pytestmark = pytest.mark.django_db


def shown(case: make.Case) -> list[tuple[int, int, int]]:
    return sorted(figures(floor) for floor in get_floors(application_id=case.id, at=NOON))


def figures(floor: PlanFloor) -> tuple[int, int, int]:
    return floor.base, floor.joined, floor.needed


def judged(case: make.Case) -> list[tuple[int, int, int]]:
    params = get_params(application_id=case.id, day=local_date(NOON), is_final=True)
    with gathered(params, refreshes=True) as cursor:
        cursor.execute(f"SELECT base, joined, needed FROM ({PLAN_FACTS}) AS f", params)
        return sorted(cursor.fetchall())


@pytest.mark.parametrize("blocks", [False, True])
def test_they_are_those_of_the_check(blocks):
    case = varied.application(blocks=blocks)
    assert shown(case) == judged(case)
    assert case.application.members.filter(is_over_age=True).exists()


def test_whoever_is_taken_off_or_put_back_counts_at_once():
    case = varied.application()
    before = shown(case)
    gone = list(case.application.members.filter(is_over_age=True).values_list("pk", flat=True))
    gone += list(case.application.members.filter(is_over_age=False).values_list("pk", flat=True)[:3])
    operations.remove_members(application_id=case.id, member_ids=gone, by=make.handler(case.employer), at=NOON)
    fewer = shown(case)
    assert fewer == judged(case) != before
    operations.restore_members(application_id=case.id, member_ids=gone, by=make.handler(case.employer), at=NOON)
    assert shown(case) == judged(case) == before


def test_the_list_is_counted_not_judged_again():
    case = varied.application(plain=100)
    with CaptureQueriesContext(connection) as asked:
        get_floors(application_id=case.id, at=NOON)
    statements = " ".join(query["sql"] for query in asked)
    assert "statutory_retirement_on" not in statements
    assert len(asked) < 12
