"""保单: the papers of cover."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.cover.models import Cover, CoverState
from huzhu.employers.models import Employer
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.plans.models import Plan, PlanVersion
from huzhu.shared.actors import Actor
from huzhu.shared.one_employer import of_one_employer
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only, rows_stay


class PolicyQuerySet(models.QuerySet["Policy"]):
    """Policies somebody may see."""

    def visible_to(self, actor: Actor) -> PolicyQuerySet:
        """An employer's people see their own; staff those of their subtree."""
        return scope.narrow(self, actor, employer="employer_id", branch="employer__branch")


class Policy(models.Model):
    """
    One policy (保单): employer × plan × application. Its members are the covers that carry its id; each may
    have a period of its own.
    """

    number = models.CharField(max_length=20, unique=True)
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="policies")
    application = models.ForeignKey(EnrolmentApplication, on_delete=models.PROTECT, related_name="policies")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    share_count = models.PositiveSmallIntegerField()
    member_count = models.PositiveIntegerField()
    contribution_amount = models.DecimalField(max_digits=14, decimal_places=2)
    coverage_start = models.DateField()  # earliest start of its members
    coverage_end = models.DateField()  # latest end of its members, exclusive
    issued_at = models.DateTimeField()
    verify_code = models.CharField(max_length=24, unique=True)
    # Of the latest version (`PolicyVersion`); empty until its paper is made, and stamped.
    document_id = models.UUIDField(null=True)
    sealed_confirmation_id = models.UUIDField(null=True)

    objects = PolicyQuerySet.as_manager()

    privacy = data_classes(
        public="number verify_code",
        internal="id employer application plan plan_version share_count member_count contribution_amount coverage_start "
        "coverage_end issued_at document_id sealed_confirmation_id",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "plan"], name="one_policy_per_application_and_plan"),
            models.CheckConstraint(condition=Q(coverage_start__lt=F("coverage_end")), name="policy_period_not_empty"),
        ]
        indexes = [models.Index(fields=["employer", "-id"], name="policy_employer")]

    def __str__(self) -> str:
        return self.number

    def state_on(self, day: date) -> CoverState:
        """Where the policy stands on a day, by its widest period."""
        if day < self.coverage_start:
            return CoverState.PENDING
        return CoverState.ENDED if day >= self.coverage_end else CoverState.IN_FORCE


class VersionCause(models.TextChoices):
    """Why a version of a policy was made: by issuing it, or by an endorsement (批改)."""

    ISSUED = "issued", "签发"
    MEMBERS_ADDED = "members_added", "增员"
    MEMBERS_REMOVED = "members_removed", "减员"


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    """Versions of policies somebody may see."""

    def visible_to(self, actor: Actor) -> PolicyVersionQuerySet:
        """An employer's people see those of their own policies; staff those of their subtree."""
        return scope.narrow(self, actor, employer="policy__employer_id", branch="policy__employer__branch")


