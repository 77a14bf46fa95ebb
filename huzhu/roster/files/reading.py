"""
From the bytes of a clerk's file to a sheet of text cells, exactly as they stand in the file.
"""

import csv
import io
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePath

import fastexcel
import polars as pl
from fastexcel import ExcelReader

from huzhu.roster.files.heads import ROSTER_COLUMNS, SEARCHED_ROWS, Column, Heads, check_required, find_heads
from huzhu.shared import uploads
from huzhu.shared.uploads import Kind, Table, UploadRefused

MAX_ROWS = 200_000
MAX_LINES = 2 * MAX_ROWS  # of text: cells may hold line breaks, and lines may be empty
MAX_SHEETS = 20
MAX_COLUMNS = 200

# What our template writes beside its sample person; rows with this mark are no people.
SAMPLE_MARK = "示例（导入时自动忽略）"

_ENDINGS = {".xlsx": (Kind.XLSX,), ".xls": (Kind.XLS,), ".csv": (Kind.TEXT,), ".txt": (Kind.TEXT,)}
_AS_FORMULA = re.compile(r'="([^"]*)"')
_DELIMITERS = (",", ";", "\t")
_NOTHING = " ,;\t\r\n"  # what a program leaves below the last row
_VERSION = re.compile(r"模板版本\s*[:：]?\s*(\d{4}\.\d+)")


@dataclass(frozen=True)
class Sheet:
    """
    The people part of one worksheet: text cells in the clerk's own columns and order.

    `cells` has the columns `excel_row` (number of the row in the sheet, from 1) and `c0`, `c1`, … for all columns; null
    cells are empty text; rows without a value in any known column, repeated heads and the template's sample are left
    out. `fields` gives the column position of each known field. `numeric` holds, for the same rows, whether the
    document number is a typed number (null in csv; false throughout where no number of the file is long enough to have
    lost digits). `above` are the rows up to and including the heads.
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
    Read xlsx, xls or csv (UTF-8, GB18030, UTF-16; comma, semicolon, tab); this function will return the first sheet
    that has the heads of `columns`, with the row numbers of the file.

    :raises UploadRefused: what `uploads.check_table` and `uploads.decode_text` refuse; file_ending when the name and
        the content disagree; file_unreadable; heads_missing, column_missing, column_twice; rows_missing; rows_too_many
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
    first: tuple[str, pl.DataFrame, pl.DataFrame | None] | None = None
    with uploads.parsing():
        reader = fastexcel.read_excel(content)
        for name in reader.sheet_names[:MAX_SHEETS]:
            cells, numeric = _load(reader, content if table.has_long_numbers else None, name)
            if first is None:
                first = (name, cells, numeric)
            if find_heads(rows=_top(cells), columns=columns):
                return _sheet(name, table.kind, cells, numeric, columns=columns)
    if first is None:
        raise uploads.unreadable()
    return _sheet(first[0], table.kind, first[1], first[2], columns=columns)


def _load(reader: ExcelReader, again: bytes | None, name: str) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """
    Read one worksheet as text; with `again`, the bytes of the file, read it a second time at the same time as "is this a
    typed number". A number of 18 digits typed as number has lost its last digits, and one in eleven of those still passes its
    check digit.
    """

    def cells(reader: ExcelReader, dtype: fastexcel.DType) -> pl.DataFrame:
        # skip_rows=0 keeps the empty rows above, so that row numbers are those of the sheet
        sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes=dtype)
        if sheet.width > MAX_COLUMNS:
            raise UploadRefused(
                "columns_too_many",
                f"表格有 {sheet.width} 列，超过 {MAX_COLUMNS} 列的上限。",
                "请删去多余的列后再上传。",
            )
        frame = sheet.to_polars() if sheet.width else pl.DataFrame()
        return frame.rename({column: f"c{position}" for position, column in enumerate(frame.columns)})

    with ThreadPoolExecutor(max_workers=1) as second:
        numbers = second.submit(lambda: cells(fastexcel.read_excel(again), "boolean")) if again else None
        text = cells(reader, "string").with_columns(pl.all().fill_null(""))
        numeric = numbers.result().with_columns(pl.all().is_not_null()) if numbers else None
    return text, numeric


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
        raise UploadRefused(
            "columns_too_many", f"表格有 {width} 列，超过 {MAX_COLUMNS} 列的上限。", "请删去多余的列后再上传。"
        )
    full = [row + [""] * (width - len(row)) for row in rows]
    frame = pl.DataFrame(full, schema={f"c{position}": pl.String for position in range(width)}, orient="row")
    # ="440106…" is how careful programs keep a number as text in csv
    return frame.with_columns(pl.all().str.replace(rf"^{_AS_FORMULA.pattern}$", "$1")), None


def _recognised(text: str, delimiter: str, columns: Sequence[Column]) -> int:
    top = text[:65536].splitlines()[:SEARCHED_ROWS]
    heads = find_heads(rows=[row.split(delimiter) for row in (line.replace('"', "") for line in top)], columns=columns)
    return len(heads.fields) if heads else 0


def _top(cells: pl.DataFrame) -> list[tuple[str, ...]]:
    return cells.head(SEARCHED_ROWS).rows()


def _sheet(
    name: str, kind: Kind, cells: pl.DataFrame, numeric: pl.DataFrame | None, *, columns: Sequence[Column]
) -> Sheet:
    top = _top(cells)
    heads = check_required(heads=find_heads(rows=top, columns=columns), columns=columns)
    kept = _people(cells, heads, top[heads.row])
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
