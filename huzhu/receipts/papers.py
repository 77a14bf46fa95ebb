"""电子票据 as a PDF and as data: what it says, from the records; `documents.typesetting` sets it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Max, Min

from huzhu.documents import contents, typesetting
from huzhu.receipts.models import EReceipt, ReceiptRequest
from huzhu.shared import money
from huzhu.shared.calendar import ONE_DAY

MOST_SLIPS_NAMED = 3


def make_receipt_pdf(*, paper: contents.Receipt) -> bytes:
    """
    This function will set an e-receipt as a PDF; equal content gives equal bytes.
    """
    return typesetting.typeset_paper(paper=paper, made_on=paper.issued_on)


def describe_receipt(*, receipt: EReceipt) -> contents.Receipt:
    """
    This function will say what an e-receipt says (facts §5.2); a red one says everything negative and names what it reverses. Two
    statements.

    :param receipt: with request; its code, number and check code are there, it need not be saved yet
    """
    request, original = receipt.request, receipt.reverses
    sign = -1 if original else 1
    return contents.Receipt(
        association=contents.Association(name=settings.ASSOCIATION_NAME),
        qr_text=get_verify_url(receipt),
        demo=settings.DEMO,
        receipt_name=settings.RECEIPT_NAME,
        receipt_code=receipt.receipt_code,
        receipt_number=receipt.receipt_number,
        check_code=receipt.check_code,
        issued_on=receipt.issued_on,
        payer_name=request.title,
        payer_credit_code=request.credit_code,
        items=_get_items(request, sign=sign),
        total=receipt.amount,
        total_in_words=money.in_words(receipt.amount),
        remark=describe_remark(request=request),
        issuing_body=settings.ASSOCIATION_NAME,
        reviewer=receipt.reviewer_name,
        issuer=receipt.issuer_name,
        reversed_code=original.receipt_code if original else "",
        reversed_number=original.receipt_number if original else "",
        reversal_reason=receipt.reversal_reason,
    )


def _get_items(request: ReceiptRequest, *, sign: int) -> list[contents.ReceiptItem]:
    """The lines; those of the same item, unit and price are one item, so that many policies of one plan stay on one page."""
    quantities: dict[tuple[str, str, Decimal], int] = {}
    for line in request.lines.all():
        key = (line.item_name, line.unit_of_measure, line.unit_price)
        quantities[key] = quantities.get(key, 0) + line.quantity
    return [
        contents.ReceiptItem(
            item_code=settings.RECEIPT_ITEM_CODE,
            item_name=name,
            unit_of_measure=unit,
            quantity=sign * quantity,
            unit_price=price,
            amount=sign * quantity * price,
        )
        for (name, unit, price), quantity in quantities.items()
    ]


def describe_remark(*, request: ReceiptRequest) -> str:
    """
    This function will write the remark of a receipt: slip numbers, coverage period, and what the employer wants to have on it.
    """
    slips = list(request.lines.values_list("right__slip__number", flat=True).distinct().order_by("right__slip__number"))
    named = "、".join(slips[:MOST_SLIPS_NAMED]) + (f"等{len(slips)}张" if len(slips) > MOST_SLIPS_NAMED else "")
    period = request.lines.aggregate(start=Min("policy__coverage_start"), end=Max("policy__coverage_end"))
    parts = [f"缴款单号 {named}"] if named else []
    if period["start"]:
        parts.append(f"保障期限 {period['start']} 至 {period['end'] - ONE_DAY}")
    return "；".join([*parts, request.remark] if request.remark else parts)


def get_verify_url(receipt: EReceipt) -> str:
    """This function will give the address of the public check page of a receipt, as its QR code says it."""
    here = f"{receipt.receipt_code}/{receipt.receipt_number}/{receipt.check_code}"
    return f"{settings.PUBLIC_URL.rstrip('/')}/verify/receipt/{here}/"


def get_elements(*, paper: contents.Receipt) -> dict[str, Any]:
    """
    This function will give a receipt as data, every element under its name of facts §5.2; amounts and dates as ISO texts.
    """
    return {
        "receipt_name": paper.receipt_name,
        "receipt_code": paper.receipt_code,
        "receipt_number": paper.receipt_number,
        "check_code": paper.check_code,
        "issued_on": paper.issued_on.isoformat(),
        "payer_name": paper.payer_name,
        "payer_credit_code": paper.payer_credit_code,
        "items": [
            {
                "item_code": item.item_code,
                "item_name": item.item_name,
                "unit_of_measure": item.unit_of_measure,
                "quantity": item.quantity,
                "unit_price": f"{item.unit_price:.2f}",
                "amount": f"{item.amount:.2f}",
            }
            for item in paper.items
        ],
        "total": f"{paper.total:.2f}",
        "total_upper": paper.total_in_words,
        "remark": paper.remark,
        "issuing_body": paper.issuing_body,
        "reviewer": paper.reviewer,
        "issuer": paper.issuer,
        "reversed_code": paper.reversed_code,
        "reversed_number": paper.reversed_number,
        "reversal_reason": paper.reversal_reason,
        "is_demo": paper.demo,
    }