class PolicyVersion(models.Model):
    """
    第 N 版: a policy as it stood after its issue or one endorsement. Its figures never change; its paper and the stamped
    confirmation come later. Who is on it: the covers of this version's application and of those before (`versions.get_covers`).
    """

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=16, choices=VersionCause)
    application = models.ForeignKey(
        EnrolmentApplication, null=True, on_delete=models.PROTECT, related_name="policy_versions"
    )  # that brought its people; none where people left
    effective_on = models.DateField()  # the first day of cover of those it added; the day it was made where people left
    added_count = models.PositiveIntegerField()
    removed_count = models.PositiveIntegerField()
    member_count = models.PositiveIntegerField()  # everybody covered, whoever left included
    left_count = models.PositiveIntegerField()  # of them, with this version and before
    added_amount = models.DecimalField(max_digits=14, decimal_places=2)
    contribution_amount = models.DecimalField(max_digits=14, decimal_places=2)
    coverage_start = models.DateField()
    coverage_end = models.DateField()
    made_at = models.DateTimeField()
    document_id = models.UUIDField(null=True)  # documents.StoredFile, made by a job
    sealed_confirmation_id = models.UUIDField(null=True)

    objects = PolicyVersionQuerySet.as_manager()

    privacy = data_classes(
        public="number cause effective_on member_count",
        internal="id policy application added_count removed_count left_count added_amount contribution_amount coverage_start "
        "coverage_end made_at document_id sealed_confirmation_id",
    )

    class Meta:
        ordering = ["policy_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="a_version_once_per_policy"),
            models.UniqueConstraint(fields=["policy", "application"], name="an_application_endorses_once"),
            models.CheckConstraint(
                condition=Q(number=1, cause="issued") | Q(number__gt=1) & ~Q(cause="issued"),
                name="first_version_is_issued",
            ),
            models.CheckConstraint(
                condition=Q(cause="members_removed", application__isnull=True, added_count=0, removed_count__gt=0)
                | ~Q(cause="members_removed") & Q(application__isnull=False, removed_count=0, added_count__gt=0),
                name="a_version_changes_somebody",
            ),
            models.CheckConstraint(condition=Q(left_count__lte=F("member_count")), name="left_within_members"),
        ]
        triggers = [
            *rows_stay(
                *("policy_id", "number", "cause", "application_id", "effective_on", "added_count", "removed_count"),
                *(
                    "member_count",
                    "left_count",
                    "added_amount",
                    "contribution_amount",
                    "coverage_start",
                    "coverage_end",
                ),
                "made_at",
            ),
            *of_one_employer(
                "SELECT FROM {rows} AS n JOIN enrolment_enrolmentapplication AS a ON a.id = n.application_id "
                "JOIN policies_policy AS p ON p.id = n.policy_id WHERE a.employer_id <> p.employer_id",
                fields=["policy", "application"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} 第{self.number}版"


class DepartureReason(models.TextChoices):
    """Why somebody on a policy is no longer with the employer."""

    LEFT = "left", "离职"
    RETIRED = "retired", "退休"
    TRANSFERRED = "transferred", "调出"
    DIED = "died", "身故"


class Departure(models.Model):
    """减员: one person on a policy has left the employer. The cover stays as it is to its end."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="departures")
    cover = models.OneToOneField(Cover, on_delete=models.PROTECT, related_name="departure")
    reason = models.CharField(max_length=12, choices=DepartureReason)
    left_on = models.DateField()

    privacy = data_classes(internal="id version cover", personal="reason left_on")

    class Meta:
        triggers = [
            *append_only(),
            *of_one_employer(
                "SELECT FROM {rows} AS n JOIN policies_policyversion AS v ON v.id = n.version_id "
                "JOIN cover_cover AS c ON c.id = n.cover_id WHERE c.policy_id IS DISTINCT FROM v.policy_id",
                fields=["version", "cover"],
            ),
        ]


class RenewedPolicy(models.Model):
    """续保: an application was begun to renew a policy. Rows are facts; whether it still does, its state and plans tell."""

    application = models.ForeignKey(EnrolmentApplication, on_delete=models.PROTECT, related_name="renewed_policies")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="renewals")

    privacy = data_classes(internal="id application policy")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "policy"], name="a_policy_renewed_once_by_one")]
        triggers = [
            *append_only(),
            *of_one_employer(
                "SELECT FROM {rows} AS n JOIN enrolment_enrolmentapplication AS a ON a.id = n.application_id "
                "JOIN policies_policy AS p ON p.id = n.policy_id WHERE a.employer_id <> p.employer_id",
                fields=["application", "policy"],
            ),
        ]


class RenewalReminder(models.Model):
    """
    续保提醒: people of a policy whose cover ends on a day were remembered so many days before; each of the three once.
    """

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="reminders")
    coverage_end = models.DateField()
    days_before = models.PositiveSmallIntegerField()
    people = models.PositiveIntegerField()  # for whom nothing was on its way
    reminded_at = models.DateTimeField()

    privacy = data_classes(internal="id policy coverage_end days_before people reminded_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "coverage_end", "days_before"], name="reminded_once"),
        ]
        triggers = append_only()


class CheckAttempt(models.Model):
    """
    One question asked on the public check page, kept for a day: by it those who guess are held back.

    `subject` is the number of the policy or receipt asked about.
    """

    subject = models.CharField(max_length=40)
    address = models.CharField(max_length=45)
    asked_at = models.DateTimeField()

    privacy = data_classes(internal="id subject asked_at", personal="address")

    class Meta:
        indexes = [
            models.Index(fields=["address", "asked_at"], name="check_address"),
            models.Index(fields=["subject", "asked_at"], name="check_subject"),
            models.Index(fields=["asked_at"], name="check_age"),
        ]
