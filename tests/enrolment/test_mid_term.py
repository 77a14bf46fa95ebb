"""What joining during the term costs and until when it covers: the rule, the same in SQL, and what no case may break."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from huzhu.cover.rules import CoverClass, cover_period, get_end
from huzhu.enrolment.precheck.mid_term import contribution_sql, months_sql
from huzhu.enrolment.rules import begun_months, mid_term_contribution
from huzhu.shared.calendar import add_months


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


# start, common end, begun months
MONTHS = [
    ("2025-08-12", "2026-08-12", 12),  # the whole term
    ("2025-08-13", "2026-08-12", 12),  # a day less is still twelve begun months
    ("2025-09-11", "2026-08-12", 12),  # one day more than eleven
    ("2025-09-12", "2026-08-12", 11),
    ("2026-07-12", "2026-08-12", 1),
    ("2026-08-11", "2026-08-12", 1),  # the last day
    ("2026-08-12", "2026-08-12", 0),
    ("2026-09-01", "2026-08-12", 0),
    ("2025-01-31", "2025-02-28", 1),  # clamped: a month after the 31st is the 28th
    ("2025-01-30", "2025-02-28", 1),
    ("2025-01-28", "2025-02-28", 1),
    ("2025-01-27", "2025-02-28", 2),
    ("2025-01-31", "2025-03-01", 2),
    ("2024-01-31", "2024-02-29", 1),  # leap year
    ("2024-01-29", "2024-02-29", 1),
    ("2024-01-28", "2024-02-29", 2),
    ("2024-02-29", "2025-02-28", 12),
    ("2024-02-29", "2025-03-01", 13),
    ("2023-02-28", "2024-02-28", 12),
    ("2023-02-28", "2024-02-29", 13),
    ("2025-03-31", "2025-04-30", 1),
    ("2025-03-31", "2025-05-01", 2),
    ("2025-12-31", "2026-01-01", 1),
    ("2025-12-31", "2026-01-31", 1),
    ("2025-08-31", "2026-02-28", 6),
]

# full contribution, start, end, term, what is paid
AMOUNTS = [
    ("95.00", "2025-08-12", "2026-08-12", 12, "95.00"),
    ("95.00", "2025-10-02", "2026-08-12", 12, "87.08"),  # 11/12 = 87.0833
    ("95.00", "2026-01-12", "2026-08-12", 12, "55.42"),  # 7/12 = 55.4166
    ("95.00", "2026-08-11", "2026-08-12", 12, "7.92"),
    ("95.00", "2026-08-12", "2026-08-12", 12, "0.00"),
    ("0.06", "2026-07-12", "2026-08-12", 12, "0.01"),  # 0.005 exactly: half up
    ("0.18", "2026-07-12", "2026-08-12", 12, "0.02"),  # 0.015 exactly
    ("200.00", "2025-08-12", "2026-08-12", 36, "66.67"),
    ("95.00", "2025-08-12", "2027-08-12", 12, "95.00"),  # never more than the full one
]


@pytest.mark.parametrize(("start", "end", "months"), MONTHS)
def test_months_that_have_begun(start, end, months):
    assert begun_months(start=day(start), end=day(end)) == months


@pytest.mark.parametrize(("full", "start", "end", "term", "paid"), AMOUNTS)
def test_what_is_paid(full, start, end, term, paid):
    amount = mid_term_contribution(full_amount=Decimal(full), start=day(start), end=day(end), term_months=term)
    assert amount == Decimal(paid)


@pytest.mark.parametrize(("term", "full"), [(0, "1.00"), (12, "-0.01")])
def test_what_cannot_be(term, full):
    with pytest.raises(ValueError, match=r"."):
        mid_term_contribution(
            full_amount=Decimal(full), start=day("2025-08-12"), end=day("2026-08-12"), term_months=term
        )


def in_sql(cases: list[tuple[dt.date, dt.date, Decimal, int]]) -> list[tuple[int, Decimal, dt.date]]:
    """Months, contribution and end of every case, as PostgreSQL reckons them."""
    months = months_sql("c.starts", "c.ends")
    amount = contribution_sql("c.full_amount", start="c.starts", end="c.ends", term_months="c.term")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {months}, {amount}, least((c.starts + make_interval(months => c.term))::date, c.ends) FROM unnest("
            "%s::date[], %s::date[], %s::numeric[], %s::int[]) WITH ORDINALITY AS c (starts, ends, full_amount, term, at) "
            "ORDER BY c.at",
            [list(column) for column in zip(*cases, strict=True)],
        )
        return cursor.fetchall()


def by_rule(cases: list[tuple[dt.date, dt.date, Decimal, int]]) -> list[tuple[int, Decimal, dt.date]]:
    return [
        (
            begun_months(start=start, end=end),
            mid_term_contribution(full_amount=full, start=start, end=end, term_months=term),
            get_end(start=start, term_months=term, common_end=end),
        )
        for start, end, full, term in cases
    ]


@pytest.mark.django_db
class TestSameInSql:
    def test_in_every_named_case(self):
        cases = [(day(start), day(end), Decimal("95.00"), 12) for start, end, _ in MONTHS]
        cases += [(day(start), day(end), Decimal(full), term) for full, start, end, term, _ in AMOUNTS]
        assert in_sql(cases) == by_rule(cases)

    def test_from_every_day_of_five_years_to_every_kind_of_end(self):
        first, ends = day("2023-01-01"), [day(end) for end in ("2024-02-29", "2025-02-28", "2026-03-31", "2027-12-01")]
        starts = [first + dt.timedelta(days=number) for number in range(5 * 366)]
        cases = [(start, end, Decimal("97.35"), term) for start in starts for end in ends for term in (12, 36)]
        assert in_sql(cases) == by_rule(cases)


DAYS = st.dates(day("2020-01-01"), day("2032-12-31"))
CENTS = st.integers(0, 10_000_000).map(lambda cents: Decimal(cents) / 100)


class TestAlways:
    @given(start=DAYS, length=st.integers(1, 1200))
    def test_the_months_reach_the_end_and_one_less_does_not(self, start, length):
        end = start + dt.timedelta(days=length)
        months = begun_months(start=start, end=end)
        assert add_months(start, months) >= end
        assert add_months(start, months - 1) < end

    @given(start=DAYS, end=DAYS, later=st.integers(0, 90), full=CENTS, term=st.integers(1, 60))
    def test_starting_later_never_costs_more_nor_more_than_everything(self, start, end, later, full, term):
        def amount(on: dt.date) -> Decimal:
            return mid_term_contribution(full_amount=full, start=on, end=end, term_months=term)

        assert 0 <= amount(start + dt.timedelta(days=later)) <= amount(start) <= full
        assert amount(start) == amount(start).quantize(Decimal("0.01"))

    @given(
        arrival=DAYS, reference=st.none() | DAYS, common_end=DAYS, term=st.integers(1, 60), previous=st.none() | DAYS
    )
    def test_a_common_end_moves_no_start_and_prolongs_nothing(self, arrival, reference, common_end, term, previous):
        words = {
            "reference_on": reference, "arrival_on": arrival, "term_months": term, "previous_end": previous, "grace_days": 0
        }  # fmt: skip
        own, common = cover_period(**words), cover_period(**words, common_end=common_end)
        assert (common.start, common.cover_class) == (own.start, own.cover_class)
        assert common.end == min(own.end, common_end)
        assert common.is_empty is (common_end <= own.start)
        assert common.start > arrival or reference is not None
        assert own.cover_class in CoverClass

    @settings(max_examples=30)
    @given(cases=st.lists(st.tuples(DAYS, DAYS, CENTS, st.integers(1, 60)), min_size=1, max_size=50))
    @pytest.mark.django_db
    def test_sql_and_rule_agree_on_whatever_comes(self, cases):
        assert in_sql(cases) == by_rule(cases)
