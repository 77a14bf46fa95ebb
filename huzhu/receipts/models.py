"""电子票据: what an employer asks to have receipted, and the receipts issued."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huzhu.billing.models import PaymentSlip
from huzhu.employers.models import Employer
from huzhu.policies.models import Policy
from huzhu.receipts.states import REQUEST, RequestState
from huzhu.shared.actors import Actor, Side
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


class RequestQuerySet(models.QuerySet["ReceiptRequest"]):
    """Receipt requests somebody may see."""

    def visible_to(self, actor: Actor) -> RequestQuerySet:
        """An employer's people see their own; staff those of their subtree."""
        if actor.side == Side.EMPLOYER and actor.employer_id:
            return self.filter(employer_id=actor.employer_id)
        if actor.side == Side.OFFICE and actor.branch_path:
            return self.filter(employer__branch__path__startswith=actor.branch_path)
        return self if actor.side == Side.SYSTEM else self.none()


class ReceiptRight(models.Model):
    """What a paid slip entitles its employer to have receipted; `requested_amount` is what live requests have taken of it."""

    slip = models.OneToOneField(PaymentSlip, on_delete=models.PROTECT, related_name="receipt_right")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="receipt_rights")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    requested_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    created_at = models.DateTimeField()

    privacy = data_classes(internal="id slip employer amount requested_amount created_at")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(requested_amount__gte=0, requested_amount__lte=F("amount")),
                name="never_receipted_more_than_paid",
            )
        ]


class ReceiptRequest(models.Model):
    """
    One 开票申请: the policies it is for, the stamped 参保确认书, title, credit code and amount.
    """

    number = models.CharField(max_length=20, unique=True)
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="receipt_requests")
    title = models.CharField(max_length=120)
    credit_code = models.CharField(max_length=18, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    remark = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.REQUESTED)
    requested_at = models.DateTimeField()
    requested_by_id = models.BigIntegerField(null=True)
    requested_by_person = models.CharField(max_length=20)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    objects = RequestQuerySet.as_manager()

    privacy = data_classes(
        internal="id number employer title credit_code amount remark state requested_at requested_by_id decided_at reason",
        personal="requested_by_person",
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="request_asks_for_an_amount")]
        indexes = [
            models.Index(fields=["employer", "-id"], name="request_employer"),
            models.Index(fields=["state", "id"], name="request_queue"),
        ]
        triggers = REQUEST.triggers()

    def __str__(self) -> str:
        return self.number


class ReceiptLine(models.Model):
    """One policy on a receipt request: item, shares, price and amount."""

    request = models.ForeignKey(ReceiptRequest, on_delete=models.CASCADE, related_name="lines")
    right = models.ForeignKey(ReceiptRight, on_delete=models.PROTECT, related_name="lines")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="receipt_lines")
    item_name = models.CharField(max_length=60)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=2)
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    privacy = data_classes(internal="id request right policy item_name quantity unit_price amount")


class EReceipt(models.Model):
    """
    One issued e-receipt (电子票据). A reversal is a red receipt of the full amount that points at the original; nothing is changed.
    """

    request = models.ForeignKey(ReceiptRequest, on_delete=models.PROTECT, related_name="receipts")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="receipts")
    receipt_code = models.CharField(max_length=8)
    receipt_number = models.CharField(max_length=10)
    check_code = models.CharField(max_length=6)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    issued_on = models.DateField()
    issued_at = models.DateTimeField()
    issuer_name = models.CharField(max_length=80)
    reviewer_name = models.CharField(max_length=80)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    document_id = models.UUIDField()

    privacy = data_classes(
        internal="id request employer receipt_code receipt_number check_code amount issued_on issued_at reverses document_id",
        personal="issuer_name reviewer_name",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["receipt_code", "receipt_number"], name="a_receipt_number_once")]
        triggers = append_only()
