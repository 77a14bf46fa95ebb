"""What the step to cover needs to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from huzhu.enrolment.models import ApplicationPlan

COVER_SOURCE = """
    SELECT member.id AS member_id, member.worker_id, application.employer_id, application.id AS application_id,
           policy.policy_id, version.plan_id, plan.plan_version_id, member.name, member.name_initials, member.number_masked,
           member.share_count, member.contribution_amount, plan.reference_on, %(arrival_on)s::date AS arrival_on, plan.common_end
    FROM enrolment_applicationmember AS member
    JOIN enrolment_enrolmentapplication AS application ON application.id = member.application_id
    JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
    JOIN plans_planversion AS version ON version.id = plan.plan_version_id
    JOIN unnest(%(plan_ids)s::bigint[], %(policy_ids)s::bigint[]) AS policy (plan_id, policy_id) ON policy.plan_id = version.plan_id
    WHERE member.application_id = %(application)s AND member.removed_at IS NULL AND member.left_out_reason = ''
"""


def get_cover_source(
    *, application_id: int, arrival_on: date, policy_ids: Mapping[int, int]
) -> tuple[str, dict[str, Any]]:
    """
    This function will give the people to cover, in the columns `cover.operations.Source` asks for, as a query and its parameters.

    :param policy_ids: the reserved policy of each plan
    """
    return COVER_SOURCE, {
        "application": application_id,
        "arrival_on": arrival_on,
        "plan_ids": list(policy_ids.keys()),
        "policy_ids": list(policy_ids.values()),
    }


def get_plan_ids(*, application_id: int) -> list[int]:
    """This function will give the ids of the plans an application asks for."""
    return list(
        ApplicationPlan.objects.filter(application_id=application_id)
        .order_by("plan_version__plan_id")
        .values_list("plan_version__plan_id", flat=True)
    )


@dataclass(frozen=True, kw_only=True)
class SafeArrival:
    """The last day on which money may come without breaking anybody's chain, and how many people's it breaks the day after."""

    on: date
    people: int


@dataclass(frozen=True, kw_only=True)
class SafeArrivals:
    """Latest safe arrivals by application and by its plans; nothing where nobody renews."""

    applications: dict[int, SafeArrival]
    plans: dict[int, SafeArrival]


def get_safe_arrivals(*, application_ids: Sequence[int]) -> SafeArrivals:
    """
    This function will give the latest safe arrival (gap_risk) of applications and of each of their plans, in one statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(SAFE_ARRIVALS, {"applications": list(application_ids)})
        rows = cursor.fetchall()
    return SafeArrivals(
        applications={row[0]: SafeArrival(on=row[2], people=row[3]) for row in rows if row[1] is None},
        plans={row[1]: SafeArrival(on=row[2], people=row[3]) for row in rows if row[1] is not None},
    )


SAFE_ARRIVALS = """
    SELECT DISTINCT ON (safe.application_id, safe.application_plan_id)
           safe.application_id, safe.application_plan_id, safe.safe_on, count(DISTINCT safe.worker_id)
    FROM (
        SELECT member.application_id, member.application_plan_id, member.worker_id,
               greatest(plan.reference_on, member.previous_end + version.renewal_grace_days - 1) AS safe_on
        FROM enrolment_applicationmember AS member
        JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
        JOIN plans_planversion AS version ON version.id = plan.plan_version_id
        WHERE member.application_id = ANY (%(applications)s) AND member.removed_at IS NULL AND member.planned_class = 'renewal'
    ) AS safe
    GROUP BY GROUPING SETS (
        (safe.application_id, safe.safe_on), (safe.application_id, safe.application_plan_id, safe.safe_on))
    ORDER BY safe.application_id, safe.application_plan_id, safe.safe_on
"""
