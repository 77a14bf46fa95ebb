"""
Who a line is, so that importing it again, from an overlapping file or in another format, adds nothing.
"""

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Sequence

from huzhu.billing.statements.layouts import Layout
from huzhu.billing.statements.lines import StatementLine

VERSION = "1"  # a change of what is hashed makes every stored identity a stranger


def identify(*, account_number: str, layout: Layout, lines: Sequence[StatementLine]) -> list[str]:
    """
    Give every line of one file its identity: this function will return one SHA-256 in hex per line, in their order.

    Two equal lines in one file are two lines: they differ by their running number among equals of the day. Lines
    are expected oldest first, as `reading.read` returns them, so that the numbers agree between overlapping files.
    """
    seen: Counter[str] = Counter()
    identities = []
    for line in lines:
        described = _describe(account_number, layout, line)
        seen[described] += 1
        identities.append(hashlib.sha256(f"{described}\n{seen[described]}".encode()).hexdigest())
    return identities


def _describe(account_number: str, layout: Layout, line: StatementLine) -> str:
    movement = [line.direction.value, f"{line.amount:.2f}", line.currency]
    serial = line.serial if line.serial.strip("0") else ""
    # The bank's number alone would be enough; direction and amount keep a payment and its fee under one number apart.
    if serial and layout.is_serial_unique:
        parts = ["serial", serial, *movement]
    elif serial:
        parts = ["voucher", serial, *_when(line), *movement]
    else:
        balance = "" if line.balance is None else f"{line.balance:.2f}"
        who = [line.counterparty_name, line.counterparty_account]
        parts = ["line", *_when(line), *movement, balance, *who, line.remark]
    texts = [unicodedata.normalize("NFC", part) for part in (VERSION, account_number, *parts)]
    return json.dumps(texts, ensure_ascii=False)


def _when(line: StatementLine) -> list[str]:
    return [line.received_on.isoformat(), line.booked_at.isoformat() if line.booked_at else ""]
