"""The trace: who did what, when, from where, to what, and why. Written in the transaction of the act; never changed."""

from django.db import models
from django.db.models.functions import Now

from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


class TransactionId(models.Func):
    """The number of the database transaction that writes the row."""

    template = "(pg_current_xact_id()::text)::bigint"
    allowed_default = True
    output_field = models.BigIntegerField()


class Result(models.TextChoices):
    DONE = "done", "已办理"
    REFUSED = "refused", "被拒绝"


class AuditEvent(models.Model):
    """
    One thing somebody did, or was refused. It points at its subject by name, not by foreign key, so that history outlives it.

    `at` is when the act took place as the program was told; `written_at` and `transaction` are the database's own: they say which
    day of the hash chain holds the row, and which row changes belong to it.
    """

    at = models.DateTimeField()
    written_at = models.DateTimeField(db_default=Now())
    transaction = models.BigIntegerField(db_default=TransactionId())
    trace_id = models.CharField(max_length=32, blank=True)  # of the request or job; also in its answer and in the log
    result = models.CharField(max_length=10, choices=Result, default=Result.DONE)
    event = models.CharField(max_length=80)  # "enrolment.submit"
    label = models.CharField(max_length=80, blank=True)  # the act in the society's words
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    employer_id = models.BigIntegerField(null=True)  # whose record it is; scopes what an employer may see
    by_id = models.BigIntegerField(null=True)
    by_person = models.CharField(max_length=20, blank=True)
    by_name = models.CharField(max_length=80)
    by_side = models.CharField(max_length=10)
    stands_in_for_id = models.BigIntegerField(null=True)  # the account whose work it is, where a deputy acts
    stands_in_for_name = models.CharField(max_length=80, blank=True)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=200, blank=True)
    before = models.CharField(max_length=40, blank=True)
    after = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    changes = models.JSONField(default=dict)  # where a record was edited: field → [before, after]
    details = models.JSONField(default=dict)

    privacy = data_classes(
        internal="id at written_at transaction trace_id result event label subject_type subject_id employer_id by_id by_side "
        "stands_in_for_id before after reason details",
        personal="by_person by_name stands_in_for_name address device changes",
    )

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="audit_subject"),
            models.Index(fields=["by_id", "-id"], name="audit_actor"),
            models.Index(fields=["employer_id", "-id"], name="audit_employer"),
            models.Index(fields=["written_at", "id"], name="audit_written"),
            models.Index(fields=["transaction"], name="audit_transaction"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.by_name} {self.label or self.event}"
