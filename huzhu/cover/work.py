"""What of the bindings of old policies waits for the office (工作台)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from huzhu.cover.models import PolicyBinding
from huzhu.cover.states import POLICY_BINDING, BindingState
from huzhu.shared.actors import Actor
from huzhu.work.kinds import WorkKind, declare


def _not_own(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return rows.exclude(asked_by_person__in=actor.persons)


declare(
    WorkKind(
        key="bindings",
        label="历史保单绑定",
        flow=POLICY_BINDING,
        state=BindingState.REQUESTED,
        model=PolicyBinding,
        since="asked_at",
        number="past_policy__number",
        title="employer__name",
        branch="employer__branch__name",
        people="people",
        page="office:binding",
        argument="binding_id",
        badge="registrations",
        verb="审核",
        leaves_out=_not_own,
        act="policy_binding.confirm",
        related=("employer__branch",),
    ),
)
