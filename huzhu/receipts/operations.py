"""电子票据: everything that writes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from huzhu.billing.models import PaymentSlip
from huzhu.receipts.models import ReceiptRight


def grant_right(*, slip_id: int, amount: Decimal, at: datetime) -> ReceiptRight:
    """
    This function will entitle the employer of a paid slip to have `amount` yuan receipted; granting again changes nothing.
    """
    slip = PaymentSlip.objects.get(pk=slip_id)
    right, _ = ReceiptRight.objects.get_or_create(
        slip=slip, defaults={"employer_id": slip.employer_id, "amount": amount, "created_at": at}
    )
    return right
