"""The participation floor of every plan of an application, met or not, by the facts the precheck looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from huzhu.cover.queries import MOST_DAYS_AHEAD
from huzhu.enrolment.precheck.facts import APPLICATION_FACTS, NAME_PATTERNS, PERSON_FACTS, PLAN_FACTS
from huzhu.enrolment.precheck.registry import APPLICATION, PERSON, PLAN
from huzhu.enrolment.rules import DAYS_TO_REVIEW_AND_PAY
from huzhu.shared.calendar import ONE_DAY, local_date


@dataclass(frozen=True, kw_only=True)
class PlanFloor:
    """How many people a plan needs and how many take part; `base` is what the ratio is taken of."""

    name: str
    base: int
    joined: int
    needed: int
    min_ratio: Decimal
    min_headcount: int
    all_must_join_below: int
    is_from_list: bool
    is_women: bool


FLOORS = f"""
WITH {APPLICATION} AS MATERIALIZED ({APPLICATION_FACTS}),
{PERSON} AS MATERIALIZED ({PERSON_FACTS}),
{PLAN} AS MATERIALIZED ({PLAN_FACTS})
SELECT plan.name || CASE WHEN plan.variant = '' THEN '' ELSE '（' || plan.variant || '）' END, f.base, f.joined, f.needed,
       f.min_participation_ratio, f.min_headcount, f.all_must_join_below, f.is_from_list, f.is_women
FROM {PLAN} AS f
JOIN enrolment_applicationplan AS asked ON asked.id = f.application_plan_id
JOIN plans_planversion AS version ON version.id = asked.plan_version_id
JOIN plans_plan AS plan ON plan.id = version.plan_id
ORDER BY plan.id
"""


def get_floors(*, application_id: int, at: datetime) -> list[PlanFloor]:
    """
    This function will give the floor of each plan that has people, in one statement.
    """
    day = local_date(at)
    params: dict[str, Any] = {
        "application": application_id,
        "today": day,
        "tomorrow": day + ONE_DAY,
        "most_days_ahead": MOST_DAYS_AHEAD,
        "payment_expected_by": day + timedelta(days=DAYS_TO_REVIEW_AND_PAY),
        "is_final": True,
        **NAME_PATTERNS,
    }
    names = list(PlanFloor.__dataclass_fields__)
    with connection.cursor() as cursor:
        cursor.execute(FLOORS, params)
        return [PlanFloor(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
