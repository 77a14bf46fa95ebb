"""What was judged when: the facts and findings of every run of the rules by which something was decided, kept for good."""

from __future__ import annotations

from django.db import models

from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


class Occasion(models.TextChoices):
    """What was decided by a run of the rules."""

    SUBMIT = "submit", "提交"
    FIRST_REVIEW = "first_review", "初审"
    SECOND_REVIEW = "second_review", "复审"


class Judgement(models.Model):
    """
    One run of the rules at submitting or in a review, with the versions of the rules, the day and the parameters it was judged by;
    its parts hold the facts and findings. Running those versions on these facts again gives the same findings (docs/adr/0042).
    """

    application = models.ForeignKey(
        "enrolment.EnrolmentApplication", on_delete=models.CASCADE, related_name="judgements"
    )
    submission = models.PositiveSmallIntegerField()  # the application's `submission_count` it belongs to
    occasion = models.CharField(max_length=16, choices=Occasion)
    judged_at = models.DateTimeField()
    rule_versions = models.JSONField()
    parameters = models.JSONField()
    columns = models.JSONField()  # of each table kept: [[name, type]]

    privacy = data_classes(internal="id application submission occasion judged_at rule_versions parameters columns")

    class Meta:
        ordering = ["id"]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.application} 第{self.submission}次提交 {self.get_occasion_display()}"


class JudgedPart(models.Model):
    """Some rows of the facts or findings of a judgement, of the people from the first to the last worker: compressed and sealed."""

    judgement = models.ForeignKey(Judgement, on_delete=models.CASCADE, db_index=False, related_name="parts")
    table = models.CharField(max_length=30)
    first_worker = models.BigIntegerField()  # 0: about no person
    last_worker = models.BigIntegerField()
    row_count = models.PositiveIntegerField()
    seal_id = models.UUIDField()
    sealed = models.BinaryField()

    privacy = data_classes(internal="id judgement table first_worker last_worker row_count seal_id", sensitive="sealed")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["judgement", "table", "first_worker"], name="judged_part_of_person")]
        triggers = append_only()
