"""The life of a payment slip: issued, paid, cancelled, expired, issued again (rulebook §2.5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Max

from huzhu.audit import operations as audit
from huzhu.audit import queries as audit_queries
from huzhu.billing import permissions, queries, rules
from huzhu.billing.models import AllocationProposal, PaymentAllocation, PaymentSlip, SocietyAccount
from huzhu.billing.operations import ledger, slip_requests
from huzhu.billing.operations.ledger import Subsidies
from huzhu.billing.states import SLIP, Account, SlipAction, SlipState
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.notifications import operations as notifications
from huzhu.parameters import queries as parameters
from huzhu.parameters.rules import PAYMENT_DAYS
from huzhu.shared import money
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date

DAYS_TO_REISSUE = 90


class NothingToPay(Exception):
    """A slip of 0.00 is not issued: 复审 settles such an application (§2.5)."""


class NoPayeeAccount(Exception):
    """No bank account of the association is marked as the one to pay into."""


class MoneyHasArrived(Exception):
    """The slip cannot be cancelled by itself, because money has come in for it."""


class NotFullyAllocated(Exception):
    """The slip cannot be paid yet: less than its amount has been allocated."""


class NotExpiredYet(Exception):
    """The slip's due date is not past, or a statement covering it may still come, or money for it is being looked at."""


class NotReissuable(Exception):
    """No new slip can be made for the application."""


@transaction.atomic
def issue_slip(
    *, application_id: int, amount: Decimal, by: Actor, at: datetime, subsidies: Subsidies | None = None
) -> PaymentSlip:
    """
    This function will demand `amount` yuan (contribution − subsidies) for an approved application: number, due date 15 days on (a
    parameter), slips and subsidies receivable against contribution income, which is the full contribution (§2.5). The caller tells
    the employer, who wants to hear about dates.

    :param subsidies: what each sponsor pays
    :raises permissions.NotPermitted: if `by` may not issue slips
    :raises NothingToPay: for 0.00
    :raises NoPayeeAccount: if there is no account to pay into
    :raises django.db.IntegrityError: if the application has an open slip
    """
    permissions.check(by, "slip.issue")
    exact = money.to_amount(amount)
    if exact <= 0:
        raise NothingToPay("应缴金额为 0.00，无需缴款单，复审通过后直接生效。")
    application = EnrolmentApplication.objects.get(pk=application_id)
    payee = SocietyAccount.objects.filter(is_payee=True).first()
    if payee is None:
        raise NoPayeeAccount("尚未设置收款账户，请先由财务在银行账户中设置。")

    issued_on = local_date(at)
    slip = PaymentSlip.objects.create(
        number=rules.make_slip_number(issued_on=issued_on, sequence=_next_sequence()),
        application=application,
        employer_id=application.employer_id,
        amount=exact,
        issued_at=at,
        due_on=rules.due_on(approved_on=issued_on, days=parameters.get_number(PAYMENT_DAYS, day=issued_on)),
        payee_account=payee,
    )
    ledger.book(
        "slip_issued",
        key=_issued(slip),
        reference=slip.number,
        postings=[
            (Account.SLIPS_RECEIVABLE, slip.employer_id, exact),
            (Account.CONTRIBUTION_INCOME, slip.employer_id, -exact - _sum(subsidies)),
        ],
        subsidies=subsidies,
        subsidised=slip.employer_id,
        by=by,
        at=at,
    )
    audit.record("billing.issue_slip", label="生成缴款单", subject=slip, by=by, at=at, after=slip.state)
    return slip


@transaction.atomic
def reissue(*, application_id: int, by: Actor, at: datetime, subsidies: Subsidies | None = None) -> PaymentSlip:
    """
    This function will make a new slip of the same amount for an application whose slip expired (§2.3: within 90 days).

    :param subsidies: what each sponsor pays, as before

    :raises permissions.NotPermitted: if `by` may not issue slips
    :raises NotReissuable: if the last slip did not expire, has got part of its money since, or expired more than 90 days ago
    """
    last = PaymentSlip.objects.filter(application_id=application_id).order_by("-id").first()
    if last is not None:
        last = _lock(last.pk)
        permissions.check(by, "slip.issue")
    if last is None or last.state != SlipState.EXPIRED:
        raise NotReissuable("只有缴款单已逾期的申请可以重新生成缴款单。")
    if last.allocated_amount:
        raise NotReissuable(
            f"缴款单 {last.number} 已有 {last.allocated_amount:,.2f} 元到账，不能重新生成；请将余款认领到原缴款单。"
        )
    if local_date(at) > last.due_on + timedelta(days=DAYS_TO_REISSUE):
        raise NotReissuable(f"缴款单 {last.number} 逾期已超过 {DAYS_TO_REISSUE} 天，请单位重新提交参保申请。")
    return issue_slip(application_id=application_id, amount=last.amount, subsidies=subsidies, by=by, at=at)


