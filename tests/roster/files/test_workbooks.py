import datetime as dt
import io

import openpyxl
import pytest

from huzhu.roster.files import checks, results, template
from huzhu.shared.identity.documents import DOCUMENT_TYPES
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
    rules = sheet.data_validations.dataValidation
    choices = {str(rule.sqref)[0]: rule.formula1 for rule in rules if rule.type == "list"}

    assert book.sheetnames == ["职工名册", "填写说明"]
    assert sheet.column_dimensions["D"].width > 18
    assert sheet["D3"].number_format == "@"
    assert set(choices) == {"C", "E", "H", "I"}
    assert choices["H"] == '"管理岗,专业技术岗,工人岗"'


def test_the_whole_number_column_is_text_and_the_birthdays_are_dates():
    sheet = openpyxl.load_workbook(io.BytesIO(template.roster_template()))["职工名册"]

    assert [cell.value for cell in sheet[2]] == ["序号", *HEADS]
    assert (sheet.column_dimensions["D"].style is not None, sheet["D3"].number_format) == (True, "@")
    columns = {name: sheet.column_dimensions[name].number_format for name in "DFG"}
    assert columns == {"D": "@", "F": "yyyy-mm-dd", "G": "@"}
    ranges = {str(rule.sqref) for rule in sheet.data_validations.dataValidation}
    assert all(area.endswith("200002") for area in ranges)


def test_every_coded_column_offers_every_word_the_import_knows():
    sheet = openpyxl.load_workbook(io.BytesIO(template.roster_template()))["职工名册"]
    offered = {
        str(rule.sqref)[0]: rule.formula1.strip('"').split(",")
        for rule in sheet.data_validations.dataValidation
        if rule.type == "list"
    }

    for column, words in offered.items():
        head = sheet[f"{column}2"].value
        for word in words:
            values = {head: word} if head != "性别" else {head: word, "证件号码": "440106197501020024"}
            assert [name for name, code in codes(check(xlsx([row(**values)]))) if code.endswith("_unknown")] == []
    assert [len(offered[column]) for column in "CEHI"] == [len(DOCUMENT_TYPES), 2, 3, 3]


def test_an_older_template_still_reads():
    book = openpyxl.load_workbook(io.BytesIO(template.roster_template()))
    sheet = book["职工名册"]
    sheet["A1"] = "职工名册（红色表头为必填，模板版本 2024.3）"
    sheet.delete_cols(9)  # 用工形式 came later
    for column, value in enumerate([*GOOD[:7], *GOOD[8:]], start=2):
        sheet.cell(4, column, value)
    buffer = io.BytesIO()
    book.save(buffer)

    found = read(buffer.getvalue())

    assert (found.template_version, found.rows, codes(check(buffer.getvalue()))) == ("2024.3", 1, [])


def test_a_filled_template_reads_back_to_the_same_people_without_any_repair():
    people = [("1", *(each.isoformat() if isinstance(each, dt.date) else str(each) for each in GOOD))]
    content = template.roster_template(people=people)

    checked = check(content)

    assert (checked.rows, checked.repaired, checked.errors.height) == (1, 0, 0)
    assert checked.people["document_number"].to_list() == [GOOD[2]]
