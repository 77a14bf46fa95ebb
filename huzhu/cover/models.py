"""保障: who is covered by which plan, from when to when. The database itself refuses more than the share limit (migration 0002)."""

from __future__ import annotations

from datetime import date

import pgtrigger
from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.cover.states import POLICY_BINDING, BindingState
from huzhu.employers.models import Employer
from huzhu.plans.models import Plan, PlanVersion
from huzhu.roster.models import Worker
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


class CoverClass(models.TextChoices):
    """How a cover joins the person's chain of earlier cover (rulebook §4)."""

    FIRST = "first", "首次参保"
    RENEWAL = "renewal", "续保"
    LAPSE = "lapse", "断保"


class CoverState(models.TextChoices):
    """Where a cover stands on a day; computed from its dates, never stored."""

    PENDING = "pending", "未生效"
    WAITING = "waiting", "免责期内"
    IN_FORCE = "in_force", "保障中"
    ENDED = "ended", "已到期"


class CoverQuerySet(models.QuerySet["Cover"]):
    """Covers somebody may see, and covers by day."""

    def visible_to(self, actor: Actor) -> CoverQuerySet:
        """An employer's people see the covers taken through their employer; staff those of their subtree."""
        return scope.narrow(self, actor, employer="employer_id", branch="employer__branch")

    def on_day(self, day: date) -> CoverQuerySet:
        """The covers in force on a day, waiting or not: start ≤ day < end."""
        return self.filter(coverage_start__lte=day, coverage_end__gt=day)


class Cover(models.Model):
    """
    One person covered by one plan for one period with some shares, taken through one employer. Periods are half-open.

    `full_from` is the first day after the waiting period; for a renewal with a larger amount it is the day for the amount carried
    on (`carried_amount`), and `added_full_from` the day for the amount above it.
    """

    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="covers")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="covers")
    application_id = models.BigIntegerField(
        null=True
    )  # enrolment comes later on the way; empty for cover of the old system
    policy_id = models.BigIntegerField(null=True)
    binding = models.ForeignKey(
        "PolicyBinding", null=True, on_delete=models.PROTECT, related_name="covers"
    )  # of cover bound from an old policy
    name = models.CharField(max_length=50)
    name_initials = models.CharField(max_length=50)
    number_masked = models.CharField(max_length=24)
    share_count = models.PositiveSmallIntegerField()
    carried_share_count = models.PositiveSmallIntegerField(default=0)  # whole shares that continue the earlier cover
    carried_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)  # lump sums carried on, in yuan
    contribution_amount = models.DecimalField(max_digits=14, decimal_places=2)
    coverage_start = models.DateField()
    coverage_end = models.DateField()
    cover_class = models.CharField(max_length=8, choices=CoverClass)
    previous_end = models.DateField(null=True)
    full_from = models.DateField()
    added_full_from = models.DateField()
    created_at = models.DateTimeField()

    objects = CoverQuerySet.as_manager()

    privacy = data_classes(
        internal="id worker plan plan_version employer application_id policy_id binding share_count carried_share_count "
        "carried_amount contribution_amount coverage_start coverage_end cover_class previous_end full_from added_full_from "
        "created_at",
        personal="name name_initials number_masked",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(coverage_start__lt=F("coverage_end")), name="cover_period_not_empty"),
            models.CheckConstraint(condition=Q(share_count__gte=1), name="cover_has_shares"),
            models.CheckConstraint(condition=Q(full_from__gte=F("coverage_start")), name="waiting_begins_with_cover"),
            models.CheckConstraint(
                condition=Q(cover_class="first", previous_end__isnull=True)
                | (~Q(cover_class="first") & Q(previous_end__isnull=False)),
                name="first_has_no_past",
            ),
            models.UniqueConstraint(
                fields=["application_id", "plan", "worker"], name="one_cover_per_application_plan_person"
            ),
            models.UniqueConstraint(
                fields=["binding", "worker"], condition=Q(binding__isnull=False), name="one_cover_per_binding_person"
            ),
        ]
        indexes = [
            models.Index(fields=["worker", "plan", "coverage_end"], name="cover_chain"),
            models.Index(fields=["employer", "coverage_start", "coverage_end"], name="cover_employer_day"),
            models.Index(fields=["policy_id", "id"], name="cover_policy"),
        ]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.name} {self.plan}"

    def state_on(self, day: date) -> CoverState:
        """Where this cover stands on a day."""
        if day < self.coverage_start:
            return CoverState.PENDING
        if day >= self.coverage_end:
            return CoverState.ENDED
        return CoverState.WAITING if day < self.full_from else CoverState.IN_FORCE


class PastPolicy(models.Model):
    """
    历史保单: one policy of the old system, as it was taken over. It counts for nobody until an employer has bound it.
    """

    number = models.CharField(max_length=40, unique=True)
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    holder_name = models.CharField(max_length=120)
    holder_credit_code = models.CharField(max_length=18, blank=True)
    coverage_start = models.DateField()
    coverage_end = models.DateField()  # half-open
    recorded_at = models.DateTimeField()

    privacy = data_classes(
        internal="id number plan_version holder_name holder_credit_code coverage_start coverage_end recorded_at"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(coverage_start__lt=F("coverage_end")), name="past_policy_not_empty")
        ]
        indexes = [models.Index(fields=["holder_credit_code"], name="past_policy_holder")]
        triggers = append_only()

    def __str__(self) -> str:
        return self.number


