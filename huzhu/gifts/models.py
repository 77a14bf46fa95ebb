"""赠送活动 and subsidies: who pays for whom, up to how many people, until when."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.employers.models import Employer
from huzhu.gifts.states import EDITABLE, GIFT_CAMPAIGN, TOLD, CampaignKind, CampaignState, Once
from huzhu.plans.models import Gender, Plan
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


class CampaignQuerySet(models.QuerySet["GiftCampaign"]):
    """Campaigns somebody may see."""

    def visible_to(self, actor: Actor) -> CampaignQuerySet:
        """Staff see those of their branch's subtree, and what the branches above have published."""
        if scope.get_subtree(actor) is None:
            return self.none()
        own = Q(branch__in=Branch.objects.visible_to(actor))
        return self.filter(own | Q(branch__path__in=scope.get_paths_over(actor), state__in=TOLD))


class Sponsor(models.Model):
    """
    出资单位: who pays for people. One row per full name, kept for good: the ledger has an account for each.
    """

    name = models.CharField(max_length=60, unique=True)

    privacy = data_classes(internal="id name")

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="sponsor_has_a_name")]
        triggers = append_only()

    def __str__(self) -> str:
        return self.name


# What a published campaign may still have changed: that it is closed.
_MAY_CHANGE = "ARRAY['state', 'closed_at', 'closed_by_name', 'close_reason']"


class GiftCampaign(models.Model):
    """
    What a sponsor pays for people of a branch's subtree, in a window: one whole share of a plan, or a part of it (`kind`).

    draft: being written. proposed: waits for a second person. returned: to be mended, with the reason. published: open in its
    window, and never changed again. closed: nobody new. discarded: never came to anything. Empty lists and ages mean everybody.
    """

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=8, choices=CampaignKind)
    sponsor = models.ForeignKey(
        Sponsor, to_field="name", db_column="sponsor", on_delete=models.PROTECT, related_name="campaigns"
    )
    basis = models.CharField(max_length=200)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=CampaignState, default=CampaignState.DRAFT)
    amount_per_person = models.DecimalField(max_digits=14, decimal_places=2, null=True)  # subsidies only
    budget_amount = models.DecimalField(max_digits=14, decimal_places=2)
    opens_on = models.DateField()
    closes_on = models.DateField()  # last day
    once = models.CharField(max_length=8, choices=Once)
    employer_kinds = ArrayField(models.CharField(max_length=24), default=list)
    gender = models.CharField(max_length=6, choices=Gender, blank=True)  # empty: any
    min_age = models.PositiveSmallIntegerField(null=True)
    max_age = models.PositiveSmallIntegerField(null=True)
    job_categories = ArrayField(models.CharField(max_length=12), default=list)
    is_first_only = models.BooleanField(default=False)  # who never had cover in the plan or one it continues
    revision = models.PositiveIntegerField(default=1)
    drafted_at = models.DateTimeField()
    drafted_by_name = models.CharField(max_length=80)
    proposed_at = models.DateTimeField(null=True)
    proposed_by_id = models.BigIntegerField(null=True)
    proposed_by_name = models.CharField(max_length=80, blank=True)
    proposed_by_person = models.CharField(max_length=20, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=80, blank=True)
    decided_by_person = models.CharField(max_length=20, blank=True)
    decided_for_person = models.CharField(max_length=20, blank=True)
    return_reason = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=80, blank=True)
    close_reason = models.CharField(max_length=200, blank=True)

    objects = CampaignQuerySet.as_manager()

    privacy = data_classes(
        internal="id name kind sponsor basis branch plan state amount_per_person budget_amount opens_on closes_on once "
        "employer_kinds gender min_age max_age job_categories is_first_only revision drafted_at proposed_at proposed_by_id "
        "decided_at decided_by_id return_reason closed_at close_reason",
        personal="drafted_by_name proposed_by_name proposed_by_person decided_by_name decided_by_person decided_for_person "
        "closed_by_name",
    )

    class Meta:
        ordering = ["-opens_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(opens_on__lte=F("closes_on")), name="campaign_window_in_order"),
            models.CheckConstraint(condition=Q(budget_amount__gt=0), name="campaign_has_budget"),
            models.CheckConstraint(
                condition=Q(kind="gift", amount_per_person__isnull=True)
                | Q(kind="subsidy", amount_per_person__isnull=False, amount_per_person__gt=0),
                name="campaign_amount_of_subsidies",
            ),
            models.CheckConstraint(
                condition=Q(min_age__isnull=True) | Q(max_age__isnull=True) | Q(min_age__lte=F("max_age")),
                name="campaign_ages_in_order",
            ),
            two_persons.decider_is_another("proposed_by_person", name="campaign_two_persons"),
            two_persons.decided_by_somebody(Q(state__in=["published", "closed"]), name="campaign_decided"),
        ]
        triggers = [
            *GIFT_CAMPAIGN.triggers(),
            *two_persons.true_persons("proposed_by_person", until="proposed"),
            pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
            append_only()[1],
            pgtrigger.Trigger(
                name="published_stays",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.state IN ('published', 'closed')"),
                func=f"IF to_jsonb(NEW) - {_MAY_CHANGE} IS DISTINCT FROM to_jsonb(OLD) - {_MAY_CHANGE} THEN "
                "RAISE EXCEPTION 'a published campaign stays as it is' USING ERRCODE = 'check_violation'; END IF; "
                "RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_editable(self) -> bool:
        """Whether it is still being written."""
        return self.state in EDITABLE


class Quota(models.Model):
    """
    名额: how many people of a branch's subtree, or of one employer, a campaign takes. Without any, the budget alone is the limit.
    """

    campaign = models.ForeignKey(GiftCampaign, on_delete=models.PROTECT, related_name="quotas")
    branch = models.ForeignKey(Branch, null=True, on_delete=models.PROTECT, related_name="+")
    employer = models.ForeignKey(Employer, null=True, on_delete=models.PROTECT, related_name="+")
    person_count = models.PositiveIntegerField()

    privacy = data_classes(internal="id campaign branch employer person_count")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "branch"], name="one_quota_per_branch"),
            models.UniqueConstraint(fields=["campaign", "employer"], name="one_quota_per_employer"),
            models.CheckConstraint(
                condition=Q(branch__isnull=True, employer__isnull=False)
                | Q(branch__isnull=False, employer__isnull=True),
                name="quota_of_branch_or_employer",
            ),
            models.CheckConstraint(condition=Q(person_count__gte=1), name="quota_has_people"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="published_stays",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                # Locks the campaign, so that nobody publishes it between the look and the change.
                func="PERFORM FROM gifts_giftcampaign c WHERE c.state NOT IN ('draft', 'returned') AND c.id IN "
                "(CASE WHEN TG_OP <> 'INSERT' THEN OLD.campaign_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.campaign_id END) "
                "FOR SHARE; IF FOUND THEN "
                "RAISE EXCEPTION 'quotas stay once the campaign is proposed' USING ERRCODE = 'check_violation'; END IF; "
                "RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign}：{self.branch or self.employer}"

    @property
    def code(self) -> str:
        """What names the place: the branch's code, or the employer's 统一社会信用代码."""
        return self.branch.code if self.branch else self.employer.credit_code if self.employer else ""
