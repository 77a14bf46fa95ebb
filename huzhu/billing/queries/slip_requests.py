"""Questions about 撤单与延期: what each reason allows on a day, what is open, and which money a slip has got."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection
from django.db.models import QuerySet

from huzhu.billing.code_lists import EXTENSION_REASONS
from huzhu.billing.models import BankTransaction, PaymentAllocation, PaymentExtension, PaymentSlip, SlipCancellation
from huzhu.billing.rules import ExtensionTerms
from huzhu.billing.states import SlipRequestState
from huzhu.code_lists import queries as code_lists
from huzhu.parameters import queries as parameters
from huzhu.parameters.rules import EXTENSIONS_PER_SLIP, get_extension_key, read_terms
from huzhu.shared.calendar import local_date

DECIDED = (SlipRequestState.APPROVED, SlipRequestState.REFUSED)


def get_extension_terms(*, at: datetime) -> dict[str, ExtensionTerms]:
    """
    This function will give, by reason, how long a due date may be lengthened now and whether that takes a proof. Two queries.
    """
    reasons = code_lists.get_choices(EXTENSION_REASONS, at=at)
    held = parameters.get_many([get_extension_key(code) for code, _ in reasons], day=local_date(at))
    terms = {}
    for code, words in reasons:
        days, needs_proof = read_terms(str(held[get_extension_key(code)]))
        terms[code] = ExtensionTerms(code=code, words=words, days=days, needs_proof=needs_proof)
    return terms


def count_extensions_left(*, slip: PaymentSlip, day: date) -> int:
    """
    This function will tell how often a later due date may still be asked for; what was decided counts, whichever way.
    """
    most = parameters.get_number(EXTENSIONS_PER_SLIP, day=day)
    return max(0, most - slip.extensions.filter(state__in=DECIDED).count())


def get_open_extension(*, slip: PaymentSlip) -> PaymentExtension | None:
    """
    This function will give the request for a later due date that nobody has decided yet.
    """
    return slip.extensions.filter(state=SlipRequestState.REQUESTED).first()


def tell_extension_reason(extension: PaymentExtension) -> str:
    """
    This function will put the reason of a request into the words of its moment.
    """
    return code_lists.tell(EXTENSION_REASONS, [extension.reason_code], at=extension.asked_at)[0]


def get_open_cancellation(*, slip: PaymentSlip) -> SlipCancellation | None:
    """
    This function will give the 申请撤单 that nobody has decided yet.
    """
    return slip.cancellations.filter(state=SlipRequestState.REQUESTED).first()


def get_standing_allocations(*, slip: PaymentSlip) -> QuerySet[PaymentAllocation]:
    """
    This function will give the allocations to a slip that were not taken back, with their bank lines.
    """
    return slip.allocations.filter(reversal=None).select_related("transaction").order_by("id")


# The remark without blanks and punctuation, in common width, still has the digits of the number.
_NAMING = """
SELECT id FROM billing_banktransaction
WHERE state IN ('unmatched', 'proposed') AND is_incoming
  AND strpos(regexp_replace(normalize(remark, NFKC), '[^0-9A-Za-z]+', '', 'g'), %(digits)s) > 0
ORDER BY id
"""


def get_lines_naming(*, slip: PaymentSlip) -> list[BankTransaction]:
    """
    This function will give the money that came in with the slip's number and is not allocated: too much, too little, or on its way
    through the cashiers' hands.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NAMING, {"digits": slip.number[2:16]})
        found = [pk for (pk,) in cursor.fetchall()]
    return list(BankTransaction.objects.filter(pk__in=found).order_by("pk")) if found else []
