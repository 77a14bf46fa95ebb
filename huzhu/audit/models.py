"""The trace: who did what, when, from where, to what, and why. Written in the transaction of the act; never changed."""

import pgtrigger
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
            models.Index(
                fields=["stands_in_for_id", "-id"],
                condition=models.Q(stands_in_for_id__isnull=False),
                name="audit_principal",
            ),
            models.Index(fields=["employer_id", "-id"], name="audit_employer"),
            models.Index(fields=["written_at", "id"], name="audit_written"),
            models.Index(fields=["transaction", "subject_id"], name="audit_transaction"),
            models.Index(
                fields=["by_person", "at"], name="audit_reveals", condition=models.Q(event__endswith=".reveal")
            ),  # counted before each look (reveals.py)
        ]
        triggers = [
            *append_only(),
            pgtrigger.Trigger(
                name="true_moment",  # nobody writes into a day that is closed, or into another transaction
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="NEW.written_at = now(); NEW.transaction = pg_current_xact_id()::text::bigint; RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.by_name} {self.label or self.event}"


class RowAct(models.TextChoices):
    INSERT = "insert", "新增"
    UPDATE = "update", "修改"
    DELETE = "delete", "删除"


class RowChange(models.Model):
    """
    One row of a watched table that was inserted, changed or deleted, by whatever means: the wall under the operations.

    Only the database writes here (huzhu/audit/walls.py). A change whose transaction wrote no audit event was made outside the
    program. `before` and `after` hold the changed columns only, a deleted row all of them, an inserted one none.
    """

    written_at = models.DateTimeField(db_default=Now())
    transaction = models.BigIntegerField(db_default=TransactionId())
    login_role = models.CharField(max_length=63)  # of the database
    table_name = models.CharField(max_length=63)
    row_id = models.CharField(max_length=40)
    act = models.CharField(max_length=10, choices=RowAct)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    privacy = data_classes(
        internal="id written_at transaction login_role table_name row_id act", personal="before after"
    )

    class Meta:
        indexes = [
            models.Index(fields=["table_name", "row_id", "id"], name="rowchange_row"),
            models.Index(fields=["written_at", "id"], name="rowchange_written"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id} {self.get_act_display()}"


class ClosedDay(models.Model):
    """
    One day of the trace, closed: a hash over every audit event and row change written on it, and over the day before.

    Only the database writes here (`audit_close_next_day`). The indexes hold each row's id and the beginning of its digest, so that
    the row that differs can be named.
    """

    day = models.DateField(primary_key=True)  # Asia/Shanghai
    form = models.PositiveSmallIntegerField()  # which way of writing rows as bytes the digests are of
    event_count = models.PositiveIntegerField()
    change_count = models.PositiveIntegerField()
    events_hash = models.BinaryField()
    changes_hash = models.BinaryField()
    events_index = models.BinaryField()
    changes_index = models.BinaryField()
    previous_hash = models.BinaryField()
    hash = models.BinaryField()
    closed_at = models.DateTimeField(db_default=Now())

    privacy = data_classes(
        internal="day form event_count change_count events_hash changes_hash events_index changes_index previous_hash hash "
        "closed_at"
    )

    class Meta:
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.day} {bytes(self.hash).hex()}"
