"""Days of the calendar as the moments between which they lie."""

from __future__ import annotations

from datetime import date, datetime, time

from huzhu.shared.calendar import ONE_DAY, SHANGHAI


def get_bounds(first: date, last: date | None = None) -> tuple[datetime, datetime]:
    """
    This function will return the moment the first day begins and the moment the last one ends, in Asia/Shanghai, half-open.
    """
    last = min(last or first, date.max - ONE_DAY)
    begins, ends = (datetime.combine(day, time.min, tzinfo=SHANGHAI) for day in (first, last))
    return begins, ends + ONE_DAY
