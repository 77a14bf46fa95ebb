"""The rules of e-receipts as pure functions (rulebook §2.6, facts §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

SHARE, ITEM = "份", "项"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How an amount stands on a receipt: so many of what, at which price."""

    unit_of_measure: str
    quantity: int
    unit_price: Decimal


def measure(*, amount: Decimal, contribution_per_share: Decimal) -> Measure:
    """
    This function will write an amount as shares at the plan's contribution where it is a whole number of them, else as one item,
    so that quantity × price is always the amount.
    """
    if contribution_per_share > 0 and amount % contribution_per_share == 0:
        return Measure(
            unit_of_measure=SHARE, quantity=int(amount / contribution_per_share), unit_price=contribution_per_share
        )
    return Measure(unit_of_measure=ITEM, quantity=1, unit_price=amount)


def still_open(*, paid: Decimal, taken: Decimal, right_open: Decimal) -> Decimal:
    """
    This function will give what may still be receipted for a policy: no more than was paid for it less what live requests
    took, and no more than what is left of the money paid (§2.6: amount ≤ paid − already receipted).
    """
    return max(min(paid - taken, right_open), Decimal("0.00"))


def receipt_code(*, prefix: str, issued_on: date) -> str:
    """
    This function will give the code of a year's receipts: province, category and kind, then the year (44070126; facts §5.2).
    """
    return f"{prefix}{issued_on:%y}"
