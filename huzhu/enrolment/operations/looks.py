"""Looks at full document numbers of the people of an application; each is written down (security.md §4)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.audit import reveals
from huzhu.audit.reveals import Why
from huzhu.enrolment import permissions
from huzhu.enrolment.models import ApplicationMember
from huzhu.roster import queries as roster
from huzhu.shared.actors import Actor


@transaction.atomic
def reveal_number(*, member_id: int, why: Why, by: Actor, at: datetime) -> str:
    """
    This function will give a reviewer the full number that the list of people shows masked, and note that it was looked at.

    :raises permissions.NotPermitted: if the actor reviews no applications, or may not review this one
    :raises reveals.RevealRefused: without a reason, after too many looks, or if the employer does not know the number any more
    """
    member = ApplicationMember.objects.select_related("application__employer__branch").get(pk=member_id)
    application = member.application
    permissions.check(by, "enrolment.reveal", application)
    document = roster.get_known_document(
        employer_id=application.employer_id, worker_id=member.worker_id, masked=member.number_masked
    )
    if document is None:
        raise reveals.RevealRefused(reveals.NOT_KNOWN)
    reveals.note(
        "enrolment.reveal",
        subject=member,
        field="document",
        why=why,
        by=by,
        at=at,
        label="查看参保人员完整证件号码",
        employer_id=application.employer_id,
        details={"application": application.number},
    )
    return document.reveal()
