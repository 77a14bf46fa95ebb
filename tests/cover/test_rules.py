from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huzhu.cover import rules
from huzhu.cover.rules import CoverClass
from huzhu.shared.calendar import add_months


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


RULEBOOK = [
    # reference, value dates, previous end, start, class
    (None, ["2025-08-11"], None, "2025-08-12", "first"),
    ("2025-09-01", ["2025-08-11"], "2025-09-01", "2025-09-01", "renewal"),
    ("2025-09-01", ["2025-08-31"], "2025-09-01", "2025-09-01", "renewal"),
    ("2025-09-01", ["2025-09-01"], "2025-09-01", "2025-09-01", "renewal"),
    ("2025-09-01", ["2025-09-05"], "2025-09-01", "2025-09-06", "lapse"),
    ("2025-09-01", ["2025-08-20", "2025-09-03"], None, "2025-09-04", "first"),
    (None, ["2024-02-28"], None, "2024-02-29", "first"),
    (None, ["2025-08-11"], "2025-09-01", "2025-09-01", "renewal"),
]


@pytest.mark.parametrize(("reference", "value_dates", "previous_end", "start", "cover_class"), RULEBOOK)
def test_the_table_of_the_rulebook(reference, value_dates, previous_end, start, cover_class):
    arrival_on = rules.arrival(value_dates=[day(text) for text in value_dates], issued_on=date(2024, 1, 2))
    period = rules.cover_period(
        reference_on=day(reference),
        arrival_on=arrival_on,
        term_months=12,
        previous_end=day(previous_end),
        grace_days=0,
    )
    assert (period.start, period.cover_class) == (day(start), cover_class)


def test_the_leap_day_row_of_the_rulebook_ends_clamped():
    period = rules.cover_period(
        reference_on=None, arrival_on=date(2024, 2, 28), term_months=12, previous_end=None, grace_days=0
    )
    assert (period.end, period.last_day) == (date(2025, 2, 28), date(2025, 2, 27))


