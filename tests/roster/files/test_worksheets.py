"""Workbooks of several sheets: hidden ones are not read, several with people are refused, nothing is left out in silence."""

import io

import openpyxl
import pytest
import xlsxwriter
import xlwt

from huzhu.roster.files.checks import check as check_sheet
from huzhu.roster.files.results import error_workbook
from huzhu.roster.files.template import roster_template
from huzhu.shared.uploads import UploadRefused
from tests.roster.files.sheets import GOOD, HEADS, TODAY, read, row

PEOPLE = [HEADS, GOOD]
OTHERS = [HEADS, row(姓名="蒋远洋", 证件号码="440106198001010018")]


def xlsx_of(sheets, *, hidden=(), very_hidden=()) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"})
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
        if name not in (*hidden, *very_hidden):
            sheet.activate()
            sheet.set_first_sheet()
    for name in hidden:
        book.get_worksheet_by_name(name).hide()
    for name in very_hidden:
        book.get_worksheet_by_name(name).very_hidden()
    book.close()
    return buffer.getvalue()


def xls_of(sheets, *, hidden=(), very_hidden=()) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    for position, (name, lines) in enumerate(sheets.items()):
        sheet = book.add_sheet(name)
        sheet.visibility = 1 if name in hidden else 2 if name in very_hidden else 0
        if not sheet.visibility:
            book.set_active_sheet(position)
        for number, line in enumerate(lines):
            for column, cell in enumerate(line):
                sheet.write(number, column, cell if isinstance(cell, str) else str(cell))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


KINDS = [(xlsx_of, "名册.xlsx"), (xls_of, "名册.xls")]


def refusal(content: bytes, file_name: str = "名册.xlsx") -> UploadRefused:
    with pytest.raises(UploadRefused) as refused:
        read(content, file_name)
    return refused.value


@pytest.mark.parametrize(("make", "file_name"), KINDS)
@pytest.mark.parametrize("how", ["hidden", "very_hidden"])
def test_the_visible_sheet_is_read_although_a_hidden_one_stands_before_it(make, file_name, how):
    sheet = read(make({"去年": OTHERS, "今年": PEOPLE}, **{how: ["去年"]}), file_name)

    assert (sheet.name, sheet.cells["c0"].to_list()) == ("今年", ["夏洋"])
    assert [(each.code, each.message) for each in sheet.remarks] == [
        ("sheets_hidden", "只读取了工作表“今年”。隐藏的工作表“去年”没有读取。")
    ]


@pytest.mark.parametrize(("make", "file_name"), KINDS)
def test_people_on_hidden_sheets_only_are_refused_by_name(make, file_name):
    refused = refusal(make({"去年": OTHERS, "说明": [["请看这里"]]}, hidden=["去年"]), file_name)

    assert refused.code == "sheets_hidden"
    assert "“去年”" in refused.message
    assert "取消隐藏" in refused.remedy


def test_hidden_sheets_of_lists_are_not_worth_a_word():
    assert read(xlsx_of({"名册": PEOPLE, "下拉": [["管理岗"], ["工人岗"]]}, hidden=["下拉"])).remarks == ()


@pytest.mark.parametrize(("make", "file_name"), KINDS)
def test_people_on_two_visible_sheets_are_refused_with_the_names(make, file_name):
    refused = refusal(make({"财务部": PEOPLE, "空表": [], "工会": [["名单"], *OTHERS]}), file_name)

    assert refused.code == "sheets_several"
    assert "“财务部”、“工会”" in refused.message
    assert "请把人员合并到一个工作表" in refused.remedy


def test_a_second_sheet_with_heads_and_nobody_is_no_hindrance():
    only_totals = [HEADS, ["合计"]]
    for rest in ([HEADS], only_totals):
        assert read(xlsx_of({"模板": rest, "名册": PEOPLE})).name == "名册"


def test_a_sheet_that_is_not_read_is_named():
    phones = [["姓名", "手机号"], ["蒋远洋", "13812345678"]]
    sheet = read(xlsx_of({"通讯录": phones, "名册": PEOPLE, "说明": [["请看这里"]], "空表": []}))

    assert sheet.name == "名册"
    [remark] = sheet.remarks
    assert remark.code == "sheets_not_read"
    assert "“通讯录”、“说明”" in remark.message


def test_the_sheets_of_our_own_workbooks_never_count():
    broken = [HEADS, row(手机号="138 1234 5678"), row(姓名="夏洋2", 证件号码="AB123456")]
    sheet = read(xlsx_of({"名册": broken}))
    marked = error_workbook(sheet=sheet, checked=check_sheet(sheet=sheet, today=TODAY))
    book = openpyxl.load_workbook(io.BytesIO(marked))
    assert book.sheetnames == ["名册", "错误汇总", "自动修正"]
    for line in OTHERS:
        book["错误汇总"].append(line)  # even with people on it
    buffer = io.BytesIO()
    book.save(buffer)

    assert (read(buffer.getvalue()).name, read(buffer.getvalue()).remarks) == ("名册", ())
    assert read(xlsx_of({"填写说明": OTHERS, "名册": PEOPLE})).name == "名册"
    assert read(roster_template(people=[["", *GOOD[:4], "1975-01-02", *GOOD[5:]]])).remarks == ()


def test_a_clerk_whose_only_list_is_named_as_ours_is_read():
    assert read(xlsx_of({"错误汇总": PEOPLE})).name == "错误汇总"


def test_a_sheet_of_a_chart_is_no_hindrance():
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("名册")
    for number, line in enumerate(PEOPLE):
        sheet.write_row(number, 0, line)
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=名册!$A$1:$A$2"})
    book.add_chartsheet("图").set_chart(chart)
    book.close()

    assert (read(buffer.getvalue()).name, read(buffer.getvalue()).remarks) == ("名册", ())


def test_more_sheets_than_are_looked_at_are_refused():
    assert refusal(xlsx_of({f"表{number}": PEOPLE for number in range(21)})).code == "sheets_too_many"
