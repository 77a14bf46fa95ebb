"""注册: an employer's wish for an account."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from huzhu.accounts import guards, scope
from huzhu.accounts.models import Branch
from huzhu.employers.models.employer import Employer, EmployerKind
from huzhu.employers.states import (
    REGISTRATION,
    RegistrationState,
)
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Registrations somebody may see."""

    def visible_to(self, actor: Actor) -> RegistrationQuerySet:
        """
        Staff see the registrations of their branch's subtree, one that has become an employer where that employer is now;
        applicants follow theirs by mobile and code, not by account.
        """
        open_ones = scope.narrow(self, actor, branch="branch").filter(employer__isnull=True)
        return open_ones | scope.narrow(self, actor, branch="employer__branch").filter(employer__isnull=False)


class Registration(models.Model):
    """
    One employer's wish for an account.

    pending: waits for the registrar. returned: the applicant corrects the fields named in `field_reasons`.
    approved: an employer and its first account exist. rejected: final. `round` counts submissions: a decision names the one it saw.
    """

    credit_code = models.CharField(max_length=18)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=30, choices=EmployerKind)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="registrations")
    legal_representative = models.CharField(max_length=80)
    legal_document_type = models.CharField(max_length=30, blank=True)
    legal_document = models.BinaryField(null=True)  # sealed
    legal_document_masked = models.CharField(max_length=40, blank=True)
    seal_id = models.UUIDField(null=True)
    address = models.CharField(max_length=200)
    handler_name = models.CharField(max_length=80)
    handler_mobile = models.CharField(max_length=20)
    headcount = models.PositiveIntegerField()
    women_headcount = models.PositiveIntegerField()
    certificate_id = models.UUIDField()  # documents.StoredFile
    state = models.CharField(max_length=10, choices=RegistrationState, default=RegistrationState.PENDING)
    round = models.PositiveSmallIntegerField(default=1)
    field_reasons = models.JSONField(default=dict)  # field name → what to mend
    reason = models.TextField(blank=True)
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_person = models.CharField(max_length=20, blank=True)
    decided_for_person = models.CharField(max_length=20, blank=True)  # whom a deputy stood in for
    employer = models.OneToOneField(Employer, null=True, on_delete=models.PROTECT, related_name="registration")

    objects = RegistrationQuerySet.as_manager()

    privacy = data_classes(
        internal="id credit_code name kind branch address headcount women_headcount certificate_id state round "
        "field_reasons reason submitted_at decided_at decided_by_id employer legal_document_type seal_id",
        personal="legal_representative handler_name handler_mobile decided_by_person decided_for_person",
        sensitive="legal_document legal_document_masked",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=Q(state__in=["pending", "returned", "approved"]),
                name="one_live_registration",
            ),
            two_persons.decider_is_another("handler_mobile", name="registration_decided_by_another"),
            two_persons.decided_by_somebody(Q(state="approved"), name="registration_approved_by_somebody"),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(employer__isnull=False, decided_at__isnull=False),
                name="approved_has_employer",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "submitted_at"], name="registration_queue"),
            models.Index(fields=["handler_mobile"], name="registration_mobile"),
        ]
        triggers = [*REGISTRATION.triggers(), *two_persons.true_persons("handler_mobile"), guards.open_branch()]

    def __str__(self) -> str:
        return self.name
