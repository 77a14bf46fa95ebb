"""Shares of a whole, as people read them."""

from __future__ import annotations

from decimal import Decimal


def percent_text(share: Decimal | str) -> str:
    """
    This function will write a share as percent with the digits it has: 0.8 → 80%, 0.625 → 62.5%. Nothing is rounded.
    """
    percent = f"{Decimal(share) * 100:f}"
    return f"{percent.rstrip('0').rstrip('.') if '.' in percent else percent}%"
