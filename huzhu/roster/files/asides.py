"""
Rows of a list that are certainly no people, and the words by which they are known (data): totals and signatures below the
people, and the second line of heads that go over two rows.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

import polars as pl

from huzhu.roster.files.cells import (
    DOCUMENT_TYPE_BY_WORD,
    EMPLOYMENT_FORM_BY_WORD,
    GENDER_BY_WORD,
    JOB_CATEGORY_BY_WORD,
)
from huzhu.roster.files.heads import ROSTER_COLUMNS, tidied_head

_TOTALS = (
    "合计", "总计", "小计", "共计", "累计", "合计人数", "总计人数", "小计人数", "总人数", "人数合计",
    "本页小计", "本页合计",
)  # fmt: skip
_SIGNATURES = (
    "填表人", "填报人", "制表人", "制表", "制单人", "审核人", "审核", "复核人", "复核", "审批人", "经办人", "负责人",
    "单位负责人", "部门负责人", "分管领导", "主管领导", "联系人", "联系电话", "单位盖章", "单位公章", "单位签章", "盖章",
    "公章", "签字", "签名", "单位名称", "填报单位", "填表单位", "日期", "填表日期", "填报日期", "制表日期", "制表时间",
    "填表时间", "打印日期", "打印时间",
)  # fmt: skip
_FOOTNOTES = ("注", "备注", "说明", "填表说明", "附注")  # with a colon only
_ENDS = ("以下空白", "以下无正文", "此页无正文")

_TOTAL = re.compile(
    rf"(?:.{{1,18}}[部科室处组间厂院队司心页])?(?:{'|'.join(_TOTALS)})[:]?(?:共?\d{{0,6}}[人名个]?)?"
    r"|共(?:计)?\d{1,6}[人名个]"
)
_SIGNATURE = re.compile(rf"(?:{'|'.join(_SIGNATURES)})(?::.*)?|(?:填表人|填报人|制表人|制单人)[\u4e00-\u9fff]{{2,4}}")
_FOOTNOTE = re.compile(rf"(?:{'|'.join(_FOOTNOTES)})\d?:.*")
_WITH_COLON = re.compile(rf"(?:{'|'.join((*_TOTALS, *_SIGNATURES, *_FOOTNOTES))})\d?:.*")
_ANY_WORD = "|".join((*_TOTALS, *_SIGNATURES, *_FOOTNOTES, *_ENDS, "共", "年"))
_DAY = re.compile(r"(?:\d{2,4}|)年\d{0,2}月(?:\d{0,2}日)?|20\d{2}-\d{1,2}-\d{1,2}(?: 00:00:00)?")
_BRACKETS = re.compile(r"[()\[\]【】〔〕\s]")

# What stands in the number's column of such a row is no number: no digit, a count of people, or a day.
_NO_NUMBER = re.compile(r"\D*|共?\d{1,6}[人名个]?|\d{4}[年./-]\d{1,2}(?:[月./-](?:\d{1,2}日?)?)?(?: 00:00:00)?")

_HEAD_WORDS = {tidied_head(word) for column in ROSTER_COLUMNS for word in (column.label, *column.synonyms)} | {
    "序号", "编号", "年", "月", "日", "年月", "年月日", "必填", "选填", "非必填", "可不填", "类型", "种类", "类别",
    "号码", "名称", "中文", "英文", "文本", "文本格式", "日期", "固话", "固定电话", "座机", "办公电话", "办公", "住宅",
    "一级", "二级", "三级", "一级部门", "二级部门", "三级部门", "职务", "职称", "岗位名称", "入职日期", "单位", "no", "type",
}  # fmt: skip
MOST_SUSPECTS = 2_000
_CODED: Mapping[str, Mapping[str, str]] = {
    "gender": GENDER_BY_WORD,
    "document_type": DOCUMENT_TYPE_BY_WORD,
    "job_category": JOB_CATEGORY_BY_WORD,
    "employment_form": EMPLOYMENT_FORM_BY_WORD,
}


def rows_aside(*, cells: pl.DataFrame, fields: Mapping[str, int], head_row: int) -> list[int]:
    """
    Find the rows that are certainly no people; this function will return their row numbers in order.

    A total, signature or footnote has no document number and its word in the name's cell, or, where no name stands, in its first
    filled cell; with a name beside it it counts only below the last person and with a colon (填表人：), because a column of the
    clerk's own may hold 审核人 as somebody's post. A day that stands alone counts below the last person. A row that says more of
    somebody – a gender, a document type, a job category, a form of employment, a mobile, a birthday – is somebody's. The second
    line of heads stands directly below the heads, holds no digit and only words of heads.

    :param cells: `excel_row` and the columns `c0`, `c1`, … of rows below the heads
    :param head_row: number of the row of the heads, from 1
    """
    number = pl.col(f"c{fields['document_number']}")
    texts = [column for column in cells.columns if column != "excel_row"]
    numbered = cells.filter(number.str.contains(r"\d[\dA-Za-z]{5}"))["excel_row"]
    last_person = numbered.max() if numbered.len() else head_row
    worded = pl.any_horizontal(pl.col(column).str.replace_all(r"\s", "").str.contains(_ANY_WORD) for column in texts)
    suspects = cells.filter(~number.str.contains(r"\d[\dA-Za-z]{6}")).filter(
        (pl.col("excel_row") == head_row + 1) | (pl.col("excel_row") > last_person) | worded
    )
    if suspects.height > MOST_SUSPECTS:  # no list ends in so many; what is beyond is judged as people are
        suspects = pl.concat([suspects.head(1), suspects.tail(MOST_SUSPECTS)])
    found = []
    for row, *raw in suspects.iter_rows():
        line = [_plain(text) for text in raw]
        if (row == head_row + 1 and _is_sub_head(line)) or _is_aside(line, fields, is_below=row > last_person):
            found.append(row)
    return found


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def _is_sub_head(line: Sequence[str]) -> bool:
    words = [_BRACKETS.sub("", tidied_head(text)) for text in line if text]
    return any(words) and all(word in _HEAD_WORDS or not word for word in words) and not re.search(r"\d", "".join(line))


def _is_aside(line: Sequence[str], fields: Mapping[str, int], *, is_below: bool) -> bool:
    number = line[fields["document_number"]]
    if not _NO_NUMBER.fullmatch(number) and not _SIGNATURE.fullmatch(_BRACKETS.sub("", number)):
        return False
    filled = [text for text in line if text]
    name, first = line[fields["name"]], filled[0]
    if _is_somebodys(line, fields, has_colon=":" in first or ":" in name, is_day="日期" in first or "时间" in first):
        return False
    if is_below and len(filled) == 1 and _DAY.fullmatch(_BRACKETS.sub("", first)):
        return True
    if _is_word(name) or (not name and _is_word(first)):
        return True
    return is_below and bool(_WITH_COLON.fullmatch(_BRACKETS.sub("", first)))


def _is_somebodys(line: Sequence[str], fields: Mapping[str, int], *, has_colon: bool, is_day: bool) -> bool:
    """Test if known columns say something of a person; a footer with colons may hold a telephone and a day anywhere."""
    said = {field: line[position] for field, position in fields.items()}
    return (
        any(said.get(field, "") in words for field, words in _CODED.items())
        or (not has_colon and bool(re.search(r"1\d{10}", said.get("mobile", ""))))
        or (not has_colon and not is_day and bool(re.search(r"\d{4}", said.get("born_on", ""))))
    )


def _is_word(text: str) -> bool:
    bare = _BRACKETS.sub("", text)
    return bool(_TOTAL.fullmatch(bare) or _SIGNATURE.fullmatch(bare) or _FOOTNOTE.fullmatch(bare) or bare in _ENDS)
