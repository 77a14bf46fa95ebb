"""Within how many working days the association takes on what waits: parameters, read through one function."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from django.db.models import IntegerField
from django.db.models.functions import Cast

from huzhu.parameters import queries as parameters
from huzhu.parameters.rules import LONGEST_LIMIT
from huzhu.shared.calendar import ONE_DAY, add_working_days, is_working_day

MEMORY: Final = timedelta(days=400)  # what has waited longer counts as this old; it is late either way


def get_working_days(limit: str, *, since: str, place: str = "") -> Cast:
    """
    This function will give an expression for a limit in working days: the parameter as it was set, for the record's branch, on the
    day since when it waits. Everything that needs a limit asks here.

    :param since: the record's column with the day since when it waits
    :param place: the record's lookup to the path of its branch; empty for what belongs to the whole association
    """
    return Cast(parameters.held_by_row(limit, day=since, place=place), IntegerField())


def get_calendar(day: date) -> list[date]:
    """
    This function will give the working days around a day, for SQL that counts them: as far back as work is remembered, and ahead
    as far as the longest limit reaches.
    """
    return list(_calendar(day - MEMORY, add_working_days(day, LONGEST_LIMIT + 1)))


@lru_cache(maxsize=8)  # a pure function of its days
def _calendar(first: date, last: date) -> tuple[date, ...]:
    days = (first + n * ONE_DAY for n in range((last - first).days + 1))
    return tuple(day for day in days if is_working_day(day))
