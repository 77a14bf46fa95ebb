"""
The roster template (职工名册模板) that employers download.
"""

import datetime as dt
import io
from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from huzhu.roster.files.cells import EMPLOYMENT_FORMS, JOB_CATEGORIES
from huzhu.roster.files.heads import ROSTER_COLUMNS
from huzhu.roster.files.reading import SAMPLE_MARK
from huzhu.roster.files.results import TEXT_ONLY, write_text
from huzhu.roster.files.worksheets import HELP_SHEET
from huzhu.shared.identity.documents import DOCUMENT_TYPES, GENDERS

VERSION = "2026.1"
PEOPLE_SHEET = "职工名册"
MAX_ROWS = 200_000

HEADS = ("序号", *(column.label for column in ROSTER_COLUMNS))
_WIDTHS = (8, 14, 26, 24, 8, 14, 16, 14, 14, 20, 28)
_REQUIRED = {column.label for column in ROSTER_COLUMNS if column.required}
_SAMPLE = (
    "",
    "张三",
    "居民身份证",
    "440106199001010013",
    "",
    "",
    "13800000000",
    "管理岗",
    "在编",
    "财务部",
    SAMPLE_MARK,
)
_CHOICES = {
    "证件类型": [kind.label for kind in DOCUMENT_TYPES.values()],
    "性别": list(GENDERS.values()),
    "岗位类别": list(JOB_CATEGORIES.values()),
    "用工形式": list(EMPLOYMENT_FORMS.values()),
}
# A word beside the cell when it is chosen; nothing typed is refused here, the import judges.
_NUMBER_HINT = {
    "validate": "any",
    "input_title": "证件号码",
    "input_message": "本列是文本格式，请完整录入 18 位号码，末位 X 用大写；不要改成数值格式。",
}
_HELP = (
    ("姓名", "必填。与证件一致；不加部门、数字或（大）（小）；少数民族姓名中间用“·”。"),
    ("证件类型", "从下拉框选择。留空时按号码判断，判断不出的会提示补填。"),
    ("证件号码", "必填。该列已设为文本，可直接录入或粘贴 18 位身份证号码；15 位旧号码已停用。"),
    ("性别、出生日期", "居民身份证和港澳台居民居住证可以不填；填写时须与号码一致。"
        "其他证件必填（外国人永久居留身份证可不填出生日期）。"),
    ("出生日期", "如 1990-03-04；不要写成 03/04/1990。"),
    ("手机号", "11 位手机号码，用于接收短信通知；可以不填。"),
    ("岗位类别", "管理岗、专业技术岗、工人岗；女职工退休年龄按此确定，请尽量填写。"),
    ("用工形式", "在编、合同、劳务派遣；可以不填。"),
    ("其他", f"可以增加自己的列，系统不读取但会原样保留；备注为“{SAMPLE_MARK}”的行不导入；列的顺序可以改变。"),
)  # fmt: skip


def roster_template(*, people: Sequence[Sequence[str]] = ()) -> bytes:
    """
    Make the template; this function will return the bytes of a workbook with text columns, drop-downs for every coded
    column, one sample row that the import ignores, the sheet 填写说明 and a version stamp above the heads.

    :param people: rows in the order of `HEADS` (a birthday as 1990-03-04) that stand there instead of the sample
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXT_ONLY)
    book.set_properties({"title": "职工名册模板", "comments": f"模板版本 {VERSION}"})
    styles = {
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1, "num_format": "@"}),
        "required": book.add_format(
            {"bold": True, "bg_color": "#E8EEF7", "border": 1, "num_format": "@", "font_color": "#C00000"}
        ),
        "sample": book.add_format({"italic": True, "font_color": "#808080", "num_format": "@"}),
        "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    worksheet = book.add_worksheet(PEOPLE_SHEET)
    _write_heads(worksheet, styles)
    _write_rows(worksheet, people or [_SAMPLE], styles, is_sample=not people)
    _write_help(book.add_worksheet(HELP_SHEET), styles)
    book.close()
    return buffer.getvalue()


def _write_heads(worksheet: Worksheet, styles: dict[str, Format]) -> None:
    write_text(worksheet, 0, 0, f"职工名册（红色表头为必填，模板版本 {VERSION}）", styles["title"])
    for column, (head, width) in enumerate(zip(HEADS, _WIDTHS, strict=True)):
        worksheet.set_column(column, column, width, styles["date" if head == "出生日期" else "text"])
        write_text(worksheet, 1, column, head, styles["required" if head in _REQUIRED else "head"])
        if head == "证件号码":
            worksheet.data_validation(2, column, MAX_ROWS + 1, column, _NUMBER_HINT)
        if choices := _CHOICES.get(head):
            worksheet.data_validation(
                2,
                column,
                MAX_ROWS + 1,
                column,
                {
                    "validate": "list",
                    "source": choices,
                    "error_title": head,
                    "error_message": f"请从下拉框选择{head}",
                    "error_type": "warning",
                },
            )
    worksheet.freeze_panes(2, 2)


def _write_rows(
    worksheet: Worksheet, rows: Sequence[Sequence[str]], styles: dict[str, Format], *, is_sample: bool
) -> None:
    born_on = HEADS.index("出生日期")
    for number, row in enumerate(rows, start=2):
        for column, text in enumerate(row):
            if column == born_on and text:
                worksheet.write_datetime(number, column, dt.datetime.fromisoformat(text), styles["date"])
            else:
                write_text(worksheet, number, column, text, styles["sample" if is_sample else "text"])


def _write_help(worksheet: Worksheet, styles: dict[str, Format]) -> None:
    worksheet.set_column(0, 0, 18)
    worksheet.set_column(1, 1, 90, styles["wrapped"])
    write_text(worksheet, 0, 0, f"填写说明（模板版本 {VERSION}）", styles["title"])
    for row, (topic, text) in enumerate(_HELP, start=2):
        write_text(worksheet, row, 0, topic)
        write_text(worksheet, row, 1, text, styles["wrapped"])
