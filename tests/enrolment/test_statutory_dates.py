"""The statutory date in SQL is the date of the rule."""

import csv
import datetime as dt
import random
from pathlib import Path

import pytest
from django.db import connection

from huzhu.roster.rules import RetirementCategory, statutory_retirement_on

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parents[1] / "samples" / "retirement.csv"


def sql_dates(people: list[tuple[dt.date, str]]) -> list[dt.date | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statutory_retirement_on(born_on, category) FROM unnest(%s::date[], %s::text[]) WITH ORDINALITY "
            "AS person (born_on, category, place) ORDER BY place",
            [[born_on for born_on, _ in people], [category for _, category in people]],
        )
        return [row[0] for row in cursor.fetchall()]


def test_every_row_of_the_table():
    with SAMPLES.open() as file:
        rows = list(csv.DictReader(file))
    people = [(dt.date.fromisoformat(f"{row['birth_month']}-01"), row["category"]) for row in rows]

    answers = sql_dates(people)

    assert len(rows) == 1476
    assert [f"{answer:%Y-%m}" for answer in answers] == [row["retirement_month"] for row in rows]


@pytest.mark.parametrize("category", RetirementCategory)
def test_every_birthday_of_fifty_years_as_the_rule_has_it(category):
    first, last = dt.date(1955, 1, 1), dt.date(2005, 12, 31)
    birthdays = [first + dt.timedelta(days=days) for days in range((last - first).days + 1)]

    answers = sql_dates([(born_on, category.value) for born_on in birthdays])

    assert len(birthdays) == 18_628
    assert answers == [statutory_retirement_on(born_on=born_on, category=category) for born_on in birthdays]


def test_earlier_and_later_birthdays_as_the_rule_has_it():
    chance = random.Random(3)
    people = [
        (first + dt.timedelta(days=chance.randrange(5400)), category.value)
        for category in RetirementCategory
        for first in (dt.date(1940, 1, 1), dt.date(2006, 1, 1))
        for _ in range(300)
    ]
    expected = [
        statutory_retirement_on(born_on=born_on, category=RetirementCategory(category)) for born_on, category in people
    ]
    assert sql_dates(people) == expected


def test_an_unknown_category_has_no_date():
    assert sql_dates([(dt.date(1970, 1, 1), "other")]) == [None]
