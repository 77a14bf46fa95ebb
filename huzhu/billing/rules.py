"""
The society's rules for payment slips (rulebook §2.5): their number and their due date.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from huzhu.shared import calendar, numbering

SLIP_PREFIX = "JK"
DAYS_TO_PAY = 15
WORKING_DAYS_FOR_STATEMENT = 5
REMINDERS = (1, 5)  # days before the due date, the nearest first


def make_slip_number(*, issued_on: date, sequence: int) -> str:
    """
    This function will write a slip number: `JK` + yyyymmdd + six digits + check character, 17 characters (§2.5).

    :raises numbering.SequenceExhausted: if `sequence` has more than six digits
    """
    return numbering.make_number(SLIP_PREFIX, issued_on, sequence)


def find_slip_numbers(text: str) -> list[str]:
    """
    This function will list the exact slip numbers that stand anywhere in a remark: first step of matching (§2.5).
    """
    return numbering.find_numbers(text, SLIP_PREFIX)


def find_normalised_slip_numbers(text: str) -> list[str]:
    """
    This function will list the slip numbers found after normalising a remark: full-width and lower-case characters,
    spaces, punctuation, O/0, I/1, L/1, S/5 and Z/2, and a valid check character: second step of matching (§2.5).

    Exact numbers are among them.
    """
    return numbering.find_folded_numbers(text, SLIP_PREFIX)


def due_on(*, approved_on: date, days: int = DAYS_TO_PAY) -> date:
    """
    This function will give the last value date that still pays the slip in time (§2.5, inclusive).

    :raises ValueError: if `days` is negative
    """
    if days < 0:
        raise ValueError("A slip is not due before it is approved.")
    return approved_on + timedelta(days=days)


def is_paid_in_time(*, value_date: date, due_on: date) -> bool:
    """
    This function will tell whether money of this value date posts normally, whenever it is imported (§2.5).
    """
    return value_date <= due_on


def has_expired(
    *,
    due_on: date,
    today: date,
    is_due_date_closed: bool,
    working_days: int = WORKING_DAYS_FOR_STATEMENT,
) -> bool:
    """
    This function will tell whether an open slip has expired by `today` (§2.5): its due date is past, and a statement
    covering the due date has been imported and closed (`is_due_date_closed`) or `working_days` full working days have
    passed since.
    """
    if today <= due_on:
        return False
    return is_due_date_closed or today > calendar.add_working_days(due_on, working_days)


@dataclass(frozen=True, kw_only=True)
class ExtensionTerms:
    """What one reason for paying later allows: how many days beyond the present due date, and whether it takes a proof."""

    code: str
    words: str
    days: int
    needs_proof: bool

    def get_latest(self, *, due_on: date) -> date:
        """The longest new due date, counted from the present one (§2.5)."""
        return due_on + timedelta(days=self.days)


def get_payment_reminder(*, due_on: date, today: date, issued_on: date) -> int | None:
    """
    This function will tell which reminder a slip is due for: 5 days and 1 day before its due date. One that was missed is made up
    for while its time lasts; on the day of issue the payment notice says it all, and after the due date nothing helps.
    """
    left = (due_on - today).days
    if left < 0 or today <= issued_on:
        return None
    return next((days for days in REMINDERS if left <= days), None)
