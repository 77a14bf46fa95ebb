"""`huzhu import-roster`: the same operation, for programs."""

from __future__ import annotations

import json

import pytest
import typer

from huzhu.cli.roster import import_roster_command
from huzhu.roster.models import RosterEntry
from tests.factories.employers import EmployerFactory
from tests.roster.files.sheets import SAMPLES

pytestmark = pytest.mark.django_db


def test_prints_one_json_object(capsys):
    employer = EmployerFactory()

    import_roster_command(employer.credit_code.lower(), SAMPLES / "roster-dirty-300.xlsx", True)

    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == ["rows", "inserted", "updated", "unchanged", "failed", "repaired", "errors"]
    assert answer["rows"] == answer["inserted"] + answer["failed"] == 300
    assert list(answer["errors"][0]) == ["row", "column", "code", "message"]
    assert RosterEntry.objects.filter(employer=employer).count() == answer["inserted"]


def test_says_it_in_words(capsys):
    import_roster_command(EmployerFactory().credit_code, SAMPLES / "roster-dirty-300.xlsx", False)

    words = capsys.readouterr().out
    assert words.startswith("读取 300 行，新增 ")
    assert "第 65 行 证件号码：证件号码校验位不符" in words
    assert "第 26 行 证件号码：小写字母改大写，4401**********263x → 4401**********263X" in words


def test_says_what_concerns_the_whole_file(capsys, tmp_path):
    file = tmp_path / "名册.csv"
    file.write_text("姓名,身份证号\n夏洋,440106197501020024\n合计,1人\n")

    import_roster_command(EmployerFactory().credit_code, file, False)

    words = capsys.readouterr().out
    assert "读取 1 行，新增 1 行" in words
    assert "略过 1 行：第 3 行没有证件号码" in words
    assert "本文件没有“证件类型”列" in words


def test_a_refused_file_ends_with_2_and_the_reason(capsys, tmp_path):
    file = tmp_path / "名册.csv"
    file.write_text("姓名,手机号\n陈小明,1\n")

    with pytest.raises(typer.Exit) as ended:
        import_roster_command(EmployerFactory().credit_code, file, True)

    told = capsys.readouterr()
    assert ended.value.exit_code == 2
    assert "证件号码" in told.err
    assert json.loads(told.out)["refused"] == "column_missing"


def test_an_unknown_employer_ends_with_2(capsys):
    with pytest.raises(typer.Exit) as ended:
        import_roster_command("91440100MA5TERT07K", SAMPLES / "roster-clean-1200.xlsx", False)

    assert ended.value.exit_code == 2
    assert "没有" in capsys.readouterr().err
