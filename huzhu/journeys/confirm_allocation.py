"""A second person confirms an allocation by hand, and the slips that are full now are settled, in one transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.billing import operations as billing
from huzhu.journeys.confirm_payment import Settled, confirm_payment
from huzhu.shared.actors import Actor


@transaction.atomic
def confirm_allocation(*, transaction_id: int, by: Actor, at: datetime) -> list[Settled]:
    """
    This function will allocate a line as proposed and settle every slip that is fully paid by it.

    :raises huzhu.billing.permissions.NotPermitted: if `by` imported the line, proposed it, or is no cashier
    :raises billing.AllocationRefused: if a slip has changed since the proposal
    :raises TransitionNotAllowed: if the line is not proposed
    """
    slips = billing.confirm_allocation(transaction_id=transaction_id, by=by, at=at)
    full = [slip for slip in slips if not slip.open_amount]
    settled = [confirm_payment(slip_id=slip.pk, by=by, at=at) for slip in full]
    return [each for each in settled if each is not None]
