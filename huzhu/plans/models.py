"""保障计划 as versioned data: a plan is a name that lasts, a version is what was sold in a period."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.plans.states import EDITABLE, PLAN_VERSION, TOLD, VersionState, WindowKind
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor, Side
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


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


class PlanVersionQuerySet(models.QuerySet["PlanVersion"]):
    """Versions somebody may see."""

    def visible_to(self, actor: Actor) -> PlanVersionQuerySet:
        """Staff of the whole association see every version, those in preparation too; what was published is `told`."""
        is_ours = actor.side == Side.SYSTEM or scope.is_of_whole_association(actor)
        return self.all() if is_ours else self.none()

    def told(self) -> PlanVersionQuerySet:
        """Those that are or were on sale: everybody may read them."""
        return self.filter(state__in=TOLD)

    def readable_by(self, actor: Actor) -> PlanVersionQuerySet:
        """What is in preparation for whom it concerns, and what was published for everybody."""
        return self.filter(Q(pk__in=self.model.objects.visible_to(actor).values("pk")) | Q(state__in=TOLD))


# What a published version may still have changed: that it is closed, and the end of its sale, which only comes forward.
_MAY_CHANGE = "ARRAY['state', 'valid_to', 'closed_at', 'closed_by_name', 'close_reason']"


class PlanVersion(models.Model):
    """
    What a plan gives and costs from a day on. Amounts are yuan per share; `assumed_fields` are still 待确认 by the society.

    draft: being written, from the latest version. proposed: waits for a second person. returned: to be mended, with the reason.
    published: sold in its window, and never changed again. closed: not sold any more; what was sold under it is served as before.
    discarded: never came to anything. `revision` counts the edits: who edits names the one that was on the screen.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
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
    proofs = models.JSONField(default=dict)  # kind of proof at enrolment → what it must show
    cases = models.JSONField(default=list)
    assumed_fields = ArrayField(models.CharField(max_length=40), default=list)
    source = models.TextField(blank=True)
    change_note = models.CharField(max_length=300, blank=True)
    is_from_catalogue = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    drafted_at = models.DateTimeField(null=True)
    drafted_by_name = models.CharField(max_length=80, blank=True)
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

    objects = PlanVersionQuerySet.as_manager()

    privacy = data_classes(
        public="id plan version state valid_from valid_to published_at contribution_amount max_shares term_months min_age "
        "max_age gender requires_medical_insurance exclusive_group renews_from min_participation_ratio min_headcount "
        "all_must_join_below participation_base waiting_days_first waiting_days_lapsed waiting_days_renewal renewal_grace_days "
        "uniform_shares mid_term_period gift_eligible claim_limit_days cap_amount caps_by_region benefits exclusions proofs",
        internal="cases assumed_fields source change_note is_from_catalogue revision drafted_at proposed_at proposed_by_id "
        "decided_at decided_by_id return_reason closed_at close_reason",
        personal="drafted_by_name proposed_by_name proposed_by_person decided_by_name decided_by_person decided_for_person "
        "closed_by_name",
    )

    class Meta:
        ordering = ["plan_id", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "version"], name="one_row_per_plan_version"),
            models.UniqueConstraint(
                fields=["plan"],
                condition=Q(state__in=["draft", "proposed", "returned"]),
                name="one_plan_version_in_preparation",
            ),
            models.CheckConstraint(condition=Q(min_age__lte=F("max_age")), name="plan_ages_in_order"),
            models.CheckConstraint(condition=Q(contribution_amount__gte=0), name="plan_contribution_not_negative"),
            models.CheckConstraint(
                condition=Q(max_shares__gte=1, term_months__gte=1), name="plan_shares_and_term_positive"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "closed"]) | Q(published_at__isnull=False),
                name="plan_published_has_its_moment",
            ),
            models.CheckConstraint(
                # Only what came with the catalogue was never proposed; it is always the first version.
                condition=Q(is_from_catalogue=False) | Q(version=1, proposed_by_person=""),
                name="plan_catalogue_is_first",
            ),
            two_persons.decider_is_another("proposed_by_person", name="plan_version_two_persons"),
            two_persons.decided_by_somebody(
                Q(state__in=["published", "closed"], is_from_catalogue=False), name="plan_version_decided"
            ),
        ]
        triggers = [
            *PLAN_VERSION.triggers(),
            *two_persons.true_persons("proposed_by_person", until="proposed"),
            pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
            append_only()[1],
            pgtrigger.Trigger(
                name="published_stays",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.state IN ('published', 'closed')"),
                func=f"IF to_jsonb(NEW) - {_MAY_CHANGE} IS DISTINCT FROM to_jsonb(OLD) - {_MAY_CHANGE} THEN "
                "RAISE EXCEPTION 'a published plan version stays as it is' USING ERRCODE = 'check_violation'; END IF; "
                "IF NEW.valid_to IS DISTINCT FROM OLD.valid_to AND (NEW.valid_to IS NULL OR NEW.valid_to >= OLD.valid_to) THEN "
                "RAISE EXCEPTION 'the end of a sale only comes forward' USING ERRCODE = 'check_violation'; END IF; "
                "RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="one_on_sale",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("NEW.state = 'published'"),
                # Without the extension for an exclusion by plan and days: a look under a lock.
                func="PERFORM pg_advisory_xact_lock(hashtextextended('plan_on_sale/' || NEW.plan_id, 0)); "
                "IF EXISTS (SELECT FROM plans_planversion o WHERE o.plan_id = NEW.plan_id AND o.id <> NEW.id "
                "AND o.state = 'published' AND daterange(o.valid_from, o.valid_to, '[]') "
                "&& daterange(NEW.valid_from, NEW.valid_to, '[]')) THEN "
                "RAISE EXCEPTION 'two versions of a plan on sale on one day' USING ERRCODE = 'check_violation'; END IF; "
                "RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} 第{self.version}版"

    @property
    def is_editable(self) -> bool:
        """Whether it is still being written."""
        return self.state in EDITABLE

    @property
    def is_told(self) -> bool:
        """Whether it is or was on sale."""
        return self.state in TOLD


class SaleWindowQuerySet(models.QuerySet["SaleWindow"]):
    """Windows somebody may see."""

    def visible_to(self, actor: Actor) -> SaleWindowQuerySet:
        """Staff see those of their branch's subtree and of the branches above it."""
        if scope.get_subtree(actor) is None:
            return self.none()
        own = Q(branch__in=Branch.objects.visible_to(actor))
        return self.filter(own | Q(branch__path__in=scope.get_paths_over(actor)))


class SaleWindow(models.Model):
    """
    What a branch says about the sale of a version, for itself and those below, from a day on. Rows are facts; of those that hold
    on a day the one made last counts, and of the branches above an employer the nearest that does not leave it to those above.
    """

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="windows")
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=WindowKind)
    opens_on = models.DateField(null=True)
    closes_on = models.DateField(null=True)  # last day
    effective_from = models.DateField()
    reason = models.CharField(max_length=200)
    set_at = models.DateTimeField()
    set_by_id = models.BigIntegerField(null=True)
    set_by_name = models.CharField(max_length=80)

    objects = SaleWindowQuerySet.as_manager()

    privacy = data_classes(
        internal="id version branch kind opens_on closes_on effective_from reason set_at set_by_id",
        personal="set_by_name",
    )

    class Meta:
        indexes = [models.Index(fields=["version", "branch", "effective_from"], name="sale_window_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="own") | Q(opens_on__isnull=True, closes_on__isnull=True), name="sale_window_of_days"
            ),
            models.CheckConstraint(
                condition=Q(opens_on__isnull=True) | Q(closes_on__isnull=True) | Q(opens_on__lte=F("closes_on")),
                name="sale_window_in_order",
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.version}：{self.branch}"