@transaction.atomic
def cancel_slip(*, slip_id: int, reason: str, by: Actor, at: datetime) -> PaymentSlip:
    """
    This function will cancel an open slip for which nothing has arrived, reverse its booking and tell the employer (§2.5).

    :raises permissions.NotPermitted: if `by` may not cancel this slip
    :raises MoneyHasArrived: if money was allocated or is proposed for it, or names it; a cashier decides then
    :raises TransitionNotAllowed: if the slip is not open
    """
    slip = _lock(slip_id)
    permissions.check(by, "slip.cancel", slip)
    if slip.state == SlipState.OPEN and has_arrived(slip):
        raise MoneyHasArrived(f"缴款单 {slip.number} 已有款项到账或正在认领，不能自动撤单，由互助会财务办理。")

    slip.cancelled_at, slip.cancel_reason = at, reason[:200]
    close_cancelled(slip, by=by, at=at, reason=reason)
    notifications.queue_sms(
        "slip_cancelled",
        to=slip.employer.handler_mobile,
        key=f"slip_cancelled:{slip.pk}",
        at=at,
        employer_id=slip.employer_id,
        slip=slip.number,
    )
    return slip


def close_cancelled(slip: PaymentSlip, *, by: Actor, at: datetime, reason: str) -> None:
    """This function will close a locked slip that holds no money as cancelled, and reverse its booking."""
    _move(slip, SlipAction.CANCEL, by=by, at=at, reason=reason)
    ledger.reverse(key=_issued(slip), kind="slip_cancelled", by=by, at=at)


@transaction.atomic
def expire_slip(*, slip_id: int, by: Actor, at: datetime) -> PaymentSlip:
    """
    This function will let one open slip expire and reverse its booking (§2.5): only when a closed statement covers its due date
    or five working days have passed, no money for it is being looked at, and no later day is asked for. The employer hears of it
    with the application.

    :raises NotExpiredYet: otherwise
    :raises TransitionNotAllowed: if the slip is not open
    """
    slip = _lock(slip_id)
    permissions.check(by, "slip.expire", slip)
    is_closed = queries.is_due_date_closed(slip=slip)
    if slip.state == SlipState.OPEN and (
        not rules.has_expired(due_on=slip.due_on, today=local_date(at), is_due_date_closed=is_closed)
        or _has_money(slip)
        or slip_requests.has_open_request(slip)
    ):
        raise NotExpiredYet(f"缴款单 {slip.number} 尚未到可以失效的时间，或有款项正在认领、有延期申请待办理。")

    _move(slip, SlipAction.EXPIRE, by=by, at=at)
    ledger.reverse(key=_issued(slip), kind="slip_expired", by=by, at=at)
    return slip


@transaction.atomic
def pay_slip(*, slip_id: int, by: Actor, at: datetime) -> PaymentSlip | None:
    """
    This function will mark a fully allocated slip as paid; its arrival is the latest value date of the lines allocated to it, or
    the day it was issued if that is later (§4). None if somebody has done so already: paying again changes nothing.

    :raises NotFullyAllocated: if less than its amount has been allocated
    :raises TransitionNotAllowed: if the slip was cancelled
    """
    slip = _lock(slip_id)
    permissions.check(by, "slip.pay", slip)
    if slip.state == SlipState.PAID:
        return None
    if slip.allocated_amount != slip.amount:
        raise NotFullyAllocated(f"缴款单 {slip.number} 应缴 {slip.amount:,.2f}，已核销 {slip.allocated_amount:,.2f}。")

    latest = PaymentAllocation.objects.filter(slip=slip).aggregate(day=Max("transaction__received_on"))["day"]
    slip.arrival_on, slip.paid_at = max(latest, local_date(slip.issued_at)), at
    _move(slip, SlipAction.PAY, by=by, at=at)
    return slip


