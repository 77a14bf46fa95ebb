"""
What can be wrong with a row of the roster, in the words the clerk reads.
"""

from huzhu.roster.files.cells import EMPLOYMENT_FORMS, JOB_CATEGORIES
from huzhu.shared.identity import documents, mobile, names

DEPARTMENT_LONGEST = 100
NOTE_LONGEST = 500

_AGES = f"{documents.YOUNGEST} 至 {documents.OLDEST}"

# code: (what is wrong, how to mend it); {detail} is filled per row
_ROSTER: dict[str, tuple[str, str]] = {
    "id_duplicate": ("与第 {detail} 行是同一个人（证件号码相同）", "请只保留一行；如证件号码抄错，请改正"),
    "id_same_person": ("与前面的行是同一个人（用了另一种证件）", "请只保留一行"),
    "document_type_missing": ("没有填写证件类型，从号码也看不出是哪种证件", "请填写证件类型，可从模板的下拉框中选择"),
    "gender_missing": ("没有填写性别，这种证件上看不出性别", "请填写“男”或“女”"),
    "gender_unknown": ("性别不是“男”或“女”", "请改为“男”或“女”；居民身份证可以不填"),
    "gender_conflict": (
        "性别与证件号码不一致，按证件号码应为{detail}",
        "请核对证件号码和性别，改正写错的一项；居民身份证可以不填性别",
    ),
    "born_on_missing": ("没有填写出生日期，这种证件上看不出出生日期", "请按证件填写出生日期，如 1990-03-04"),
    "born_on_ambiguous": ("出生日期分不清哪个是月、哪个是日", "请按“年-月-日”填写，如 1990-03-04"),
    "born_on_unreadable": ("出生日期不是存在的日期", "请按“年-月-日”填写完整日期，如 1990-03-04"),
    "born_on_conflict": (
        "出生日期与证件号码不一致，按证件号码应为 {detail}",
        "请核对证件号码和出生日期，改正写错的一项；居民身份证可以不填出生日期",
    ),
    "born_on_future": ("出生日期晚于今天", "请按证件改正出生日期"),
    "born_on_age": (
        f"按出生日期计算，年龄不在 {_AGES} 周岁之间",
        "请按证件核对出生日期；年龄确实不在范围内的人员不能列入名册",
    ),
    "mobile_invalid": (mobile.MobileRefused.message, mobile.MobileRefused.remedy),
    "job_category_unknown": (
        "岗位类别不在可选范围内",
        f"请改为：{'、'.join(JOB_CATEGORIES.values())}；暂不确定可以留空",
    ),
    "employment_form_unknown": (
        "用工形式不在可选范围内",
        f"请改为：{'、'.join(EMPLOYMENT_FORMS.values())}；暂不确定可以留空",
    ),
    "department_too_long": (f"部门超过 {DEPARTMENT_LONGEST} 个字", "请写部门简称"),
    "note_too_long": (f"备注超过 {NOTE_LONGEST} 个字", "请缩短备注"),
}

CODES = (*names.PROBLEMS, *documents.PROBLEMS, *_ROSTER)


def words(code: str, *, document_type: str | None) -> tuple[str, str]:
    """
    Put an error into Chinese; this function will return (what is wrong, how to mend it), with `{detail}` left open
    where the row fills it in.
    """
    if code in _ROSTER:
        return _ROSTER[code]
    if code in names.PROBLEMS:
        return names.PROBLEMS[code]
    return documents.problem_words(code, document_type=document_type or "")


def headline(code: str) -> str:
    """
    Name the kind of an error without its row; this function will return the line of 错误汇总.
    """
    return (
        words(code, document_type=None)[0]
        .split("，按证件号码应为")[0]
        .replace("与第 {detail} 行是同一个人", "与前面的行是同一个人")
    )
