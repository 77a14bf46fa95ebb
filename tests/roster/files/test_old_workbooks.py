"""Old .xls files, as programs of 2003 and many HR programs of today write them."""

import datetime as dt
import io

import xlwt

from tests.roster.files.hostile import old_xls
from tests.roster.files.sheets import GOOD, HEADS, check, codes, row, xlsx

DATE = xlwt.easyxf(num_format_str="yyyy-mm-dd")
CHINESE_DATE = xlwt.easyxf(num_format_str='yyyy"年"m"月"d"日"')
TEXT = xlwt.easyxf(num_format_str="@")


def xls(rows, *, heads=HEADS, date_style=DATE, above=(), first_sheet=None) -> bytes:
    """Text as text, days as date cells, numbers as numbers."""
    book = xlwt.Workbook(encoding="utf-8")
    if first_sheet:
        book.add_sheet(first_sheet).write(0, 0, "这一页没有名单")
    sheet = book.add_sheet("名册")
    for number, line in enumerate([*above, heads, *rows]):
        for column, cell in enumerate(line):
            if isinstance(cell, dt.date):
                sheet.write(number, column, dt.datetime.combine(cell, dt.time()), date_style)
            elif cell is not None and cell != "":
                sheet.write(number, column, cell, TEXT if isinstance(cell, str) else xlwt.Style.default_style)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def people(content: bytes, name: str) -> list[tuple[object, ...]]:
    return check(content, name).people.drop("repairs").rows()


def test_an_old_workbook_gives_the_same_people_as_a_new_one():
    rows = [
        GOOD,
        row(姓名="买买提·艾力", 证件类型="外国护照", 证件号码="AB1234567", 性别="男", 出生日期=dt.date(1990, 3, 4)),
    ]

    assert people(xls(rows), "名册.xls") == people(xlsx(rows), "名册.xlsx")
    assert len(people(xls(rows), "名册.xls")) == 2


def test_date_cells_need_no_repair_however_they_are_shown():
    for style in (DATE, CHINESE_DATE):
        checked = check(xls([GOOD], date_style=style), "名册.xls")
        assert checked.people["born_on"].to_list() == [dt.date(1975, 1, 2)]
        assert checked.people["repairs"].to_list() == [[]]


def test_an_identity_number_typed_as_number_has_lost_digits_and_is_refused():
    for number in (440106197501020024, 440106199001010000.0, 4.40106199001010e17):
        checked = check(xls([row(证件号码=number)]), "名册.xls")
        assert codes(checked) == [("证件号码", "id_scientific")]


def test_short_numbers_typed_as_numbers_are_taken():
    passport = row(证件类型="台湾居民来往大陆通行证", 证件号码=12345678, 性别="女", 手机号=13812345678)
    checked = check(xls([passport]), "名册.xls")

    assert checked.people.select("document_number", "mobile").rows() == [("12345678", "13812345678")]


def test_rows_keep_their_numbers_below_title_lines_and_on_a_later_sheet():
    content = xls([GOOD, row(姓名="")], above=[["某某公司职工名册"], []], first_sheet="说明")
    checked = check(content, "名册.xls")

    assert checked.people["excel_row"].to_list() == [4]
    assert set(checked.errors["excel_row"]) == {5}


def test_a_day_as_a_serial_number_is_repaired():
    checked = check(xls([row(出生日期=27396)]), "名册.xls")  # 2 January 1975

    assert checked.people["born_on"].to_list() == [dt.date(1975, 1, 2)]
    assert checked.people["repairs"].to_list() == [["born_on_serial"]]


def test_the_longest_old_workbook_is_read():
    rows = [["张三", "440106199003040010"]] * 65_535

    assert check(old_xls(rows, ["姓名", "证件号码"]), "名册.xls").rows == 65_535
