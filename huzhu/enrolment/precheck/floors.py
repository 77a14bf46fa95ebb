"""The participation floor of every plan of an application, met or not, by the facts the precheck looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from huzhu.enrolment.precheck.facts import PLAN_FACTS
from huzhu.enrolment.precheck.gathering import gathered, get_params
from huzhu.enrolment.precheck.registry import PLAN
from huzhu.shared.calendar import local_date


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
WITH {PLAN} AS MATERIALIZED ({PLAN_FACTS})
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
    This function will give the floor of each plan that has people.
    """
    params = get_params(application_id=application_id, day=local_date(at), is_final=True)
    names = list(PlanFloor.__dataclass_fields__)
    with gathered(params, plans_anew=False) as cursor:
        cursor.execute(FLOORS, params)
        return [PlanFloor(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
