import polars as pl
import pytest

from huzhu.roster.files import repairs
from tests.roster.files.sheets import HEADS, check, check_row, row, xlsx


def told(**cells: object) -> list[tuple[str, str, str, str]]:
    return check_row(**cells).repairs.select("column", "how", "before", "after").rows()


@pytest.mark.parametrize(
    ("cells", "column", "how", "before", "after"),
    [
        ({"姓名": "蒋　远洋 "}, "姓名", "去掉空格", "蒋␣**␣", "蒋**"),
        ({"姓名": "蒋\u200b远洋"}, "姓名", "去掉看不见的字符", "蒋**", "蒋**"),
        ({"姓名": "阿卜杜拉•买买提"}, "姓名", "统一间隔号", "阿***•***", "阿***·***"),
        ({"姓名": "Ｊohn Smith"}, "姓名", "全角改半角", "Ｊ***␣*****", "J*** *****"),
        ({"证件号码": "440106 19750102 0024"}, "证件号码", "去掉空格", "4401**␣********␣0024", "4401**********0024"),
        (
            {"证件号码": "４４０１０６19750102-0024"},
            "证件号码",
            "全角改半角、去掉横线和撇号",
            "４４０１**********-0024",
            "4401**********0024",
        ),
        (
            {"手机号": "+86 138-0000-1234"},
            "手机号",
            "去掉 +86、去掉空格、去掉横线和撇号",
            "+86␣***-****-1234",
            "138****1234",
        ),
        ({"手机号": "13800001234.0"}, "手机号", "去掉小数点", None, "138****1234"),
        ({"出生日期": "1975年1月2日"}, "出生日期", "日期文本改为日期", "19**年*月2日", "19**-**-02"),
        ({"出生日期": "27396"}, "出生日期", "表格序列数改为日期", "*****", "19**-**-02"),
        ({"证件类型": ""}, "证件类型", "没有填写，按证件号码判断", "", "居民身份证"),
    ],
)
def test_a_repair_says_what_stood_there_what_was_taken_and_how(cells, column, how, before, after):
    [found] = told(**cells)

    assert found[:2] == (column, how)
    assert before is None or found[2] == before
    assert found[3] == after


def test_the_column_is_named_as_the_clerk_did():
    heads = [{"手机号": "联系电话"}.get(head, head) for head in HEADS]
    assert check(xlsx([row(手机号="138 0000 1234")], heads=heads)).repairs["column"].to_list() == ["联系电话"]


def test_a_file_without_types_says_so_once_and_counts_no_row_as_repaired():
    checked = check(xlsx([["蒋远洋", "440106197501020024"]], heads=["姓名", "身份证号"]))
    assert checked.people["document_type"].to_list() == ["resident_id"]
    assert (checked.repaired, checked.repairs.height, checked.people["repairs"].to_list()) == (0, 0, [[]])
    [remark] = checked.remarks
    assert (remark.code, remark.message) == (
        "document_types_assumed",
        "本文件没有“证件类型”列，证件类型按证件号码判断。",
    )


def test_a_file_with_types_says_nothing_of_them():
    assert check_row(证件类型="").remarks == ()


def test_a_row_that_fails_is_not_told_as_repaired():
    checked = check_row(姓名="蒋 远洋", 证件号码="440106197501020025")
    assert (checked.repaired, checked.repairs.height) == (0, 0)


def test_a_row_with_several_repairs_tells_all_and_counts_once():
    checked = check_row(姓名="蒋 远洋", 手机号="138 0000 1234")
    assert (checked.repaired, checked.repairs["column"].to_list()) == (1, ["姓名", "手机号"])


def test_what_is_kept_is_small_and_comes_back_as_it_was():
    rows = 1_000
    frame = pl.DataFrame(
        {
            "excel_row": range(2, rows + 2),
            "column": ["证件类型"] * rows,
            "code": ["document_type_assumed"] * rows,
            "how": ["没有填写，按证件号码判断"] * rows,
            "before": [""] * rows,
            "after": ["居民身份证"] * (rows - 1) + ["港澳台居民居住证"],
        },
        schema=repairs.SCHEMA,
    )
    [group] = repairs.as_groups(frame)
    assert group["before"] == [""]
    assert repairs.lines_of([group]) == frame.select("excel_row", "column", "how", "before", "after").rows()
    assert repairs.as_groups(frame.clear()) == []
