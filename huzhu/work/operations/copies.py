"""抄送: a record shown to colleagues for information."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.shared.actors import Actor
from huzhu.work import permissions, queries
from huzhu.work.kinds import get_kind
from huzhu.work.models import Copy

MOST = 20


class CopyRefused(Exception):
    """These colleagues cannot be shown this record; the message says who and why."""


@transaction.atomic
def send_copies(*, kind: str, record_id: int, to_ids: Sequence[int], note: str, by: Actor, at: datetime) -> list[Copy]:
    """
    This function will show a record as it stands to colleagues who may see it anyway, with a note.

    :raises CopyRefused: if nobody is named, too many are, or one of them may not see it
    :raises permissions.NotPermitted: if `by` may not see it
    """
    permissions.check(by, "work.show", None)
    known = get_kind(kind)
    record: Any = queries.get_visible(known, actor=by).filter(pk=record_id).first()
    if record is None:
        raise permissions.NotPermitted("该件不在您的办理范围内。")
    colleagues = _get_colleagues(to_ids)
    blind = [to.name for to in colleagues if not queries.get_visible(known, actor=to).filter(pk=record_id).exists()]
    if blind:
        raise CopyRefused(f"{'、'.join(blind)}不能查看此件（不在其管辖范围内），请改选他人。")
    number, title = queries.get_words(known, record)
    assert by.user_id is not None
    made = Copy.objects.bulk_create(
        Copy(
            subject_type=known.subject_type,
            subject_id=record.pk,
            kind=known.key,
            number=number[:120],
            title=title[:120],
            stood_as=str(record.get_state_display()),
            to_id=to_id,
            to_name=to.name,
            by_id=by.user_id,
            by_name=by.name,
            note=" ".join(note.split())[:200],
            sent_at=at,
        )
        for to in colleagues
        if (to_id := to.user_id) is not None
    )
    names = [to.name for to in colleagues]
    details = {"to": [to.user_id for to in colleagues], "note": note}
    audit.record("work.copy", subject=record, by=by, at=at, label=f"抄送给{'、'.join(names)}"[:80], details=details)
    return made


@transaction.atomic
def read_copies(*, copy_ids: Sequence[int], by: Actor, at: datetime) -> int:
    """
    This function will mark copies addressed to the actor as read and tell how many were not before. A deputy's look leaves the
    other's copies unread.
    """
    assert by.user_id is not None
    mine = Copy.objects.addressed_to(frozenset({by.user_id})).unread().filter(pk__in=list(copy_ids))
    found = list(mine.select_for_update().order_by("pk"))
    for copy in found:
        audit.record("work.read_copy", subject=copy, by=by, at=at, label="已阅抄送")
    mine.update(read_at=at)
    return len(found)


def _get_colleagues(to_ids: Sequence[int]) -> list[Actor]:
    wanted = list(dict.fromkeys(to_ids))
    if not wanted:
        raise CopyRefused("请选择抄送给谁。")
    if len(wanted) > MOST:
        raise CopyRefused(f"一次最多抄送 {MOST} 人，请减少人数。")
    found = [queries.get_staff_actor(user_id=to_id) for to_id in wanted]
    if None in found:
        raise CopyRefused("所选人员中有账号已停用的，请重新选择。")
    return [to for to in found if to is not None]
