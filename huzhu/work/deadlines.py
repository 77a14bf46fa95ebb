"""Within how many working days the association takes on what waits: one table, read through one function."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from huzhu.shared.calendar import ONE_DAY, add_working_days, is_working_day

# Assumed until the society says otherwise (facts §8); a flow names its limits (`Workflow.deadlines`).
_WORKING_DAYS: Final = {
    "registration_days": 3,
    "change_days": 3,
    "hand_over_days": 3,
    "binding_days": 3,
    "transfer_days": 3,
    "first_review_days": 5,
    "second_review_days": 3,
    "matching_days": 2,
    "allocation_review_days": 2,
    "receipt_days": 3,
    "parameter_days": 3,
}
MEMORY: Final = timedelta(days=400)  # what has waited longer counts as this old; it is late either way


def get_working_days(limit: str) -> int:
    """
    This function will give a limit in working days. Everything that needs one asks here.
    """
    return _WORKING_DAYS[limit]


def get_due_on(*, since: date, limit: str) -> date:
    """
    The last day to take on what has waited since a day, which itself is not counted.
    """
    return add_working_days(since, get_working_days(limit))


def get_calendar(day: date) -> list[date]:
    """
    This function will give the working days around a day, for SQL that counts them: as far back as work is remembered, and ahead
    as far as the longest limit reaches.
    """
    return list(_calendar(day - MEMORY, add_working_days(day, max(_WORKING_DAYS.values()) + 1)))


@lru_cache(maxsize=8)  # a pure function of its days
def _calendar(first: date, last: date) -> tuple[date, ...]:
    days = (first + n * ONE_DAY for n in range((last - first).days + 1))
    return tuple(day for day in days if is_working_day(day))
