"""工作台: who has taken a record on, who stands in for whom, and what was shown to whom."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q

from huzhu.accounts.models import User
from huzhu.shared.privacy import data_classes


def _ends_once(*fields: str, end: str = "ended_at") -> list[pgtrigger.Trigger]:
    """Triggers for a table whose rows are facts with an end: only the end is written later, once; nothing is removed."""
    later = " OR ".join(f"NEW.{field} IS DISTINCT FROM OLD.{field}" for field in fields)
    return [
        pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
        pgtrigger.Trigger(
            name="ends_once",
            operation=pgtrigger.Update,
            when=pgtrigger.Before,
            func=f"IF OLD.{end} IS NOT NULL OR {later} THEN "
            "RAISE EXCEPTION 'only the end of this row is written later, and once' USING ERRCODE = 'check_violation'; "
            "END IF; RETURN NEW;",
        ),
        pgtrigger.Trigger(
            name="no_truncate",
            operation=pgtrigger.Truncate,
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            func="RAISE EXCEPTION 'rows of this table are facts and stay' USING ERRCODE = 'check_violation'; RETURN NULL;",
        ),
    ]


class End(models.TextChoices):
    """How an assignment ended."""

    DONE = "done", "已办理"
    HANDED_BACK = "handed_back", "已退还"
    PASSED_ON = "passed_on", "已转交"
    OVERTAKEN = "overtaken", "已失效"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Assignments."""

    def live(self) -> AssignmentQuerySet:
        """Those that have not ended."""
        return self.filter(ended_at__isnull=True)

    def of(self, record: models.Model) -> AssignmentQuerySet:
        """Those of one record."""
        return self.filter(subject_type=record._meta.label_lower, subject_id=record.pk)


class Assignment(models.Model):
    """
    One person's having taken a record on (认领), by themselves or passed on by a colleague (转交) with a note.

    A record has one live assignment at most. Ending it, by deciding, handing back or passing on, is the only change a row sees.
    """

    kind = models.CharField(max_length=40)  # of work, as declared beside the flow
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    state = models.CharField(max_length=20)  # of the record then; in another state the assignment is over
    assignee_id = models.BigIntegerField()
    assignee_name = models.CharField(max_length=80)
    assigned_at = models.DateTimeField()
    passed_on_by_id = models.BigIntegerField(null=True)
    passed_on_by_name = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=12, choices=End, blank=True)

    objects = AssignmentQuerySet.as_manager()

    privacy = data_classes(
        internal="id kind subject_type subject_id state assignee_id assigned_at passed_on_by_id note ended_at end",
        personal="assignee_name passed_on_by_name",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"], condition=Q(ended_at__isnull=True), name="one_live_assignment"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end="") | Q(ended_at__isnull=False) & ~Q(end=""),
                name="an_assignment_ends_somehow",
            ),
        ]
        indexes = [models.Index(fields=["assignee_id", "-id"], name="assignment_assignee")]
        triggers = _ends_once(
            "kind", "subject_type", "subject_id", "state", "assignee_id", "assigned_at", "passed_on_by_id", "note"
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}: {self.assignee_name}"


class DeputyQuerySet(models.QuerySet["Deputy"]):
    """Deputies."""

    def standing(self) -> DeputyQuerySet:
        """Those nobody has ended."""
        return self.filter(ended_at__isnull=True)


class Deputy(models.Model):
    """
    A colleague who does somebody's work while they are away (代理), from one day to another, both included.
    """

    principal = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputies")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="principals")
    first_on = models.DateField()
    last_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    set_at = models.DateTimeField()
    set_by_id = models.BigIntegerField()
    set_by_name = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=80, blank=True)

    objects = DeputyQuerySet.as_manager()

    privacy = data_classes(
        internal="id principal deputy first_on last_on reason set_at set_by_id ended_at",
        personal="set_by_name ended_by_name",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="deputy_days_in_order"),
            models.CheckConstraint(condition=~Q(principal=F("deputy")), name="nobody_is_their_own_deputy"),
        ]
        indexes = [models.Index(fields=["deputy", "last_on"], name="deputy_days")]
        triggers = _ends_once("principal_id", "deputy_id", "first_on", "last_on", "set_at", "set_by_id")

    def __str__(self) -> str:
        return f"{self.deputy} 代 {self.principal} {self.first_on}—{self.last_on}"


class CopyQuerySet(models.QuerySet["Copy"]):
    """Copies."""

    def addressed_to(self, user_ids: frozenset[int]) -> CopyQuerySet:
        """Those shown to somebody; a deputy also reads the other's."""
        return self.filter(to_id__in=user_ids)

    def unread(self) -> CopyQuerySet:
        """Those not opened yet."""
        return self.filter(read_at__isnull=True)


class Copy(models.Model):
    """
    A record shown to a colleague for information (抄送) as it stood, with a note. `read_at` is when they opened it.
    """

    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=120)
    title = models.CharField(max_length=120, blank=True)
    stood_as = models.CharField(max_length=40)  # the state in words when it was sent
    to_id = models.BigIntegerField()
    to_name = models.CharField(max_length=80)
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=80)
    note = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects = CopyQuerySet.as_manager()

    privacy = data_classes(
        internal="id subject_type subject_id kind number title stood_as to_id by_id note sent_at read_at",
        personal="to_name by_name",
    )

    class Meta:
        indexes = [
            models.Index(fields=["to_id", "-id"], name="copy_addressee"),
            models.Index(fields=["to_id"], condition=Q(read_at__isnull=True), name="copy_unread"),
            models.Index(fields=["by_id", "-id"], name="copy_sender"),
        ]
        triggers = _ends_once(
            "subject_type", "subject_id", "number", "stood_as", "to_id", "by_id", "note", "sent_at", end="read_at"
        )

    def __str__(self) -> str:
        return f"{self.number} → {self.to_name}"
