"""Finding what has a number: applications, slips, policies, receipts, and employers by name or credit code."""

from __future__ import annotations

import re

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from huzhu.billing.models import PaymentSlip
from huzhu.employers import queries as employers
from huzhu.employers.models import Employer
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.policies.models import Policy
from huzhu.receipts.models import EReceipt, ReceiptRequest
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import today
from huzhu.shared.identity.credit_code import normalise_credit_code
from huzhu.ui import tones, values
from huzhu.web.search.words import LIMIT, Hit, Words, link

_BEGINNING = re.compile(r"[A-Z]{1,4}[0-9][0-9A-Z]{1,18}")
_ENDING = re.compile(r"[0-9]{3,15}[0-9A-Z]?")

RECEIPT_PAGES = {
    Side.EMPLOYER: ("employer:receipt", "employer:receipt-request"),
    Side.OFFICE: ("office:receipt",),
}


def _numbered(records: QuerySet, words: Words, *, prefix: str) -> list:
    """
    The records whose number stands in the text, begins with it, is of that day, or ends with it (with or without the check
    character), latest first; no query if it can be no number.
    """
    typed = words.compact
    if whole := words.numbers(prefix):
        wanted = Q(number__in=whole)
    elif _BEGINNING.fullmatch(typed):
        wanted = Q(number__startswith=typed)
    elif _ENDING.fullmatch(typed):
        wanted = Q(number__endswith=typed)
        if typed.isdecimal():
            wanted |= Q(number__regex=f"{typed}.$") | Q(number__startswith=f"{prefix}{typed}")
    else:
        return []
    return list(records.filter(wanted).order_by("-id")[: LIMIT + 1])


def find_applications(actor: Actor, words: Words) -> list[Hit]:
    """This function will find applications by number."""
    records = EnrolmentApplication.objects.visible_to(actor).select_related("employer")
    return [
        _record(
            actor,
            words,
            application,
            note=f"{application.member_count:,} 人　{values.money_text(application.contribution_amount)} 元",
            pages=_application_pages(actor, application),
        )
        for application in _numbered(records, words, prefix="SQ")
    ]


def _application_pages(actor: Actor, application: EnrolmentApplication) -> list[str]:
    if actor.side == Side.EMPLOYER:
        return ["employer:application"]
    # Until applications have a page of their own here, the pages of review show them in every state.
    reviews = ["office:first-review", "office:second-review"]
    return ["office:application", *(reviews if application.state == State.FIRST_REVIEW else reviews[::-1])]


def find_slips(actor: Actor, words: Words) -> list[Hit]:
    """This function will find slips by number, also inside the text of a remittance remark."""
    records = PaymentSlip.objects.visible_to(actor).select_related("employer")
    return [
        _record(
            actor,
            words,
            slip,
            note=f"{values.money_text(slip.amount)} 元　{values.day_text(slip.due_on)} 前缴款",
            pages=[f"{actor.side}:slip"],
        )
        for slip in _numbered(records, words, prefix="JK")
    ]


def find_policies(actor: Actor, words: Words) -> list[Hit]:
    """This function will find policies by number."""
    records = Policy.objects.visible_to(actor).select_related("employer", "plan")
    day = today(timezone.now())
    return [
        _record(
            actor,
            words,
            policy,
            note=f"{policy.plan}　{policy.member_count:,} 人　{values.period_text(policy.coverage_start, policy.coverage_end)}",
            pages=[f"{actor.side}:policy"],
            state=policy.state_on(day).label,
            tone=tones.get_tone(policy.state_on(day)),
        )
        for policy in _numbered(records, words, prefix="BD")
    ]


def find_receipt_requests(actor: Actor, words: Words) -> list[Hit]:
    """This function will find requests for receipts by number."""
    records = ReceiptRequest.objects.visible_to(actor).select_related("employer")
    return [
        _record(
            actor,
            words,
            request,
            note=f"{request.title}　{values.money_text(request.amount)} 元",
            pages=["employer:receipt-request"] if actor.side == Side.EMPLOYER else ["office:receipt"],
        )
        for request in _numbered(records, words, prefix="KP")
    ]


def find_receipts(actor: Actor, words: Words) -> list[Hit]:
    """
    This function will find issued e-receipts by number, by code and number written together, or by the last digits.
    """
    digits = words.compact
    if not digits.isdecimal() or not 3 <= len(digits) <= 18:
        return []
    wanted = Q(receipt_number__endswith=digits)
    if len(digits) == 18:
        wanted = Q(receipt_code=digits[:8], receipt_number=digits[8:])
    elif len(digits) == 10:
        wanted = Q(receipt_number=digits)
    visible = Employer.objects.visible_to(actor).values("pk")
    found = EReceipt.objects.filter(wanted, employer__in=visible).select_related("employer").order_by("-id")
    return [
        Hit(
            title=receipt.receipt_number,
            note=f"代码 {receipt.receipt_code}　{values.money_text(receipt.amount)} 元　{values.day_text(receipt.issued_on)} 开具",
            owner=_owner(actor, receipt),
            url=link(actor, receipt.request_id, *RECEIPT_PAGES[actor.side]),
            state="红字票据" if receipt.reverses_id else "",
            tone="warns",
            is_number=True,
            is_exact=digits in (receipt.receipt_number, receipt.receipt_code + receipt.receipt_number),
        )
        for receipt in found[: LIMIT + 1]
    ]


def find_employers(actor: Actor, words: Words) -> list[Hit]:
    """
    This function will find visible employers by part of the name, pinyin initials or the beginning of the credit code.
    """
    code = normalise_credit_code(words.text)
    if len(code) < 2:
        return []
    found = employers.search_employers(actor=actor, words=words.text).select_related("branch", "registration")
    return [
        Hit(
            title=employer.name,
            note=f"{employer.credit_code}　{employer.branch}",
            url=_employer_url(actor, employer),
            is_exact=employer.credit_code == code,
        )
        for employer in found[: LIMIT + 1]
    ]


def _employer_url(actor: Actor, employer: Employer) -> str:
    """The employer's page; the registration it came from while there is none."""
    registration = getattr(employer, "registration", None)
    return link(actor, employer.pk, "office:employer") or (
        link(actor, registration.pk, "office:registration") if registration else ""
    )


def _record(
    actor: Actor, words: Words, record: Model, *, note: str, pages: list[str], state: str = "", tone: str = ""
) -> Hit:
    return Hit(
        title=record.number,
        note=note,
        owner=_owner(actor, record),
        url=link(actor, record.pk, *pages),
        state=state or record.get_state_display(),
        tone=tone or tones.get_tone(record.state),
        is_number=True,
        is_exact=words.names(record.number),
    )


def _owner(actor: Actor, record: Model) -> str:
    return str(record.employer) if actor.side == Side.OFFICE else ""
