"""How numbers, days and personal data look: one function each, shared by tags, tables and PDFs' previews."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from huzhu.shared.identity import documents, mobile, names

DASH = "—"


def money_text(amount: Decimal | int | str | None) -> str:
    """
    This function will return an amount with thousands commas and two decimals, a dash for none.
    """
    if amount is None or amount == "":
        return DASH
    return f"{Decimal(amount):,.2f}"


def count_text(number: int | None) -> str:
    """
    This function will return a whole number with thousands commas, a dash for none.
    """
    return DASH if number is None else f"{number:,}"


def day_text(value: date | datetime | None) -> str:
    """
    This function will return a day as 2026-07-01 (Asia/Shanghai for moments), a dash for none.
    """
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value.isoformat() if value else DASH


def moment_text(value: datetime | None) -> str:
    """
    This function will return a moment as 2026-07-01 14:05 in Asia/Shanghai, a dash for none.
    """
    if not value:
        return DASH
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.strftime("%Y-%m-%d %H:%M")


def bounds(period: Any, end: date | None = None) -> tuple[date | None, date | None]:
    """
    This function will return the half-open bounds of a range, a pair, or a start with its end.
    """
    if end is not None or isinstance(period, date) or period is None:
        return period, end
    if hasattr(period, "lower"):
        return period.lower, period.upper
    start, stop = period
    return start, stop


def period_text(period: Any, end: date | None = None) -> str:
    """
    This function will return a half-open period by its first and last covered day.
    """
    start, stop = bounds(period, end)
    if start is None:
        return DASH
    return f"{day_text(start)} 至 {day_text(stop - timedelta(days=1))}" if stop else f"{day_text(start)} 起"


def mask_document(number: str | None) -> str:
    """
    This function will hide the middle of a document number: 4401**********1234.
    """
    return documents.masked_number(number) or DASH


def mask_mobile(number: str | None) -> str:
    """
    This function will hide the middle of a telephone number: 138****5678.
    """
    return mobile.masked_mobile(number) or DASH


def mask_name(name: str | None) -> str:
    """
    This function will keep the surname of a person only: 张*.
    """
    return names.masked_name(name) or DASH


def get_reveal_id(url: str) -> str:
    """
    This function will give the id of the element that holds a masked value, from the address that shows it in full.
    """
    return "reveal-" + re.sub(r"\W+", "-", url).strip("-")
