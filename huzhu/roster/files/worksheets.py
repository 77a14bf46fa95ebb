"""
The worksheets of a workbook as text cells, exactly as they stand in the file, and whether people can see them.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import fastexcel
import polars as pl
from fastexcel import ExcelReader

from huzhu.roster.files.heads import SEARCHED_ROWS
from huzhu.shared.uploads import UploadRefused

MAX_SHEETS = 20
MAX_COLUMNS = 200

# Sheets our own workbooks bring beside the people; they never count as the clerk's.
ERRORS_SHEET, REPAIRS_SHEET, HELP_SHEET = "错误汇总", "自动修正", "填写说明"
OWN_SHEETS = (ERRORS_SHEET, REPAIRS_SHEET, HELP_SHEET)


@dataclass(frozen=True)
class Worksheet:
    """
    One worksheet: `cells` are its columns `c0`, `c1`, … from the first row on, null cells empty text; `numeric` tells of each cell
    whether it is a typed number (None where no number of the file is long enough to have lost digits).
    """

    name: str
    cells: pl.DataFrame
    numeric: pl.DataFrame | None
    is_hidden: bool

    @property
    def is_own(self) -> bool:
        """Test if the sheet is named as one of those that our workbooks bring beside the people."""
        return self.name in OWN_SHEETS

    @property
    def is_empty(self) -> bool:
        """Test if nothing stands in any cell."""
        return not self.cells.select(pl.any_horizontal(pl.all().str.contains(r"\S").any())).to_series().any()

    def top(self) -> list[tuple[str, ...]]:
        """The rows among which the heads are searched."""
        return self.cells.head(SEARCHED_ROWS).rows()


def worksheets(*, content: bytes, has_long_numbers: bool) -> Iterator[Worksheet]:
    """
    Take apart a workbook; this function will yield its worksheets in their order, without sheets of charts.

    :raises UploadRefused: sheets_too_many, or columns_too_many naming the sheet
    """
    reader = fastexcel.read_excel(content)
    if len(reader.sheet_names) > MAX_SHEETS:
        raise UploadRefused(
            "sheets_too_many",
            f"文件有 {len(reader.sheet_names)} 张工作表，超过 {MAX_SHEETS} 张的上限。",
            "请只保留人员所在的工作表后再上传。",
        )
    for name in reader.sheet_names:
        yield _load(reader, content if has_long_numbers else None, name)


def columns_too_many(width: int, *, where: str = "表格") -> UploadRefused:
    """The refusal of a table wider than any list of people."""
    return UploadRefused(
        "columns_too_many", f"{where}有 {width} 列，超过 {MAX_COLUMNS} 列的上限。", "请删去多余的列后再上传。"
    )


def _load(reader: ExcelReader, again: bytes | None, name: str) -> Worksheet:
    """
    Read one worksheet as text; with `again`, the bytes of the file, read it a second time at the same time as "is this a
    typed number". A number of 18 digits typed as number has lost its last digits, and one in eleven of those still passes its
    check digit.
    """

    def cells(reader: ExcelReader, dtype: fastexcel.DType) -> tuple[pl.DataFrame, str]:
        # skip_rows=0 keeps the empty rows above, so that row numbers are those of the sheet
        sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes=dtype)
        if sheet.width > MAX_COLUMNS:
            raise columns_too_many(sheet.width, where=f"工作表“{name}”")
        frame = sheet.to_polars() if sheet.width else pl.DataFrame()
        named = frame.rename({column: f"c{position}" for position, column in enumerate(frame.columns)})
        return named, sheet.visible

    with ThreadPoolExecutor(max_workers=1) as second:
        numbers = second.submit(lambda: cells(fastexcel.read_excel(again), "boolean")) if again else None
        text, visible = cells(reader, "string")
        numeric = numbers.result()[0].with_columns(pl.all().is_not_null()) if numbers else None
    return Worksheet(name, text.with_columns(pl.all().fill_null("")), numeric, is_hidden=visible != "visible")
