"""
From the bytes of a clerk's file to a sheet of text cells, exactly as they stand in the file.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import polars as pl

from huzhu.roster.files.asides import rows_aside
from huzhu.roster.files.heads import ROSTER_COLUMNS, SEARCHED_ROWS, Column, Heads, check_required, find_heads
from huzhu.roster.files.worksheets import MAX_COLUMNS, Worksheet, columns_too_many, worksheets
from huzhu.shared import uploads
from huzhu.shared.uploads import Kind, Table, UploadRefused

MAX_ROWS = 200_000
MAX_LINES = 2 * MAX_ROWS  # of text: cells may hold line breaks, and lines may be empty

# What our template writes beside its sample person; rows with this mark are no people.
SAMPLE_MARK = "示例（导入时自动忽略）"

_ENDINGS = {".xlsx": (Kind.XLSX,), ".xls": (Kind.XLS,), ".csv": (Kind.TEXT,), ".txt": (Kind.TEXT,)}
_AS_FORMULA = re.compile(r'="([^"]*)"')
_ROWS_NAMED = 50
_DELIMITERS = (",", ";", "\t")
_NOTHING = " ,;\t\r\n"  # what a program leaves below the last row
_VERSION = re.compile(r"模板版本\s*[:：]?\s*(\d{4}\.\d+)")


@dataclass(frozen=True)
class Remark:
    """
    Something said once about a whole file: `code` for programs, `message` for people, the rows it is about.
    """

    code: str
    message: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """
    The people part of one worksheet: text cells in the clerk's own columns and order.

    `cells` has the columns `excel_row` (number of the row in the sheet, from 1) and `c0`, `c1`, … for all columns; null
    cells are empty text; rows without a value in any known column, repeated heads and the template's sample are left
    out. `fields` gives the column position of each known field. `numeric` holds, for the same rows, whether the
    document number is a typed number (null in csv; false throughout where no number of the file is long enough to have
    lost digits). `above` are the rows up to and including the heads. `aside` are rows that are certainly no people
    (`asides.rows_aside`), with the columns of `cells`; `remarks` say so, and what else concerns the whole file.
    """

    name: str
    kind: Kind
    heads: tuple[str, ...]
    head_row: int
    fields: dict[str, int]
    cells: pl.DataFrame
    numeric: pl.Series
    above: tuple[tuple[str, ...], ...]
    template_version: str | None
    aside: pl.DataFrame | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def rows(self) -> int:
        """
        How many rows of people were read.
        """
        return self.cells.height

    def head(self, field: str) -> str | None:
        """
        The head of a field as the clerk wrote it, or None where the file has no such column.
        """
        position = self.fields.get(field)
        return None if position is None else self.heads[position].strip()


def read_sheet(*, content: bytes, file_name: str, columns: Sequence[Column] = ROSTER_COLUMNS) -> Sheet:
    """
    Read xlsx, xls or csv (UTF-8, GB18030, UTF-16; comma, semicolon, tab); this function will return the one sheet
    that has people below the heads of `columns`, with the row numbers of the file. Hidden sheets are not read.

    :raises UploadRefused: what `uploads.check_table` and `uploads.decode_text` refuse; file_ending when the name and
        the content disagree; file_unreadable; sheets_too_many, sheets_several, sheets_hidden; columns_too_many;
        heads_missing, column_missing, column_twice; rows_missing; rows_too_many
    """
    table = uploads.examine_table(content=content)
    _check_ending(table.kind, file_name)
    if table.kind is Kind.TEXT:
        return _sheet("", table.kind, *_text_cells(content, columns), columns=columns)
    return _from_workbook(content, table, columns)


def _check_ending(kind: Kind, file_name: str) -> None:
    ending = PurePath(file_name).suffix.lower()
    if ending not in _ENDINGS:
        raise UploadRefused(
            "file_ending", f"不接收“{ending or '没有扩展名'}”的文件。", "请上传 xlsx、xls 或 csv 文件。"
        )
    if kind not in _ENDINGS[ending]:
        raise UploadRefused(
            "file_ending",
            f"文件名以 {ending} 结尾，内容却是 {'csv 文本' if kind is Kind.TEXT else kind.value}。",
            "请用 Excel 打开后另存为 xlsx 再上传。",
        )


def _from_workbook(content: bytes, table: Table, columns: Sequence[Column]) -> Sheet:
    with uploads.parsing():
        found = [
            _Candidate(each, *_judge(each, columns))
            for each in worksheets(content=content, has_long_numbers=table.has_long_numbers)
        ]
    chosen, others = _choose(found)
    sheet = _sheet(chosen.sheet.name, table.kind, chosen.sheet.cells, chosen.sheet.numeric, columns=columns)
    return replace(sheet, remarks=(*_not_read(chosen, others, columns), *sheet.remarks))


@dataclass(frozen=True)
class _Candidate:
    """A worksheet, whether it has heads of ours, and whether people stand below all heads that are required."""

    sheet: Worksheet
    has_heads: bool
    has_people: bool


def _judge(sheet: Worksheet, columns: Sequence[Column]) -> tuple[bool, bool]:
    top = sheet.top()
    try:
        heads = find_heads(rows=top, columns=columns)
    except UploadRefused:  # a head that stands twice is told if this is the sheet to be read
        return True, True
    if heads is None:
        return False, False
    if any(column.required and column.field not in heads.fields for column in columns):
        return True, False
    people = _people(sheet.cells, heads, top[heads.row])
    aside = rows_aside(cells=people, fields=heads.fields, head_row=heads.row + 1)
    return True, people.height > len(aside)


def _choose(found: Sequence[_Candidate]) -> tuple[_Candidate, list[_Candidate]]:
    """
    Choose the one sheet with people among those somebody can see. Several are refused: a row number says where to mend a row, and
    it says so only within one sheet. Sheets named as ours count only where no other holds people.
    """
    visible = [each for each in found if not each.sheet.is_hidden]
    with_people = [each for each in visible if each.has_people]
    clerks = [each for each in with_people if not each.sheet.is_own] or with_people[:1]
    if len(clerks) > 1:
        names = "、".join(f"“{each.sheet.name}”" for each in clerks)
        raise UploadRefused(
            "sheets_several",
            f"文件有 {len(clerks)} 张工作表都有人员：{names}，为免漏人，一张也没有读取。",
            "请把人员合并到一个工作表，或把不导入的工作表删去或隐藏后再上传。",
        )
    if not clerks and (hidden := [each for each in found if each.sheet.is_hidden and each.has_people]):
        names = "、".join(f"“{each.sheet.name}”" for each in hidden)
        raise UploadRefused(
            "sheets_hidden",
            f"只有隐藏的工作表{names}里有人员，隐藏的工作表不读取。",
            "请取消隐藏（右键工作表标签，选“取消隐藏”），确认内容后再上传。",
        )
    if not visible:
        raise uploads.unreadable()
    chosen = next(iter(clerks), None) or next((each for each in visible if each.has_heads), visible[0])
    return chosen, [each for each in found if each is not chosen]


def _not_read(chosen: _Candidate, others: Sequence[_Candidate], columns: Sequence[Column]) -> list[Remark]:
    """Say which sheets were left unread, but for empty ones, our own, and hidden ones that hold nobody."""
    required = "、".join(f"“{column.label}”" for column in columns if column.required)
    hidden = [each.sheet.name for each in others if each.sheet.is_hidden and each.has_people]
    headless = [
        each.sheet.name
        for each in others
        if not each.sheet.is_hidden and not each.sheet.is_own and not each.has_people and not each.sheet.is_empty
    ]
    read = f"只读取了工作表“{chosen.sheet.name}”。"
    remarks = []
    if hidden:
        names = "、".join(f"“{name}”" for name in hidden)
        remarks.append(Remark("sheets_hidden", f"{read}隐藏的工作表{names}没有读取。"))
    if headless:
        names = "、".join(f"“{name}”" for name in headless)
        remarks.append(Remark("sheets_not_read", f"{read}工作表{names}里没有{required}两列都有的人员，没有读取。"))
    return remarks


def _text_cells(content: bytes, columns: Sequence[Column]) -> tuple[pl.DataFrame, None]:
    text = uploads.decode_text(content=content).rstrip(_NOTHING)
    if text.count("\n") > MAX_LINES or text.count("\r") > MAX_LINES:
        raise _too_many(max(text.count("\n"), text.count("\r")))
    delimiter = max(_DELIMITERS, key=lambda each: _recognised(text, each, columns))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise uploads.unreadable() from error
    width = max((len(row) for row in rows), default=0)
    if width > MAX_COLUMNS:
        raise columns_too_many(width)
    full = [row + [""] * (width - len(row)) for row in rows]
    frame = pl.DataFrame(full, schema={f"c{position}": pl.String for position in range(width)}, orient="row")
    # ="440106…" is how careful programs keep a number as text in csv
    return frame.with_columns(pl.all().str.replace(rf"^{_AS_FORMULA.pattern}$", "$1")), None


def _recognised(text: str, delimiter: str, columns: Sequence[Column]) -> int:
    top = text[:65536].splitlines()[:SEARCHED_ROWS]
    heads = find_heads(rows=[row.split(delimiter) for row in (line.replace('"', "") for line in top)], columns=columns)
    return len(heads.fields) if heads else 0


def _sheet(
    name: str, kind: Kind, cells: pl.DataFrame, numeric: pl.DataFrame | None, *, columns: Sequence[Column]
) -> Sheet:
    top = cells.head(SEARCHED_ROWS).rows()
    heads = check_required(heads=find_heads(rows=top, columns=columns), columns=columns)
    below = _people(cells, heads, top[heads.row])
    passed = rows_aside(cells=below, fields=heads.fields, head_row=heads.row + 1)
    is_aside = pl.col("excel_row").is_in(passed)
    kept = below.filter(~is_aside) if passed else below
    if not kept.height:
        raise UploadRefused("rows_missing", "表头下面没有人员数据。", "请在表头下面逐行填写人员后再上传。")
    if kept.height > MAX_ROWS:
        raise _too_many(kept.height)
    number = f"c{heads.fields['document_number']}"
    index = kept["excel_row"] - 1
    version = _VERSION.search(" ".join(" ".join(row) for row in top[: heads.row]))
    return Sheet(
        name=name,
        kind=kind,
        heads=top[heads.row],
        head_row=heads.row + 1,
        fields=heads.fields,
        cells=kept,
        numeric=pl.repeat(None if kind is Kind.TEXT else False, kept.height, dtype=pl.Boolean, eager=True)
        if numeric is None
        else numeric[number].gather(index),
        above=tuple(top[: heads.row + 1]),
        template_version=version.group(1) if version else None,
        aside=below.filter(is_aside) if passed else None,
        remarks=(_passed_over(passed),) if passed else (),
    )


def _passed_over(rows: list[int]) -> Remark:
    named = "、".join(str(row) for row in rows[:_ROWS_NAMED]) + ("等" if len(rows) > _ROWS_NAMED else "")
    return Remark(
        "rows_passed_over",
        f"略过 {len(rows)} 行：第 {named} 行没有证件号码，是合计、填表人一类的说明或第二行表头，不是人员，没有计入读取行数。",
        tuple(rows),
    )


def _too_many(rows: int) -> UploadRefused:
    return UploadRefused(
        "rows_too_many",
        f"文件有 {rows:,} 行，超过 {MAX_ROWS:,} 行的上限。",
        "请按部门分成几个文件后再上传。",
    )


def _people(cells: pl.DataFrame, heads: Heads, head: tuple[str, ...]) -> pl.DataFrame:
    """
    Keep the rows of people: below the heads, with something in a column we know (序号 filled in advance is nothing).
    """
    known = [f"c{position}" for position in heads.fields.values()]
    filled = pl.any_horizontal(pl.col(column).str.contains(r"\S") for column in known)
    repeated = pl.all_horizontal(pl.col(column) == head[int(column[1:])] for column in known)
    sample = pl.any_horizontal(pl.col(cells.columns) == SAMPLE_MARK)
    return (
        cells.with_row_index("excel_row", offset=1)
        .with_columns(pl.col("excel_row").cast(pl.Int64))
        .filter((pl.col("excel_row") > heads.row + 1) & filled & ~repeated & ~sample)
    )
