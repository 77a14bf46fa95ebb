"""What a list of old policies looks like: its columns, the template, and an error as it is told."""

from __future__ import annotations

import io

import xlsxwriter

from huzhu.roster.files.heads import DOCUMENT_NUMBER, NAME, Column
from huzhu.roster.files.reading import SAMPLE_MARK
from huzhu.roster.files.results import TEXT_ONLY, write_text

COLUMNS: tuple[Column, ...] = (
    Column("number", "保单号", ("历史保单号", "保单编号", "保单号码", "原保单号"), required=True),
    Column("holder_name", "单位名称", ("投保单位", "参保单位", "单位全称", "单位"), required=True),
    Column("credit_code", "统一社会信用代码", ("信用代码", "社会信用代码", "单位信用代码", "机构代码")),
    Column("plan", "保障计划", ("计划", "计划名称", "计划代码", "险种", "产品名称"), required=True),
    Column("start", "起保日期", ("保障起期", "保障开始日期", "生效日期", "开始日期", "起期"), required=True),
    Column("last_day", "终保日期", ("保障止期", "保障结束日期", "终止日期", "结束日期", "止期"), required=True),
    NAME,
    DOCUMENT_NUMBER,
    Column("shares", "份数", ("参保份数", "投保份数")),
)
LABELS = {column.field: column.label for column in COLUMNS}
_HOW = (
    "每名职工一行；同一张保单的单位、计划和日期各行一致。"
    "红色表头必填，份数不填按 1 份，终保日期为保障的最后一天。证件类型按号码判断。"
)
_SAMPLE = (
    *("ZY2023000001", "示例机械有限公司", "", "MED06-A", "2023-01-01", "2023-12-31", "张三", "440106199001010013", "1"),
    SAMPLE_MARK,
)


def template() -> bytes:
    """
    This function will make the template: text columns, one sample row that is not read, and what to fill in.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXT_ONLY)
    text = book.add_format({"num_format": "@"})
    head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1, "num_format": "@"})
    required = book.add_format(
        {"bold": True, "bg_color": "#E8EEF7", "border": 1, "num_format": "@", "font_color": "#C00000"}
    )
    sample = book.add_format({"italic": True, "font_color": "#808080", "num_format": "@"})
    sheet = book.add_worksheet("历史保单")
    labels = [*((column.label, column.required) for column in COLUMNS), ("备注", False)]
    sheet.set_column(0, len(labels) - 1, 20, text)
    write_text(sheet, 0, 0, _HOW)
    for place, (label, is_required) in enumerate(labels):
        write_text(sheet, 1, place, label, required if is_required else head)
        write_text(sheet, 2, place, _SAMPLE[place], sample)
    sheet.freeze_panes(2, 1)
    book.close()
    return buffer.getvalue()


def error(row: int, field: str, value: str, message: str, remedy: str) -> dict[str, object]:
    """
    This function will give one error as it is kept and shown.
    """
    return {"row": row, "column": LABELS[field], "value": value[:60], "message": message, "remedy": remedy}
