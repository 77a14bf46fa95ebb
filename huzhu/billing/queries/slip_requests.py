"""Questions about 延迟缴款申请: what each reason allows on a day, how often a slip was lengthened, what is open."""

from __future__ import annotations

from datetime import date, datetime

from huzhu.billing.code_lists import EXTENSION_REASONS
from huzhu.billing.models import PaymentExtension, PaymentSlip
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
