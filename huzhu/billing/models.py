"""缴款: slips, the society's bank accounts and their statements, allocations, exceptions, and the ledger."""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.billing.guards import at_commit, due_date_is_granted, facts, money_is_allocated, sum_of_allocations
from huzhu.billing.slip_requests import AllocationReversal, PaymentExtension, SlipCancellation
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
from huzhu.gifts.models import Sponsor
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor, Side
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only

__all__ = [
    "AllocationProposal",
    "AllocationReversal",
    "BankStatement",
    "BankTransaction",
    "LedgerEntry",
    "LedgerPosting",
    "PayerAlias",
    "PaymentAllocation",
    "PaymentExtension",
    "PaymentSlip",
    "SlipCancellation",
    "SlipQuerySet",
    "SocietyAccount",
]


class BankQuerySet(models.QuerySet):
    """
    What the bank tells. A line belongs to no branch until it is allocated, so only staff of the whole association see it.
    """

    def visible_to(self, actor: Actor) -> BankQuerySet:
        """Staff placed at the root of the tree of branches, and the program itself; nobody else."""
        return self if actor.side == Side.SYSTEM or scope.is_of_whole_association(actor) else self.none()


class SlipQuerySet(models.QuerySet["PaymentSlip"]):
    """Slips somebody may see."""

    def visible_to(self, actor: Actor) -> SlipQuerySet:
        """An employer's people see their own; staff those of their subtree."""
        return scope.narrow(self, actor, employer="employer_id", branch="employer__branch")


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
        triggers = [
            *SLIP.triggers(),
            *facts("number", "application", "employer", "amount", "issued_at", "payee_account"),
            money_is_allocated(),
            due_date_is_granted(),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid, in yuan."""
        return self.amount - self.allocated_amount

    @property
    def is_open(self) -> bool:
        """Whether it still waits for money."""
        return self.state == SlipState.OPEN


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
    imported_for_person = models.CharField(max_length=20, blank=True)  # whom the importer stood in for
    first_on = models.DateField()
    last_on = models.DateField()
    opening_balance = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    closing_balance = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    line_count = models.PositiveIntegerField()
    new_count = models.PositiveIntegerField()
    matched_at = models.DateTimeField(null=True)  # every new line was judged once; empty while a job is at it
    closed_at = models.DateTimeField(null=True)  # a closed statement lets slips due within it expire

    objects = BankQuerySet.as_manager()

    privacy = data_classes(
        internal="id account file_id file_name layout imported_at imported_by_id first_on last_on opening_balance closing_balance "
        "line_count new_count matched_at closed_at",
        personal="imported_by_person imported_for_person",
    )

    class Meta:
        triggers = facts(
            "account", "file_id", "imported_at", "imported_by_id", "imported_by_person", "imported_for_person"
        )

    def __str__(self) -> str:
        return self.file_name


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
    credited_amount = models.DecimalField(
        max_digits=14, decimal_places=2, default=0
    )  # to the employer's credit balance
    refunded_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0, db_default=0)  # to be paid back
    state = models.CharField(max_length=10, choices=TransactionState, default=TransactionState.UNMATCHED)
    exception_kind = models.CharField(max_length=16, choices=ExceptionKind, blank=True)
    note = models.CharField(max_length=200, blank=True)

    objects = BankQuerySet.as_manager()

    privacy = data_classes(
        internal="id account statement line identity received_on booked_at is_incoming amount balance currency bank_serial "
        "allocated_amount credited_amount refunded_amount state exception_kind note",
        personal="counterparty_name counterparty_account remark raw",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "identity"], name="a_bank_line_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_amount_positive"),
            models.CheckConstraint(
                condition=Q(allocated_amount__gte=0, credited_amount__gte=0, refunded_amount__gte=0)
                & Q(allocated_amount__lte=F("amount") - F("credited_amount") - F("refunded_amount")),
                name="line_never_over_allocated",
            ),
            models.CheckConstraint(
                condition=Q(state="matched", allocated_amount=F("amount") - F("credited_amount") - F("refunded_amount"))
                | (~Q(state="matched") & Q(allocated_amount=0, credited_amount=0, refunded_amount=0)),
                name="matched_means_used_up",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="bank_line_state"),
            models.Index(fields=["account", "received_on"], name="bank_line_day"),
            models.Index(fields=["statement", "line"], name="bank_line_statement"),
        ]
        triggers = [
            *BANK_LINE.triggers(),
            *facts(
                *(
                    "account",
                    "statement",
                    "line",
                    "identity",
                    "received_on",
                    "is_incoming",
                    "amount",
                    "balance",
                    "currency",
                ),
                *("counterparty_name", "counterparty_account", "remark", "bank_serial", "raw"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.received_on:%Y-%m-%d} 第{self.line}行"


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
    proposed_for_person = models.CharField(max_length=20, blank=True)  # whom each of the three stood in for
    confirmed_for_person = models.CharField(max_length=20, blank=True)
    imported_for_person = models.CharField(max_length=20, blank=True)

    privacy = data_classes(
        internal="id transaction slip amount match_step reason allocated_at",
        personal="proposed_by_person confirmed_by_person imported_by_person proposed_for_person confirmed_for_person "
        "imported_for_person",
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
            models.CheckConstraint(
                condition=~Q(match_step="by_hand")
                | (
                    ~Q(confirmed_by_person=F("imported_for_person"))
                    & ~Q(confirmed_by_person=F("proposed_for_person"))
                    & (
                        Q(confirmed_for_person="")
                        | ~Q(confirmed_for_person=F("imported_by_person"))
                        & ~Q(confirmed_for_person=F("proposed_by_person"))
                        & ~Q(confirmed_for_person=F("imported_for_person"))
                        & ~Q(confirmed_for_person=F("proposed_for_person"))
                    )
                ),
                name="by_hand_takes_another_through_deputies",
            ),
            models.UniqueConstraint(fields=["transaction", "slip"], name="a_line_pays_a_slip_once"),
        ]
        triggers = [
            *append_only(),
            at_commit(
                "sums",
                operation=pgtrigger.Insert,
                func=sum_of_allocations("slip", "billing_paymentslip")
                + sum_of_allocations("transaction", "billing_banktransaction"),
            ),
            # The two-person constraint compares with what the row says; this makes the row say who really imported.
            pgtrigger.Trigger(
                name="true_importer",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="SELECT s.imported_by_person, s.imported_for_person "
                "INTO STRICT NEW.imported_by_person, NEW.imported_for_person FROM billing_banktransaction t "
                "JOIN billing_bankstatement s ON s.id = t.statement_id WHERE t.id = NEW.transaction_id; RETURN NEW;",
            ),
            two_persons.by_any_mobile(
                ["confirmed_by_person", "confirmed_for_person"],
                ["imported_by_person", "imported_for_person", "proposed_by_person", "proposed_for_person"],
                where="NEW.match_step = 'by_hand'",
            ),
        ]


class AllocationProposal(models.Model):
    """A cashier's proposal to give an unmatched line to slips; another person confirms or declines it."""

    transaction = models.ForeignKey(BankTransaction, on_delete=models.PROTECT, related_name="proposals")
    slip = models.ForeignKey(PaymentSlip, on_delete=models.PROTECT, related_name="proposals")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    reason = models.CharField(max_length=200)
    proposed_at = models.DateTimeField()
    proposed_by_id = models.BigIntegerField()
    proposed_by_person = models.CharField(max_length=20)
    proposed_for_person = models.CharField(max_length=20, blank=True)  # whom the proposer stood in for
    proposed_by_name = models.CharField(max_length=80)
    is_open = models.BooleanField(default=True)
    is_confirmed = models.BooleanField(default=False)
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=80, blank=True)
    decision_reason = models.CharField(max_length=200, blank=True)

    privacy = data_classes(
        internal="id transaction slip amount reason proposed_at proposed_by_id is_open is_confirmed decided_at decision_reason",
        personal="proposed_by_person proposed_for_person proposed_by_name decided_by_name",
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["transaction", "slip"], condition=Q(is_open=True), name="one_open_proposal_per_line_and_slip"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="proposal_positive"),
            models.CheckConstraint(
                condition=Q(is_open=True, is_confirmed=False, decided_at__isnull=True)
                | Q(is_open=False, decided_at__isnull=False),
                name="a_proposal_ends_with_a_decision",
            ),
        ]
        indexes = [models.Index(fields=["slip"], condition=Q(is_open=True), name="open_proposals_of_a_slip")]


