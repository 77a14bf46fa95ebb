"""保障计划 as versioned data: a plan is a name that lasts, a version is what was sold in a period."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huzhu.shared.privacy import data_classes


class Gender(models.TextChoices):
    MALE = "male", "男"
    FEMALE = "female", "女"


class Plan(models.Model):
    """
    One mutual-aid plan (保障计划), across all its versions. Covers chain by plan, so a plan outlives its versions.
    """

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    variant = models.CharField(max_length=10, blank=True)
    generation = models.CharField(max_length=10)

    privacy = data_classes(public="id code name variant generation")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name}（{self.variant}）" if self.variant else self.name


class PlanVersion(models.Model):
    """
    What a plan gives and costs from a day on. Amounts are yuan per share; `assumed_fields` are still 待确认 by the society.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    is_on_sale = models.BooleanField()
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)  # last day of sale
    published_at = models.DateTimeField(null=True)
    contribution_amount = models.DecimalField(max_digits=14, decimal_places=2)
    max_shares = models.PositiveSmallIntegerField()
    term_months = models.PositiveSmallIntegerField()
    min_age = models.PositiveSmallIntegerField()
    max_age = models.PositiveSmallIntegerField()
    gender = models.CharField(max_length=6, choices=Gender, blank=True)  # empty: any
    requires_medical_insurance = models.BooleanField(default=False)
    exclusive_group = models.CharField(max_length=20, blank=True)
    renews_from = ArrayField(models.CharField(max_length=20), default=list)
    min_participation_ratio = models.DecimalField(max_digits=4, decimal_places=3)
    min_headcount = models.PositiveIntegerField()
    all_must_join_below = models.PositiveIntegerField()
    participation_base = models.CharField(max_length=20)  # in_service_staff | in_service_women
    waiting_days_first = models.PositiveSmallIntegerField()
    waiting_days_lapsed = models.PositiveSmallIntegerField()
    waiting_days_renewal = models.PositiveSmallIntegerField()
    renewal_grace_days = models.PositiveSmallIntegerField()
    uniform_shares = models.BooleanField(default=True)
    mid_term_period = models.CharField(max_length=10, default="own")
    gift_eligible = models.BooleanField(default=False)
    claim_limit_days = models.PositiveSmallIntegerField()
    cap_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    caps_by_region = models.JSONField(default=dict)
    benefits = models.JSONField(default=list)
    exclusions = models.JSONField(default=list)
    assumed_fields = ArrayField(models.CharField(max_length=40), default=list)
    source = models.TextField(blank=True)

    privacy = data_classes(
        public="id plan version is_on_sale valid_from valid_to published_at contribution_amount max_shares term_months min_age "
        "max_age gender requires_medical_insurance exclusive_group renews_from min_participation_ratio min_headcount "
        "all_must_join_below participation_base waiting_days_first waiting_days_lapsed waiting_days_renewal renewal_grace_days "
        "uniform_shares mid_term_period gift_eligible claim_limit_days cap_amount caps_by_region benefits exclusions",
        internal="assumed_fields source",
    )

    class Meta:
        ordering = ["plan_id", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "version"], name="one_row_per_plan_version"),
            models.CheckConstraint(condition=Q(min_age__lte=F("max_age")), name="plan_ages_in_order"),
            models.CheckConstraint(condition=Q(contribution_amount__gte=0), name="plan_contribution_not_negative"),
            models.CheckConstraint(
                condition=Q(max_shares__gte=1, term_months__gte=1), name="plan_shares_and_term_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} 第{self.version}版"