def credit_left_out(
    *, slip: PaymentSlip, amount: Decimal, by: Actor, at: datetime, subsidies: Subsidies | None = None
) -> None:
    """
    This function will move what was paid for people left out at settlement from income to their employer's credit balance, and
    ask their sponsors for nothing.

    :param subsidies: what each sponsor would have paid for them
    """
    ledger.book(
        "left_out",
        key=f"left_out:{slip.pk}",
        reference=slip.number,
        postings=[
            (Account.CONTRIBUTION_INCOME, slip.employer_id, amount + _sum(subsidies)),
            (Account.CREDIT_BALANCE, slip.employer_id, -amount),
        ],
        subsidies={sponsor: -each for sponsor, each in (subsidies or {}).items()},
        subsidised=slip.employer_id,
        by=by,
        at=at,
    )


def book_subsidies(*, application: EnrolmentApplication, subsidies: Subsidies, by: Actor, at: datetime) -> None:
    """
    This function will ask the sponsors for what they pay for an application, where no slip does: nothing was left to pay, or an
    expired slip's money came in time after all.
    """
    ledger.book(
        "subsidies",
        key=f"subsidies:{application.pk}",
        reference=application.number,
        postings=[(Account.CONTRIBUTION_INCOME, application.employer_id, -_sum(subsidies))],
        subsidies=subsidies,
        subsidised=application.employer_id,
        by=by,
        at=at,
    )


def _sum(subsidies: Subsidies | None) -> Decimal:
    return sum((subsidies or {}).values(), Decimal("0.00"))


def book_again(*, slip: PaymentSlip, by: Actor, at: datetime) -> None:
    """
    This function will demand an expired slip's money anew, because some came in time after all. Sponsors are asked when all of it
    is there and the places of their people are taken again.
    """
    ledger.book(
        "slip_revived",
        key=f"slip_revived:{slip.pk}",
        reference=slip.number,
        postings=[
            (Account.SLIPS_RECEIVABLE, slip.employer_id, slip.amount),
            (Account.CONTRIBUTION_INCOME, slip.employer_id, -slip.amount),
        ],
        by=by,
        at=at,
    )


@transaction.atomic
def note_reminder(*, slip_id: int, by: Actor, at: datetime) -> tuple[PaymentSlip, int] | None:
    """
    This function will note in an open slip's history that its employer is reminded now, and give the days of the reminder; None if
    it was reminded of that before, or is not to be.

    :raises permissions.NotPermitted: if `by` is not the program
    """
    slip = _lock(slip_id)
    permissions.check(by, "slip.remind")
    days = rules.get_payment_reminder(due_on=slip.due_on, today=local_date(at), issued_on=local_date(slip.issued_at))
    if slip.state != SlipState.OPEN or days is None:
        return None
    details = {"due_on": slip.due_on.isoformat(), "days": days}
    if audit_queries.get_history(subject=slip).filter(event="billing.remind_payment", details=details).exists():
        return None
    audit.record("billing.remind_payment", label="提醒缴款", subject=slip, by=by, at=at, details=details)
    return slip, days


def has_arrived(slip: PaymentSlip) -> bool:
    """Test if money has come for a slip, allocated, proposed, or only with its number: a cashier decides on cancelling it then."""
    return _has_money(slip) or bool(queries.get_lines_naming(slip=slip))


def _has_money(slip: PaymentSlip) -> bool:
    return slip.allocated_amount > 0 or AllocationProposal.objects.filter(slip=slip, is_open=True).exists()


def _issued(slip: PaymentSlip) -> str:
    return f"slip_issued:{slip.pk}"


def _next_sequence() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('billing_slip_sequence')")
        return cursor.fetchone()[0]


def _lock(slip_id: int) -> PaymentSlip:
    return PaymentSlip.objects.select_related("employer").select_for_update(of=("self",)).get(pk=slip_id)


def _move(slip: PaymentSlip, action: SlipAction, *, by: Actor, at: datetime, reason: str = "") -> None:
    """
    Change the state, save, and leave a trace. The only lines in this app that write a slip's `state`.
    """
    before = slip.state
    slip.state = SLIP.next_state(action, state=before)
    slip.save()
    slip_requests.void_requests(slip, by=by, at=at)
    audit.record(
        f"billing.{action}_slip",
        label=action.label,
        subject=slip,
        by=by,
        at=at,
        before=before,
        after=slip.state,
        reason=reason,
    )
