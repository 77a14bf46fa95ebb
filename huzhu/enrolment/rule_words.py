"""What every rule asks of a person and how its inputs are called, for the page 为什么; what it found is said by `wording`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from huzhu.gifts.states import CampaignKind
from huzhu.roster.models import EmploymentForm, EmploymentStatus, InsuranceRosterKind, JobCategory
from huzhu.shared.identity import documents, names
from huzhu.shared.percent import percent_text

Facts = Mapping[str, Any]


class RuleWords(NamedTuple):
    """One rule in plain Chinese: what it checks, where it stands, and which facts it shows besides its inputs."""

    checks: str
    clause: str
    also: tuple[str, ...] = ()
    applies: Callable[[Facts], bool] = lambda facts: True


GIFTS = "业务规则 §3 智能校验；赠送与补贴活动的条件"
PRECHECK, DATES, FLOOR = "业务规则 §3 智能校验", "业务规则 §4 生效日期", "业务规则 §3 参保比例"
RETIREMENT = "业务规则 §3 超龄；渐进式延迟法定退休年龄办法"

WORDS: dict[str, RuleWords] = {
    "id_invalid": RuleWords("证件号码符合该类证件的编码规则，且与性别、出生日期不矛盾。", PRECHECK),
    "name_invalid": RuleWords("姓名完整，不含数字、括号、部门或无法识别的字符。", PRECHECK, ("name",)),
    "not_in_service": RuleWords("在职工名册中登记为在职。", PRECHECK),
    "duplicate_in_list": RuleWords(
        "同一计划的名单中没有姓名、性别、出生日期和手机号都相同的另一条记录。",
        PRECHECK,
        applies=lambda facts: bool(facts.get("mobile", "")),
    ),
    "not_yet_working_age": RuleWords("保障开始日已满计划的最低参保年龄。", PRECHECK, ("born_on",)),
    "over_age": RuleWords(
        "保障开始日早于本人法定退休时间；已到的须有在职证明。", RETIREMENT, ("born_on", "gender", "job_category")
    ),
    "over_max_age": RuleWords(
        "保障开始日未超过法定退休时间36个月，也未超过计划的最高参保年龄。", RETIREMENT, ("born_on",)
    ),
    "category_unknown": RuleWords(
        "女职工在两种法定退休时间之间的，已填写岗位类别。",
        RETIREMENT,
        ("job_category",),
        applies=lambda facts: facts.get("gender") == "female",
    ),
    "gender_not_eligible": RuleWords(
        "性别符合计划的保障对象。", PRECHECK, ("gender",), applies=lambda facts: bool(facts.get("plan_gender"))
    ),
    "not_on_insurance_list": RuleWords(
        "在本单位当月或上月的社保、省直医保名单中。",
        PRECHECK,
        ("is_on_list", "is_newcomer"),
        applies=lambda facts: facts.get("lists") is not None,
    ),
    "insurance_list_missing": RuleWords("申请附有当月或上月的社保或省直医保名单。", PRECHECK),
    "already_covered": RuleWords(
        "加上已有的保障，整个预计保障期内不超过每人最多份数；本单位原保障在180天内到期。", PRECHECK, ("start", "end")
    ),
    "on_policy_already": RuleWords(
        "增员的，不在要加入的保单上。", DATES, applies=lambda facts: bool(facts.get("endorsed_policy_id"))
    ),
    "no_time_left": RuleWords(
        "增员而与保单同时到期的，开始保障时保单还没有到期。",
        DATES,
        ("start", "end"),
        applies=lambda facts: bool(facts.get("endorsed_policy_id")),
    ),
    "exclusive_plan": RuleWords(
        "预计保障期内没有参加互斥的计划。", PRECHECK, applies=lambda facts: bool(facts.get("exclusive_group"))
    ),
    "name_differs": RuleWords("姓名与同一证件已有的保障一致。", PRECHECK),
    "birth_or_gender_differs": RuleWords("性别、出生日期与同一证件的其他登记一致。", PRECHECK),
    "participation_floor": RuleWords("参保人数达到计划要求的比例和最低人数。", FLOOR),
    "first_enrolment": RuleWords("以前没有参加过本计划或它所接续的计划。", DATES),
    "renewal": RuleWords("与原保障衔接，没有断保。", DATES),
    "lapsed": RuleWords("原保障到期后隔了一段时间才重新参保。", DATES),
    "gap_risk": RuleWords(
        "按业务参考日期和审核、缴款所需时间，能赶上原保障到期前续保。",
        DATES,
        applies=lambda facts: facts.get("cover_class") in ("renewal", "lapse"),
    ),
    "gift_not_eligible": RuleWords("符合赠送、补贴活动的对象和次数，且还有名额。", GIFTS, ("born_on",)),
    "bound_policy_found": RuleWords(
        "没有未绑定而可以衔接的历史保单。", DATES, applies=lambda facts: facts.get("cover_class") in ("first", "lapse")
    ),
}


def _day(value: Any) -> str:
    day = date.fromisoformat(value)
    return f"{day.year}年{day.month}月{day.day}日"


def _last_day(value: Any) -> str:
    return _day((date.fromisoformat(value) - timedelta(days=1)).isoformat())


def _month(value: Any) -> str:
    day = date.fromisoformat(value)
    return f"{day.year}年{day.month}月"


def _lists(value: Any) -> str:
    return "、".join(f"{_month(each['month'])}{InsuranceRosterKind(each['kind']).label}" for each in value)


def _choice(choices: Any) -> Callable[[Any], str]:
    return lambda value: str(choices(value).label) if value else "未填写"


def _yes(value: Any) -> str:
    return "是" if value else "否"


def _people(value: Any) -> str:
    return f"{value}人"


def _gender(value: Any) -> str:
    return documents.GENDERS[value] if value else "不限"


def _document(value: Any) -> str:
    kind = documents.DOCUMENT_TYPES.get(value)
    return kind.label if kind else str(value)


NOT_GIVEN = {
    "closed": "活动已结束",
    "not_begun": "活动尚未开始",
    "over": "活动已过截止日期",
    "other_branch": "不对本单位所属代办处开放",
    "other_kind": "不对本单位的单位性质开放",
    "no_quota": "本单位没有分配到名额",
    "gender": "性别",
    "too_young": "未满最低年龄",
    "too_old": "超过最高年龄",
    "job_category": "岗位",
    "not_first": "不是首次参保",
    "once": "已参加过本活动",
    "ever": "以前受赠过",
    "used_up": "名额已用完",
}

# Input → what it is called, how it is written, and what is said where there is none.
INPUTS: dict[str, tuple[str, Callable[[Any], str], str]] = {
    "number": ("证件号码", str, "—"),
    "document_type": ("证件类型", _document, "—"),
    "name": ("姓名", str, "未填写"),
    "problem": ("姓名的问题", lambda value: names.PROBLEMS[value][0], "无"),
    "status": ("名册状态", _choice(EmploymentStatus), "—"),
    "count": ("相同的记录", lambda value: f"{value}条（含本人）", "—"),
    "start": ("预计保障开始日", _day, "—"),
    "end": ("预计保障最后一天", _last_day, "—"),
    "campaign": ("活动", str, "—"),
    "kind": ("方式", _choice(CampaignKind), "—"),
    "reason": ("不能享受的原因", lambda value: NOT_GIVEN[value], "没有"),
    "is_gift_only": ("本计划只有受赠人员参加", _yes, "—"),
    "for_gender": ("活动对象的性别", _gender, "不限"),
    "least_age": ("活动最低年龄", lambda value: f"{value}周岁", "不限"),
    "most_age": ("活动最高年龄", lambda value: f"{value}周岁", "不限"),
    "for_categories": (
        "活动对象的岗位",
        lambda value: "、".join(str(JobCategory(each).label) for each in value) or "不限",
        "不限",
    ),
    "sixteen_on": ("满最低年龄的日期", _day, "—"),
    "min_age": ("最低参保年龄", lambda value: f"{value}周岁", "—"),
    "max_age": ("最高参保年龄", lambda value: f"{value}周岁", "—"),
    "retires_on": ("法定退休时间", _day, "—"),
    "earliest_retires_on": ("法定退休时间（工人岗）", _day, "—"),
    "limit_on": ("从这天起不能参保", _day, "—"),
    "is_by_age": ("以计划最高年龄为准", _yes, "—"),
    "is_category_unknown": ("岗位类别影响判断而未填写", _yes, "—"),
    "born_on": ("出生日期", _day, "—"),
    "gender": ("性别", _gender, "—"),
    "plan_gender": ("计划的保障对象", _gender, "不限"),
    "job_category": ("岗位类别", _choice(JobCategory), "未填写"),
    "employment_form": ("用工形式", _choice(EmploymentForm), "未填写"),
    "lists": ("核对的名单", _lists, "没有"),
    "is_on_list": ("在名单中", _yes, "—"),
    "is_newcomer": ("已说明为新入职", _yes, "—"),
    "month": ("月份", _month, "—"),
    "is_own": ("本单位原保障180天内不到期", _yes, "—"),
    "shares": ("期内已有份数", lambda value: f"{value}份", "无"),
    "requested": ("本次份数", lambda value: f"{value}份", "—"),
    "max_shares": ("每人最多份数", lambda value: f"{value}份", "—"),
    "until": ("到期日", _last_day, "无"),
    "other_name": ("既有保障中的姓名", str, "没有不同"),
    "other_gender": ("其他登记的性别", _gender, "没有不同"),
    "other_born_on": ("其他登记的出生日期", _day, "没有不同"),
    "base": ("在职基数", _people, "—"),
    "joined": ("参保人数", _people, "—"),
    "needed": ("须达到", _people, "—"),
    "ratio": ("要求的比例", percent_text, "—"),
    "is_from_list": ("基数按名单计算", _yes, "—"),
    "is_women": ("只计女职工", _yes, "—"),
    "must_all_join": ("人数较少，须全员参保", _yes, "—"),
    "waiting_days": ("免责期", lambda value: f"{value}天" if value else "无", "无"),
    "added_waiting_days": ("增加部分的免责期", lambda value: f"{value}天" if value else "无", "无"),
    "previous_end": ("原保障最后一天", _last_day, "无"),
    "latest_safe_arrival": ("最晚到账日", _day, "没有"),
    "reference_on": ("业务参考日期", _day, "未设置"),
}

# Facts that are called otherwise than the input of the same meaning.
FACTS = {"start": "coverage_start", "end": "coverage_end"}


# Inputs that tell of cover through other employers.
ELSEWHERE = {"already_covered": ("shares", "until", "is_own"), "exclusive_plan": ("until",)}


def tell_inputs(code: str, inputs: Mapping[str, Any], facts: Facts) -> list[tuple[str, str]]:
    """
    This function will give what a rule looked at as label and value: its inputs, and what helps to understand them.

    :raises ValueError: for an input that has no label
    """
    shown = dict(inputs)
    for name in WORDS[code].also:
        fact = FACTS.get(name, name)
        if name not in shown and fact in facts:
            shown[name] = facts[fact]
    return [_tell(name, shown[name]) for name in sorted(shown, key=list(INPUTS).index)]


def _tell(name: str, value: Any) -> tuple[str, str]:
    label, write, nothing = INPUTS[name]
    return label, nothing if value is None or value == "" else write(value)
