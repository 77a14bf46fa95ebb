"""What a paid slip entitles to, what requests take of it, and what comes back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from huzhu.billing.models import PaymentSlip
from huzhu.receipts.models import ReceiptRequest, ReceiptRight


def grant_right(*, slip_id: int, amount: Decimal, at: datetime) -> ReceiptRight:
    """
    This function will entitle the employer of a paid slip to have `amount` yuan receipted; granting again changes nothing.
    """
    slip = PaymentSlip.objects.get(pk=slip_id)
    right, _ = ReceiptRight.objects.get_or_create(
        slip=slip, defaults={"employer_id": slip.employer_id, "amount": amount, "created_at": at}
    )
    return right


def lock_rights(*, application_ids: Iterable[int], employer_id: int) -> dict[int, ReceiptRight]:
    """
    This function will hold the rights of an employer that came from the slips of these applications, by application, in one order.
    """
    rights = (
        ReceiptRight.objects.select_for_update(of=("self",))
        .select_related("slip")
        .filter(slip__application_id__in=list(application_ids), employer_id=employer_id)
        .order_by("pk")
    )
    return {right.slip.application_id: right for right in rights}


def give_back(*, request: ReceiptRequest) -> None:
    """
    This function will return to their rights what a request had taken, so that it can be asked for anew.
    """
    taken: dict[int, Decimal] = defaultdict(Decimal)
    for line in request.lines.all():
        taken[line.right_id] += line.amount
    for right in ReceiptRight.objects.select_for_update(of=("self",)).filter(pk__in=taken).order_by("pk"):
        right.requested_amount -= taken[right.pk]
        right.save(update_fields=["requested_amount"])
