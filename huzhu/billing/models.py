"""缴款: slips, the society's bank accounts and their statements, allocations, exceptions, and the ledger."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huzhu.billing.states import (
    BANK_LINE,
    SLIP,
    Account,
    ExceptionKind,
    MatchStep,
    SlipState,
    TransactionState,
)
from huzhu.employers.models import Employer
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.shared.actors import Actor, Side
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


class SlipQuerySet(models.QuerySet["PaymentSlip"]):
    """Slips somebody may see."""

    def visible_to(self, actor: Actor) -> SlipQuerySet:
        """An employer's people see their own; staff those of their subtree."""
        if actor.side == Side.EMPLOYER and actor.employer_id:
            return self.filter(employer_id=actor.employer_id)
        if actor.side == Side.OFFICE and actor.branch_path:
            return self.filter(employer__branch__path__startswith=actor.branch_path)
        return self if actor.side == Side.SYSTEM else self.none()


class PaymentSlip(models.Model):
    """
    One demand for money (缴款单) for one approved application. Its number goes into the remittance remark and is never reused.
    """

    number = models.CharField(max_length=20, unique=True)
    application = models.ForeignKey(EnrolmentApplication, on_delete=models.PROTECT, related_name="slips")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="slips")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    allocated_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    state = models.CharField(max_length=10, choices=SlipState, default=SlipState.OPEN)
    issued_at = models.DateTimeField()
    due_on = models.DateField()
    arrival_on = models.DateField(null=True)
    paid_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=200, blank=True)
    payee_account = models.ForeignKey("SocietyAccount", on_delete=models.PROTECT, related_name="+")

    objects = SlipQuerySet.as_manager()

    privacy = data_classes(
        internal="id number application employer amount allocated_amount state issued_at due_on arrival_on paid_at cancelled_at "
        "cancel_reason payee_account"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(state="open"), name="one_open_slip_per_application"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_slip_asks_for_money"),
            models.CheckConstraint(
                condition=Q(allocated_amount__gte=0, allocated_amount__lte=F("amount")), name="never_over_allocated"
            ),
            models.CheckConstraint(
                condition=~Q(state="paid") | Q(allocated_amount=F("amount"), arrival_on__isnull=False),
                name="paid_means_fully_allocated",
            ),
        ]
        indexes = [
            models.Index(fields=["employer", "state", "-id"], name="slip_employer"),
            models.Index(fields=["state", "due_on"], name="slip_due"),
        ]
        triggers = SLIP.triggers()

    def __str__(self) -> str:
        return self.number


class SocietyAccount(models.Model):
    """One bank account of the association into which employers pay."""

    number = models.CharField(max_length=32, unique=True)
    bank = models.CharField(max_length=10)  # icbc, ccb …
    bank_name = models.CharField(max_length=80)
    holder = models.CharField(max_length=80)
    is_payee = models.BooleanField(default=False)  # printed on new slips
    layout = models.JSONField(default=dict)  # a layout mapped by hand, if the bank's is unknown

    privacy = data_classes(public="id number bank bank_name holder is_payee layout")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_payee"], condition=Q(is_payee=True), name="one_payee_account")
        ]

    def __str__(self) -> str:
        return f"{self.bank_name} {self.number}"


class BankStatement(models.Model):
    """One imported statement file of one account."""

    account = models.ForeignKey(SocietyAccount, on_delete=models.PROTECT, related_name="statements")
    file_id = models.UUIDField(null=True)
    file_name = models.CharField(max_length=200)
    layout = models.CharField(max_length=20)
    imported_at = models.DateTimeField()
    imported_by_id = models.BigIntegerField(null=True)
    imported_by_person = models.CharField(max_length=20)
    first_on = models.DateField()
    last_on = models.DateField()
    opening_balance = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    closing_balance = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    line_count = models.PositiveIntegerField()
    new_count = models.PositiveIntegerField()
    closed_at = models.DateTimeField(null=True)  # a closed statement lets slips due within it expire

    privacy = data_classes(
        internal="id account file_id file_name layout imported_at imported_by_id first_on last_on opening_balance closing_balance "
        "line_count new_count closed_at",
        personal="imported_by_person",
    )


