"""What of the plans waits for the office (工作台)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from huzhu.plans.models import PlanVersion
from huzhu.plans.states import PLAN_VERSION, VersionState
from huzhu.shared.actors import Actor
from huzhu.work.kinds import WorkKind, declare


def _not_own(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return rows.exclude(proposed_by_person__in=actor.persons)


declare(
    WorkKind(
        key="plan_versions",
        label="保障计划复核",
        flow=PLAN_VERSION,
        state=VersionState.PROPOSED,
        model=PlanVersion,
        since="proposed_at",
        number="plan__code",
        title="plan__name",
        branch="",
        page="office:plan",
        argument="version_id",
        verb="复核",
        badge="plan_versions",
        leaves_out=_not_own,
        act="plan_version.publish",
        starts=("plan_version.propose",),
        related=("plan",),
    )
)
