"""Templates that employers downloaded once are uploaded for years: every version ever given out still reads."""

import io

import openpyxl
import pytest

from huzhu.roster.files import template
from huzhu.roster.files.reading import SAMPLE_MARK
from tests.roster.files.sheets import GOOD, HEADS, check, read, xlsx

# Version stamp → the heads it was given out with. A change of the heads needs a new version and a new line; lines stay for ever.
ARCHIVE = {
    "2026.1": (
        *("序号", "姓名", "证件类型", "证件号码", "性别", "出生日期"),
        *("手机号", "岗位类别", "用工形式", "部门", "备注"),
    ),
}


def test_the_template_given_out_today_is_in_the_archive():
    title, heads = list(openpyxl.load_workbook(io.BytesIO(template.roster_template())).worksheets[0].values)[:2]

    assert tuple(heads) == ARCHIVE[template.VERSION]
    assert template.VERSION in title[0]


@pytest.mark.parametrize("version", ARCHIVE)
def test_every_template_ever_given_out_still_reads(version):
    content = _with_a_person(version)

    assert read(content).template_version == version
    checked = check(content)
    assert (checked.rows, checked.failed) == (1, 0)
    assert checked.people.select("name", "document_number").rows() == [("夏洋", "440106197501020024")]


def _with_a_person(version: str) -> bytes:
    """The template of a version as it comes back: title, heads, the sample row left in, one person below."""
    heads = ARCHIVE[version]
    person = dict(zip(HEADS, GOOD, strict=True))
    example = {"姓名": "张三", "证件号码": "440106199001010013", "备注": SAMPLE_MARK}
    rows = [[row.get(head, "") for head in heads] for row in (example, person)]
    return xlsx(rows, heads=list(heads), above=[[f"职工名册（红色表头为必填，模板版本 {version}）"]])
