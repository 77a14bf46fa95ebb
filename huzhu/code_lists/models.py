"""字典: every version of every entry that differs from what is built in. Rows are facts; an entry is closed, never removed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huzhu.code_lists.rules import Entry
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


class EntryVersion(models.Model):
    """
    One entry of one list from a moment on: its words, its place, whether it is still offered; who wanted it and why.
    Of the versions that hold at a moment the one made last counts.
    """

    list_key = models.CharField(max_length=40)
    code = models.CharField(max_length=30)
    number = models.PositiveIntegerField()
    words = models.CharField(max_length=120)
    place = models.PositiveIntegerField()
    is_closed = models.BooleanField(default=False)
    valid_from = models.DateTimeField()
    reason = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField(null=True)
    made_by_name = models.CharField(max_length=80)

    privacy = data_classes(
        internal="id list_key code number words place is_closed valid_from reason made_at made_by_id",
        personal="made_by_name",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list_key", "code", "number"], name="one_row_per_entry_version"),
            # What was said before stays said: no version reaches back.
            models.CheckConstraint(condition=Q(valid_from__gte=F("made_at")), name="entry_version_not_back"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return self.words

    @property
    def entry(self) -> Entry:
        """What the row says."""
        return Entry(code=self.code, words=self.words, place=self.place, is_closed=self.is_closed, number=self.number)
