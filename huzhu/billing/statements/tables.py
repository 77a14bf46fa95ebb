"""
Bytes into rows of text, whatever program wrote them.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import fastexcel

from huzhu.billing.statements.lines import StatementRefused
from huzhu.shared import uploads

MAX_ROWS = 200_000
MAX_COLUMNS = 256
MAX_SHEETS = 20
DELIMITERS = ",\t;|"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """
    One sheet, or the one table of a text file. `numbers` tells for a cell whether it is a number in the sheet;
    a text file has no numbers, but it has an end that may have been cut off.
    """

    name: str
    rows: list[tuple[str, ...]]
    numbers: list[tuple[float | None, ...]]
    is_text: bool

    def is_number(self, *, row: int, column: int) -> bool:
        return bool(self.numbers) and column < len(self.numbers[row]) and self.numbers[row][column] is not None

    def get_number(self, *, row: int, column: int) -> float | None:
        return self.numbers[row][column] if self.is_number(row=row, column=column) else None


def read_tables(*, content: bytes) -> Iterator[Table]:
    """
    Open a file of unknown kind: this function will yield its sheets in order, or, for text, its table once for
    each separator that could be meant, most likely first.

    :raises uploads.UploadRefused: when the file is no table, damaged, locked, or made to hurt
    """
    kind = uploads.check_table(content=content)
    if kind == uploads.Kind.TEXT:
        yield from _read_text(uploads.decode_text(content=content))
    else:
        yield from _read_workbook(content)


def _read_text(text: str) -> Iterator[Table]:
    head = text[:20_000]
    for delimiter in sorted(DELIMITERS, key=head.count, reverse=True):
        if delimiter not in head:
            continue
        yield Table(name="", rows=_split(text, delimiter), numbers=[], is_text=True)


def _split(text: str, delimiter: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows.append(tuple(row))
            _check_size(len(rows), len(row))
    except csv.Error:
        # An odd quotation mark: a quoted reading would swallow whole lines into one cell. Then quotes mean nothing.
        rows = [tuple(cell.strip('"') for cell in line.split(delimiter)) for line in text.splitlines()]
        _check_size(len(rows), max(map(len, rows), default=0))
    return rows


def _read_workbook(content: bytes) -> Iterator[Table]:
    workbook = _guarded(lambda: fastexcel.read_excel(content))
    for name in workbook.sheet_names[:MAX_SHEETS]:
        rows = _guarded(lambda name=name: _load(workbook, name, "string"))
        _check_size(len(rows), len(rows[0]) if rows else 0)
        numbers = _guarded(lambda name=name: _load(workbook, name, "float"))
        texts = [tuple("" if cell is None else cell for cell in row) for row in rows]
        yield Table(name=name, rows=texts, numbers=numbers, is_text=False)


def _load(workbook, name: str, kind: str) -> list[tuple]:
    # `skip_rows=0` is not the default: without it empty rows at the top are dropped and every row number is wrong.
    sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes=kind)
    if sheet.width == 0 or sheet.height == 0:
        return []
    return sheet.to_polars().rows()


def _guarded(work):
    try:
        return work()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the reader is no Exception
        if "password" in str(error).lower():
            raise uploads.encrypted() from error
        raise uploads.unreadable() from error


def _check_size(rows: int, columns: int) -> None:
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise StatementRefused(
            "statement_too_long",
            f"流水超过 {MAX_ROWS:,} 行或 {MAX_COLUMNS} 列。",
            "请按日期分成几个文件导出后再上传。",
        )
