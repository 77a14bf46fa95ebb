"""认领, 退还, 转交: who has taken a record on. The record's own row lock makes the order of two who want it at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models, transaction

from huzhu.audit import operations as audit
from huzhu.shared.actors import Actor
from huzhu.work import permissions, queries
from huzhu.work.kinds import WorkKind, get_kind, get_kinds
from huzhu.work.models import Assignment, End

LONGEST_NOTE = 200


class AlreadyClaimed(Exception):
    """A colleague has taken the record on."""


class NotClaimed(Exception):
    """The record is not in the hands of who wants to give it away."""


class NotWaiting(Exception):
    """The record does not wait in this list any more."""


@transaction.atomic
def claim(*, kind: str, record_id: int, by: Actor, at: datetime) -> Assignment:
    """
    This function will put somebody's name on a record that waits; from then on nobody else decides on it. A deputy takes it on
    for whom they stand in for. Claiming what one has already changes nothing.

    :raises NotWaiting: if the record is in another state by now
    :raises AlreadyClaimed: if a colleague was first
    :raises Refused: if this person may not decide on it
    """
    known, record = _lock(kind, record_id, by=by)
    live = _get_live(record, at=at)
    if live is not None:
        return _own(live, by=by)
    who = by.stands_in_for or by
    assert who.user_id is not None
    made = Assignment.objects.create(
        kind=known.key,
        subject_type=known.subject_type,
        subject_id=record.pk,
        state=known.state,
        assignee_id=who.user_id,
        assignee_name=who.name,
        assigned_at=at,
    )
    audit.record("work.claim", subject=record, by=by, at=at, label="认领")
    return made


@transaction.atomic
def hand_back(*, kind: str, record_id: int, by: Actor, at: datetime) -> None:
    """
    This function will take the own name off a record again, for others to take it on. Where nobody has it nothing changes.

    :raises NotWaiting: if the record is in another state by now
    :raises AlreadyClaimed: if a colleague has it
    :raises Refused: if this person may not decide on it
    """
    _, record = _lock(kind, record_id, by=by)
    live = _get_live(record, at=at)
    if live is not None:
        _end(_own(live, by=by), End.HANDED_BACK, at=at)
        audit.record("work.hand_back", subject=record, by=by, at=at, label="退还")


@transaction.atomic
def pass_on(*, kind: str, record_id: int, to_id: int, note: str, by: Actor, at: datetime) -> Assignment:
    """
    This function will give a record to a named colleague who may decide on it, with a note. What nobody has yet may be passed on
    too.

    :raises NotWaiting: if the record is in another state by now
    :raises AlreadyClaimed: if another colleague has it
    :raises NotClaimed: if the named colleague has it already
    :raises Refused: if this person, or the colleague, may not decide on it; the words say which
    """
    known, record = _lock(kind, record_id, by=by)
    live = _get_live(record, at=at)
    to = queries.get_staff_actor(user_id=to_id)
    if to is None or to.user_id is None:
        raise permissions.NotPermitted("没有这位工作人员，或其账号已停用，请重新选择。")
    if live is not None and live.assignee_id == to.user_id:
        raise NotClaimed(f"{to.name}已认领，无需转交。")
    if live is None and to.user_id in by.user_ids:
        raise NotClaimed("转交给自己请直接点“认领”。")
    if words := queries.get_refusal(known, record, by=to):
        raise permissions.NotPermitted(f"不能转交给{to.name}：{words}")
    if live is not None:
        _end(_own(live, by=by), End.PASSED_ON, at=at)
    note = " ".join(note.split())[:LONGEST_NOTE]
    made = Assignment.objects.create(
        kind=known.key,
        subject_type=known.subject_type,
        subject_id=record.pk,
        state=known.state,
        assignee_id=to.user_id,
        assignee_name=to.name,
        assigned_at=at,
        passed_on_by_id=by.user_id,
        passed_on_by_name=by.name,
        note=note,
    )
    details = {"to": to.user_id, "to_name": to.name, "note": note}
    audit.record("work.pass_on", subject=record, by=by, at=at, label=f"转交给{to.name}", details=details)
    return made


def check_free(record: models.Model, *, by: Actor) -> None:
    """
    This function will pass who may decide on a locked record because nobody else has taken it on; a decision calls it.

    :raises AlreadyClaimed: if a colleague has
    """
    live = queries.get_live(record)
    if live is not None and by.user_id is not None:
        _own(live, by=by)


def finish(record: models.Model, *, at: datetime) -> None:
    """
    This function will end the assignment of a record that moves on; what changes a state that waits for the office calls it.
    """
    Assignment.objects.live().of(record).update(ended_at=at, end=End.DONE)


@transaction.atomic
def free_stranded(*, employer_id: int, by: Actor, at: datetime) -> int:
    """
    This function will take names off an employer's waiting records where whoever took one on may not decide on it any more, as when
    the employer has gone to another branch; it tells how many.
    """
    freed = 0
    for kind in get_kinds():
        if not any(field.name == "employer" for field in kind.model._meta.fields):
            continue
        waiting = kind.model._default_manager.filter(employer_id=employer_id, state=kind.state)
        live = Assignment.objects.live().filter(subject_type=kind.subject_type, state=kind.state)
        for each in live.filter(subject_id__in=waiting.values("pk")).order_by("subject_id"):
            record = kind.lock(each.subject_id)
            assignee = queries.get_staff_actor(user_id=each.assignee_id)
            if assignee is None or queries.get_refusal(kind, record, by=assignee):
                _end(each, End.HANDED_BACK, at=at)
                details = {"of": each.assignee_id, "of_name": each.assignee_name}
                audit.record("work.free", subject=record, by=by, at=at, label="随划转退还", details=details)
                freed += 1
    return freed


def _lock(kind: str, record_id: int, *, by: Actor) -> tuple[WorkKind, Any]:
    permissions.check(by, "work.take", None)
    known = get_kind(kind)
    if not queries.get_visible(known, actor=by).filter(pk=record_id).exists():
        raise permissions.NotPermitted("该件不存在或不在您的办理范围内。")
    record = known.lock(record_id)
    if record.state != known.state:
        label = known.flow.states(record.state).label
        raise NotWaiting(f"该件现为“{label}”，已不在{known.label}，可能已有人先处理，请刷新页面。")
    known.check(record, by)
    return known, record


def _get_live(record: models.Model, *, at: datetime) -> Assignment | None:
    """The live assignment; one of another state is over."""
    live = Assignment.objects.live().of(record).first()
    if live is not None and live.state != getattr(record, "state", None):
        _end(live, End.OVERTAKEN, at=at)
        return None
    return live


def _own(live: Assignment, *, by: Actor) -> Assignment:
    if live.assignee_id not in by.user_ids:
        raise AlreadyClaimed(f"{live.assignee_name}已认领此件，请等其办理、退还或转交给您。")
    return live


def _end(live: Assignment, end: End, *, at: datetime) -> None:
    live.ended_at, live.end = at, end
    live.save(update_fields=["ended_at", "end"])
