"""Rows that are certainly no people are passed over and told; whoever could be a person is judged."""

import io

import openpyxl
import pytest

from huzhu.roster.files.checks import check as check_sheet
from huzhu.roster.files.results import error_workbook
from tests.roster.files.sheets import GOOD, HEADS, TODAY, check, codes, read, row, xlsx

NUMBERED = ["序号", *HEADS]
NOTHING = [None] * len(HEADS)


def line(**cells: object) -> list[object]:
    """A row with nothing but these cells; the keys are heads of `NUMBERED`."""
    return [cells.get(head) for head in NUMBERED]


def passed(*rows: list[object], heads=NUMBERED, below=()) -> tuple[int, ...]:
    """Row numbers passed over of rows below one person."""
    sheet = read(xlsx([[1, *GOOD], *rows, *below], heads=heads))
    return tuple(row for remark in sheet.remarks if remark.code == "rows_passed_over" for row in remark.rows)


@pytest.mark.parametrize(
    "cells",
    [
        {"姓名": "合计", "证件号码": "25人"},
        {"姓名": "合 计"},
        {"姓名": "总计：", "备注": "25"},
        {"序号": "小计", "部门": "25"},
        {"姓名": "财务部小计"},
        {"姓名": "共25人"},
        {"姓名": "填表人：张三", "证件号码": "审核人：李四", "手机号": "13812345678"},
        {"姓名": "填表人：", "证件号码": "张三"},
        {"序号": "制表人：", "姓名": "张三", "手机号": "联系电话：13812345678"},
        {"姓名": "制表人 张三"},
        {"姓名": "审核人", "证件号码": ""},
        {"姓名": "单位（盖章）：", "部门": "2026年11月20日"},
        {"姓名": "单位盖章"},
        {"姓名": "填表日期：", "证件号码": "2026年11月20日"},
        {"序号": "日期", "出生日期": "2026-11-20"},
        {"姓名": "2026年11月20日"},
        {"备注": "年   月   日"},
        {"姓名": "注：本表一式两份，单位与互助会各执一份。"},
        {"姓名": "（以下空白）"},
    ],
    ids=str,
)
def test_footers_below_the_last_person_are_passed_over(cells):
    assert passed(line(**cells)) == (3,)


@pytest.mark.parametrize(
    "cells",
    [
        {"姓名": "合计", "证件号码": "440106198001010018"},
        {"姓名": "合计", "证件号码": "E12345678"},
        {"姓名": "王小明"},
        {"姓名": "王小计"},
        {"姓名": "合计", "性别": "男"},
        {"姓名": "审核人", "手机号": "13812345678"},
        {"姓名": "审核", "出生日期": "1980-01-01"},
        {"姓名": "经办人", "证件类型": "居民身份证"},
        {"序号": "审核人", "姓名": "李四"},
        {"序号": "合计", "姓名": "李四"},
        {"姓名": "负责人张三"},
        {"部门": "财务部"},
        {"姓名": "440106198001010018"},
        {"姓名": "日期", "证件号码": "20261120"},
        {"姓名": "说明"},
    ],
    ids=str,
)
def test_whoever_could_be_a_person_is_judged(cells):
    assert passed(line(**cells)) == ()


def test_a_name_beside_a_word_with_colon_counts_only_below_the_last_person():
    odd = line(序号="审核人：", 姓名="李四")

    assert passed(odd) == (3,)
    assert passed(odd, below=[[2, *row(姓名="蒋远洋", 证件号码="440106198001010018")]]) == ()


def test_a_subtotal_between_departments_is_passed_over():
    assert passed(line(姓名="小计"), below=[[2, *row(姓名="蒋远洋", 证件号码="440106198001010018")]]) == (3,)


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        ([None, "（必填）", "类型", "号码", None, "年月日", "手机", None, None, "一级部门", None], (2,)),
        ([None, "Name", None, "ID Number", None, None, None, None, None, None, None], (2,)),
        ([None, "中文", "种类", "18位", None, None, None, None, None, None, None], ()),
        ([None, "李明", None, None, None, None, "手机", None, None, None, None], ()),
        ([None, "—", None, "—", None, None, None, None, None, "—", None], ()),
    ],
)
def test_the_second_line_of_heads_is_passed_over_directly_below_the_first(below, expected):
    sheet = read(xlsx([below, [1, *GOOD]], heads=NUMBERED))
    assert tuple(row for remark in sheet.remarks for row in remark.rows) == expected


def test_words_of_heads_further_down_are_judged():
    assert passed(line(姓名="中文", 证件号码="号码")) == ()


def test_what_was_passed_over_is_told_with_its_rows_and_counts_nowhere():
    checked = check(xlsx([GOOD, NOTHING, ["合计"], ["填表人：张三"]]))

    assert (checked.rows, checked.failed, checked.errors.height) == (1, 0, 0)
    [remark] = checked.remarks
    assert remark.rows == (4, 5)
    assert "略过 2 行：第 4、5 行" in remark.message


def test_the_rebuilt_workbook_keeps_the_rows_that_were_passed_over():
    sheet = read(xlsx([["中文", None, "号码"], row(姓名="夏洋2"), ["合计", None, "1人"]]))
    book = openpyxl.load_workbook(
        io.BytesIO(error_workbook(sheet=sheet, checked=check_sheet(sheet=sheet, today=TODAY)))
    )

    assert [book.active.cell(number, 1).value for number in range(1, 5)] == ["姓名", "中文", "夏洋2", "合计"]
    assert book.active.cell(4, 3).value == "1人"


@pytest.mark.parametrize("name", ["合计", "小 计", "无", "空", "测试", "姓名", "TEST", "未知"])
def test_words_that_are_nobodys_name_are_refused_where_the_row_has_a_number(name):
    assert codes(check(xlsx([row(姓名=name)]))) == [("姓名", "name_invalid")]


@pytest.mark.parametrize("name", ["吴空", "何计", "测小雨", "无忌", "空明"])
def test_names_that_only_hold_such_a_character_are_names(name):
    assert codes(check(xlsx([row(姓名=name)]))) == []
