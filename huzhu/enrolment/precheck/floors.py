"""The participation floor of every plan of an application, met or not, by the facts the precheck looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from huzhu.enrolment.precheck.facts import APPLICATION_FACTS, PLAN_FACTS
from huzhu.enrolment.precheck.gathering import ANY_JOIN, ONLY_HASHES, get_params
from huzhu.enrolment.precheck.registry import APPLICATION, PLAN
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


# Whom the last check took for over age stands on their rows: the list is counted, not judged again.
COUNTED = f"""
WITH checked_member AS NOT MATERIALIZED (
    SELECT id AS member_id, application_plan_id, worker_id, is_over_age, is_category_needed, is_on_list
    FROM enrolment_applicationmember WHERE application_id = %(application)s AND removed_at IS NULL
), {PLAN} AS MATERIALIZED ({PLAN_FACTS})
"""
FLOORS = f"""
{COUNTED}
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
    This function will give the floor of each plan that has people, by the ages of the last check; whoever was taken off or put
    back since counts at once.
    """
    params = get_params(application_id=application_id, day=local_date(at), is_final=True)
    names = list(PlanFloor.__dataclass_fields__)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {APPLICATION} ON COMMIT DROP AS {APPLICATION_FACTS}", params)
        cursor.execute(ONLY_HASHES)
        cursor.execute(FLOORS, params)
        floors = [PlanFloor(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
        cursor.execute(ANY_JOIN)
        cursor.execute(f"DROP TABLE {APPLICATION}")
    return floors
