"""Reading the trace."""

from collections.abc import Iterable

from django.db import models

from huzhu.audit.models import AuditEvent


def get_history(*, subject: models.Model) -> models.QuerySet[AuditEvent]:
    """The events of one record, oldest first."""
    return AuditEvent.objects.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk)).order_by("id")


def get_latest(*, subject: models.Model, events: Iterable[str], count: int) -> models.QuerySet[AuditEvent]:
    """The latest events of these kinds of one record, newest first."""
    return get_history(subject=subject).filter(event__in=list(events)).order_by("-id")[:count]