PERIODS = {
    # name: reference, arrival, months, previous end, grace, start, end, class
    "without reference the day after": (None, "2025-08-11", 36, None, 0, "2025-08-12", "2028-08-12", "first"),
    "money on a Sunday counts": (None, "2025-08-10", 12, None, 0, "2025-08-11", "2026-08-11", "first"),
    "money on New Year's Eve": (None, "2025-12-31", 12, None, 0, "2026-01-01", "2027-01-01", "first"),
    "reference far ahead": ("2026-01-01", "2025-08-11", 12, None, 0, "2026-01-01", "2027-01-01", "first"),
    "reference tomorrow, money today": ("2025-08-12", "2025-08-11", 12, None, 0, "2025-08-12", "2026-08-12", "first"),
    "reference and money on one day": ("2025-08-12", "2025-08-12", 12, None, 0, "2025-08-12", "2026-08-12", "first"),
    "money a day late": ("2025-08-12", "2025-08-13", 12, None, 0, "2025-08-14", "2026-08-14", "first"),
    "money a month late": ("2025-08-12", "2025-09-12", 12, None, 0, "2025-09-13", "2026-09-13", "first"),
    # leap days and month ends
    "start on a leap day for a year": (None, "2024-02-28", 12, None, 0, "2024-02-29", "2025-02-28", "first"),
    "start on a leap day for three": (None, "2024-02-28", 36, None, 0, "2024-02-29", "2027-02-28", "first"),
    "start on a leap day for four": (None, "2024-02-28", 48, None, 0, "2024-02-29", "2028-02-29", "first"),
    "start the day after the leap day": (None, "2024-02-29", 12, None, 0, "2024-03-01", "2025-03-01", "first"),
    "start on 28 Feb, end on 28 Feb": (None, "2023-02-27", 12, None, 0, "2023-02-28", "2024-02-28", "first"),
    "common year's March": (None, "2025-02-28", 12, None, 0, "2025-03-01", "2026-03-01", "first"),
    "a month from 31 January": (None, "2025-01-30", 1, None, 0, "2025-01-31", "2025-02-28", "first"),
    "a month from 31 January, leap": (None, "2024-01-30", 1, None, 0, "2024-01-31", "2024-02-29", "first"),
    "a month from 31 March": ("2025-03-31", "2025-03-01", 1, None, 0, "2025-03-31", "2025-04-30", "first"),
    "six months from 31 August": ("2025-08-31", "2025-08-01", 6, None, 0, "2025-08-31", "2026-02-28", "first"),
    "a year from 31 December": ("2025-12-31", "2025-08-01", 12, None, 0, "2025-12-31", "2026-12-31", "first"),
    "renewal of a clamped end": (None, "2025-02-01", 12, "2025-02-28", 0, "2025-02-28", "2026-02-28", "renewal"),
    # renewal, moved
    "paid on the last covered day": (None, "2025-08-31", 12, "2025-09-01", 0, "2025-09-01", "2026-09-01", "renewal"),
    "paid on the first bare day": (None, "2025-09-01", 12, "2025-09-01", 0, "2025-09-02", "2026-09-02", "lapse"),
    "paid early is moved": (None, "2025-06-01", 36, "2025-09-01", 0, "2025-09-01", "2028-09-01", "renewal"),
    "paid early with too early a reference": (
        "2025-07-01", "2025-06-01", 12, "2025-09-01", 0, "2025-09-01", "2026-09-01", "renewal"),
    "late past the reference but still moved": (
        "2025-07-01", "2025-07-15", 12, "2025-09-01", 0, "2025-09-01", "2026-09-01", "renewal"),
    "reference on the previous end": (
        "2025-09-01", "2025-08-01", 12, "2025-09-01", 0, "2025-09-01", "2026-09-01", "renewal"),
    "reference a day past the previous end": (
        "2025-09-02", "2025-08-01", 12, "2025-09-01", 0, "2025-09-02", "2026-09-02", "lapse"),
    "reference before, money past the end": (
        "2025-08-20", "2025-09-03", 12, "2025-09-01", 0, "2025-09-04", "2026-09-04", "lapse"),
    "money on reference and previous end": (
        "2025-09-01", "2025-09-01", 12, "2025-09-01", 0, "2025-09-01", "2026-09-01", "renewal"),
    "money a day past reference and end": (
        "2025-09-01", "2025-09-02", 12, "2025-09-01", 0, "2025-09-03", "2026-09-03", "lapse"),
    "moved onto a leap day": (None, "2028-01-10", 12, "2028-02-29", 0, "2028-02-29", "2029-02-28", "renewal"),
    "moved over the year": (None, "2025-11-30", 12, "2026-01-01", 0, "2026-01-01", "2027-01-01", "renewal"),
    # lapse
    "cover ended years ago": (None, "2025-08-11", 12, "2015-01-01", 0, "2025-08-12", "2026-08-12", "lapse"),
    "cover ended yesterday": (None, "2025-08-11", 12, "2025-08-11", 0, "2025-08-12", "2026-08-12", "lapse"),
    "cover ends tomorrow morning": (None, "2025-08-11", 12, "2025-08-12", 0, "2025-08-12", "2026-08-12", "renewal"),
    # grace
    "grace 1 saves a day": (None, "2025-09-01", 12, "2025-09-01", 1, "2025-09-02", "2026-09-02", "renewal"),
    "grace 1 does not save two": (None, "2025-09-02", 12, "2025-09-01", 1, "2025-09-03", "2026-09-03", "lapse"),
    "last day of grace 30": (None, "2025-09-30", 12, "2025-09-01", 30, "2025-10-01", "2026-10-01", "renewal"),
    "first day past grace 30": (None, "2025-10-01", 12, "2025-09-01", 30, "2025-10-02", "2026-10-02", "lapse"),
    "reference on the last day of grace": (
        "2025-10-01", "2025-08-01", 12, "2025-09-01", 30, "2025-10-01", "2026-10-01", "renewal"),
    "reference past the grace": ("2025-10-02", "2025-08-01", 12, "2025-09-01", 30, "2025-10-02", "2026-10-02", "lapse"),
    "late within the grace": ("2025-09-01", "2025-09-05", 12, "2025-09-01", 30, "2025-09-06", "2026-09-06", "renewal"),
    "grace over a leap day": (None, "2024-02-28", 12, "2024-02-28", 1, "2024-02-29", "2025-02-28", "renewal"),
    "grace across a common February's end": (
        None, "2025-02-28", 12, "2025-02-28", 1, "2025-03-01", "2026-03-01", "renewal"),
    "grace is nothing to a first enrolment": (None, "2025-08-11", 12, None, 30, "2025-08-12", "2026-08-12", "first"),
    "grace does not delay a moved start": (
        None, "2025-08-11", 12, "2025-09-01", 30, "2025-09-01", "2026-09-01", "renewal"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("reference", "arrived", "months", "previous_end", "grace", "start", "end", "cover_class"),
    PERIODS.values(),
    ids=PERIODS,
)
def test_cover_period(reference, arrived, months, previous_end, grace, start, end, cover_class):
    period = rules.cover_period(
        reference_on=day(reference),
        arrival_on=day(arrived),
        term_months=months,
        previous_end=day(previous_end),
        grace_days=grace,
    )
    assert (period.start, period.end, period.cover_class) == (day(start), day(end), cover_class)
    assert period.last_day == period.end - timedelta(days=1)


DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))


