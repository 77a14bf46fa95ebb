"""The commands that need no database answer the rulebook's tables, in words and in the documented JSON."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from huzhu.cli.main import app

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


def _run(*arguments: str) -> dict:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


# rulebook §4, row by row: reference, arrivals, previous end, months, start, end, class
TABLE = [
    ("", ["2025-08-11"], "", 12, "2025-08-12", "2026-08-12", "first"),
    ("2025-09-01", ["2025-08-11"], "2025-09-01", 12, "2025-09-01", "2026-09-01", "renewal"),
    ("2025-09-01", ["2025-08-31"], "2025-09-01", 12, "2025-09-01", "2026-09-01", "renewal"),
    ("2025-09-01", ["2025-09-01"], "2025-09-01", 12, "2025-09-01", "2026-09-01", "renewal"),
    ("2025-09-01", ["2025-09-05"], "2025-09-01", 12, "2025-09-06", "2026-09-06", "lapse"),
    ("2025-09-01", ["2025-08-20", "2025-09-03"], "", 12, "2025-09-04", "2026-09-04", "first"),
    ("", ["2024-02-28"], "", 12, "2024-02-29", "2025-02-28", "first"),
    ("", ["2025-08-11"], "2025-09-01", 12, "2025-09-01", "2026-09-01", "renewal"),
]


@pytest.mark.parametrize(("reference", "arrivals", "previous", "months", "start", "end", "cover_class"), TABLE)
def test_cover_dates_answers_the_rulebooks_table(reference, arrivals, previous, months, start, end, cover_class):
    arguments = ["cover-dates", "--term", str(months)]
    arguments += [part for day in arrivals for part in ("--arrival", day)]
    arguments += ["--reference", reference] if reference else []
    arguments += ["--previous-end", previous] if previous else []
    answer = _run(*arguments)
    assert (answer["start"], answer["end"], answer["class"]) == (start, end, cover_class)
    assert set(answer) == {"start", "end", "last_day", "class"}


def test_the_last_day_is_the_day_before_the_end():
    assert _run("cover-dates", "--arrival", "2024-02-28", "--term", "12")["last_day"] == "2025-02-27"


def test_grace_keeps_the_chain():
    late = ["cover-dates", "--arrival", "2025-09-05", "--previous-end", "2025-09-01", "--term", "12"]
    assert _run(*late, "--grace", "5")["class"] == "renewal"
    assert _run(*late, "--grace", "4")["class"] == "lapse"


@pytest.mark.slow
def test_retirement_answers_every_row_of_the_official_table():
    rows = list(csv.DictReader((SAMPLES / "retirement.csv").read_text().splitlines()))
    assert len(rows) == 1476
    for row in rows:
        answer = _run("retirement", "--born", f"{row['birth_month']}-01", "--category", row["category"])
        assert answer["retirement_month"] == row["retirement_month"], row
        assert answer["statutory_age_months"] == int(row["statutory_age_months"]), row


@pytest.mark.parametrize(
    "arguments",
    [
        ["cover-dates", "--arrival", "11.8.2025", "--term", "12"],
        ["cover-dates", "--term", "12"],
        ["cover-dates", "--arrival", "2025-08-11", "--term", "0"],
        ["retirement", "--born", "1965-01-01", "--category", "cadre"],
    ],
)
def test_what_cannot_be_read_is_refused_in_words(arguments):
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
