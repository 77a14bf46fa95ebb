"""
A bank's statement read in a confined child (`shared.confined`). `read` is what operations call; `read_lines` runs in the child.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from huzhu.billing.statements import reading
from huzhu.billing.statements.layouts import LAYOUTS
from huzhu.billing.statements.lines import Direction, SkippedRow, StatementFile, StatementLine, StatementRefused
from huzhu.shared import confined
from huzhu.shared.calendar import SHANGHAI

_HERE = "huzhu.billing.statements.apart"


def read(*, content: bytes, file_name: str, account_number: str) -> StatementFile:
    """
    Read a statement of one account; this function will return what `reading.read` returns.

    :raises StatementRefused, UploadRefused: as `reading.read`, or what `confined.run` raises
    """
    arguments = {"file_name": file_name, "account_number": account_number}
    told = confined.run(f"{_HERE}:read_lines", content=content, arguments=arguments).head
    if refused := told.get("refused"):
        words, amounts = refused["words"], [_amount(text) for text in refused["amounts"]]
        raise StatementRefused(*words, row=refused["row"], expected=amounts[0], found=amounts[1])
    return StatementFile(
        layout=next(layout for layout in LAYOUTS if layout.code == told["layout"]),
        account_number=told["account_number"],
        currency=told["currency"],
        lines=tuple(_line(line) for line in told["lines"]),
        opening_balance=_amount(told["opening_balance"]),
        closing_balance=_amount(told["closing_balance"]),
        newest_first=told["newest_first"],
        skipped=tuple(SkippedRow(**row) for row in told["skipped"]),
    )


def read_lines(
    *, content: bytes, note: Callable[[Any], None], file_name: str, account_number: str
) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """In the child: see `read`."""
    try:
        file = reading.read(content=content, file_name=file_name, account_number=account_number)
    except StatementRefused as refusal:
        amounts = [_text(refusal.expected), _text(refusal.found)]
        words = [refusal.code, refusal.message, refusal.remedy]
        return {"refused": {"words": words, "row": refusal.row, "amounts": amounts}}, ()
    return {
        "layout": file.layout.code,
        "account_number": file.account_number,
        "currency": file.currency,
        "lines": [_told(line) for line in file.lines],
        "opening_balance": _text(file.opening_balance),
        "closing_balance": _text(file.closing_balance),
        "newest_first": file.newest_first,
        "skipped": [asdict(row) for row in file.skipped],
    }, ()


def _told(line: StatementLine) -> dict[str, Any]:
    return {
        **{name: getattr(line, name) for name in StatementLine.__slots__},
        "received_on": line.received_on.isoformat(),
        "booked_at": line.booked_at.isoformat() if line.booked_at else None,
        "amount": str(line.amount),
        "balance": _text(line.balance),
    }


def _line(told: dict[str, Any]) -> StatementLine:
    return StatementLine(
        **told
        | {
            "received_on": date.fromisoformat(told["received_on"]),
            "booked_at": datetime.fromisoformat(told["booked_at"]).astimezone(SHANGHAI) if told["booked_at"] else None,
            "direction": Direction(told["direction"]),
            "amount": Decimal(told["amount"]),
            "balance": _amount(told["balance"]),
        }
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
