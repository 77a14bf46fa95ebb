import csv
import datetime as dt
import io

import openpyxl
import pytest

from huzhu.roster.files import reading
from huzhu.roster.files.heads import INSURANCE_COLUMNS
from huzhu.shared.uploads import UploadRefused
from tests.roster.files.sheets import GOOD, HEADS, check, read, row, sample, xlsx

CSV_ROW = [
    "夏洋",
    "居民身份证",
    "440106197501020024",
    "女",
    "1975-01-02",
    "13812345678",
    "管理岗",
    "合同",
    "工会",
    "一,二;三",
]


def csv_bytes(rows, *, delimiter=",", encoding="utf-8", heads=HEADS, above=()):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows([*above, heads, *rows])
    return buffer.getvalue().encode(encoding)


def refusal(content, file_name="名册.xlsx"):
    with pytest.raises(UploadRefused) as refused:
        read(content, file_name)
    assert refused.value.message
    assert refused.value.remedy
    return refused.value.code


def test_empty_formatted_rows_below_are_no_people():
    assert read(sample("roster-clean-1200.xlsx")).rows == 1200


def test_the_head_row_is_found_below_title_lines_and_rows_keep_their_numbers():
    sheet = read(sample("roster-dirty-300.xlsx"))

    assert sheet.head_row == 2
    assert sheet.cells["excel_row"].to_list() == list(range(3, 303))


def test_a_list_that_starts_at_c4_keeps_the_row_numbers_of_the_sheet():
    book = openpyxl.Workbook()
    for column, (head, value) in enumerate(zip(HEADS, GOOD, strict=True), start=3):
        book.active.cell(4, column, head)
        book.active.cell(6, column, value)
    buffer = io.BytesIO()
    book.save(buffer)

    sheet = read(buffer.getvalue())
    assert (sheet.head_row, sheet.cells["excel_row"].to_list()) == (4, [6])


@pytest.mark.parametrize(
    "heads",
    [
        ["职工姓名", "身份证号", "联系电话", "出生年月日"],
        ["姓 名", "身份证号码（必填）", "手机号码", "出生日期"],
        ["参保人姓名", "*公民身份号码", "移动电话", "生日"],
        ["员工姓名", "社会保障号码", "联系方式", "出生年月"],
    ],
)
def test_clerks_words_for_heads_are_known(heads):
    sheet = read(xlsx([["夏洋", "440106197501020024", "13812345678", None]], heads=heads))

    assert sheet.fields == {"name": 0, "document_number": 1, "mobile": 2, "born_on": 3}
    assert sheet.head("document_number") == heads[1]


def test_of_two_columns_for_one_field_the_better_head_wins():
    sheet = read(
        xlsx(
            [["夏洋", "020-83331234", "13812345678", "440106197501020024"]],
            heads=["姓名", "联系电话", "手机号", "证件号码"],
        )
    )

    assert sheet.head("mobile") == "手机号"


def test_two_columns_of_the_same_head_are_refused():
    assert refusal(xlsx([["夏洋", "1", "2"]], heads=["姓名", "证件号码", "证件号码"])) == "column_twice"


def test_a_missing_required_column_is_named():
    with pytest.raises(UploadRefused, match="证件号码") as refused:
        read(xlsx([["夏洋", "女", "工会"]], heads=["姓名", "性别", "部门"]))
    assert refused.value.code == "column_missing"


def test_a_file_without_heads_is_refused():
    assert refusal(xlsx([["夏洋", "440106197501020024"]], heads=["甲", "乙"])) == "heads_missing"


def test_heads_without_people_are_refused():
    assert refusal(xlsx([])) == "rows_missing"


def test_prefilled_numbers_and_repeated_heads_are_no_people():
    heads = ["序号", *HEADS]
    content = xlsx([[1, *row()], heads, [2, *([None] * len(HEADS))], [3, *([" "] * len(HEADS))]], heads=heads)

    assert read(content).cells["excel_row"].to_list() == [2]


def test_the_sheet_with_the_heads_is_found():
    book = openpyxl.load_workbook(io.BytesIO(xlsx([row()])))
    book.create_sheet("说明", 0).append(["请先阅读"])
    buffer = io.BytesIO()
    book.save(buffer)

    assert read(buffer.getvalue()).name == "Sheet"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_reads_in_every_encoding_and_delimiter(encoding, delimiter):
    content = csv_bytes([CSV_ROW], delimiter=delimiter, encoding=encoding, above=[["某公司名册"]])
    checked = check(content, "名册.csv")

    assert checked.people.select("name", "document_number", "note", "repairs").rows() == [
        ("夏洋", "440106197501020024", "一,二;三", [])
    ]
    assert checked.people["born_on"].to_list() == [dt.date(1975, 1, 2)]


def test_csv_numbers_kept_as_text_by_a_formula_are_read():
    line = ["夏洋", "居民身份证", '="440106197501020024"', *CSV_ROW[3:]]

    assert read(csv_bytes([line]), "a.csv").cells["c2"].to_list() == ["440106197501020024"]


@pytest.mark.parametrize(
    ("content", "file_name", "code"),
    [
        (b"", "a.xlsx", "file_empty"),
        (xlsx([row()]), "a.xls", "file_ending"),
        (xlsx([row()]), "a.csv", "file_ending"),
        (xlsx([row()]), "a.pdf", "file_ending"),
        (csv_bytes([CSV_ROW]), "a.xlsx", "file_ending"),
        (b"%PDF-1.7 x", "a.xlsx", "file_kind"),
        (xlsx([row()])[:-200], "a.xlsx", "file_unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "a.xls", "file_unreadable"),
        (b"<html><table>", "a.xls", "file_kind"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_and_mistaken_files_are_refused_by_name(content, file_name, code):
    assert refusal(content, file_name) == code


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 2)

    assert read(xlsx([row()] * 2)).rows == 2
    assert refusal(xlsx([row()] * 3)) == "rows_too_many"


def test_too_many_columns_are_refused():
    wide = xlsx([row()], heads=[*HEADS, *(f"列{n}" for n in range(200))])

    assert refusal(wide) in ("columns_too_many", "file_too_wide")


def test_an_insurance_list_is_read_by_its_own_columns():
    sheet = reading.read_sheet(content=sample("insurance-list.xlsx"), file_name="社保.xlsx", columns=INSURANCE_COLUMNS)

    assert (sheet.head_row, sheet.head("document_number")) == (2, "社会保障号码")
    assert sheet.rows == 1182