class PastPolicyMember(models.Model):
    """One person on an old policy, known by fingerprint."""

    past_policy = models.ForeignKey(PastPolicy, on_delete=models.PROTECT, related_name="members")
    fingerprint = models.UUIDField()
    name = models.CharField(max_length=50)
    number_masked = models.CharField(max_length=24)
    share_count = models.PositiveSmallIntegerField()

    privacy = data_classes(
        internal="id past_policy share_count", personal="name number_masked", sensitive="fingerprint"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["past_policy", "fingerprint"], name="once_on_a_past_policy"),
            models.CheckConstraint(condition=Q(share_count__gte=1), name="past_member_has_shares"),
        ]
        indexes = [models.Index(fields=["fingerprint"], name="past_member_print")]
        triggers = append_only()


class PastPolicyImport(models.Model):
    """One list of old policies that came as a file: what was taken over, or what was wrong with it. Rows are facts."""

    file_name = models.CharField(max_length=200)
    rows = models.PositiveIntegerField()
    policies = models.PositiveIntegerField()  # taken over
    people = models.PositiveIntegerField()
    known = models.PositiveIntegerField()  # policies that had been taken over before
    failed = models.PositiveIntegerField()  # rows; with any, nothing is taken over
    errors = models.JSONField(default=list)
    uploaded_at = models.DateTimeField()
    uploaded_by_id = models.BigIntegerField(null=True)
    uploaded_by_name = models.CharField(max_length=80)

    privacy = data_classes(
        internal="id file_name rows policies people known failed uploaded_at uploaded_by_id",
        personal="errors uploaded_by_name",
    )

    class Meta:
        triggers = append_only()

    def __str__(self) -> str:
        return self.file_name


class PastPolicyUpload(models.Model):
    """
    A large list of old policies that a job reads while its sender does something else: how far it is, and what came of it. The file
    is removed when the job has finished.
    """

    file_id = models.UUIDField()
    file_name = models.CharField(max_length=200)
    rows_read = models.PositiveIntegerField(default=0)
    uploaded_at = models.DateTimeField()
    uploaded_by_id = models.BigIntegerField(null=True)
    uploaded_by_name = models.CharField(max_length=80)
    finished_at = models.DateTimeField(null=True)
    done = models.OneToOneField(PastPolicyImport, null=True, on_delete=models.PROTECT, related_name="upload")
    refusal = models.CharField(max_length=500, blank=True)

    privacy = data_classes(
        internal="id file_id file_name rows_read uploaded_at uploaded_by_id finished_at done refusal",
        personal="uploaded_by_name",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, done__isnull=True, refusal="")
                | (Q(finished_at__isnull=False) & (Q(done__isnull=False) | ~Q(refusal=""))),
                name="finished_upload_tells_what_came",
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class PolicyBindingQuerySet(models.QuerySet["PolicyBinding"]):
    """Bindings somebody may see."""

    def visible_to(self, actor: Actor) -> PolicyBindingQuerySet:
        """An employer's people see those of their employer; staff those of their branch's subtree."""
        return scope.narrow(self, actor, employer="employer_id", branch="employer__branch")


class PolicyBinding(models.Model):
    """
    历史保单绑定: an old policy that counts as an employer's own, so that cover joins without a gap. With the same credit code it is
    bound at once, otherwise a registrar weighs how many of its people are on the employer's roster.
    """

    past_policy = models.ForeignKey(PastPolicy, on_delete=models.PROTECT, related_name="bindings")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="policy_bindings")
    state = models.CharField(max_length=10, choices=BindingState, default=BindingState.REQUESTED)
    people = models.PositiveIntegerField()  # on the policy
    matching = models.PositiveIntegerField()  # of them on the employer's roster when it was asked
    note = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    asked_by_id = models.BigIntegerField(null=True)
    asked_by_person = models.CharField(max_length=20)
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_person = models.CharField(max_length=20, blank=True)
    decided_for_person = models.CharField(max_length=20, blank=True)  # whom a deputy stood in for

    objects = PolicyBindingQuerySet.as_manager()

    privacy = data_classes(
        internal="id past_policy employer state people matching note reason asked_at asked_by_id decided_at decided_by_id",
        personal="asked_by_person decided_by_person decided_for_person",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["past_policy"], condition=Q(state="confirmed"), name="bound_to_one_employer"
            ),
            models.UniqueConstraint(
                fields=["past_policy", "employer"], condition=Q(state="requested"), name="asked_once"
            ),
            two_persons.decider_is_another("asked_by_person", name="binding_decided_by_another"),
            models.CheckConstraint(condition=Q(matching__lte=F("people")), name="matching_within_people"),
        ]
        indexes = [models.Index(fields=["state", "asked_at"], name="binding_queue")]
        triggers = [*POLICY_BINDING.triggers(), *two_persons.true_persons("asked_by_person")]

    def __str__(self) -> str:
        return f"{self.past_policy} → {self.employer}"
