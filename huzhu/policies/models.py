"""保单: the papers of cover."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.cover.models import CoverState
from huzhu.employers.models import Employer
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.plans.models import Plan, PlanVersion
from huzhu.shared.actors import Actor
from huzhu.shared.one_employer import of_one_employer
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


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
    document_id = models.UUIDField(null=True)  # documents.StoredFile, made by a job
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
