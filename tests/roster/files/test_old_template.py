"""A template as an employer may have kept it: an older stamp, fewer columns in another order, the sample row of then left in."""

from __future__ import annotations

import io

import openpyxl
import pytest

from huzhu.roster.files import template
from huzhu.roster.files.reading import SAMPLE_MARK
from tests.roster.files.sheets import check, read, xlsx

PERSON = {"姓名": "夏洋", "证件号码": "440106197501020024", "手机号": "13800138000", "部门": "生产部", "备注": ""}
SAMPLE = {
    "姓名": "张三",
    "证件号码": "440106199001010013",
    "手机号": "13900139000",
    "部门": "财务部",
    "备注": SAMPLE_MARK,
}


def _table(*, heads: tuple[str, ...], version: str, with_sample: bool = True) -> bytes:
    rows = [SAMPLE, PERSON] if with_sample else [PERSON]
    return xlsx(
        [[row[head] for head in heads] for row in rows],
        heads=list(heads),
        above=[[f"职工名册（红色表头为必填，模板版本 {version}）"]],
    )


@pytest.mark.parametrize("version", ["2024.1", "2025.3"])
@pytest.mark.parametrize(
    "heads", [("部门", "手机号", "证件号码", "姓名", "备注"), ("证件号码", "备注", "姓名"), tuple(PERSON)]
)
def test_an_older_layout_reads_and_its_sample_row_is_nobody(version, heads):
    content = _table(heads=heads, version=version)

    assert read(content).template_version == version
    checked = check(content)
    assert (checked.rows, checked.failed) == (1, 0)
    assert checked.people.select("name", "document_number", "document_type").rows() == [
        ("夏洋", "440106197501020024", "resident_id")
    ]


def test_todays_template_has_a_drop_down_for_every_coded_column_and_ids_as_text():
    sheet = openpyxl.load_workbook(io.BytesIO(template.roster_template())).worksheets[0]
    heads = [cell.value for cell in sheet[2]]
    listed = {
        heads[cells.min_col - 1]
        for validation in sheet.data_validations.dataValidation
        if validation.type == "list"
        for cells in validation.sqref.ranges
    }

    assert listed == {"证件类型", "性别", "岗位类别", "用工形式"}
    for head in ("证件号码", "手机号"):
        column = heads.index(head) + 1
        assert sheet.cell(row=3, column=column).number_format == "@"
        assert sheet.cell(row=500, column=column).number_format == "@" or (
            sheet.column_dimensions[openpyxl.utils.get_column_letter(column)].number_format == "@"
        )