@given(
    reference_on=st.none() | DAYS,
    arrival_on=DAYS,
    term_months=st.integers(1, 60),
    previous_end=st.none() | DAYS,
    grace_days=st.integers(0, 90),
)
@example(
    reference_on=date(2024, 2, 29),
    arrival_on=date(2024, 2, 29),
    term_months=12,
    previous_end=date(2024, 2, 29),
    grace_days=0,
)
def test_what_holds_for_every_period(reference_on, arrival_on, term_months, previous_end, grace_days):
    period = rules.cover_period(
        reference_on=reference_on,
        arrival_on=arrival_on,
        term_months=term_months,
        previous_end=previous_end,
        grace_days=grace_days,
    )
    the_day_after = arrival_on + timedelta(days=1)
    assert period.start >= the_day_after or period.start == reference_on == arrival_on
    assert period.start in {the_day_after, reference_on, previous_end}
    assert period.start < period.end == add_months(period.start, term_months)
    assert period.start <= period.last_day < period.end
    if previous_end is None:
        assert period.cover_class is CoverClass.FIRST
    else:
        assert period.start >= previous_end
        is_in_time = (period.start - previous_end).days <= grace_days
        assert period.cover_class is (CoverClass.RENEWAL if is_in_time else CoverClass.LAPSE)


@given(reference_on=st.none() | DAYS, arrival_on=DAYS, previous_end=st.none() | DAYS, later=st.integers(0, 400))
def test_paying_later_never_starts_earlier(reference_on, arrival_on, previous_end, later):
    def start(arrived: date) -> date:
        return rules.cover_period(
            reference_on=reference_on, arrival_on=arrived, term_months=12, previous_end=previous_end, grace_days=0
        ).start

    assert start(arrival_on) <= start(arrival_on + timedelta(days=later))


@pytest.mark.parametrize("wrong", [{"term_months": 0}, {"grace_days": -1}])
def test_an_impossible_plan_is_refused(wrong):
    case = {"reference_on": None, "arrival_on": date(2025, 8, 11), "term_months": 12, "previous_end": None}
    with pytest.raises(ValueError, match=r"term|grace"):
        rules.cover_period(**{**case, "grace_days": 0, **wrong})


ARRIVALS = {
    # name: value dates, issued, credit asked for, arrival
    "one line": (["2025-08-20"], "2025-08-11", None, "2025-08-20"),
    "the latest of two lines": (["2025-08-20", "2025-09-03"], "2025-08-11", None, "2025-09-03"),
    "in whatever order": (["2025-09-03", "2025-08-20"], "2025-08-11", None, "2025-09-03"),
    "money before the slip": (["2025-08-01"], "2025-08-11", None, "2025-08-11"),
    "money on the day of issue": (["2025-08-11"], "2025-08-11", None, "2025-08-11"),
    "nothing to pay, all gifted": ([], "2025-08-11", None, "2025-08-11"),
    "credit balance alone": ([], "2025-08-11", "2025-08-15", "2025-08-15"),
    "credit balance after a line": (["2025-08-13"], "2025-08-11", "2025-08-15", "2025-08-15"),
    "credit balance before a line": (["2025-08-18"], "2025-08-11", "2025-08-15", "2025-08-18"),
}


