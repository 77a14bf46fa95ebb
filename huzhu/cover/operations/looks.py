"""Looks at the full document numbers of somebody whose cover is asked about; each is written down (security.md §4)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.audit import reveals
from huzhu.audit.reveals import Why
from huzhu.cover import people, permissions
from huzhu.roster.models import RosterEntry, Worker
from huzhu.shared.actors import Actor


@transaction.atomic
def reveal_numbers(*, worker_id: int, why: Why, by: Actor, at: datetime) -> str:
    """
    This function will give the document numbers that visible employers know of one person, after writing down who looked and why.

    :raises permissions.NotPermitted: if the actor does not decide about cover or benefits
    :raises reveals.RevealRefused: without a reason, or after too many looks
    """
    permissions.check(by, "cover.reveal")
    label = "查看完整证件号码"
    reveals.note("cover.reveal", subject=Worker(pk=worker_id), field="document", why=why, label=label, by=by, at=at)
    known = RosterEntry.objects.visible_to(by).filter(worker_id=worker_id).select_related("document")
    entries = known.order_by("-id")[: people.MOST_ENTRIES]
    return "、".join(dict.fromkeys(entry.document.reveal() for entry in entries))
