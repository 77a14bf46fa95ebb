import datetime as dt
import io

import openpyxl
import pytest

from huzhu.roster.files import checks, results, template
from tests.roster.files.sheets import GOOD, HEADS, TODAY, check, codes, read, row, sample, xlsx


def error_workbook(content):
    sheet = read(content)
    checked = checks.check(sheet=sheet, today=TODAY)
    return results.error_workbook(sheet=sheet, checked=checked), checked


@pytest.mark.parametrize("rows_in_memory", [0, 30_000], ids=["row by row", "in memory"])
def test_the_error_workbook_reads_back_to_the_same_outcome(rows_in_memory, monkeypatch):
    monkeypatch.setattr(results, "_ROWS_IN_MEMORY", rows_in_memory)
    content, checked = error_workbook(sample("roster-dirty-300.xlsx"))
    again = check(content)

    assert again.errors.equals(checked.errors)
    assert again.people.equals(checked.people)


def test_bad_cells_are_red_and_say_what_is_wrong_in_the_clerks_own_columns():
    heads = ["工号", *HEADS]
    content, _ = error_workbook(
        xlsx([["A1", *GOOD], ["=1+1", *row(性别="男", 证件号码="440106196501020025")]], heads=heads)
    )
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Sheet"]

    assert [cell.value for cell in sheet[1]] == heads
    assert sheet["D3"].comment.text.startswith("证件号码校验位不符")
    assert sheet["D3"].fill.fgColor.rgb == "FFF8D7DA"
    assert sheet["D2"].comment is None
    assert (sheet["D2"].value, sheet["D2"].number_format) == ("440106197501020024", "@")


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "http://example.org", "=HYPERLINK(1)"])
def test_what_people_typed_never_becomes_a_formula_or_link(text):
    book = openpyxl.Workbook()
    book.active.append(HEADS)
    book.active.append(row(部门=None, 手机号="12345"))
    book.active["I2"].value, book.active["I2"].data_type = text, "s"
    buffer = io.BytesIO()
    book.save(buffer)

    content, _ = error_workbook(buffer.getvalue())
    cell = openpyxl.load_workbook(io.BytesIO(content))["Sheet"]["I2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_an_error_without_a_column_of_its_own_is_shown_at_the_number():
    content, checked = error_workbook(xlsx([["罗四", "护照", "K84587494"]], heads=["姓名", "证件类型", "身份证号"]))
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Sheet"]

    assert codes(checked) == [("性别", "gender_missing"), ("出生日期", "born_on_missing")]
    assert "性别" in sheet["C2"].comment.text
    assert "出生日期" in sheet["C2"].comment.text


def test_the_summary_groups_errors_by_kind_the_most_frequent_first():
    content, checked = error_workbook(sample("roster-dirty-300.xlsx"))
    lines = list(openpyxl.load_workbook(io.BytesIO(content))["错误汇总"].iter_rows(values_only=True))

    assert lines[0][0] == "共 300 行，其中 32 行有误"
    assert lines[3][:3] == ("证件号码校验位不符，其中至少有一位写错", "证件号码", "6")
    assert lines[3][4] == "65、164、209、253、265、271"
    kinds = checked.errors["code"].n_unique()
    assert sum(int(line[2]) for line in lines[3 : 3 + kinds]) == checked.errors.height
    assert len(lines) == 3 + kinds + 2 + checked.errors.height


def test_the_template_reads_back_without_its_sample_person():
    book = openpyxl.load_workbook(io.BytesIO(template.roster_template()))
    for column, value in enumerate(GOOD, start=2):
        book["职工名册"].cell(4, column, value)
    buffer = io.BytesIO()
    book.save(buffer)
    sheet = read(buffer.getvalue())
    checked = checks.check(sheet=sheet, today=TODAY)

    assert (sheet.template_version, sheet.rows) == (template.VERSION, 1)
    assert checked.people["born_on"].to_list() == [dt.date(1975, 1, 2)]
    assert checked.people["repairs"].to_list() == [[]]


def test_the_templates_sample_person_would_pass_the_checks():
    book = openpyxl.load_workbook(io.BytesIO(template.roster_template()))
    book["职工名册"]["K3"] = None
    buffer = io.BytesIO()
    book.save(buffer)

    assert codes(check(buffer.getvalue())) == []


def test_the_template_has_text_numbers_drop_downs_and_instructions():
    book = openpyxl.load_workbook(io.BytesIO(template.roster_template()))
    sheet = book["职工名册"]
    choices = {str(rule.sqref)[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}

    assert book.sheetnames == ["职工名册", "填写说明"]
    assert sheet.column_dimensions["D"].width > 18
    assert sheet["D3"].number_format == "@"
    assert set(choices) == {"C", "E", "H", "I"}
    assert choices["H"] == '"管理岗,专业技术岗,工人岗"'
