import csv
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from huzhu.roster import rules
from huzhu.roster.rules import RetirementCategory

SAMPLE = Path(__file__).parents[1] / "samples" / "retirement.csv"
ROWS = list(csv.DictReader(SAMPLE.read_text(encoding="utf-8").splitlines()))


def test_the_official_table_has_all_its_rows():
    assert len(ROWS) == 1476
    assert {row["category"] for row in ROWS} == set(RetirementCategory)


@pytest.mark.parametrize("category", RetirementCategory)
def test_every_row_of_the_official_table(category):
    for row in ROWS:
        if row["category"] != category:
            continue
        for day_of_month in (1, 28):
            born_on = date.fromisoformat(f"{row['birth_month']}-{day_of_month:02d}")
            months = rules.statutory_age_months(born_on=born_on, category=category)
            retires_on = rules.statutory_retirement_on(born_on=born_on, category=category)
            assert months == int(row["statutory_age_months"]), row
            assert f"{retires_on:%Y-%m}" == row["retirement_month"], row
            assert retires_on.day == day_of_month


def test_the_column_expression_answers_every_row_of_the_official_table():
    frame = pl.DataFrame(ROWS).with_columns(born_on=(pl.col("birth_month") + "-15").str.to_date())
    answered = frame.with_columns(
        retires_on=rules.statutory_retirement_expr(born_on=pl.col("born_on"), category=pl.col("category"))
    )
    assert answered.filter(pl.col("retires_on").dt.strftime("%Y-%m") != pl.col("retirement_month")).is_empty()
    assert answered["retires_on"].null_count() == 0


def test_the_column_expression_equals_the_rule_on_every_birthday():
    birthdays = pl.DataFrame({"born_on": pl.date_range(date(1955, 1, 1), date(2005, 12, 31), eager=True)})
    frame = birthdays.join(pl.DataFrame({"category": [str(category) for category in RetirementCategory]}), how="cross")
    answered = frame.with_columns(
        retires_on=rules.statutory_retirement_expr(born_on=pl.col("born_on"), category=pl.col("category"))
    )
    by_rule = [
        rules.statutory_retirement_on(born_on=born_on, category=RetirementCategory(category))
        for born_on, category in frame.iter_rows()
    ]
    assert answered.height == 18_628 * 3
    assert answered["retires_on"].dtype == pl.Date
    assert answered["retires_on"].to_list() == by_rule


def test_the_column_expression_leaves_unknowns_empty():
    frame = pl.DataFrame(
        {"born_on": [None, date(1970, 1, 1), date(1970, 1, 1)], "category": ["male", None, "female"]},
        schema={"born_on": pl.Date, "category": pl.String},
    )
    answered = frame.select(rules.statutory_retirement_expr(born_on=pl.col("born_on"), category=pl.col("category")))
    assert answered.to_series().to_list() == [None, None, None]


@pytest.mark.parametrize(
    ("born_on", "category", "expected"),
    [
        (date(1964, 12, 31), "male", date(2024, 12, 31)),
        (date(1965, 1, 1), "male", date(2025, 2, 1)),
        (date(1965, 1, 29), "male", date(2025, 2, 28)),
        (date(1965, 1, 31), "male", date(2025, 2, 28)),
        (date(1976, 8, 31), "male", date(2039, 7, 31)),
        (date(1976, 9, 30), "male", date(2039, 9, 30)),
        (date(2000, 2, 29), "male", date(2063, 2, 28)),
        (date(1970, 1, 31), "female_55", date(2025, 2, 28)),
        (date(1981, 9, 30), "female_55", date(2039, 9, 30)),
        (date(1974, 12, 31), "female_50", date(2024, 12, 31)),
        (date(1975, 1, 31), "female_50", date(2025, 2, 28)),
        (date(1976, 2, 29), "female_50", date(2026, 9, 29)),
        (date(1984, 11, 30), "female_50", date(2039, 11, 30)),
    ],
)
def test_the_statutory_date_is_the_exact_birthday_plus_months_clamped(born_on, category, expected):
    assert rules.statutory_retirement_on(born_on=born_on, category=RetirementCategory(category)) == expected


@pytest.mark.parametrize(
    ("gender", "job_category", "expected"),
    [
        ("male", None, "male"),
        ("male", "工人岗", "male"),
        ("male", "管理岗", "male"),
        ("female", "管理岗", "female_55"),
        ("female", "专业技术岗", "female_55"),
        ("female", "工人岗", "female_50"),
        ("female", "management", "female_55"),
        ("female", "technical", "female_55"),
        ("female", "worker", "female_50"),
        ("male", "worker", "male"),
        ("female", None, None),
        ("female", "", None),
        ("female", "其他", None),
        ("", "工人岗", None),
    ],
)
def test_the_category_follows_gender_and_job_category(gender, job_category, expected):
    assert rules.retirement_category(gender=gender, job_category=job_category) == expected


