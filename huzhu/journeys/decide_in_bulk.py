"""
批量通过: many records of the work list approved with one click, each as its own page would approve it, with a result per row.

Every row is a transaction of its own: what was approved stays approved whatever happens to the rows after it, and no row waits for
the locks of another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from huzhu.employers import operations as employers
from huzhu.enrolment import operations as enrolment
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.receipts import operations as receipts
from huzhu.receipts.issuers import IssuingFailed
from huzhu.shared.actors import Actor
from huzhu.shared.trace import Refused
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.work import operations as work
from huzhu.work import queries
from huzhu.work.kinds import NeedsLook, UnknownKind, WorkKind, get_kind

MOST: Final = 100
log = logging.getLogger(__name__)
Act = Callable[[Any, Actor, datetime], object]

ACTS: Final[dict[str, Act]] = {
    "registrations": lambda record, by, at: employers.approve_registration(
        registration_id=record.pk, round=record.round, by=by, at=at
    ),
    "changes": lambda record, by, at: employers.approve_change(change_id=record.pk, round=record.round, by=by, at=at),
    "first_reviews": lambda record, by, at: enrolment.approve_first(application_id=record.pk, by=by, at=at),
    "second_reviews": lambda record, by, at: approve_enrolment(application_id=record.pk, by=by, at=at),
    "receipts": lambda record, by, at: receipts.issue_receipt(request_id=record.pk, by=by, at=at),
}
REFUSALS: Final = (
    Refused,
    NeedsLook,
    TransitionNotAllowed,
    work.AlreadyClaimed,
    enrolment.StillBlocked,
    enrolment.ReasonNeeded,
    employers.EntryRefused,
    employers.JoinRefused,
    receipts.NoReviewer,
    IssuingFailed,
)


class TooMany(Exception):
    """More rows than one click decides on; nothing was done."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """One row as it stood in the list: which record, and since when it had been waiting there."""

    kind: str
    record_id: int
    since: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one row; the reason in words where it was not approved."""

    kind: WorkKind | None
    record_id: int
    number: str
    title: str
    is_done: bool
    reason: str = ""


def approve_in_bulk(*, rows: Sequence[Chosen], by: Actor, at: datetime) -> list[Outcome]:
    """
    This function will approve each row that its page would let the actor approve and that needs no look of its own, and tell of
    every row what became of it, in the order given; a row named twice counts once.

    :raises TooMany: if more than a hundred rows are named
    """
    chosen = list(dict.fromkeys(rows))
    if len(chosen) > MOST:
        raise TooMany(f"一次最多批量办理 {MOST} 件，已选 {len(chosen)} 件，请分批办理。")
    return [_approve_row(row, by=by, at=at) for row in chosen]


def _approve_row(row: Chosen, *, by: Actor, at: datetime) -> Outcome:
    kind, record = _find(row, by=by)
    if kind is None or record is None:
        return Outcome(
            kind=None, record_id=row.record_id, number="", title="", is_done=False, reason="该件不在您的办理范围内。"
        )
    number, title = queries.get_words(kind, record)
    try:
        reason = _decide(kind, row, by=by, at=at)
    except Exception:  # the other rows still want their result; this one is looked into
        log.exception("a row of a bulk approval failed: %s %s", row.kind, row.record_id)
        reason = "系统出错，未办理，已记录。请单独打开此件办理。"
    return Outcome(kind=kind, record_id=row.record_id, number=number, title=title, is_done=not reason, reason=reason)


def _find(row: Chosen, *, by: Actor) -> tuple[WorkKind | None, Any]:
    try:
        kind = get_kind(row.kind)
    except UnknownKind:
        return None, None
    return kind, queries.get_visible(kind, actor=by).filter(pk=row.record_id).first()


@transaction.atomic
def _decide(kind: WorkKind, row: Chosen, *, by: Actor, at: datetime) -> str:
    """
    The reason why a row was not approved, empty if it was. A refusal rolls back to before the act, and keeps what the act keeps of
    itself, such as the findings that stopped it.
    """
    act = ACTS.get(kind.key)
    if act is None or kind.check_in_bulk is None or kind.bulk_action is None:
        return f"{kind.label}须逐件办理。"
    try:
        record = kind.lock(row.record_id)
        if record.state != kind.state:
            return f"该件现为“{kind.flow.states(record.state).label}”，可能已有人先处理。"
        if read_since(kind.get_since(record.pk)) != row.since:
            return "该件在您打开列表后有变化，请刷新后查看再办理。"
        kind.check(record, by)
        kind.check_in_bulk(record)
        act(record, by, at)
    except (*REFUSALS, ObjectDoesNotExist) as refusal:
        return str(refusal)
    return ""


def read_since(since: datetime | None) -> str:
    """Since when a record has been waiting, as a row of the list carries it."""
    return str(int(since.timestamp() * 1_000_000)) if since else ""
