"""
Small files for the tests, made with openpyxl (not the writer the program uses).
"""

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path

import openpyxl

from huzhu.roster.files import checks, reading

SAMPLES = Path(__file__).parents[2] / "samples"
TODAY = dt.date(2026, 11, 23)

HEADS = ["姓名", "证件类型", "证件号码", "性别", "出生日期", "手机号", "岗位类别", "用工形式", "部门", "备注"]
GOOD = [
    "夏洋",
    "居民身份证",
    "440106197501020024",
    "女",
    dt.date(1975, 1, 2),
    "13812345678",
    "管理岗",
    "合同",
    "工会",
    "无",
]


def row(**values: object) -> list[object]:
    """
    A good row with some cells replaced; the keys are heads.
    """
    return [values.get(head, good) for head, good in zip(HEADS, GOOD, strict=True)]


def xlsx(
    rows: Sequence[Sequence[object]], *, heads: Sequence[object] = HEADS, above: Sequence[Sequence[object]] = ()
) -> bytes:
    book = openpyxl.Workbook()
    for line in (*above, heads, *rows):
        book.active.append(list(line))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(content: bytes, file_name: str = "名册.xlsx") -> reading.Sheet:
    return reading.read_sheet(content=content, file_name=file_name)


def check(content: bytes, file_name: str = "名册.xlsx") -> checks.Checked:
    return checks.check(sheet=read(content, file_name), today=TODAY)


def check_row(**values: object) -> checks.Checked:
    return check(xlsx([row(**values)]))


def codes(checked: checks.Checked) -> list[tuple[str, str]]:
    return checked.errors.select("column", "code").rows()


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()
