"""
Days as the society counts them: Asia/Shanghai dates, clamped months, state working days.
"""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
ONE_DAY = timedelta(days=1)
SATURDAY = 5


def local_date(at: datetime) -> date:
    """
    This function will give the Asia/Shanghai day on which the aware moment `at` falls.

    :raises ValueError: if `at` carries no time zone
    """
    if at.utcoffset() is None:
        raise ValueError("A moment without a time zone falls on no particular day.")
    return at.astimezone(SHANGHAI).date()


def today(now: datetime) -> date:
    """
    This function will give today's Asia/Shanghai date for the moment a door read from the clock.

    :raises ValueError: if `now` carries no time zone
    """
    return local_date(now)


def start_of_day(day: date) -> datetime:
    """
    This function will give the moment at which a day begins in Asia/Shanghai.
    """
    return datetime.combine(day, time.min, tzinfo=SHANGHAI)


def add_months(day: date, months: int) -> date:
    """
    This function will move `day` by whole months (negative: back), clamped to the last day of a shorter month.
    """
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    month = month_index + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def is_working_day(day: date) -> bool:
    """
    This function will tell whether `day` is a working day of the State Council's holiday table, including the
    weekends worked in exchange for holidays.

    The table of a year is published late in the year before. For years the installed chinesecalendar does not know,
    Monday to Friday count as working days.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < SATURDAY


def add_working_days(day: date, count: int) -> date:
    """
    This function will give the `count`-th working day after `day` (negative: before it); 0 gives `day` itself.

    `day` is never counted, whether it is a working day or not. Years unknown to the holiday table: see
    `is_working_day`.
    """
    step = ONE_DAY if count > 0 else -ONE_DAY
    remaining = abs(count)
    while remaining:
        day += step
        remaining -= is_working_day(day)
    return day
