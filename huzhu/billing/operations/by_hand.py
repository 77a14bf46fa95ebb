"""Allocation by people: one proposes, another confirms (rulebook §1, §2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from huzhu.billing import permissions, queries
from huzhu.billing.models import AllocationProposal, BankTransaction, PaymentSlip
from huzhu.billing.operations import lines, statements
from huzhu.billing.states import BANK_LINE, MatchStep, SlipState, TransactionAction
from huzhu.shared import money
from huzhu.shared.actors import Actor
from huzhu.work import operations as work


class AllocationRefused(Exception):
    """The line's money cannot be given to these slips; the message says which and why."""


@transaction.atomic
def propose_allocation(
    *, transaction_id: int, amounts: Mapping[int, Decimal], reason: str, by: Actor, at: datetime
) -> list[AllocationProposal]:
    """
    This function will propose to give a line's money to slips: `amounts` in yuan by slip id. What they leave over is meant for the
    employer's credit balance, so then all slips must be one employer's.

    :raises permissions.NotPermitted: if `by` may not match
    :raises AllocationRefused: if an amount is not between 0 and what is open, the sum exceeds the line, or a slip takes no money
    :raises work.AlreadyClaimed: if a colleague has claimed the line
    :raises TransitionNotAllowed: if the line is not unmatched
    """
    line = lines.lock(transaction_id)
    permissions.check(by, "bank_line.propose", line)
    work.check_free(line, by=by)
    assert by.user_id is not None
    BANK_LINE.next_state(TransactionAction.PROPOSE, state=line.state)
    slips = lines.lock_slips(list(amounts))
    exact = {slip_id: money.to_amount(amount) for slip_id, amount in amounts.items()}
    _check(line, slips, exact)
    if not reason.strip():
        raise AllocationRefused("请写明认领依据，例如“付款方为上级单位，已电话核实”。")

    proposals = AllocationProposal.objects.bulk_create(
        AllocationProposal(
            transaction=line,
            slip=slips[slip_id],
            amount=amount,
            reason=reason.strip()[:200],
            proposed_at=at,
            proposed_by_id=by.user_id,
            proposed_by_person=by.person,
            proposed_for_person=by.for_person,
            proposed_by_name=by.name,
        )
        for slip_id, amount in exact.items()
    )
    lines.move(line, TransactionAction.PROPOSE, by=by, at=at, reason=reason.strip())
    return proposals


@transaction.atomic
def confirm_allocation(*, transaction_id: int, by: Actor, at: datetime) -> list[PaymentSlip]:
    """
    This function will allocate a line as proposed, by another person than importer and proposer, and remember the payer for next
    time. The slips that got money are returned; settling them is the journey's.

    :raises permissions.NotPermitted: if `by` imported the line, proposed it, or is no cashier
    :raises AllocationRefused: if a slip has changed since the proposal
    :raises work.AlreadyClaimed: if a colleague has claimed the line
    :raises TransitionNotAllowed: if the line is not proposed
    """
    line = lines.lock(transaction_id)
    BANK_LINE.next_state(TransactionAction.CONFIRM, state=line.state)
    proposals = list(line.proposals.filter(is_open=True).order_by("slip_id"))
    permissions.check(by, "bank_line.confirm", line)
    work.check_free(line, by=by)
    slips = lines.lock_slips([proposal.slip_id for proposal in proposals])
    amounts = {proposal.slip_id: proposal.amount for proposal in proposals}
    _check(line, slips, amounts)

    employers = {slip.employer_id for slip in slips.values()}
    lines.allocate(
        line,
        [(slips[slip_id], amount) for slip_id, amount in amounts.items()],
        step=MatchStep.BY_HAND,
        reason=proposals[0].reason,
        by=by,
        at=at,
        proposed_by=proposals[0],
        credited_to=min(employers),
    )
    _decide(line, by=by, at=at, is_confirmed=True, reason="")
    line.note = proposals[0].reason
    lines.move(line, TransactionAction.CONFIRM, by=by, at=at, reason=proposals[0].reason)
    lines.learn_payer(line, employers, at=at)
    return list(slips.values())


