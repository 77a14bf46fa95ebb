"""
申请撤单 where money has come in: asked by the employer, decided by a cashier. Allocations are taken back, and their money goes to
the employer's credit balance or back to the payer. Bank lines are locked before the slip, as matching does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.billing import permissions, queries
from huzhu.billing.models import AllocationReversal, BankTransaction, PaymentAllocation, PaymentSlip, SlipCancellation
from huzhu.billing.operations import ledger, slips
from huzhu.billing.operations.slip_requests import RequestRefused, lock_slip, move, read_reason, sign, tell_on_slip
from huzhu.billing.slip_requests import MoneyGoes
from huzhu.billing.states import CANCELLATION, Account, SlipRequestAction, SlipState
from huzhu.notifications import operations as notifications
from huzhu.shared.actors import Actor
from huzhu.work import operations as work


@transaction.atomic
def ask_cancellation(*, slip_id: int, to_draft: bool, reason: str, by: Actor, at: datetime) -> SlipCancellation:
    """
    This function will ask the cashiers to cancel an open slip for which money has come in (§2.5). It does not expire meanwhile.

    :raises permissions.NotPermitted: if `by` may not ask for this slip
    :raises RequestRefused: if the slip is not open, or a request waits already
    """
    slip = lock_slip(slip_id)
    permissions.check(by, "slip_cancellation.ask", slip)
    if slip.state != SlipState.OPEN:
        raise RequestRefused(f"缴款单 {slip.number} {slip.get_state_display()}，不能再申请撤单。")
    if queries.get_open_cancellation(slip=slip) is not None:
        raise RequestRefused("已有一份撤单申请在办理，请等待结果，或撤回后重新申请。")
    cancellation = SlipCancellation.objects.create(
        slip=slip,
        to_draft=to_draft,
        reason=read_reason(reason, "请填写撤单原因，例如“人员名单有误”。"),
        asked_at=at,
        asked_by_id=by.user_id,
        asked_by_name=by.name,
        asked_by_person=by.person,
    )
    audit.record(
        "billing.ask_cancellation", label="申请撤单", subject=cancellation, by=by, at=at, after=cancellation.state
    )
    tell_on_slip(cancellation, "申请撤单，由财务办理", by=by, at=at, reason=cancellation.reason)
    return cancellation


@transaction.atomic
def withdraw_cancellation(*, cancellation_id: int, by: Actor, at: datetime) -> SlipCancellation:
    """
    This function will take a request back that nobody has decided yet.

    :raises permissions.NotPermitted: if `by` may not withdraw it
    :raises TransitionNotAllowed: if it was decided, or is void with its slip
    """
    cancellation = _lock(cancellation_id)
    permissions.check(by, "slip_cancellation.withdraw", cancellation)
    move(cancellation, SlipRequestAction.WITHDRAW, by=by, at=at)
    tell_on_slip(cancellation, "撤回撤单申请", by=by, at=at)
    return cancellation


@transaction.atomic
def approve_cancellation(*, cancellation_id: int, money_goes: str, by: Actor, at: datetime) -> SlipCancellation:
    """
    This function will cancel a slip that has got money: every allocation is taken back with its booking, the money goes where the
    cashier says, and the slip's own booking is reversed. The application is moved by the caller, in the same transaction.

    :param money_goes: one of `MoneyGoes`; empty where nothing was allocated
    :raises permissions.NotPermitted: if `by` is no cashier of the whole association, or the person who asked
    :raises RequestRefused: if money for the slip is being looked at, all of it is there, or nobody said where it goes
    :raises work.AlreadyClaimed: if a colleague has claimed it
    :raises TransitionNotAllowed: if it does not wait any more
    """
    lines = _lock_lines(cancellation_id)
    cancellation = _lock(cancellation_id)
    permissions.check(by, "slip_cancellation.approve", cancellation)
    work.check_free(cancellation, by=by)
    CANCELLATION.next_state(SlipRequestAction.APPROVE, state=cancellation.state)
    slip = cancellation.slip
    _check_money(slip, money_goes=money_goes)

    returned = _take_back(cancellation, lines, money_goes=money_goes, by=by, at=at)
    cancellation.money_goes, cancellation.returned_amount = money_goes if returned else "", returned
    sign(cancellation, by=by, at=at)
    move(cancellation, SlipRequestAction.APPROVE, by=by, at=at)
    slip.cancelled_at, slip.cancel_reason = at, cancellation.reason
    slips.close_cancelled(slip, by=by, at=at, reason=cancellation.reason)
    _tell_employer(cancellation, at=at)
    return cancellation


@transaction.atomic
def refuse_cancellation(*, cancellation_id: int, reason: str, by: Actor, at: datetime) -> SlipCancellation:
    """
    This function will leave a slip as it is, with a reason, and tell the employer.

    :raises permissions.NotPermitted: if `by` is no cashier of the whole association, or the person who asked
    :raises RequestRefused: without a reason
    :raises work.AlreadyClaimed: if a colleague has claimed it
    :raises TransitionNotAllowed: if it does not wait any more
    """
    cancellation = _lock(cancellation_id)
    permissions.check(by, "slip_cancellation.refuse", cancellation)
    work.check_free(cancellation, by=by)
    cancellation.decision_reason = read_reason(reason, "请写明不同意的原因，单位会看到。")
    sign(cancellation, by=by, at=at)
    move(cancellation, SlipRequestAction.REFUSE, by=by, at=at, reason=cancellation.decision_reason)
    tell_on_slip(cancellation, "不同意撤单", by=by, at=at, reason=cancellation.decision_reason)
    slip, key = cancellation.slip, f"cancellation_refused:{cancellation.pk}"
    notifications.queue_sms(
        "cancellation_refused",
        to=slip.employer.handler_mobile,
        key=key,
        at=at,
        employer_id=slip.employer_id,
        slip=slip.number,
        reason=cancellation.decision_reason.rstrip("。"),
    )
    notifications.post_notice(
        title=f"撤单申请未获同意：{slip.number}",
        body=f"原因：{cancellation.decision_reason} 缴款单仍有效。",
        key=key,
        employer_id=slip.employer_id,
        at=at,
    )
    return cancellation


def _check_money(slip: PaymentSlip, *, money_goes: str) -> None:
    if slip.proposals.filter(is_open=True).exists():
        raise RequestRefused("有款项正在认领到这张缴款单，请先在“到账匹配”中复核或退回认领，再办理撤单。")
    if slip.allocated_amount == slip.amount:
        raise RequestRefused("款项已足额到账，缴款单即将确认缴款，不能撤单。")
    if slip.allocated_amount and money_goes not in MoneyGoes.values:
        raise RequestRefused("请选择已到账款项转入单位预存款还是退回。", field="money_goes")


def _take_back(
    cancellation: SlipCancellation, lines: Mapping[int, BankTransaction], *, money_goes: str, by: Actor, at: datetime
) -> Decimal:
    """Every allocation of the locked slip: row, sums of slip and line, booking. What was taken back."""
    slip, returned = cancellation.slip, Decimal("0.00")
    for allocation in queries.get_standing_allocations(slip=slip):
        line = lines.get(allocation.transaction_id)
        if line is None:  # money came in between the lock of the lines and that of the slip
            raise RequestRefused("刚刚有款项到账，请刷新页面，核对后再办理。")
        returned += allocation.amount
        _reverse(allocation, line, cancellation=cancellation, money_goes=money_goes, by=by, at=at)
    slip.allocated_amount -= returned
    return returned


def _reverse(
    allocation: PaymentAllocation,
    line: BankTransaction,
    *,
    cancellation: SlipCancellation,
    money_goes: str,
    by: Actor,
    at: datetime,
) -> None:
    amount, slip = allocation.amount, cancellation.slip
    line.allocated_amount -= amount
    if money_goes == MoneyGoes.CREDIT:
        line.credited_amount += amount
    else:
        line.refunded_amount += amount
    line.save(update_fields=["allocated_amount", "credited_amount", "refunded_amount"])
    AllocationReversal.objects.create(
        allocation=allocation, cancellation=cancellation, money_goes=money_goes, reversed_at=at
    )
    ledger.book(
        "allocation_reversed",
        key=f"allocation_reversed:{allocation.pk}",
        reference=slip.number,
        postings=[
            (Account.SLIPS_RECEIVABLE, slip.employer_id, amount),
            (Account(money_goes), slip.employer_id, -amount),
        ],
        by=by,
        at=at,
        transaction_id=line.pk,
    )
    audit.record(
        "billing.reverse_allocation",
        label=f"撤销核销 {amount:,.2f} 元，{MoneyGoes(money_goes).label}",
        subject=line,
        by=by,
        at=at,
        details={"slip": slip.pk, "amount": str(amount)},
    )


def _tell_employer(cancellation: SlipCancellation, *, at: datetime) -> None:
    slip, returned = cancellation.slip, cancellation.returned_amount
    money = "尚未认领的款项由互助会财务另行处理。"
    if returned:
        goes = {MoneyGoes.CREDIT: "已转入单位预存款", MoneyGoes.REFUND: "将退回原付款账户"}
        money = f"已到账{returned:,.2f}元{goes[MoneyGoes(cancellation.money_goes)]}。"
    rest = "参保申请已退回草稿，可修改后重新提交。" if cancellation.to_draft else "本次参保申请已撤销。"
    key = f"cancellation_approved:{cancellation.pk}"
    notifications.queue_sms(
        "cancellation_approved",
        to=slip.employer.handler_mobile,
        key=key,
        at=at,
        employer_id=slip.employer_id,
        slip=slip.number,
        money=money,
        rest=rest,
    )
    notifications.post_notice(
        title=f"缴款单已撤单：{slip.number}",
        body=f"请勿再按此单汇款。{money}{rest}",
        key=key,
        employer_id=slip.employer_id,
        at=at,
    )


def _lock_lines(cancellation_id: int) -> dict[int, BankTransaction]:
    """The bank lines, in their order, before the slip: the order in which money is allocated."""
    slips_of = SlipCancellation.objects.filter(pk=cancellation_id).values("slip_id")
    lines = BankTransaction.objects.filter(allocations__slip_id__in=slips_of, allocations__reversal=None)
    return {line.pk: line for line in lines.select_for_update(of=("self",)).order_by("pk")}


def _lock(cancellation_id: int) -> SlipCancellation:
    """The slip first, as everybody does who changes slips; then the request, as it stands now."""
    slip = lock_slip(SlipCancellation.objects.values_list("slip_id", flat=True).get(pk=cancellation_id))
    cancellation = SlipCancellation.objects.select_for_update(of=("self",)).get(pk=cancellation_id)
    cancellation.slip = slip
    return cancellation