def test_a_man_has_one_statutory_date_and_a_woman_two():
    man = rules.statutory_dates(born_on=date(1976, 9, 1), gender="male")
    woman = rules.statutory_dates(born_on=date(1981, 9, 1), gender="female")
    assert man.earliest == man.latest == date(2039, 9, 1)
    assert (woman.earliest, woman.latest) == (date(2035, 2, 1), date(2039, 9, 1))
    with pytest.raises(ValueError, match="neither"):
        rules.statutory_dates(born_on=date(1981, 9, 1), gender="")


def test_the_earliest_date_of_a_woman_comes_first_whenever_she_was_born():
    for birth_month in range(1955 * 12, 2006 * 12):
        dates = rules.statutory_dates(born_on=date(birth_month // 12, birth_month % 12 + 1, 1), gender="female")
        assert dates.earliest < dates.latest


@pytest.mark.parametrize(
    ("starts_on", "expected"),
    [
        (date(2028, 9, 30), False),
        (date(2028, 10, 1), True),
        (date(2032, 1, 1), True),
        (date(2034, 2, 28), True),
        (date(2034, 3, 1), False),
    ],
)
def test_the_job_category_matters_between_the_two_dates(starts_on, expected):
    dates = rules.StatutoryDates(earliest=date(2028, 10, 1), latest=date(2034, 3, 1))
    assert rules.is_category_needed(starts_on=starts_on, dates=dates) is expected


@pytest.mark.parametrize(
    ("day", "born_on", "expected"),
    [
        (date(2025, 8, 10), date(1965, 8, 11), 59),
        (date(2025, 8, 11), date(1965, 8, 11), 60),
        (date(2025, 8, 12), date(1965, 8, 11), 60),
        (date(2025, 2, 27), date(2000, 2, 29), 24),
        (date(2025, 2, 28), date(2000, 2, 29), 25),
        (date(2028, 2, 28), date(2000, 2, 29), 27),
        (date(2028, 2, 29), date(2000, 2, 29), 28),
        (date(2025, 1, 1), date(2025, 1, 1), 0),
        (date(2026, 1, 1), date(2025, 12, 31), 0),
    ],
)
def test_age_changes_on_the_birthday(day, born_on, expected):
    assert rules.age_on(day, born_on) == expected


@pytest.mark.parametrize(
    ("starts_on", "expected"), [(date(2025, 8, 10), True), (date(2025, 8, 11), False), (date(2030, 1, 1), False)]
)
def test_nobody_joins_before_the_sixteenth_birthday(starts_on, expected):
    assert rules.is_under_age(starts_on=starts_on, born_on=date(2009, 8, 11)) is expected


RETIRES_ON = date(2025, 2, 15)  # a man born on 1965-01-15

AGES = {
    # name: cover start, over_age, over_max_age with a max_age of 66
    "years before": (date(2020, 1, 1), False, False),
    "the day before": (date(2025, 2, 14), False, False),
    "on the statutory date": (date(2025, 2, 15), True, False),
    "within 36 months": (date(2027, 1, 1), True, False),
    "the last day of 36 months": (date(2028, 2, 14), True, False),
    "36 months past": (date(2028, 2, 15), False, True),
    "long past": (date(2040, 1, 1), False, True),
}


@pytest.mark.parametrize(("starts_on", "over_age", "over_max_age"), AGES.values(), ids=AGES)
def test_over_age_asks_for_a_proof_and_later_refuses(starts_on, over_age, over_max_age):
    assert rules.over_age_limit(RETIRES_ON) == date(2028, 2, 15)
    assert rules.is_over_age(starts_on=starts_on, retires_on=RETIRES_ON) is over_age
    assert (
        rules.is_over_max_age(starts_on=starts_on, born_on=date(1965, 1, 15), retires_on=RETIRES_ON, max_age=66)
        is over_max_age
    )


@pytest.mark.parametrize(
    ("max_age", "days", "expected"), [(60, -1, False), (60, 0, True), (61, 0, False), (66, 0, False)]
)
def test_the_birthday_after_the_plans_last_age_refuses_whatever_the_papers(max_age, days, expected):
    born_on = date(1965, 1, 15)
    sixty_first = date(2026, 1, 15) + timedelta(days=days)
    assert rules.is_over_age(starts_on=sixty_first, retires_on=RETIRES_ON)
    assert (
        rules.is_over_max_age(starts_on=sixty_first, born_on=born_on, retires_on=RETIRES_ON, max_age=max_age)
        is expected
    )


def test_somebody_may_reach_the_plans_last_age_before_the_statutory_date():
    born_on = date(1980, 6, 1)
    retires_on = rules.statutory_retirement_on(born_on=born_on, category=RetirementCategory.MALE)
    assert retires_on == date(2043, 6, 1)
    assert not rules.is_over_max_age(starts_on=date(2041, 5, 31), born_on=born_on, retires_on=retires_on, max_age=60)
    assert rules.is_over_max_age(starts_on=date(2041, 6, 1), born_on=born_on, retires_on=retires_on, max_age=60)


def test_the_limit_is_counted_from_the_clamped_statutory_date():
    assert rules.over_age_limit(date(2025, 2, 28)) == date(2028, 2, 28)
    assert rules.over_age_limit(date(2024, 2, 29)) == date(2027, 2, 28)
