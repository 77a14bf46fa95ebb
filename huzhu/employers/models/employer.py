"""参保单位: the holder of roster, applications, slips and policies."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from huzhu.accounts import guards, scope
from huzhu.accounts.models import Branch
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes
from huzhu.shared.seals import Place

# The legal representative's document moves with its seal id from the registration to the employer.
LEGAL_DOCUMENT = Place("employers.registration", "legal_document")


class EmployerKind(models.TextChoices):
    STATE_ORGAN = "state_organ", "机关"
    PUBLIC_INSTITUTION = "public_institution", "事业单位"
    ENTERPRISE = "enterprise", "企业"
    SOCIAL_ORGANISATION = "social_organisation", "社会团体"
    PRIVATE_NON_ENTERPRISE = "private_non_enterprise", "民办非企业单位"
    TRADE_UNION = "trade_union", "基层工会"
    OTHER = "other", "其他"


class EmployerQuerySet(models.QuerySet["Employer"]):
    """Employers somebody may see."""

    def visible_to(self, actor: Actor) -> EmployerQuerySet:
        """
        An employer's people see their own; staff see those of their branch's subtree; nobody else sees any.
        """
        return scope.narrow(self, actor, employer="pk", branch="branch")


class Employer(models.Model):
    """
    One employer (参保单位) whose registration was approved; the holder of roster, applications, slips and policies.
    """

    credit_code = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=120)
    name_initials = models.CharField(max_length=120)
    name_bigrams = ArrayField(
        models.CharField(max_length=2), default=list
    )  # for search inside names and for merge hints
    kind = models.CharField(max_length=30, choices=EmployerKind)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="employers")
    legal_representative = models.CharField(max_length=80)
    legal_document_type = models.CharField(max_length=30, blank=True)
    legal_document = models.BinaryField(null=True)  # sealed
    legal_document_masked = models.CharField(max_length=40, blank=True)
    seal_id = models.UUIDField(null=True)
    address = models.CharField(max_length=200)
    handler_name = models.CharField(max_length=80)
    handler_mobile = models.CharField(max_length=20)
    headcount = models.PositiveIntegerField()  # declared in-service staff
    women_headcount = models.PositiveIntegerField()
    approved_at = models.DateTimeField()

    objects = EmployerQuerySet.as_manager()

    privacy = data_classes(
        public="id credit_code name name_initials name_bigrams kind branch",
        internal="address headcount women_headcount approved_at legal_document_type seal_id",
        personal="legal_representative handler_name handler_mobile",
        sensitive="legal_document legal_document_masked",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(women_headcount__lte=F("headcount")), name="employer_women_within_headcount"
            )
        ]
        indexes = [GinIndex(fields=["name_bigrams"], name="employer_bigrams")]
        triggers = [guards.open_branch(), guards.no_staff_of_new_branch()]

    def __str__(self) -> str:
        return self.name


class OfEmployerQuerySet(models.QuerySet):
    """What belongs to one employer's account: invitations, hand-overs, changes."""

    def visible_to(self, actor: Actor) -> OfEmployerQuerySet:
        """An employer's people see those of their own account, staff those of their branch's subtree."""
        return self.filter(employer__in=Employer.objects.visible_to(actor))

    def addressed_to(self, mobile: str) -> OfEmployerQuerySet:
        """Those meant for the owner of a mobile, which must have been proven."""
        return self.filter(mobile=mobile)