@pytest.mark.parametrize(("value_dates", "issued", "credit", "expected"), ARRIVALS.values(), ids=ARRIVALS)
def test_arrival_is_the_latest_of_all_days_that_count(value_dates, issued, credit, expected):
    arrived = rules.arrival(
        value_dates=(day(text) for text in value_dates), issued_on=day(issued), credit_requested_on=day(credit)
    )
    assert arrived == day(expected)


@pytest.mark.parametrize(
    ("previous_end", "most_days_ahead", "expected"),
    [
        ("2026-02-07", 180, False),  # exactly 180 days
        ("2026-02-08", 180, True),
        ("2025-08-11", 180, False),
        ("2020-01-01", 180, False),
        ("2025-09-10", 30, False),
        ("2025-09-11", 30, True),
    ],
)
def test_cover_that_runs_on_too_long_blocks_instead_of_moving(previous_end, most_days_ahead, expected):
    assert (
        rules.is_too_far_ahead(
            previous_end=day(previous_end), judged_on=date(2025, 8, 11), most_days_ahead=most_days_ahead
        )
        is expected
    )


SAFE_ARRIVALS = {
    # name: previous end, grace, reference, latest safe arrival
    "without reference the last covered day": ("2025-09-01", 0, None, "2025-08-31"),
    "grace adds its days": ("2025-09-01", 30, None, "2025-09-30"),
    "reference on the end": ("2025-09-01", 0, "2025-09-01", "2025-09-01"),
    "reference before the end": ("2025-09-01", 0, "2025-08-20", "2025-08-31"),
    "reference within the grace": ("2025-09-01", 30, "2025-09-10", "2025-09-30"),
    "reference on the last day of grace": ("2025-09-01", 30, "2025-10-01", "2025-10-01"),
    "reference breaks the chain itself": ("2025-09-01", 0, "2025-09-02", None),
    "reference past the grace": ("2025-09-01", 30, "2025-10-02", None),
}


@pytest.mark.parametrize(("previous_end", "grace", "reference", "expected"), SAFE_ARRIVALS.values(), ids=SAFE_ARRIVALS)
def test_latest_safe_arrival(previous_end, grace, reference, expected):
    safe = rules.latest_safe_arrival(previous_end=day(previous_end), grace_days=grace, reference_on=day(reference))
    assert safe == day(expected)


@given(previous_end=DAYS, grace_days=st.integers(0, 90), shift=st.none() | st.integers(-200, 200))
def test_a_day_later_than_the_latest_safe_arrival_is_a_lapse(previous_end, grace_days, shift):
    reference_on = None if shift is None else previous_end + timedelta(days=shift)

    def class_when_paid(arrival_on: date) -> CoverClass:
        return rules.cover_period(
            reference_on=reference_on,
            arrival_on=arrival_on,
            term_months=12,
            previous_end=previous_end,
            grace_days=grace_days,
        ).cover_class

    safe = rules.latest_safe_arrival(previous_end=previous_end, grace_days=grace_days, reference_on=reference_on)
    if safe is None:
        assert class_when_paid(previous_end - timedelta(days=100)) is CoverClass.LAPSE
    else:
        assert class_when_paid(safe) is CoverClass.RENEWAL
        assert class_when_paid(safe + timedelta(days=1)) is CoverClass.LAPSE


FIGURES = rules.WaitingFigures(first=180, renewal=0, lapsed=90)


@pytest.mark.parametrize(("cover_class", "expected"), [("first", 180), ("renewal", 0), ("lapse", 90)])
def test_every_class_has_its_waiting_days(cover_class, expected):
    assert rules.waiting_days(cover_class=CoverClass(cover_class), figures=FIGURES) == expected


