"""The importing commands speak the documented JSON and refuse in words."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from huzhu.billing.statements.writing import Movement, write_icbc_csv
from huzhu.cli.main import app
from huzhu.demo import office
from huzhu.demo.employers import HOSPITAL, Stage, Story
from huzhu.demo.seed import found_association
from huzhu.demo.telling import Teller

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
pytestmark = pytest.mark.django_db


@pytest.fixture
def teller() -> Teller:
    found_association(at=timezone.now() - timedelta(days=500))
    story = Story(
        "测试单位", "enterprise", "91", "440106", "44", 12, "测试员", Stage.AWAITING_PAYMENT, HOSPITAL, "", 800
    )
    told = Teller(story, now=timezone.now())
    told.register()
    return told


def _run(*arguments: str, code: int = 0) -> dict:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_roster_is_imported_and_a_second_time_changes_nothing(teller: Teller):
    file = str(SAMPLES / "roster-dirty-300.xlsx")
    first = _run("import-roster", "--employer", teller.story.credit_code, file)
    again = _run("import-roster", "--employer", teller.story.credit_code, file)
    counts = ("rows", "inserted", "updated", "unchanged", "failed", "repaired")
    assert [first[name] for name in counts] == [300, 268, 0, 0, 32, 26]
    assert [again[name] for name in counts] == [300, 0, 0, 268, 32, 26]
    assert set(first) == {*counts, "errors"}
    assert all(set(error) == {"row", "column", "code", "message"} for error in first["errors"])


def test_a_roster_for_an_unknown_employer_is_refused(teller: Teller):
    result = CliRunner().invoke(
        app, ["import-roster", "--employer", "91440100MA5TERT07K", str(SAMPLES / "roster-clean-1200.xlsx")]
    )
    assert result.exit_code == 2
    assert "91440100MA5TERT07K" in result.output


def test_a_statement_is_matched_and_a_second_time_adds_nothing(teller: Teller, tmp_path: Path):
    teller.tell()
    slip = teller.application.slips.get()
    lines = [
        Movement(
            at=teller.clock + timedelta(hours=1),
            amount=slip.amount,
            name=teller.story.name,
            remark=f"保障费{slip.number}",
        ),
        Movement(at=teller.clock + timedelta(hours=2), amount=Decimal("950.00"), name="李明", remark="互助金"),
    ]
    file = tmp_path / "工行流水.csv"
    file.write_bytes(write_icbc_csv(lines=lines, opening_balance=office.OPENING, account_number=office.ICBC))
    first = _run("import-statement", "--account", office.ICBC, str(file))
    again = _run("import-statement", "--account", office.ICBC, str(file))
    assert set(first) == {"lines", "new", "known", "matched", "proposals", "exceptions"}
    assert (first["lines"], first["new"], first["known"]) == (2, 2, 0)
    assert [(one["slip"], one["step"]) for one in first["matched"]] == [(slip.number, "exact_number")]
    assert [one["kind"] for one in first["exceptions"]] == ["no_reference"]
    assert (again["lines"], again["new"], again["known"], again["matched"]) == (2, 0, 2, [])


def test_a_statement_of_an_unknown_account_is_refused(teller: Teller):
    result = CliRunner().invoke(app, ["import-statement", "--account", "1", str(SAMPLES / "statement-icbc.csv")])
    assert result.exit_code == 2
    assert "Traceback" not in result.output
