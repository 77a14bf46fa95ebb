"""
The columns of a list of people, the words clerks use for them (data), and the search for the head row.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from huzhu.shared.uploads import UploadRefused

SEARCHED_ROWS = 30


@dataclass(frozen=True)
class Column:
    """
    One column we know: its name in the program, its head in our template, other heads in order of preference.
    """

    field: str
    label: str
    synonyms: tuple[str, ...] = ()
    required: bool = False


NAME = Column(
    field="name",
    label="姓名",
    synonyms=("姓名全称", "名字", "中文姓名", "姓名(中文)", "name"),
    required=True,
)
DOCUMENT_NUMBER = Column(
    field="document_number",
    label="证件号码",
    synonyms=(
        "证件号", "身份证号码", "身份证号", "身份证件号码", "身份证", "公民身份号码", "公民身份证号码",
        "居民身份证号码", "居民身份证号",
        "有效证件号码", "有效证件号", "社会保障号码", "社会保障号", "社保号码", "社保号",
        "证照号码", "证件编号", "id号码", "idnumber",
    ),
    required=True,
)  # fmt: skip

ROSTER_COLUMNS: tuple[Column, ...] = (
    NAME,
    Column("document_type", "证件类型", (
        "证件类别", "证件种类", "证件名称", "证照类型", "有效证件类型", "身份证件类型",
    )),
    DOCUMENT_NUMBER,
    Column("gender", "性别", ("男/女", "gender", "sex")),
    Column("born_on", "出生日期", (
        "出生年月日", "出生年月", "生日", "出生日", "出生时间", "birthday", "dateofbirth",
    )),
    Column(
        "mobile",
        "手机号",
        (
            "手机号码", "手机", "移动电话", "移动电话号码", "联系手机", "联系电话", "联系方式", "联系号码",
            "电话号码", "电话", "mobile",
        ),
    ),
    Column("job_category", "岗位类别", ("岗位类型", "岗位性质", "人员类别", "岗位分类", "岗位", "职工类别")),
    Column("employment_form", "用工形式", ("用工性质", "用工类型", "用工方式", "编制类型", "编制性质", "编制")),
    Column("department", "部门", (
        "所属部门", "所在部门", "部门名称", "工作部门",
        "科室", "车间", "处室", "所属科室", "二级单位",
    )),
    Column("note", "备注", ("备注说明", "说明", "附注", "remark")),
)  # fmt: skip

# A month's 社保 or 医保 list (rulebook §2.2)
INSURANCE_COLUMNS: tuple[Column, ...] = (NAME, DOCUMENT_NUMBER)

# Words before a head that add nothing: 职工姓名, 参保人身份证号
_OWNER = re.compile(
    r"^(?:参保人员|参保职工|参保人|被保障人|被保险人|在职职工|职工|员工|人员|会员|本人|个人|姓名及)(?=.)"
)
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】")
_MARKS = re.compile(r"[\s*:#_\-.、,;\u200b-\u200f\ufeff]")


@dataclass(frozen=True)
class Heads:
    """
    Where the heads stand: the index of their row, and for each known field the index of its column.
    """

    row: int
    fields: dict[str, int]


def tidied_head(text: str) -> str:
    """
    Reduce a head to what tells it apart; this function will drop spaces, marks, remarks in brackets and case.
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    bare = _MARKS.sub("", _ASIDE.sub("", plain))
    return bare or _MARKS.sub("", plain)


def find_heads(*, rows: Sequence[Sequence[str]], columns: Sequence[Column]) -> Heads | None:
    """
    Find the head row below title lines; this function will return the row, among the first thirty, that names most of
    our columns (at least two, or all that are required), or None.

    :raises UploadRefused: column_twice, when two columns have the same head and we need it
    """
    ranks = {field: _ranks(column) for column in columns for field in (column.field,)}
    best: Heads | None = None
    for index, row in enumerate(rows[:SEARCHED_ROWS]):
        fields = _fields(row, ranks)
        if len(fields) >= 2 and (best is None or len(fields) > len(best.fields)):
            best = Heads(row=index, fields=fields)
    if best is not None:
        _check_once(rows[best.row], best)
    return best


def check_required(*, heads: Heads | None, columns: Sequence[Column]) -> Heads:
    """
    Insist on the columns that must be there; this function will return the heads that were found.

    :raises UploadRefused: heads_missing or column_missing, naming every missing column and the heads we would know
    """
    required = [column for column in columns if column.required]
    if heads is None:
        wanted = "、".join(f"“{column.label}”" for column in required)
        raise UploadRefused(
            "heads_missing",
            f"前 {SEARCHED_ROWS} 行里找不到表头（应有{wanted}等列名）。",
            "请把列名写在同一行、放在人员数据上方，或使用名册模板。",
        )
    missing = [column for column in required if column.field not in heads.fields]
    if missing:
        names = "、".join(f"“{column.label}”" for column in missing)
        also = "；".join(f"{column.label}也可写作 {'、'.join(column.synonyms[:5])}" for column in missing)
        raise UploadRefused(
            "column_missing", f"第 {heads.row + 1} 行表头缺少{names}列。", f"请补上该列后重新上传（{also}）。"
        )
    return heads


def _ranks(column: Column) -> dict[str, int]:
    return {tidied_head(word): rank for rank, word in reversed(list(enumerate((column.label, *column.synonyms))))}


def _fields(row: Sequence[str], ranks: dict[str, dict[str, int]]) -> dict[str, int]:
    found: dict[str, tuple[int, int]] = {}
    for position, text in enumerate(row):
        head = tidied_head(text)
        for candidate, handicap in ((head, 0), (_OWNER.sub("", head), 100)):
            field = next((field for field, words in ranks.items() if candidate in words), None)
            if candidate and field:
                found[field] = min(found.get(field, (1000, 0)), (ranks[field][candidate] + handicap, position))
                break
    return {field: position for field, (_, position) in found.items()}


def _check_once(row: Sequence[str], heads: Heads) -> None:
    tidied = [tidied_head(text) for text in row]
    for position in heads.fields.values():
        if tidied.count(tidied[position]) > 1:
            raise UploadRefused(
                "column_twice",
                f"第 {heads.row + 1} 行表头有两列都叫“{row[position].strip()}”，无法判断用哪一列。",
                "请删去或改名其中一列后重新上传。",
            )
