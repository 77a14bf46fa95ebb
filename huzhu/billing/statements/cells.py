"""
One cell at a time: amounts, days, times, account numbers as banks write them. What is not certain is refused.
"""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal

CENT = Decimal("0.01")
MAX_AMOUNT = Decimal("1000000000000")  # numeric(14,2)
MAX_EXACT_DIGITS = 15  # a spreadsheet number keeps no more

_EMPTY = re.compile(r"[-‐‑–—−/\s]*")
_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<before>[+-]?)(?:[¥$]|RMB|CNY|人民币)?(?P<inner>[+-]?)"
    r"(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)元?(?P<behind>-?)(?P<close>\))?",
    re.IGNORECASE | re.ASCII,
)
_DATE = re.compile(r"(\d{4})(?:[-/.年]\s*(\d{1,2})[-/.月]\s*(\d{1,2})日?|(\d{2})(\d{2}))(?!\d{1,5}$)")
_TIME = re.compile(r"(\d{1,2})[:.时](\d{2})(?:[:.分](\d{2})秒?(?:[.:]\d+)?)?$|(\d{2})(\d{2})(\d{2})$")
_LOST_DIGITS = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a count of days, no moment
_CURRENCIES = {"": "CNY", "CNY": "CNY", "RMB": "CNY", "人民币": "CNY", "人民币元": "CNY", "156": "CNY", "01": "CNY"}


class UnclearCellError(ValueError):
    """
    A cell that holds something, but nothing certain.
    """


def clean(text: str) -> str:
    """
    This function will take off outer space and what makes a spreadsheet keep a number as text: a tab, an apostrophe.
    """
    return text.strip().removeprefix("'").removeprefix("\u2018").removeprefix("`").strip()


def read_text(text: str) -> str:
    """
    This function will return words as they stand, every character kept but outer space, and "" for `--`.
    """
    plain = clean(text)
    return "" if _EMPTY.fullmatch(plain) else plain


def read_amount(text: str) -> Decimal | None:
    """
    Read an amount: this function will return it with its sign (bracketed is negative), None for empty or `--`.

    :raises UnclearCellError: when the text is no amount of whole cents below 10^12
    """
    plain = unicodedata.normalize("NFKC", clean(text)).replace("\u2212", "-")
    plain = re.sub(r"\s", "", plain)
    if _EMPTY.fullmatch(plain):
        return None
    found = _AMOUNT.fullmatch(plain)
    if not found or bool(found["open"]) != bool(found["close"]):
        raise UnclearCellError(text)
    marks = [mark for mark in (found["open"], found["before"], found["inner"], found["behind"]) if mark]
    amount = Decimal(found["digits"].replace(",", ""))
    if len(marks) > 1 or amount >= MAX_AMOUNT or amount != amount.quantize(CENT):
        raise UnclearCellError(text)
    amount = amount.quantize(CENT)
    return -amount if amount and marks and marks[0] != "+" else amount


def read_date(text: str, *, number: float | None = None) -> date | None:
    """
    Read a day: this function will take `2025-08-11`, `2025/8/11`, `20250811`, `2025年8月11日`, with or without a time
    behind it, and a spreadsheet's day number; None for empty.

    :raises UnclearCellError: for anything else, such as `08/11/2025`
    """
    plain = unicodedata.normalize("NFKC", clean(text))
    if _EMPTY.fullmatch(plain):
        return None
    if number is not None and 20_000 <= number < 80_000:
        return (_EXCEL_EPOCH + timedelta(days=int(number))).date()
    found = _DATE.match(plain)
    if not found:
        raise UnclearCellError(text)
    year, month, day, packed_month, packed_day = found.groups()
    return _build_date(text, int(year), int(month or packed_month), int(day or packed_day))


def read_time(text: str) -> time | None:
    """
    Read the time of day at the end of a cell: this function will return None where there is none.
    """
    plain = unicodedata.normalize("NFKC", clean(text))
    dated = _DATE.match(plain) or re.match(r"(\d{8})(?=\d{6}$)", plain)
    rest = plain[dated.end() :].lstrip(" T-") if dated else plain
    found = _TIME.fullmatch(rest)
    if not found:
        return None
    hour, minute, second = (int(part or 0) for part in (found.groups()[:3] if found.group(1) else found.groups()[3:]))
    if hour > 23 or minute > 59 or second > 59:
        return None
    return time(hour, minute, second)


def read_account(text: str, *, number: float | None = None) -> str:
    """
    Read an account or serial number: this function will return it without spaces, "" for empty or `--`.

    :raises UnclearCellError: when a spreadsheet has turned it into a number that no longer holds every digit
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", clean(text))).strip("'=\"")
    if _EMPTY.fullmatch(plain):
        return ""
    if _LOST_DIGITS.fullmatch(plain) or (number is not None and abs(number) >= 10**MAX_EXACT_DIGITS):
        raise UnclearCellError(text)
    return plain.removesuffix(".0") if number is not None else plain


def read_currency(text: str) -> str:
    """
    This function will return CNY for every way banks write it, and any other currency as it stands.
    """
    plain = unicodedata.normalize("NFKC", clean(text)).upper()
    plain = re.sub(r"\(.*\)|\s", "", plain)
    return _CURRENCIES.get("" if _EMPTY.fullmatch(plain) else plain, plain)[:20]


def _build_date(text: str, year: int, month: int, day: int) -> date:
    try:
        built = date(year, month, day)
    except ValueError as error:
        raise UnclearCellError(text) from error
    if not 1990 <= year <= 2100:
        raise UnclearCellError(text)
    return built
