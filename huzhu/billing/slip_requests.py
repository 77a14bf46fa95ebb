"""撤单与延期: what an employer asks for about an open slip and a cashier decides. Imported by `models`."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.billing.guards import facts, sums_after_reversal
from huzhu.billing.states import CANCELLATION, EXTENSION, Account, SlipRequestState
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


class SlipRequestQuerySet(models.QuerySet):
    """Requests somebody may see."""

    def visible_to(self, actor: Actor) -> SlipRequestQuerySet:
        """An employer's people see their own; staff those of their subtree."""
        return scope.narrow(self, actor, employer="slip__employer_id", branch="slip__employer__branch")


class SlipRequest(models.Model):
    """
    A wish about one slip: who asked when and why, who decided. While it is open the slip does not expire.

    requested: waits for a cashier. approved, refused: decided, by another person. withdrawn: by the employer. void: the slip was
    paid or cancelled before anybody decided.
    """

    state = models.CharField(max_length=10, choices=SlipRequestState, default=SlipRequestState.REQUESTED)
    reason = models.CharField(max_length=200)  # in the employer's words
    asked_at = models.DateTimeField()
    asked_by_id = models.BigIntegerField(null=True)
    asked_by_name = models.CharField(max_length=80)
    asked_by_person = models.CharField(max_length=20)
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=80, blank=True)
    decided_by_person = models.CharField(max_length=20, blank=True)
    decided_for_person = models.CharField(max_length=20, blank=True)  # whom the decider stood in for
    decision_reason = models.CharField(max_length=200, blank=True)

    objects = SlipRequestQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has decided yet."""
        return self.state == SlipRequestState.REQUESTED


ASKED = ("slip", "reason", "asked_at", "asked_by_id", "asked_by_name", "asked_by_person")
PRIVACY = "asked_by_name asked_by_person decided_by_name decided_by_person decided_for_person"
DECIDED = Q(state__in=["approved", "refused"])


class PaymentExtension(SlipRequest):
    """
    One 延迟缴款申请: from which due date to which, for a reason of the list, with a proof where the reason asks for one.
    """

    slip = models.ForeignKey("billing.PaymentSlip", on_delete=models.PROTECT, related_name="extensions")
    reason_code = models.CharField(max_length=30)  # billing.code_lists.EXTENSION_REASONS
    from_due_on = models.DateField()
    new_due_on = models.DateField()
    proof_id = models.UUIDField(null=True)  # documents.StoredFile

    privacy = data_classes(
        internal="id slip state reason_code reason from_due_on new_due_on proof_id asked_at asked_by_id decided_at decided_by_id "
        "decision_reason",
        personal=PRIVACY,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slip"], condition=Q(state="requested"), name="one_open_extension_per_slip"
            ),
            models.CheckConstraint(condition=Q(new_due_on__gt=F("from_due_on")), name="an_extension_is_longer"),
            two_persons.decider_is_another("asked_by_person", name="extension_decided_by_another"),
            two_persons.decided_by_somebody(DECIDED, name="extension_decided"),
        ]
        triggers = [
            *EXTENSION.triggers(),
            *two_persons.true_persons("asked_by_person"),
            *facts(*ASKED, "reason_code", "from_due_on", "new_due_on", "proof_id"),
        ]

    def __str__(self) -> str:
        return f"{self.slip} 延期至 {self.new_due_on}"


class MoneyGoes(models.TextChoices):
    """Where money goes whose slip is cancelled."""

    CREDIT = Account.CREDIT_BALANCE.value, "转入单位预存款"
    REFUND = Account.REFUNDS.value, "退回原付款账户"


class SlipCancellation(SlipRequest):
    """
    One 申请撤单 of a slip for which money has come in: what is to become of the application, and where the money went.

    Without money a slip is cancelled at once and nobody is asked.
    """

    slip = models.ForeignKey("billing.PaymentSlip", on_delete=models.PROTECT, related_name="cancellations")
    to_draft = models.BooleanField()  # back to draft to be corrected; else the application ends as cancelled
    money_goes = models.CharField(
        max_length=24, choices=MoneyGoes, blank=True
    )  # as the cashier chose; empty without any
    returned_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)

    privacy = data_classes(
        internal="id slip state to_draft money_goes returned_amount reason asked_at asked_by_id decided_at decided_by_id "
        "decision_reason",
        personal=PRIVACY,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slip"], condition=Q(state="requested"), name="one_open_cancellation_per_slip"
            ),
            models.CheckConstraint(
                condition=Q(returned_amount=0) | Q(returned_amount__gt=0, state="approved") & ~Q(money_goes=""),
                name="returned_money_goes_somewhere",
            ),
            two_persons.decider_is_another("asked_by_person", name="cancellation_decided_by_another"),
            two_persons.decided_by_somebody(DECIDED, name="cancellation_decided"),
        ]
        triggers = [
            *CANCELLATION.triggers(),
            *two_persons.true_persons("asked_by_person"),
            *facts(*ASKED, "to_draft"),
        ]

    def __str__(self) -> str:
        return f"{self.slip} 撤单"


class AllocationReversal(models.Model):
    """One allocation taken back, whole and once, because its slip was cancelled; the allocation stays as the fact that it was."""

    allocation = models.OneToOneField("billing.PaymentAllocation", on_delete=models.PROTECT, related_name="reversal")
    cancellation = models.ForeignKey(SlipCancellation, on_delete=models.PROTECT, related_name="reversals")
    money_goes = models.CharField(max_length=24, choices=MoneyGoes)
    reversed_at = models.DateTimeField()

    privacy = data_classes(internal="id allocation cancellation money_goes reversed_at")

    class Meta:
        triggers = [*append_only(), sums_after_reversal()]
