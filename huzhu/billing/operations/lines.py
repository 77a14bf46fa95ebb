"""The only lines that write the state of a bank line, and the bookings that go with allocating it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from huzhu.audit import operations as audit
from huzhu.billing import matching
from huzhu.billing.models import AllocationProposal, BankTransaction, PayerAlias, PaymentAllocation, PaymentSlip
from huzhu.billing.operations import ledger, slips
from huzhu.billing.states import BANK_LINE, Account, MatchStep, SlipState, TransactionAction
from huzhu.shared.actors import Actor
from huzhu.work import operations as work

Share = tuple[PaymentSlip, Decimal]


def lock(transaction_id: int) -> BankTransaction:
    """This function will lock one bank line and read it, with its statement and account."""
    return (
        BankTransaction.objects.select_related("statement", "account")
        .select_for_update(of=("self",))
        .get(pk=transaction_id)
    )


def lock_slips(slip_ids: Sequence[int]) -> dict[int, PaymentSlip]:
    """This function will lock slips in the order of their ids, so that two who want the same ones never wait for each other."""
    found = (
        PaymentSlip.objects.select_related("employer")
        .select_for_update(of=("self",))
        .filter(pk__in=slip_ids)
        .order_by("pk")
    )
    return {slip.pk: slip for slip in found}


def allocate(
    line: BankTransaction,
    shares: Sequence[Share],
    *,
    step: MatchStep,
    reason: str,
    by: Actor,
    at: datetime,
    proposed_by: AllocationProposal | None = None,
    credited_to: int | None = None,
) -> None:
    """
    This function will give a locked line's money to locked slips: allocations, sums and booking. What the shares leave over goes
    to the credit balance of `credited_to`. The caller moves the line.
    """
    is_by_hand = step == MatchStep.BY_HAND
    for slip, amount in shares:
        if slip.state == SlipState.EXPIRED and not slip.allocated_amount:  # once, with the first money
            slips.book_again(slip=slip, by=by, at=at)
        slip.allocated_amount += amount
        slip.save(update_fields=["allocated_amount"])
    line.allocated_amount = sum((amount for _, amount in shares), Decimal("0.00"))
    line.credited_amount = line.amount - line.allocated_amount
    PaymentAllocation.objects.bulk_create(
        PaymentAllocation(
            transaction=line,
            slip=slip,
            amount=amount,
            match_step=step,
            reason=reason[:200],
            allocated_at=at,
            proposed_by_person=proposed_by.proposed_by_person if proposed_by else "",
            proposed_for_person=proposed_by.proposed_for_person if proposed_by else "",
            confirmed_by_person=by.person if is_by_hand else "",
            confirmed_for_person=by.for_person if is_by_hand else "",
        )
        for slip, amount in shares
    )
    ledger.book(
        "allocated",
        key=f"allocated:{line.pk}",
        reference=f"{line.account.number} #{line.pk}",
        postings=[
            (Account.UNALLOCATED, None, line.amount),
            *((Account.SLIPS_RECEIVABLE, slip.employer_id, -amount) for slip, amount in shares),
            (Account.CREDIT_BALANCE, credited_to, -line.credited_amount),
        ],
        by=by,
        at=at,
        transaction_id=line.pk,
    )
    for slip, amount in shares:
        audit.record(
            "billing.allocate",
            label=f"款项到账 {amount:,.2f} 元",
            subject=slip,
            by=by,
            at=at,
            details={
                "line": line.pk,
                "amount": str(amount),
                "step": str(step),
                "received_on": line.received_on.isoformat(),
            },
        )


def learn_payer(line: BankTransaction, employer_ids: set[int], *, at: datetime) -> None:
    """
    This function will remember the line's payer for these employers, once.
    """
    account, name = line.counterparty_account, matching.fold_name(line.counterparty_name)
    if account or name:
        PayerAlias.objects.bulk_create(
            [
                PayerAlias(employer_id=employer_id, account=account, name=name, learned_at=at, learned_from=line)
                for employer_id in sorted(employer_ids)
            ],
            ignore_conflicts=True,
        )


def move(line: BankTransaction, action: TransactionAction, *, by: Actor, at: datetime, reason: str = "") -> None:
    """
    Change the state, save, and leave a trace. The only lines in this app that write a bank line's `state`.
    """
    before = line.state
    line.state = BANK_LINE.next_state(action, state=before)
    work.finish(line, at=at)
    line.save(update_fields=["state", "allocated_amount", "credited_amount", "exception_kind", "note"])
    audit.record(
        f"billing.{action}_line",
        label=action.label,
        subject=line,
        by=by,
        at=at,
        before=before,
        after=line.state,
        reason=reason,
    )
