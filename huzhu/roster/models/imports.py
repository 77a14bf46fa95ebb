"""Roster files an employer uploaded, and what became of their rows."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huzhu.employers.models import Employer
from huzhu.roster.models.own import EmployersOwnQuerySet
from huzhu.shared.privacy import data_classes


class ImportState(models.TextChoices):
    """Where an uploaded roster file stands."""

    WAITING = "waiting", "正在处理"
    DONE = "done", "已完成"
    REFUSED = "refused", "未接收"
    CANCELLED = "cancelled", "已取消"


class ImportPhase(models.TextChoices):
    """What an import that is still at work is doing."""

    QUEUED = "queued", "排队等候"
    READING = "reading", "正在读取文件"
    CHECKING = "checking", "正在逐行核对"
    SEALING = "sealing", "正在加密证件号码"
    MERGING = "merging", "正在写入名册"


class RosterImport(models.Model):
    """
    One uploaded roster file and what became of its rows: 新增 + 更新 + 未变 + 失败 = rows.

    `withheld` are the good rows of a file that was to go in whole or not at all and had errors; otherwise 0. `rejoined`
    is the part of 新增 who had left this employer before. A file that could not be read has state refused and `refusal`.
    `remarks` are said once about the whole file: rows passed over because they are no people, which count nowhere; sheets not read.
    While a job is at work, `phase` says at what, and `rows_done` how many of `rows_read` have passed it.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="roster_imports")
    file_id = models.UUIDField(null=True)  # documents.StoredFile
    file_name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.DONE)
    all_or_nothing = models.BooleanField(default=False)
    imported_at = models.DateTimeField()
    imported_by_id = models.BigIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    inserted = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    withheld = models.PositiveIntegerField(default=0)
    repaired = models.PositiveIntegerField(default=0)
    rejoined = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)  # row, column, code, value (masked), message, remedy
    repairs = models.JSONField(default=list)  # as `files.repairs.as_groups` gives them, masked
    remarks = models.JSONField(default=list, db_default=[])  # code, message, rows
    refusal = models.CharField(max_length=500, blank=True)
    phase = models.CharField(max_length=10, choices=ImportPhase, default=ImportPhase.QUEUED)
    rows_read = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)

    objects = EmployersOwnQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer file_id state all_or_nothing imported_at imported_by_id finished_at rows inserted updated "
        "unchanged failed withheld repaired rejoined remarks refusal phase rows_read rows_done",
        personal="errors repairs file_name",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rows=F("inserted") + F("updated") + F("unchanged") + F("failed") + F("withheld")),
                name="every_row_is_accounted_for",
            ),
            models.CheckConstraint(
                condition=Q(repaired__lte=F("inserted") + F("updated") + F("unchanged") + F("withheld")),
                name="repaired_rows_are_good_rows",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", finished_at__isnull=True)
                | (~Q(state="waiting") & Q(finished_at__isnull=False)),
                name="import_finished_unless_waiting",
            ),
        ]
        indexes = [
            models.Index(fields=["employer", "-id"], name="roster_import_latest"),
            models.Index(fields=["finished_at"], name="roster_import_finished"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def has_marks(self) -> bool:
        """Test if the clerk's own list has anything to come back with: bad cells or repairs."""
        return self.failed > 0 or self.repaired > 0
