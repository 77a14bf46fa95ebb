"""缴款单 and 汇款填写示例: what they say, from the records; `documents.typesetting` sets them."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from huzhu.billing import queries
from huzhu.billing.models import PaymentSlip
from huzhu.documents import contents, typesetting
from huzhu.shared import money
from huzhu.shared.calendar import local_date


def make_slip_pdf(*, slip: PaymentSlip) -> bytes:
    """
    This function will set the payment slip as a PDF; the same slip gives the same bytes.
    """
    return typesetting.typeset_paper(paper=describe_slip(slip=slip), made_on=local_date(slip.issued_at))


def make_remittance_pdf(*, slip: PaymentSlip) -> bytes:
    """
    This function will set the example of a bank's transfer form, filled in for this slip.
    """
    return typesetting.typeset_paper(paper=describe_remittance(slip=slip), made_on=local_date(slip.issued_at))


def describe_slip(*, slip: PaymentSlip) -> contents.PaymentSlip:
    """
    This function will say what the payment slip says: plans, shares, amounts, until when, and where to.
    """
    lines = [
        contents.PlanLine(
            plan_name=line.plan_name,
            share_count=line.share_count,
            member_count=line.member_count,
            unit_price=line.unit_price,
            amount=line.amount,
            reference_date=line.reference_on,
            latest_arrival_on=line.latest_arrival_on,
            latest_arrival_people=line.latest_arrival_people,
        )
        for line in queries.get_slip_lines(slip=slip)
    ]
    safe = queries.get_latest_safe_arrivals(slips=[slip]).get(slip.pk)
    total = sum((line.amount for line in lines), Decimal("0.00")) if lines else slip.amount
    return contents.PaymentSlip(
        association=_association(),
        qr_text=slip.number,
        demo=settings.DEMO,
        slip_number=slip.number,
        application_number=slip.application.number,
        issued_on=local_date(slip.issued_at),
        due_on=slip.due_on,
        latest_arrival_on=safe.on if safe else None,
        latest_arrival_people=safe.people if safe else 0,
        employer=_employer(slip),
        payee=_payee(slip),
        lines=lines,
        total_amount=total,
        subsidy_amount=total - slip.amount,
        amount=slip.amount,
        amount_in_words=money.in_words(slip.amount),
    )


def describe_remittance(*, slip: PaymentSlip) -> contents.RemittanceExample:
    """
    This function will say what to fill into a transfer form for this slip.
    """
    return contents.RemittanceExample(
        association=_association(),
        qr_text=slip.number,
        demo=settings.DEMO,
        slip_number=slip.number,
        due_on=slip.due_on,
        employer=_employer(slip),
        payee=_payee(slip),
        amount=slip.amount,
        amount_in_words=money.in_words(slip.amount),
    )


def _association() -> contents.Association:
    return contents.Association(name=settings.ASSOCIATION_NAME)


def _employer(slip: PaymentSlip) -> contents.Employer:
    return contents.Employer(name=slip.employer.name, credit_code=slip.employer.credit_code)


def _payee(slip: PaymentSlip) -> contents.PayeeAccount:
    account = slip.payee_account
    return contents.PayeeAccount(name=account.holder, number=account.number, bank=account.bank_name)
