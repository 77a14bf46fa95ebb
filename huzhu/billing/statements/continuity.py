"""
The proof that a statement is whole: every line's balance follows from the one before, oldest or newest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from huzhu.billing.statements.lines import StatementLine, StatementRefused


@dataclass(frozen=True, slots=True)
class Break:
    """
    The first line whose balance does not follow.
    """

    row: int
    expected: Decimal
    found: Decimal


def put_in_order(*, lines: Sequence[StatementLine], opening: Decimal | None = None) -> tuple[list[StatementLine], bool]:
    """
    Prove the balances in file order or in reverse: this function will return the lines oldest first, and whether
    the file ran newest first.

    :param opening: the balance the file begins with, where it names one: it decides where both orders fit (95.00 in and
        95.00 out in one minute)
    :raises StatementRefused: balance_breaks, naming the first line that breaks, what it should say and what it says
    """
    oldest_first, newest_first = list(lines), list(reversed(lines))
    forward, backward = _find_break(oldest_first), _find_break(newest_first)
    runs_back = _runs_back(lines)
    if forward and backward:
        # In neither order does it fit: the order of the days tells which break to show.
        raise _refusal(backward if runs_back else forward, newest_first=runs_back)
    if not forward and not backward and opening is not None:
        begins, begins_reversed = _begins_with(oldest_first, opening), _begins_with(newest_first, opening)
        runs_back = begins_reversed if begins != begins_reversed else runs_back
    if forward or (not backward and runs_back):
        return newest_first, True
    return oldest_first, False


def check_ends(
    *, lines: Sequence[StatementLine], opening: Decimal | None, closing: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """
    Compare the balances named above or below the table with the lines (oldest first): this function will return
    opening and closing balance, from the lines where the file does not name them.

    :raises StatementRefused: opening_differs or closing_differs
    """
    if not lines:
        if opening is not None and closing is not None and opening != closing:
            raise _end_refusal("closing", "期末余额", row=None, expected=opening, found=closing)
        return opening, closing
    first, last = lines[0], lines[-1]
    if first.balance is not None:
        before = first.balance - first.signed_amount
        if opening is not None and opening != before:
            raise _end_refusal(
                "opening", "期初余额", row=first.row, expected=opening + first.signed_amount, found=first.balance
            )
        opening = before
    if opening is not None and (first.balance is not None or closing is not None):
        total = opening + sum((line.signed_amount for line in lines), Decimal("0.00"))
        if closing is not None and closing != total:
            raise _end_refusal("closing", "期末余额", row=last.row, expected=total, found=closing)
        closing = total
    return opening, closing


def _find_break(lines: Sequence[StatementLine]) -> Break | None:
    running: dict[str, Decimal] = {}  # one account may hold several currencies
    for line in lines:
        expected = running[line.currency] + line.signed_amount if line.currency in running else line.balance
        if expected is None:
            continue
        if line.balance is not None and line.balance != expected:
            return Break(line.row, expected, line.balance)
        running[line.currency] = expected
    return None


def _begins_with(lines: Sequence[StatementLine], opening: Decimal) -> bool:
    return bool(lines) and lines[0].balance is not None and lines[0].balance - lines[0].signed_amount == opening


def _runs_back(lines: Sequence[StatementLine]) -> bool:
    if len(lines) < 2:
        return False
    first, last = lines[0], lines[-1]
    if first.booked_at and last.booked_at:
        return first.booked_at > last.booked_at
    return first.received_on > last.received_on


def _refusal(broken: Break, *, newest_first: bool) -> StatementRefused:
    order = "（本文件最新的在前，从下往上核对）" if newest_first else ""
    return StatementRefused(
        "balance_breaks",
        f"第 {broken.row} 行余额不连续{order}：按上一笔余额推算应为 {broken.expected:,.2f}，"
        f"文件中是 {broken.found:,.2f}，相差 {broken.found - broken.expected:,.2f}。",
        "可能漏了行或被改动过。请从网银重新导出完整的流水后再上传。",
        row=broken.row,
        expected=broken.expected,
        found=broken.found,
    )


def _end_refusal(end: str, name: str, *, row: int | None, expected: Decimal, found: Decimal) -> StatementRefused:
    place = f"第 {row} 行：" if row else ""
    return StatementRefused(
        f"{end}_differs",
        f"{place}明细与文件写明的{name}对不上，推算应为 {expected:,.2f}，文件中是 {found:,.2f}。",
        "可能漏了行或被改动过。请从网银重新导出完整的流水后再上传。",
        row=row,
        expected=expected,
        found=found,
    )
