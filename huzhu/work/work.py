"""What of the apps below this one waits for the office (工作台)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from huzhu.accounts import scope
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.states import CHANGE, ChangeState
from huzhu.shared.actors import Actor
from huzhu.work.kinds import WorkKind, declare


def _not_own_changes(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    if not scope.is_of_whole_association(actor):
        return rows.none()
    return rows.exclude(proposed_by_person__in=actor.persons).exclude(proposed_for_person__in=actor.persons)


declare(
    WorkKind(
        key="parameter_changes",
        label="参数变更",
        flow=CHANGE,
        state=ChangeState.PROPOSED,
        model=ParameterChange,
        since="proposed_at",
        number="reason",
        title="proposed_by_name",
        branch="branch__name",
        page="office:parameters",
        argument="",
        verb="复核",
        badge="parameters",
        leaves_out=_not_own_changes,
        act="parameter_change.confirm",
        starts=("parameters.change",),
    )
)