class PayerAlias(models.Model):
    """
    A payer known to send money for an employer: the account and folded name of a line that a second person confirmed, or of the
    employer's own account seen with an exact slip number. Learned, never typed.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="payer_aliases")
    account = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=120, blank=True)  # folded: matching.fold_name
    learned_at = models.DateTimeField()
    learned_from = models.ForeignKey(BankTransaction, on_delete=models.PROTECT, related_name="+")

    privacy = data_classes(internal="id employer learned_at learned_from", personal="account name")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["employer", "account", "name"], name="an_alias_once"),
            models.CheckConstraint(condition=~Q(account="", name=""), name="an_alias_says_who"),
        ]
        indexes = [
            models.Index(fields=["account"], name="alias_account"),
            models.Index(fields=["name"], name="alias_name"),
        ]


class LedgerEntry(models.Model):
    """One balanced booking. Its postings add up to zero (deferred constraint triggers); undo is a reversing entry."""

    booked_at = models.DateTimeField()
    kind = models.CharField(max_length=30)  # slip_issued, money_received, allocated, slip_cancelled, left_out …
    reference = models.CharField(max_length=60)  # number of the slip, or account and line
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    booked_by_id = models.BigIntegerField(null=True)
    key = models.CharField(max_length=120, unique=True)  # the event it books; an event is booked once
    transaction = models.ForeignKey(BankTransaction, null=True, on_delete=models.PROTECT, related_name="entries")

    privacy = data_classes(internal="id booked_at kind reference reverses booked_by_id key transaction")

    class Meta:
        triggers = [
            *append_only(),
            at_commit(
                "two_sides",
                operation=pgtrigger.Insert,
                func="IF (SELECT count(*) FROM billing_ledgerposting WHERE entry_id = NEW.id) < 2 THEN "
                "RAISE EXCEPTION 'ledger entry % has fewer than two postings', NEW.key "
                "USING ERRCODE = 'check_violation'; END IF;",
            ),
        ]


class LedgerPosting(models.Model):
    """One side of a booking: positive is debit, negative is credit, in yuan."""

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.CharField(max_length=24, choices=Account)
    employer = models.ForeignKey(Employer, null=True, on_delete=models.PROTECT, related_name="+")
    sponsor = models.ForeignKey(Sponsor, null=True, on_delete=models.PROTECT, related_name="postings")
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    privacy = data_classes(internal="id entry account employer sponsor amount")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="a_posting_moves_money"),
            models.CheckConstraint(
                condition=Q(account="subsidy_receivable", sponsor__isnull=False)
                | ~Q(account="subsidy_receivable") & Q(sponsor__isnull=True),
                name="a_subsidy_has_its_sponsor",
            ),
        ]
        indexes = [models.Index(fields=["account", "employer"], name="posting_account")]
        triggers = [
            *append_only(),
            at_commit(
                "balanced",
                operation=pgtrigger.Insert,
                func="IF (SELECT sum(amount) FROM billing_ledgerposting WHERE entry_id = NEW.entry_id) <> 0 THEN "
                "RAISE EXCEPTION 'postings of ledger entry % do not add up to zero', NEW.entry_id "
                "USING ERRCODE = 'check_violation'; END IF;",
            ),
        ]