SPLITS = {
    # name: class, amount, previous amount, parts
    "first waits whole": ("first", 24000, 0, [(24000, 180)]),
    "lapse waits whole, whatever was before": ("lapse", 24000, 12000, [(24000, 90)]),
    "renewal of the same amount": ("renewal", 12000, 12000, [(12000, 0)]),
    "renewal of less": ("renewal", 12000, 24000, [(12000, 0)]),
    "renewal of more: what exceeds waits as first": ("renewal", 36000, 12000, [(12000, 0), (24000, 180)]),
    "renewal of an older, smaller plan": ("renewal", 12000, 10000, [(10000, 0), (2000, 180)]),
    "renewal of a plan without lump sums": ("renewal", 12000, 0, [(12000, 180)]),
    "renewal between plans without lump sums": ("renewal", 0, 0, [(0, 0)]),
    "first of a plan without lump sums": ("first", 0, 0, [(0, 180)]),
}


@pytest.mark.parametrize(("cover_class", "amount", "previous", "parts"), SPLITS.values(), ids=SPLITS)
def test_a_larger_amount_on_renewal_waits_like_a_first_one(cover_class, amount, previous, parts):
    split = rules.waiting_split(
        cover_class=CoverClass(cover_class),
        amount=Decimal(amount),
        previous_amount=Decimal(previous),
        figures=FIGURES,
    )
    assert [(part.amount, part.days) for part in split] == parts


@given(
    cover_class=st.sampled_from(CoverClass),
    amount=st.decimals(0, 10**6, places=2),
    previous=st.decimals(0, 10**6, places=2),
)
def test_the_parts_are_the_whole_amount(cover_class, amount, previous):
    split = rules.waiting_split(cover_class=cover_class, amount=amount, previous_amount=previous, figures=FIGURES)
    assert sum(part.amount for part in split) == amount
    assert len(split) in {1, 2}


@pytest.mark.parametrize(("amount", "previous"), [(-1, 0), (0, -1)])
def test_a_negative_amount_of_cover_is_refused(amount, previous):
    with pytest.raises(ValueError, match="negative"):
        rules.waiting_split(
            cover_class=CoverClass.FIRST,
            amount=Decimal(amount),
            previous_amount=Decimal(previous),
            figures=FIGURES,
        )


@pytest.mark.parametrize(("days", "expected"), [(0, "2025-08-12"), (30, "2025-09-11"), (180, "2026-02-08")])
def test_the_waiting_period_begins_with_cover(days, expected):
    assert rules.waiting_ends_on(start=date(2025, 8, 12), days=days) == day(expected)


SUBMITTED = date(2025, 8, 11)


@pytest.mark.parametrize("reference", ["2025-08-12", "2025-09-01", "2026-02-07"])
def test_a_reference_date_after_submitting_and_within_180_days_is_taken(reference):
    rules.check_reference_date(reference_on=day(reference), submitted_on=SUBMITTED)
    assert rules.default_reference_on(previous_end=day(reference), submitted_on=SUBMITTED) == day(reference)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("2025-08-11", "必须晚于提交日"),
        ("2025-08-10", "必须晚于提交日"),
        ("2020-01-01", "必须晚于提交日"),
        ("2026-02-08", "最多可提前 180 天"),
        ("2030-01-01", "最多可提前 180 天"),
    ],
)
def test_another_reference_date_is_refused_with_the_dates_that_can_be_chosen(reference, reason):
    with pytest.raises(rules.ReferenceDateRefused, match=reason) as refusal:
        rules.check_reference_date(reference_on=day(reference), submitted_on=SUBMITTED)

    assert reference in str(refusal.value)
    assert "2025-08-12 至 2026-02-07" in str(refusal.value)
    assert rules.default_reference_on(previous_end=day(reference), submitted_on=SUBMITTED) is None


def test_how_far_ahead_is_the_societys_to_set():
    rules.check_reference_date(reference_on=date(2025, 9, 10), submitted_on=SUBMITTED, most_days_ahead=30)
    with pytest.raises(rules.ReferenceDateRefused, match="30 天"):
        rules.check_reference_date(reference_on=date(2025, 9, 11), submitted_on=SUBMITTED, most_days_ahead=30)


def test_a_first_enrolment_is_offered_no_reference_date():
    assert rules.default_reference_on(previous_end=None, submitted_on=SUBMITTED) is None
