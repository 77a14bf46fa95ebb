"""
A person's document changes on the roster; applications and cover follow where the person turns out to be known already.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.cover import following as cover
from huzhu.cover.models import Cover
from huzhu.enrolment.operations import following as enrolment
from huzhu.roster import operations as roster
from huzhu.roster import permissions
from huzhu.roster.models import RosterEntry
from huzhu.shared.actors import Actor

# The same words whoever else knows the number (docs/adr/0007-documents-of-one-person.md).
IN_HAND = "此人已用现在的号码参保或正在审核，单据和保单都以它为准，不能自行更正。请联系所属代办处核对后办理。"


@transaction.atomic
def replace_document(
    *,
    entry_id: int,
    document: roster.NewDocument,
    is_wrong: bool,
    reason: str,
    by: Actor,
    at: datetime,
    seen_at: datetime | None = None,
) -> RosterEntry:
    """
    This function will replace a person's document as `roster.replace_document` does, and return the entry.

    A number the society already goes by (cover, or an application in hand) is not corrected here, only a newly issued document is
    taken. If it shows that one person was covered twice, the cover stays as it is and the trace of the association tells.

    :raises PersonRefused: also if a number is to be corrected that the society already goes by
    """
    entry = RosterEntry.objects.get(pk=entry_id)
    spells = RosterEntry.objects.filter(employer_id=entry.employer_id, worker_id=entry.worker_id)
    covers = Cover.objects.filter(employer_id=entry.employer_id, worker_id=entry.worker_id)
    if is_wrong and (covers.exists() or enrolment.is_in_hand(entry_ids=list(spells.values_list("pk", flat=True)))):
        permissions.check(by, "roster.keep", entry.employer_id)
        raise roster.PersonRefused({"": [IN_HAND]})
    replaced = roster.replace_document(
        entry_id=entry_id, document=document, is_wrong=is_wrong, reason=reason, by=by, at=at, seen_at=seen_at
    )
    worker_id = replaced.entry.worker_id
    if worker_id == replaced.former_worker_id:
        return replaced.entry
    enrolment.follow_entries(entry_ids=replaced.entry_ids)
    followed = cover.follow_worker(
        employer_id=entry.employer_id, former_worker_id=replaced.former_worker_id, worker_id=worker_id
    )
    if not followed:
        audit.record(
            "cover.held_twice",
            subject=replaced.entry.worker,
            label="换证后发现同一人重复参保",
            by=by,
            at=at,
            details={"former_worker": replaced.former_worker_id, "entry": entry_id},
        )
    return replaced.entry