class BankTransaction(models.Model):
    """
    One line of a bank statement (银行流水), known again by `identity`, with its raw text and a state of its own.
    """

    account = models.ForeignKey(SocietyAccount, on_delete=models.PROTECT, related_name="transactions")
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="transactions")
    line = models.PositiveIntegerField()  # row number in the file
    identity = models.CharField(max_length=64)
    received_on = models.DateField()  # value date: the arrival that decides cover
    booked_at = models.DateTimeField(null=True)
    is_incoming = models.BooleanField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    balance = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, default="CNY")
    counterparty_name = models.CharField(max_length=120, blank=True)
    counterparty_account = models.CharField(max_length=40, blank=True)
    remark = models.TextField(blank=True)
    bank_serial = models.CharField(max_length=80, blank=True)
    raw = models.JSONField()
    allocated_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    state = models.CharField(max_length=10, choices=TransactionState, default=TransactionState.UNMATCHED)
    exception_kind = models.CharField(max_length=16, choices=ExceptionKind, blank=True)
    note = models.CharField(max_length=200, blank=True)

    privacy = data_classes(
        internal="id account statement line identity received_on booked_at is_incoming amount balance currency bank_serial "
        "allocated_amount state exception_kind note",
        personal="counterparty_name counterparty_account remark raw",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "identity"], name="a_bank_line_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_amount_positive"),
            models.CheckConstraint(
                condition=Q(allocated_amount__gte=0, allocated_amount__lte=F("amount")),
                name="line_never_over_allocated",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="bank_line_state"),
            models.Index(fields=["account", "received_on"], name="bank_line_day"),
        ]
        triggers = BANK_LINE.triggers()


class PaymentAllocation(models.Model):
    """
    One amount of one bank line given to one slip (核销): by which step, why, proposed and confirmed by whom. Never changed.
    """

    transaction = models.ForeignKey(BankTransaction, on_delete=models.PROTECT, related_name="allocations")
    slip = models.ForeignKey(PaymentSlip, on_delete=models.PROTECT, related_name="allocations")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    match_step = models.CharField(max_length=20, choices=MatchStep)
    reason = models.CharField(max_length=200)
    allocated_at = models.DateTimeField()
    proposed_by_person = models.CharField(max_length=20, blank=True)
    confirmed_by_person = models.CharField(max_length=20, blank=True)
    imported_by_person = models.CharField(max_length=20, blank=True)

    privacy = data_classes(
        internal="id transaction slip amount match_step reason allocated_at",
        personal="proposed_by_person confirmed_by_person imported_by_person",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_positive"),
            models.CheckConstraint(
                condition=~Q(match_step="by_hand")
                | (
                    ~Q(confirmed_by_person="")
                    & ~Q(confirmed_by_person=F("imported_by_person"))
                    & ~Q(confirmed_by_person=F("proposed_by_person"))
                ),
                name="by_hand_takes_another_person",
            ),
        ]
        triggers = append_only()


class AllocationProposal(models.Model):
    """A cashier's proposal to give an unmatched line to slips; another person confirms or declines it."""

    transaction = models.ForeignKey(BankTransaction, on_delete=models.PROTECT, related_name="proposals")
    slip = models.ForeignKey(PaymentSlip, on_delete=models.PROTECT, related_name="proposals")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    reason = models.CharField(max_length=200)
    proposed_at = models.DateTimeField()
    proposed_by_id = models.BigIntegerField()
    proposed_by_person = models.CharField(max_length=20)
    proposed_by_name = models.CharField(max_length=80)
    is_open = models.BooleanField(default=True)

    privacy = data_classes(
        internal="id transaction slip amount reason proposed_at proposed_by_id is_open",
        personal="proposed_by_person proposed_by_name",
    )


class LedgerEntry(models.Model):
    """One balanced booking. Its postings add up to zero (deferred constraint trigger, migration 0002); undo is a reversing entry."""

    booked_at = models.DateTimeField()
    kind = models.CharField(max_length=30)  # slip_issued, money_received, allocated, slip_cancelled, left_out …
    reference = models.CharField(max_length=60)  # number of the slip, or account and line
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    booked_by_id = models.BigIntegerField(null=True)
    key = models.CharField(max_length=120, unique=True)  # the event it books; an event is booked once

    privacy = data_classes(internal="id booked_at kind reference reverses booked_by_id key")

    class Meta:
        triggers = append_only()


class LedgerPosting(models.Model):
    """One side of a booking: positive is debit, negative is credit, in yuan."""

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.CharField(max_length=24, choices=Account)
    employer = models.ForeignKey(Employer, null=True, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    privacy = data_classes(internal="id entry account employer amount")

    class Meta:
        indexes = [models.Index(fields=["account", "employer"], name="posting_account")]
        triggers = append_only()
