"""
The workbook a clerk gets back: own columns, own order, own rows; bad cells red with a comment;
错误汇总 by kind; 自动修正 row by row.
"""

import datetime as dt
import io
import re

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from huzhu.roster.files import problems, repairs
from huzhu.roster.files.checks import Checked
from huzhu.roster.files.reading import Sheet
from huzhu.roster.files.worksheets import ERRORS_SHEET, OWN_SHEETS, REPAIRS_SHEET
from huzhu.shared.uploads import Kind

# Every cell is text: nothing a person typed may become a formula, a link or a number (security.md §3).
TEXT_ONLY = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

_LONGEST_CELL = 32_767
_MIDNIGHT = " 00:00:00"
_ROWS_NAMED = 200
_ROWS_IN_MEMORY = 30_000  # keeping rows in memory is a third faster; above this it is too much memory


def error_workbook(*, sheet: Sheet, checked: Checked) -> bytes:
    """
    Rebuild the clerk's list as xlsx; this function will return its bytes. Rows keep their numbers, title and footer
    lines stay, unknown columns stay, document numbers are text; each bad cell is red with what is wrong and how to mend it. Where
    the file lacks the column of an error, the comment is put on the document number. Repaired cells stand as the clerk
    wrote them: the list stays comparable with where it came from, and an upload repairs them again the same way. The
    mended workbook can be uploaded again.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {**TEXT_ONLY, "constant_memory": sheet.rows > _ROWS_IN_MEMORY})
    text = book.add_format({"num_format": "@"})
    styles = {
        "text": text,
        "head": book.add_format({"num_format": "@", "bold": True, "bg_color": "#E8EEF7", "bottom": 1}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "bad_date": book.add_format({"num_format": "yyyy-mm-dd", "bg_color": "#F8D7DA", "font_color": "#9C0006"}),
        "bad": book.add_format({"num_format": "@", "bg_color": "#F8D7DA", "font_color": "#9C0006"}),
    }
    _write_people(book.add_worksheet(_sheet_name(sheet)), sheet, _comments(sheet, checked.errors), styles)
    if checked.errors.height or not checked.repairs.height:
        _write_summary(book.add_worksheet(ERRORS_SHEET), checked, styles)
    if checked.repairs.height:
        _write_repairs(book.add_worksheet(REPAIRS_SHEET), checked, styles)
    book.close()
    return buffer.getvalue()


def write_text(worksheet: Worksheet, row: int, column: int, text: str, style: Format | None = None) -> None:
    """
    Write one cell as text; this function will never make a formula, link or number of it, and cut what does not fit.
    """
    if text:
        worksheet.write_string(row, column, text[:_LONGEST_CELL], style)
    elif style is not None:
        worksheet.write_blank(row, column, None, style)


def _sheet_name(sheet: Sheet) -> str:
    name = re.sub(r"[\[\]:*?/\\]", " ", sheet.name).strip("' ")[:31]
    return name if name and name not in OWN_SHEETS else "职工名册"


def _comments(sheet: Sheet, errors: pl.DataFrame) -> dict[tuple[int, int], str]:
    comments: dict[tuple[int, int], str] = {}
    for row, field, message, remedy in errors.select("excel_row", "field", "message", "remedy").iter_rows():
        position = sheet.fields.get(field, sheet.fields["document_number"])
        earlier = comments.get((row, position))
        comments[row, position] = f"{earlier}\n{message}。{remedy}。" if earlier else f"{message}。{remedy}。"
    return comments


def _write_people(
    worksheet: Worksheet, sheet: Sheet, comments: dict[tuple[int, int], str], styles: dict[str, Format]
) -> None:
    last = len(sheet.heads) - 1
    worksheet.set_column(0, last, 14, styles["text"])
    worksheet.set_column(sheet.fields["document_number"], sheet.fields["document_number"], 24, styles["text"])
    worksheet.freeze_panes(sheet.head_row, 0)
    for index, above in enumerate(sheet.above):
        style = styles["head"] if index == sheet.head_row - 1 else None
        for column, text in enumerate(above):
            write_text(worksheet, index, column, text, style)
    bad_rows = {row for row, _ in comments}
    typed_dates = sheet.kind is not Kind.TEXT
    write = worksheet.write_string
    rows = sheet.cells if sheet.aside is None else pl.concat([sheet.cells, sheet.aside]).sort("excel_row")
    for number, *cells in rows.iter_rows():
        for column, text in enumerate(cells):
            comment = comments.get((number, column)) if number in bad_rows else None
            style = styles["bad" if comment else "text"]
            if typed_dates and text.endswith(_MIDNIGHT) and (day := _day(text)):
                worksheet.write_datetime(number - 1, column, day, styles["bad_date" if comment else "date"])
            elif text:
                write(number - 1, column, text[:_LONGEST_CELL], style)
            elif comment:
                worksheet.write_blank(number - 1, column, None, style)
            if comment:
                worksheet.write_comment(number - 1, column, comment, {"x_scale": 2, "author": "互助会"})


def _day(text: str) -> dt.datetime | None:
    """
    A date cell goes back as a date cell; what only looks like one, or Excel can not hold, stays text.
    """
    try:
        day = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year >= 1900 else None


def _write_summary(worksheet: Worksheet, checked: Checked, styles: dict[str, Format]) -> None:
    errors = checked.errors
    worksheet.set_column(0, 0, 34)
    worksheet.set_column(1, 2, 12)
    worksheet.set_column(3, 4, 60)
    worksheet.write_row(0, 0, [f"共 {checked.rows} 行，其中 {checked.failed} 行有误"])
    _write_line(worksheet, 2, ["问题", "列", "处数", "怎么改", "所在行"], styles["head"])
    line = 3
    for kind, part in _by_kind(errors):
        rows = [str(row) for row in part["excel_row"].to_list()]
        named = "、".join(rows[:_ROWS_NAMED]) + ("…" if len(rows) > _ROWS_NAMED else "")
        _write_line(
            worksheet, line, [problems.headline(kind), part["column"][0], str(len(rows)), part["remedy"][0], named]
        )
        line += 1
    _write_line(worksheet, line + 1, ["问题", "列", "行号", "怎么改", "原内容（已遮盖）"], styles["head"])
    line += 2
    for _, part in _by_kind(errors):
        for cells in part.select(
            "message", "column", pl.col("excel_row").cast(pl.String), "remedy", "value"
        ).iter_rows():
            _write_line(worksheet, line, list(cells))
            line += 1


def _write_repairs(worksheet: Worksheet, checked: Checked, styles: dict[str, Format]) -> None:
    worksheet.set_column(0, 0, 34)
    worksheet.set_column(1, 2, 12)
    worksheet.set_column(3, 4, 28)
    said = f"{checked.repaired} 行已自动修正；第一张表里保留原内容，再次上传会同样修正（␣ 表示空格）"
    worksheet.write_row(0, 0, [said])
    _write_line(worksheet, 2, ["修正", "列", "处数"], styles["head"])
    line = 3
    for group in repairs.as_groups(checked.repairs):
        _write_line(worksheet, line, [group["how"], group["column"], str(len(group["rows"]))])
        line += 1
    _write_line(worksheet, line + 1, ["修正", "列", "行号", "原内容（已遮盖）", "修正为（已遮盖）"], styles["head"])
    told = checked.repairs.select("how", "column", pl.col("excel_row").cast(pl.String), "before", "after")
    for index, cells in enumerate(told.iter_rows(), start=line + 2):
        _write_line(worksheet, index, list(cells))


def _by_kind(errors: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    kinds = (
        errors.group_by("code")
        .agg(pl.len(), pl.col("excel_row").min())
        .sort(["len", "excel_row"], descending=[True, False])
    )
    parts = errors.partition_by("code", as_dict=True)
    return [(code, parts[code,]) for code in kinds["code"].to_list()]


def _write_line(worksheet: Worksheet, row: int, texts: list[str], style: Format | None = None) -> None:
    for column, text in enumerate(texts):
        write_text(worksheet, row, column, text, style)
