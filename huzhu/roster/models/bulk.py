"""Acts on many people of a roster at once."""

from __future__ import annotations

from django.db import models

from huzhu.employers.models import Employer
from huzhu.roster.models.own import EmployersOwnQuerySet
from huzhu.shared.privacy import data_classes


class BulkOutcome(models.TextChoices):
    """What became of one person in an act on many."""

    CHANGED = "changed", "已办理"
    UNCHANGED = "unchanged", "原已如此"
    ENDED = "ended", "已离开本单位，未办理"
    EARLIER = "earlier", "日期早于上一次离开的日期，未办理"
    UNDER_AGE = "under_age", "该日未满 16 周岁，未办理"


class BulkChange(models.Model):
    """
    One act on many people of a roster at once, and what became of each: `outcomes` are pairs of entry id and outcome.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField(null=True)
    label = models.CharField(max_length=160)  # the act in words: 设置部门“财务部”
    changed = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    outcomes = models.JSONField()

    objects = EmployersOwnQuerySet.as_manager()

    privacy = data_classes(internal="id employer made_at made_by_id label changed unchanged refused outcomes")

    def __str__(self) -> str:
        return self.label
