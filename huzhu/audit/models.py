"""The trace: who did what, when, from where, to what, and why. Written in the transaction of the act; never changed."""

from django.db import models

from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


class AuditEvent(models.Model):
    """
    One thing somebody did. It points at its subject by name, not by foreign key, so that history outlives the subject.
    """

    at = models.DateTimeField()
    event = models.CharField(max_length=80)  # "enrolment.submit"
    label = models.CharField(max_length=80, blank=True)  # the act in the society's words
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    employer_id = models.BigIntegerField(null=True)  # whose record it is; scopes what an employer may see
    by_id = models.BigIntegerField(null=True)
    by_person = models.CharField(max_length=20, blank=True)
    by_name = models.CharField(max_length=80)
    by_side = models.CharField(max_length=10)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=200, blank=True)
    before = models.CharField(max_length=40, blank=True)
    after = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    privacy = data_classes(
        internal="id at event label subject_type subject_id employer_id by_id by_side before after reason details",
        personal="by_person by_name address device",
    )

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="audit_subject"),
            models.Index(fields=["by_id", "-id"], name="audit_actor"),
            models.Index(fields=["employer_id", "-id"], name="audit_employer"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.by_name} {self.label or self.event}"
