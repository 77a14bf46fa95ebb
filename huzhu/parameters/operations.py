"""Changing what the association decides: from a day on, with a reason, and by two people where money hangs on it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from huzhu.accounts.models import Branch
from huzhu.audit import operations as audit
from huzhu.parameters import permissions, queries
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import DEFINITIONS, ValueRefused
from huzhu.parameters.states import CHANGE, ChangeAction, ChangeState
from huzhu.shared import locks, two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date


class ChangeRefused(ValueError):
    """The parameter cannot be changed like this; the words say what to do."""


@transaction.atomic
def change_parameter(
    *, key: str, value: str, effective_from: date, reason: str, by: Actor, at: datetime, branch_id: int | None = None
) -> ParameterChange:
    """
    This function will set a parameter from a day on; where money hangs on it, the change waits for a second person.

    :raises permissions.NotPermitted: if the actor may not change it there
    :raises ChangeRefused: if the value cannot be, the day is past, the reason is missing, nothing changes, it holds for the whole
        association only, or another change waits
    """
    definition = DEFINITIONS[key]
    locks.lock("parameter", key)
    branch = Branch.objects.get(pk=branch_id) if branch_id else None
    permissions.check(by, "parameter.change", branch)
    if branch is not None and not definition.is_per_branch:
        raise ChangeRefused(f"“{definition.label}”全省统一，不能按机构设置。")
    try:
        wanted = definition.read(value)
    except ValueRefused as refusal:
        raise ChangeRefused(str(refusal)) from refusal
    if effective_from < local_date(at):
        raise ChangeRefused("生效日期不能早于今天：已经办理的业务按当时的设置，不追溯。")
    if not reason.strip():
        raise ChangeRefused("请填写变更原因，如文件名称和文号。")
    before = queries.get(key, day=effective_from, branch=branch)
    if before == wanted:
        raise ChangeRefused(f"“{definition.label}”在 {effective_from} 已是 {definition.tell(wanted)}，没有变化。")
    if ParameterChange.objects.filter(key=key, branch=branch, state=ChangeState.PROPOSED).exists():
        raise ChangeRefused(f"“{definition.label}”已有一项变更待复核，请先复核。")
    change = ParameterChange.objects.create(
        key=key,
        branch=branch,
        value=definition.write(wanted),
        effective_from=effective_from,
        reason=reason.strip()[:200],
        state=ChangeState.PROPOSED if definition.needs_second_person else ChangeState.CONFIRMED,
        needs_second_person=definition.needs_second_person,
        proposed_at=at,
        proposed_by_id=by.user_id,
        proposed_by_name=by.name,
        proposed_by_person=by.person,
        proposed_for_person=by.for_person,
    )
    audit.record(
        "parameters.change",
        label=f"变更参数：{definition.label}",
        subject=change,
        by=by,
        at=at,
        before=definition.tell(before)[:40],
        after=definition.tell(wanted)[:40],
        reason=change.reason,
        details={"effective_from": effective_from.isoformat(), "branch": branch.name if branch else ""},
    )
    return change


@transaction.atomic
def confirm_change(*, change_id: int, by: Actor, at: datetime) -> ParameterChange:
    """
    This function will let a proposed change hold from its day on.

    :raises permissions.NotPermitted: if the actor may not, or proposed it
    :raises ChangeRefused: if its day has passed meanwhile
    :raises TransitionNotAllowed: if it has been decided
    """
    return _decide(change_id, ChangeAction.CONFIRM, refusal="", by=by, at=at)


@transaction.atomic
def refuse_change(*, change_id: int, reason: str, by: Actor, at: datetime) -> ParameterChange:
    """
    This function will refuse a proposed change.

    :raises permissions.NotPermitted: if the actor may not, or proposed it
    :raises ChangeRefused: without a reason
    :raises TransitionNotAllowed: if it has been decided
    """
    if not reason.strip():
        raise ChangeRefused("请填写不予通过的原因。")
    return _decide(change_id, ChangeAction.REFUSE, refusal=reason.strip()[:200], by=by, at=at)


def _decide(change_id: int, action: ChangeAction, *, refusal: str, by: Actor, at: datetime) -> ParameterChange:
    change = ParameterChange.objects.select_for_update(of=("self",)).get(pk=change_id)
    before = change.state
    after = CHANGE.next_state(action, state=before)
    permissions.check(by, f"parameter_change.{action}", change)
    if action == ChangeAction.CONFIRM and change.effective_from < local_date(at):
        raise ChangeRefused("生效日期已过，不能追溯生效。请不予通过，由提出人改日期后重新提出。")
    change.state, change.refusal = after, refusal
    change.decided_at, change.decided_by_name = at, by.name
    two_persons.sign(change, by=by)
    change.save()
    audit.record(
        f"parameters.{action}",
        label=f"{action.label}参数变更：{change.definition.label}",
        subject=change,
        by=by,
        at=at,
        before=before,
        after=after,
        reason=refusal,
    )
    return change
