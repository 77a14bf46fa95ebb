"""Reading the trace."""

from django.db import models

from huzhu.audit.models import AuditEvent


def get_history(*, subject: models.Model) -> models.QuerySet[AuditEvent]:
    """The events of one record, oldest first."""
    return AuditEvent.objects.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk)).order_by("id")
