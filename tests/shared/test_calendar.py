from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.shared import calendar


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 1, 15), 1, date(2025, 2, 15)),
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2025, 12, 1), 1, date(2026, 1, 1)),
        (date(2025, 11, 30), 1, date(2025, 12, 30)),
        (date(2025, 1, 1), -1, date(2024, 12, 1)),
        (date(2025, 3, 31), -1, date(2025, 2, 28)),
        (date(2025, 5, 5), 0, date(2025, 5, 5)),
        (date(1965, 1, 31), 721, date(2025, 2, 28)),
    ],
)
def test_months_are_added_and_clamped_to_the_months_end(day, months, expected):
    assert calendar.add_months(day, months) == expected


@given(day=st.dates(date(1900, 1, 1), date(2100, 1, 1)), months=st.integers(-600, 600))
def test_adding_months_counts_months_and_never_adds_a_day(day, months):
    moved = calendar.add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2025, 8, 11, 15, 59, 59, tzinfo=UTC), date(2025, 8, 11)),
        (datetime(2025, 8, 11, 16, 0, tzinfo=UTC), date(2025, 8, 12)),
        (datetime(2025, 8, 12, 0, 0, tzinfo=calendar.SHANGHAI), date(2025, 8, 12)),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), date(2026, 1, 1)),
    ],
)
def test_a_moment_falls_on_its_shanghai_day(at, expected):
    assert calendar.local_date(at) == expected
    assert calendar.today(at) == expected


def test_a_moment_without_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        calendar.local_date(datetime(2025, 8, 11, 12, 0))  # noqa: DTZ001 -- the naive moment is the case


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 8, 11), True),  # Monday
        (date(2025, 8, 16), False),  # Saturday
        (date(2025, 10, 1), False),  # National Day, a Wednesday
        (date(2025, 9, 28), True),  # a Sunday worked for it
        (date(2025, 1, 28), False),  # Spring Festival's eve, a Tuesday
        (date(2045, 10, 2), True),  # a Monday of a year the table does not know
        (date(2045, 10, 1), False),  # and its Sunday
    ],
)
def test_working_days_follow_the_holiday_table(day, expected):
    assert calendar.is_working_day(day) is expected


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2025, 8, 11), 0, date(2025, 8, 11)),
        (date(2025, 8, 16), 0, date(2025, 8, 16)),
        (date(2025, 8, 11), 1, date(2025, 8, 12)),
        (date(2025, 8, 15), 1, date(2025, 8, 18)),
        (date(2025, 8, 16), 1, date(2025, 8, 18)),
        (date(2025, 8, 11), 5, date(2025, 8, 18)),
        (date(2025, 9, 26), 2, date(2025, 9, 29)),  # the worked Sunday counts
        (date(2025, 9, 30), 1, date(2025, 10, 9)),  # eight days of holiday do not
        (date(2025, 8, 18), -1, date(2025, 8, 15)),
        (date(2025, 10, 9), -1, date(2025, 9, 30)),
    ],
)
def test_working_days_are_added(day, count, expected):
    assert calendar.add_working_days(day, count) == expected
