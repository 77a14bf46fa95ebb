"""Writing the trace."""

from collections.abc import Mapping
from datetime import datetime

from django.db import models

from huzhu.audit.models import AuditEvent
from huzhu.shared.actors import Actor


def record(
    event: str,
    *,
    subject: models.Model,
    by: Actor,
    at: datetime,
    label: str = "",
    before: str = "",
    after: str = "",
    reason: str = "",
    employer_id: int | None = None,
    details: Mapping[str, object] | None = None,
) -> AuditEvent:
    """
    This function will write one event of the trace inside the caller's transaction.

    :param event: "app.act" in snake_case, e.g. "enrolment.submit"
    :param label: the act in the society's words, shown in the timeline
    :param employer_id: whose record it is; taken from the subject's `employer_id` when left out
    :param details: further facts; no identity numbers, diagnoses or bank accounts
    """
    return AuditEvent.objects.create(
        at=at,
        event=event,
        label=label,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        employer_id=employer_id if employer_id is not None else getattr(subject, "employer_id", None),
        by_id=by.user_id,
        by_person=by.person,
        by_name=by.name,
        by_side=by.side,
        address=by.address[:45],
        device=by.device[:200],
        before=before,
        after=after,
        reason=reason,
        details=dict(details or {}),
    )
