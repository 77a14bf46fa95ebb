"""申请撤单: slip cancelled and application back to draft or ended, in one transaction (rulebook §2.5)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentSlip
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
    withdraw = enrolment.withdraw_to_draft if to_draft else enrolment.cancel
    withdraw(application_id=slip.application_id, reason=reason, by=by, at=at)
    return slip
