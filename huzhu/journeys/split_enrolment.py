"""其余人员先行参保: the part that goes on renews what the whole renewed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.policies import operations as policies
from huzhu.shared.actors import Actor


@transaction.atomic
def split_enrolment(*, application_id: int, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will let the people whom the reviewer did not mark go on as an application of their own, and note which policies
    that renews.

    :raises enrolment.SplitRefused: if they cannot go on by themselves
    :raises enrolment.permissions.NotPermitted: if this person may not
    """
    part = enrolment.split_returned(application_id=application_id, by=by, at=at)
    assert part.split_from is not None
    renewed = list(part.split_from.renewed_policies.values_list("policy_id", flat=True))
    if renewed:
        policies.note_renewal(application_id=part.pk, policy_ids=renewed, by=by, at=at)
    return part
