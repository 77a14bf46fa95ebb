"""
Age and gradual retirement: the decision in force since 2025-01-01 (facts §3), and the age rules of rulebook §3.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import polars as pl

from huzhu.shared.calendar import add_months

WORKING_AGE = 16
MOST_MONTHS_OVER_AGE = 36


class RetirementCategory(StrEnum):
    """
    Whose statutory age counts: men; women of 管理岗 and 专业技术岗 (old age 55); women of 工人岗 (old age 50).
    """

    MALE = "male"
    FEMALE_55 = "female_55"
    FEMALE_50 = "female_50"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementSchedule:
    """
    One line of the decision: the old age, and one month more for every `step` birth months up to `most_months`.
    """

    old_age_years: int
    first_birth_year: int
    step: int
    most_months: int

    @property
    def first_birth_month(self) -> int:
        return self.first_birth_year * 12


@dataclass(frozen=True, slots=True, kw_only=True)
class StatutoryDates:
    """
    The earliest and the latest statutory date a person can have; they differ for women whose category is unknown.
    """

    earliest: date
    latest: date


SCHEDULES = {
    RetirementCategory.MALE: RetirementSchedule(old_age_years=60, first_birth_year=1965, step=4, most_months=36),
    RetirementCategory.FEMALE_55: RetirementSchedule(old_age_years=55, first_birth_year=1970, step=4, most_months=36),
    RetirementCategory.FEMALE_50: RetirementSchedule(old_age_years=50, first_birth_year=1975, step=2, most_months=60),
}

_CATEGORY_OF_WOMEN = {
    "management": RetirementCategory.FEMALE_55,
    "管理岗": RetirementCategory.FEMALE_55,
    "technical": RetirementCategory.FEMALE_55,
    "专业技术岗": RetirementCategory.FEMALE_55,
    "worker": RetirementCategory.FEMALE_50,
    "工人岗": RetirementCategory.FEMALE_50,
}
"""By the job category as the roster stores it and as the society writes it."""


def retirement_category(*, gender: str, job_category: str | None) -> RetirementCategory | None:
    """
    This function will give the category of a person (`gender` is `male` or `female`; `job_category` as stored or in the
    society's words), or None for a woman whose job category does not tell.
    """
    if gender == "male":
        return RetirementCategory.MALE
    if gender == "female":
        return _CATEGORY_OF_WOMEN.get(job_category or "")
    return None


def statutory_age_months(*, born_on: date, category: RetirementCategory) -> int:
    """
    This function will give the statutory retirement age in months (facts §3).
    """
    schedule = SCHEDULES[category]
    months_after_first = born_on.year * 12 + born_on.month - 1 - schedule.first_birth_month
    delay = 0 if months_after_first < 0 else min(schedule.most_months, months_after_first // schedule.step + 1)
    return schedule.old_age_years * 12 + delay


def statutory_retirement_on(*, born_on: date, category: RetirementCategory) -> date:
    """
    This function will give the day a person reaches the statutory age: the exact birthday plus that many months,
    clamped to the month's end (facts §3).
    """
    return add_months(born_on, statutory_age_months(born_on=born_on, category=category))


def statutory_dates(*, born_on: date, gender: str) -> StatutoryDates:
    """
    This function will give the earliest and latest statutory date that fit a gender (`male` or `female`): one and the
    same for men, those of 工人岗 and of 管理岗 for women.

    :raises ValueError: for any other gender
    """
    match gender:
        case "male":
            categories = (RetirementCategory.MALE, RetirementCategory.MALE)
        case "female":
            categories = (RetirementCategory.FEMALE_50, RetirementCategory.FEMALE_55)
        case _:
            raise ValueError(f"{gender!r} is neither male nor female.")
    earliest, latest = (statutory_retirement_on(born_on=born_on, category=category) for category in categories)
    return StatutoryDates(earliest=earliest, latest=latest)


def statutory_retirement_expr(*, born_on: pl.Expr, category: pl.Expr) -> pl.Expr:
    """
    This function will give `statutory_retirement_on` as a column expression; null where the birthday or the category
    is null or the category is not one of `RetirementCategory`.
    """
    birth_month = born_on.dt.year().cast(pl.Int32) * 12 + born_on.dt.month().cast(pl.Int32) - 1
    target = birth_month + _statutory_age_months_expr(birth_month=birth_month, category=category)
    first_of_month = pl.date(target // 12, target % 12 + 1, 1)
    last_day = first_of_month.dt.month_end().dt.day()
    clamped_day = pl.min_horizontal(born_on.dt.day(), last_day)
    return first_of_month.dt.offset_by("-1d") + pl.duration(days=clamped_day)


def _statutory_age_months_expr(*, birth_month: pl.Expr, category: pl.Expr) -> pl.Expr:
    age: pl.Expr = pl.lit(None, dtype=pl.Int32)
    for name, schedule in SCHEDULES.items():
        months_after_first = birth_month - schedule.first_birth_month
        delay = (months_after_first // schedule.step + 1).clip(0, schedule.most_months)
        age = pl.when(category == name.value).then(delay + schedule.old_age_years * 12).otherwise(age)
    return age


def age_on(day: date, born_on: date) -> int:
    """
    This function will give a person's age in whole years on `day`. Somebody born on 29 February has the birthday on
    28 February of common years, as months are clamped everywhere.
    """
    years = day.year - born_on.year
    return years if day >= add_months(born_on, years * 12) else years - 1


def is_under_age(*, starts_on: date, born_on: date) -> bool:
    """
    This function will tell whether a person is younger than 16 on the cover start (`not_yet_working_age`, §3).
    """
    return age_on(starts_on, born_on) < WORKING_AGE


def over_age_limit(retires_on: date) -> date:
    """
    This function will give the first cover start that no in-service certificate can help any more: the statutory date
    plus 36 months (§3).
    """
    return add_months(retires_on, MOST_MONTHS_OVER_AGE)


def is_over_age(*, starts_on: date, retires_on: date) -> bool:
    """
    This function will tell whether a cover start needs an in-service certificate (`over_age`, §3): from the statutory
    date up to, not including, `over_age_limit`. Test `is_over_max_age` first: it wins.
    """
    return retires_on <= starts_on < over_age_limit(retires_on)


def is_over_max_age(*, starts_on: date, born_on: date, retires_on: date, max_age: int) -> bool:
    """
    This function will tell whether a cover start is refused whatever the papers (`over_max_age`, §3): 36 months past
    the statutory date, or from the birthday on which the person becomes older than `max_age`.
    """
    return starts_on >= over_age_limit(retires_on) or age_on(starts_on, born_on) > max_age


def is_category_needed(*, starts_on: date, dates: StatutoryDates) -> bool:
    """
    This function will tell whether the job category decides about over age (`category_unknown`, §3): the cover start
    lies between the two dates a woman can have.
    """
    return dates.earliest <= starts_on < dates.latest
