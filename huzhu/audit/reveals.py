"""
A look at one masked value: why is asked first, written down with the field, and bounded per person (security.md §4).

Every operation that opens one full number for somebody to read calls `note` before it does; pages go through `web/reveals.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models

from huzhu.audit import operations as audit
from huzhu.audit.models import AuditEvent
from huzhu.shared import fresh_factor
from huzhu.shared.actors import Actor
from huzhu.shared.locks import lock
from huzhu.shared.trace import Refused

ENDING = ".reveal"
WITHIN = timedelta(minutes=10)
MOST = 30
BEFORE_THE_FACTOR = 10
LONGEST_TEXT = 120


class RevealReason(models.TextChoices):
    """What a full number is looked at for; anything else is said in words."""

    CHECK = "check", "核对证件或参保资料"
    INSURANCE = "insurance", "核对社保或医保信息"
    CONTACT = "contact", "电话联系核实"
    ASKED = "asked", "本人或单位查询"
    CORRECT = "correct", "更正资料"
    OTHER = "other", "其他原因"


@dataclass(frozen=True, kw_only=True)
class Why:
    """The reason as it was chosen, and what was added in words."""

    reason: str
    text: str = ""

    def tell(self) -> str:
        """Both in one line, for the trace."""
        text = " ".join(self.text.split())[:LONGEST_TEXT]
        return "：".join(filter(None, [str(RevealReason(self.reason).label), text]))


NOT_KNOWN = "职工名册中已没有这个证件号码，请在职工名册或保障查询中按姓名查找。"


class RevealRefused(Refused):
    """Nothing is shown: without a reason, or after too many looks; the words say how to go on."""


def find_fault(why: Why) -> dict[str, str]:
    """What is wrong with a reason, by field; nothing if it will do."""
    if why.reason not in RevealReason.values:
        return {"reason": "请选择查看原因。"}
    if why.reason == RevealReason.OTHER and len(why.text.strip()) < 2:
        return {"text": "选择“其他原因”时，请写明用途。"}
    return {}


def note(
    event: str,
    *,
    subject: models.Model,
    field: str,
    why: Why,
    by: Actor,
    at: datetime,
    label: str = "查看完整号码",
    employer_id: int | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """
    This function will write down one look at one masked field, inside the caller's transaction, which must open the value only
    afterwards. Looks of one person wait for each other, so that many at once are counted too.

    :param event: "app.reveal"; the ending is what looks are counted by
    :param employer_id: whose record it is, where the subject does not say
    :raises RevealRefused: without a reason, or beyond 30 looks in ten minutes
    :raises fresh_factor.FactorStale: beyond ten looks in ten minutes, if the second factor was shown too long ago
    """
    if not event.endswith(ENDING):
        raise ValueError(f"{event} would not be counted")
    for words in find_fault(why).values():
        raise RevealRefused(words)
    _check_number(by, at=at)
    audit.record(
        event,
        subject=subject,
        label=label,
        by=by,
        at=at,
        reason=why.tell(),
        employer_id=employer_id,
        details={"field": field, **(details or {})},
    )


def _check_number(by: Actor, *, at: datetime) -> None:
    lock("reveal", by.person or by.user_id)
    looks = count_recent(by, at=at)
    if looks >= MOST:
        raise RevealRefused(
            f"10分钟内已查看 {looks} 个完整号码，请稍后再看。需要整批号码的，请按名册导出办理并写明用途。"
        )
    if looks >= BEFORE_THE_FACTOR:
        fresh_factor.check(by, at=at)


def count_recent(by: Actor, *, at: datetime) -> int:
    """How many looks this person took in the last ten minutes, in whichever account."""
    looks = AuditEvent.objects.filter(event__endswith=ENDING, at__gt=at - WITHIN)
    return looks.filter(by_person=by.person).count() if by.person else looks.filter(by_id=by.user_id).count()
