"""申请撤单: slip cancelled and application back to draft or ended, in one transaction (rulebook §2.5)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentSlip, SlipCancellation
from huzhu.enrolment import operations as enrolment
from huzhu.shared.actors import Actor


@transaction.atomic
def cancel_slip(*, slip_id: int, to_draft: bool, reason: str, by: Actor, at: datetime) -> PaymentSlip:
    """
    This function will cancel a slip for which nothing has arrived; its application goes back to draft to be corrected, or ends
    as cancelled.

    :raises billing.MoneyHasArrived: if money has come in; a cashier decides then
    :raises TransitionNotAllowed: if slip or application have moved on
    :raises huzhu.billing.permissions.NotPermitted: if `by` may not cancel this slip
    :raises huzhu.enrolment.permissions.NotPermitted: if `by` may not withdraw the application
    """
    slip = billing.cancel_slip(slip_id=slip_id, reason=reason, by=by, at=at)
    _withdraw(slip.application_id, to_draft=to_draft, reason=reason, by=by, at=at)
    return slip


def cancel_or_ask(*, slip_id: int, to_draft: bool, reason: str, by: Actor, at: datetime) -> SlipCancellation | None:
    """
    This function will cancel a slip at once while nothing has arrived, and else ask the cashiers to; None if it is cancelled.

    :raises billing.RequestRefused: if this cannot be asked for
    :raises TransitionNotAllowed: if slip or application have moved on
    :raises huzhu.billing.permissions.NotPermitted: if `by` may not cancel this slip
    :raises huzhu.enrolment.permissions.NotPermitted: if `by` may not withdraw the application
    """
    try:
        cancel_slip(slip_id=slip_id, to_draft=to_draft, reason=reason, by=by, at=at)
    except billing.MoneyHasArrived:
        return billing.ask_cancellation(slip_id=slip_id, to_draft=to_draft, reason=reason, by=by, at=at)
    return None


@transaction.atomic
def approve_cancellation(*, cancellation_id: int, money_goes: str, by: Actor, at: datetime) -> SlipCancellation:
    """
    This function will cancel a slip that has got money, send the money where the cashier says, and move the application as its
    employer chose: all of it or none.

    :raises billing.RequestRefused: if money is being looked at, all of it is there, or nobody said where it goes
    :raises work.AlreadyClaimed: if a colleague has claimed the request
    :raises TransitionNotAllowed: if request, slip or application have moved on
    :raises huzhu.billing.permissions.NotPermitted: if `by` is no cashier of the whole association, or the person who asked
    """
    made = billing.approve_cancellation(cancellation_id=cancellation_id, money_goes=money_goes, by=by, at=at)
    _withdraw(made.slip.application_id, to_draft=made.to_draft, reason=made.reason, by=by, at=at)
    return made


def _withdraw(application_id: int, *, to_draft: bool, reason: str, by: Actor, at: datetime) -> None:
    withdraw = enrolment.withdraw_to_draft if to_draft else enrolment.cancel
    withdraw(application_id=application_id, reason=reason, by=by, at=at)