@transaction.atomic
def decline_allocation(*, transaction_id: int, reason: str, by: Actor, at: datetime) -> BankTransaction:
    """
    This function will turn a proposal down, or take the own one back: the line waits unmatched again.

    :raises permissions.NotPermitted: if `by` may not match
    :raises AllocationRefused: if no reason is given
    :raises work.AlreadyClaimed: if a colleague has claimed the line
    :raises TransitionNotAllowed: if the line is not proposed
    """
    line = lines.lock(transaction_id)
    permissions.check(by, "bank_line.decline", line)
    work.check_free(line, by=by)
    BANK_LINE.next_state(TransactionAction.DECLINE, state=line.state)
    if not reason.strip():
        raise AllocationRefused("请填写退回原因，提出认领的同事会看到。")
    _decide(line, by=by, at=at, is_confirmed=False, reason=reason)
    lines.move(line, TransactionAction.DECLINE, by=by, at=at, reason=reason.strip())
    return line


@transaction.atomic
def set_aside(*, transaction_id: int, reason: str, by: Actor, at: datetime) -> BankTransaction:
    """
    This function will mark a line as needing no allocation, such as interest; its money stays unallocated in the ledger.

    :raises permissions.NotPermitted: if `by` may not match
    :raises AllocationRefused: if no reason is given
    :raises work.AlreadyClaimed: if a colleague has claimed the line
    :raises TransitionNotAllowed: if the line is not unmatched
    """
    line = lines.lock(transaction_id)
    permissions.check(by, "bank_line.set_aside", line)
    work.check_free(line, by=by)
    BANK_LINE.next_state(TransactionAction.SET_ASIDE, state=line.state)
    if not reason.strip():
        raise AllocationRefused("请填写不需核销的原因，例如“利息收入”。")
    line.note = reason.strip()[:200]
    lines.move(line, TransactionAction.SET_ASIDE, by=by, at=at, reason=line.note)
    return line


def _decide(line: BankTransaction, *, by: Actor, at: datetime, is_confirmed: bool, reason: str) -> None:
    AllocationProposal.objects.filter(transaction=line, is_open=True).update(
        is_open=False, is_confirmed=is_confirmed, decided_at=at, decided_by_name=by.name, decision_reason=reason[:200]
    )


def _check(line: BankTransaction, slips: Mapping[int, PaymentSlip], amounts: Mapping[int, Decimal]) -> None:
    if not statements.is_allocatable(line):
        raise AllocationRefused("支出和外币流水不能认领到缴款单。")
    if not amounts:
        raise AllocationRefused("请至少选择一张缴款单。")
    for slip_id, amount in amounts.items():
        slip = slips.get(slip_id)
        if slip is None:
            raise AllocationRefused("所选的缴款单不存在，请刷新后重新选择。")
        _check_slip(line, slip, amount)
    total = sum(amounts.values(), Decimal("0.00"))
    if total > line.amount:
        raise AllocationRefused(f"认领合计 {total:,.2f} 超过到账金额 {line.amount:,.2f}，请调整。")
    if total < line.amount and len({slip.employer_id for slip in slips.values()}) > 1:
        raise AllocationRefused(
            f"认领合计 {total:,.2f} 少于到账金额 {line.amount:,.2f}，余款只能转入同一单位的预存款；"
            "所选缴款单属于不同单位，请调整到合计一致。"
        )


def _check_slip(line: BankTransaction, slip: PaymentSlip, amount: Decimal) -> None:
    # A slip that got part of its money in time takes the rest late, expired or not: cover then starts late (§4).
    if slip.state == SlipState.EXPIRED and not slip.allocated_amount and line.received_on > slip.due_on:
        raise AllocationRefused(
            f"缴款单 {slip.number} 已逾期，到账日期 {line.received_on} 晚于缴款期限 {slip.due_on}。"
            "请先为该申请重新生成缴款单，再认领到新单。"
        )
    if slip.state not in (SlipState.OPEN, SlipState.EXPIRED) or queries.is_replaced(slip=slip):
        raise AllocationRefused(f"缴款单 {slip.number} {slip.get_state_display()}，不能再核销。")
    if not 0 < amount <= slip.open_amount:
        raise AllocationRefused(
            f"缴款单 {slip.number} 待缴 {slip.open_amount:,.2f}，认领金额 {amount:,.2f} 应大于 0 且不超过待缴金额。"
        )
