"""电子票据: what an employer asks to have receipted, and the receipts issued."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.billing.models import PaymentSlip
from huzhu.employers.models import Employer
from huzhu.policies.models import Policy
from huzhu.receipts.states import LIVE, REQUEST, RequestState
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.one_employer import of_one_employer
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


def _sums_hold(name: str, operation: pgtrigger.Operation, *, rights: str) -> pgtrigger.Trigger:
    """
    A check at the end of the transaction: what a right has given away is what its live requests have taken.

    :param rights: SQL that selects the ids of the rights to look at
    """
    live = ", ".join(f"'{state}'" for state in sorted(LIVE))
    return pgtrigger.Trigger(
        name=name,
        operation=operation,
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        func=f"IF EXISTS (SELECT 1 FROM receipts_receiptright r WHERE r.id IN ({rights}) AND r.requested_amount <> "
        "(SELECT coalesce(sum(l.amount), 0) FROM receipts_receiptline l "
        f"JOIN receipts_receiptrequest q ON q.id = l.request_id WHERE l.right_id = r.id AND q.state IN ({live}))) THEN "
        "RAISE EXCEPTION 'receipt requests do not add up to what their right has given away' "
        "USING ERRCODE = 'check_violation'; END IF; RETURN NULL;",
    )


class RequestQuerySet(models.QuerySet):
    """Receipt requests and receipts somebody may see."""

    def visible_to(self, actor: Actor) -> RequestQuerySet:
        """An employer's people see their own; staff those of their subtree."""
        return scope.narrow(self, actor, employer="employer_id", branch="employer__branch")


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
        triggers = [_sums_hold("right_sums", pgtrigger.Insert | pgtrigger.Update, rights="NEW.id")]


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
        triggers = [
            *REQUEST.triggers(),
            _sums_hold(
                "request_sums",
                pgtrigger.Update,
                rights="SELECT right_id FROM receipts_receiptline WHERE request_id = NEW.id",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_waiting(self) -> bool:
        """Whether it still waits for the cashiers."""
        return self.state == RequestState.REQUESTED

    @property
    def is_over(self) -> bool:
        """Whether it gave its amount back: it can be asked for anew."""
        return self.state not in LIVE


class ReceiptLine(models.Model):
    """
    One policy on a receipt request: item, shares, price and amount, and the stamped 参保确认书 it was asked with. Never changed.
    """

    request = models.ForeignKey(ReceiptRequest, on_delete=models.CASCADE, related_name="lines")
    right = models.ForeignKey(ReceiptRight, on_delete=models.PROTECT, related_name="lines")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="receipt_lines")
    item_name = models.CharField(max_length=60)
    unit_of_measure = models.CharField(max_length=4, default="份")
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=2)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    confirmation_id = models.UUIDField(null=True)  # documents.StoredFile, as it was when asked

    privacy = data_classes(
        internal="id request right policy item_name unit_of_measure quantity unit_price amount confirmation_id"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "policy"], name="a_policy_once_per_request"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount=F("quantity") * F("unit_price")), name="line_amount_is_its_product"
            ),
        ]
        triggers = [
            *append_only(),
            _sums_hold("line_sums", pgtrigger.Insert, rights="NEW.right_id"),
            *of_one_employer(
                "SELECT FROM {rows} AS n JOIN receipts_receiptrequest AS q ON q.id = n.request_id "
                "JOIN receipts_receiptright AS g ON g.id = n.right_id JOIN billing_paymentslip AS s ON s.id = g.slip_id "
                "JOIN policies_policy AS p ON p.id = n.policy_id "
                "WHERE g.employer_id <> q.employer_id OR NOT EXISTS (SELECT FROM policies_policyversion AS v "
                "WHERE v.policy_id = p.id AND v.application_id = s.application_id)",
                fields=["request", "right", "policy"],
            ),
        ]


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
    reversal_reason = models.CharField(max_length=200, blank=True)
    document_id = models.UUIDField()
    elements = models.JSONField(default=dict)  # everything printed, as data (facts §5.2)
    issued_by_person = models.CharField(max_length=20, blank=True)
    requested_by_person = models.CharField(max_length=20, blank=True)  # these two are filled in by the database
    reversed_issuer_person = models.CharField(max_length=20, blank=True)
    issued_for_person = models.CharField(max_length=20, blank=True)  # whom the issuer stood in for
    reversed_issuer_for_person = models.CharField(max_length=20, blank=True)  # filled in by the database

    objects = RequestQuerySet.as_manager()

    privacy = data_classes(
        internal="id request employer receipt_code receipt_number check_code amount issued_on issued_at reverses "
        "reversal_reason document_id",
        personal="issuer_name reviewer_name elements issued_by_person requested_by_person reversed_issuer_person "
        "issued_for_person reversed_issuer_for_person",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["receipt_code", "receipt_number"], name="a_receipt_number_once"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount__gt=0) | Q(reverses__isnull=False, amount__lt=0),
                name="red_is_negative",
            ),
            models.CheckConstraint(
                condition=~Q(issuer_name=F("reviewer_name")), name="issuer_and_reviewer_have_two_names"
            ),
            models.CheckConstraint(
                condition=Q(issued_by_person="") | ~Q(issued_by_person=F("requested_by_person")),
                name="issued_by_another_than_asked",
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True)
                | (~Q(reversal_reason="") & ~Q(issued_by_person="") & ~Q(issued_by_person=F("reversed_issuer_person"))),
                name="reversal_takes_another_person",
            ),
            models.CheckConstraint(
                condition=(
                    Q(reversed_issuer_for_person="")
                    | ~Q(issued_by_person=F("reversed_issuer_for_person"))
                    & ~Q(issued_for_person=F("reversed_issuer_for_person"))
                )
                & (
                    Q(issued_for_person="")
                    | ~Q(issued_for_person=F("reversed_issuer_person")) & ~Q(issued_for_person=F("requested_by_person"))
                ),
                name="another_person_through_deputies",
            ),
        ]
        indexes = [
            models.Index(fields=["employer", "-id"], name="receipt_employer"),
            models.Index(fields=["receipt_number"], name="receipt_by_number"),
        ]
        triggers = [
            *append_only(),
            # The two-person constraints compare with what the row says; this makes the row say who it really was.
            pgtrigger.Trigger(
                name="true_persons",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="SELECT q.requested_by_person INTO STRICT NEW.requested_by_person FROM receipts_receiptrequest q "
                "WHERE q.id = NEW.request_id; IF NEW.reverses_id IS NOT NULL THEN "
                "SELECT o.issued_by_person, o.issued_for_person "
                "INTO STRICT NEW.reversed_issuer_person, NEW.reversed_issuer_for_person FROM receipts_ereceipt o "
                "WHERE o.id = NEW.reverses_id AND o.request_id = NEW.request_id AND o.amount = -NEW.amount; "
                "END IF; RETURN NEW;",
            ),
            two_persons.by_any_mobile(
                ["issued_by_person", "issued_for_person"],
                ["requested_by_person", "reversed_issuer_person", "reversed_issuer_for_person"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_code} {self.receipt_number}"

    @property
    def is_red(self) -> bool:
        """Whether it reverses another."""
        return self.reverses_id is not None
