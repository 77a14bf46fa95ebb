"""What every finding says to people: what is the matter, why, and how to mend it (rulebook §3), from its code and its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from huzhu.roster.models import EmploymentStatus, InsuranceRosterKind, JobCategory
from huzhu.shared.identity import documents, names
from huzhu.shared.percent import percent_text


class Words(NamedTuple):
    """One finding in plain Chinese."""

    what: str
    why: str
    fix: str


Inputs = Mapping[str, Any]

LABELS = {
    "id_invalid": "证件号码有误",
    "name_invalid": "姓名有误",
    "not_in_service": "不在职",
    "duplicate_in_list": "名单中重复",
    "not_yet_working_age": "未达最低参保年龄",
    "over_age": "超龄",
    "over_max_age": "超过最高参保年龄",
    "category_unknown": "岗位类别未填写",
    "gender_not_eligible": "性别不符合计划要求",
    "not_on_insurance_list": "非本单位社保/医保在职人员",
    "insurance_list_missing": "缺少当月社保/医保名单",
    "already_covered": "已参保",
    "on_policy_already": "已在本保单上",
    "no_time_left": "已没有保障期",
    "exclusive_plan": "已参加互斥计划",
    "name_differs": "姓名与既有保障不一致",
    "birth_or_gender_differs": "性别或出生日期与其他登记不一致",
    "participation_floor": "参保比例不足",
    "first_enrolment": "首次参保",
    "renewal": "续保",
    "lapsed": "断保后参保",
    "gap_risk": "断保风险",
    "bound_policy_found": "有未绑定的历史保单",
    "gift_not_eligible": "不能受赠",
}


def words(code: str, inputs: Inputs) -> Words:
    """
    This function will put one finding into words.

    :raises KeyError: for a code no rule has
    """
    return _WORDS[code](inputs)


def _day(text: Any) -> str:
    day = date.fromisoformat(text)
    return f"{day.year}年{day.month}月{day.day}日"


def _last_day(exclusive_end: Any) -> str:
    return _day((date.fromisoformat(exclusive_end) - timedelta(days=1)).isoformat())


def _month(text: Any) -> str:
    day = date.fromisoformat(text)
    return f"{day.year}年{day.month}月"


def _waiting(days: int) -> str:
    return f"免责期{days}天" if days else "无免责期"


def _id_invalid(inputs: Inputs) -> Words:
    kind = documents.DOCUMENT_TYPES.get(inputs["document_type"])
    return Words(
        what=f"证件号码{inputs['number']}未通过校验",
        why=f"号码不符合{kind.label if kind else '该类证件'}的编码规则，或与性别、出生日期矛盾。",
        fix="请对照证件原件，在职工名册中更正证件号码后重新校验；不参保的请从名单中删除。",
    )


def _name_invalid(inputs: Inputs) -> Words:
    message, remedy = names.PROBLEMS[inputs["problem"]]
    return Words(
        what=message, why="保单、凭证和理赔都以证件上的姓名为准。", fix=f"{remedy}，在职工名册中更正后重新校验。"
    )


def _not_in_service(inputs: Inputs) -> Words:
    status = EmploymentStatus(inputs["status"]).label
    return Words(
        what=f"该人员在职工名册中已登记为“{status}”",
        why="本会保障计划只面向在职职工。",
        fix="如仍在职，请在职工名册中恢复在职状态；否则请从名单中删除。",
    )


def _duplicate(inputs: Inputs) -> Words:
    return Words(
        what=f"名单中有{inputs['count']}条姓名、性别、出生日期和手机号都相同的记录",
        why="很可能是同一人用两种证件登记，同一人在一个计划中只能参保一次。",
        fix="请保留证件有效的一条，将其余的从名单中删除；确为不同的人，请更正手机号。",
    )


def _not_yet_working_age(inputs: Inputs) -> Words:
    least = inputs.get("min_age", 16)  # version 1 of the rule knew no other age
    return Words(
        what=f"保障开始日（{_day(inputs['start'])}）时未满{least}周岁",
        why=f"本计划参保人员须年满{least}周岁。",
        fix=f"请从名单中删除，{_day(inputs['sixteen_on'])}起可参保；如出生日期有误，请在职工名册中更正。",
    )


def _over_age(inputs: Inputs) -> Words:
    if inputs["is_category_unknown"]:
        return Words(
            what="岗位类别未填写，按超龄处理",
            why=f"按工人岗计算，{_day(inputs['retires_on'])}已到法定退休时间，早于保障开始日（{_day(inputs['start'])}）。",
            fix="请在职工名册中补填岗位类别；属管理岗、专业技术岗的即不超龄，属工人岗的请上传《延迟退休参保职工在职证明》。",
        )
    return Words(
        what=f"超龄：{_day(inputs['retires_on'])}已到本人法定退休时间",
        why=f"保障开始日（{_day(inputs['start'])}）不早于法定退休时间，须证明仍在职；{_day(inputs['limit_on'])}起不能再参保。",
        fix="请上传《延迟退休参保职工在职证明》（一份可列多人），或从名单中删除。",
    )


def _over_max_age(inputs: Inputs) -> Words:
    why = (
        f"本计划参保年龄不超过{inputs['max_age']}周岁，{_day(inputs['limit_on'])}起不能参保。"
        if inputs["is_by_age"]
        else f"本人法定退休时间为{_day(inputs['retires_on'])}，超过36个月（{_day(inputs['limit_on'])}）后不能参保。"
    )
    return Words(
        what=f"保障开始日（{_day(inputs['start'])}）已超过最高参保年龄",
        why=why,
        fix="请从名单中删除；如出生日期或岗位类别有误，请在职工名册中更正。",
    )


def _category_unknown(inputs: Inputs) -> Words:
    return Words(
        what="岗位类别未填写，无法判断是否超龄",
        why=f"女职工属工人岗的法定退休时间为{_day(inputs['earliest_retires_on'])}，属管理岗、专业技术岗的为{_day(inputs['retires_on'])}，"
        f"保障开始日（{_day(inputs['start'])}）在两者之间。",
        fix="请在职工名册中补填岗位类别；提交时仍未填写的按超龄处理，须提供在职证明。",
    )


def _gender(inputs: Inputs) -> Words:
    who = "女职工" if inputs["plan_gender"] == "female" else "男职工"
    return Words(
        what=f"本计划只面向{who}",
        why="保障责任只针对该性别。",
        fix="请从本计划名单中删除；如性别有误，请在职工名册中更正。",
    )


def _lists(inputs: Inputs) -> str:
    """2025年8月社保、省直医保: the lists a finding was judged by; findings of before there were two name the month alone."""
    if not inputs.get("lists"):
        return f"{_month(inputs['month'])}社保/医保" if "month" in inputs else "社保/医保"
    months = dict.fromkeys(each["month"] for each in inputs["lists"])
    kinds = {
        on: [InsuranceRosterKind(each["kind"]).label for each in inputs["lists"] if each["month"] == on]
        for on in months
    }
    return "、".join(_month(on) + "、".join(kinds[on]) for on in months)


def _not_on_list(inputs: Inputs) -> Words:
    is_dispatched = inputs["employment_form"] == "dispatched"
    return Words(
        what=f"不在本单位{_lists(inputs)}名单中",
        why="劳务派遣人员由派遣单位缴纳社保，须提供证明。"
        if is_dispatched
        else "参保人员应与本单位社保或省直医保名单一致。",
        fix="请上传《劳务派遣人员证明》（一份可列多人）；新入职等原因请附说明，不在本单位工作的请删除。",
    )


def _list_missing(inputs: Inputs) -> Words:
    return Words(
        what=f"没有{_month(inputs['month'])}或上月的社保/省直医保名单",
        why="参保人员须与单位当月或上月社保（省直医保）名单核对。",
        fix="请在职工名册维护中上传名单，或在材料中上传名单文件（汇总表，差异处备注）。",
    )


def _already_covered(inputs: Inputs) -> Words:
    if inputs["is_own"]:
        return Words(
            what=f"在本单位的保障至{_last_day(inputs['until'])}才到期",
            why="原保障到期日超过180天，暂不能续保。",
            fix="请从名单中删除，到期前180天内再办理续保。",
        )
    held = inputs["shares"]
    if not held:
        return Words(
            what=f"申请{inputs['requested']}份，超过本计划每人最多{inputs['max_shares']}份",
            why="每人份数不能超过计划上限。",
            fix="请减少份数后重新校验。",
        )
    return Words(
        what=f"已在其他单位参保 {held} 份，至 {_last_day(inputs['until'])}",
        why=f"加上本次{inputs['requested']}份，超过本计划每人最多{inputs['max_shares']}份；重复参保以先生效的为准。",
        fix="请从名单中删除，或减少份数，或将业务参考日期设为该保障到期之后。",
    )


def _on_policy_already(inputs: Inputs) -> Words:
    return Words(
        what="已在要增员的保单上",
        why="增员只加入还不在这张保单上的人员。",
        fix="请从名单中删除。",
    )


def _no_time_left(inputs: Inputs) -> Words:
    return Words(
        what=f"最早{_day(inputs['start'])}开始保障，而保单保障至{_last_day(inputs['end'])}，已没有保障期",
        why="本计划中途加入的人员与保单同时到期。",
        fix="请从名单中删除，保单续保时一并参保；或通过“新增参保”办理。",
    )


def _exclusive(inputs: Inputs) -> Words:
    return Words(
        what=f"已参加与本计划互斥的保障计划，至 {_last_day(inputs['until'])}",
        why="互斥的计划同一时间只能参加一个。",
        fix="请从名单中删除，或将业务参考日期设为该保障到期之后。",
    )


def _name_differs(inputs: Inputs) -> Words:
    return Words(
        what=f"本次姓名“{inputs['name']}”与既有保障中的“{inputs['other_name']}”不同",
        why="证件相同而姓名不同，可能是改名、录错或冒用证件。",
        fix="请核对证件；确为录错的，退回参保单位更正。",
    )


def _birth_or_gender_differs(inputs: Inputs) -> Words:
    parts = []
    if inputs["gender"] != inputs["other_gender"]:
        here, other = documents.GENDERS[inputs["gender"]], documents.GENDERS[inputs["other_gender"]]
        parts.append(f"本次性别“{here}”，另有登记为“{other}”")
    if inputs["born_on"] != inputs["other_born_on"]:
        parts.append(f"本次出生日期{_day(inputs['born_on'])}，另有登记为{_day(inputs['other_born_on'])}")
    return Words(
        what="；".join(parts),
        why="证件号码看不出性别或出生日期，由单位填报；年龄、退休时间和性别限制按本次填报的计算。",
        fix="请核对证件；确为录错的，退回参保单位更正，不要透露其他登记。",
    )


def _floor(inputs: Inputs) -> Words:
    staff = "在职女职工" if inputs["is_women"] else "在职职工"
    source = f"{_lists(inputs)}名单" if inputs["is_from_list"] else "单位填报"
    rule = "人数较少的单位须全员参保" if inputs["must_all_join"] else f"须达到{percent_text(inputs['ratio'])}及最低人数"
    return Words(
        what=f"参保{inputs['joined']}人，须达到{inputs['needed']}人",
        why=f"按{source}，{staff}{inputs['base']}人，{rule}（超龄人员不计）。",
        fix=f"请再增加{inputs['needed'] - inputs['joined']}人，或上传《参保比例说明》由互助会审核。",
    )


def _first(inputs: Inputs) -> Words:
    return Words(
        what=f"首次参保，{_waiting(inputs['waiting_days'])}",
        why=f"预计保障期{_day(inputs['start'])}至{_last_day(inputs['end'])}，以缴款到账日为准。",
        fix="无需处理。",
    )


def _renewal(inputs: Inputs) -> Words:
    added = inputs["added_waiting_days"]
    more = f"超出原保障额度的部分{_waiting(added)}，" if added else ""
    return Words(
        what=f"续保，原保障至{_last_day(inputs['previous_end'])}，{_waiting(inputs['waiting_days'])}",
        why=f"{more}预计保障期{_day(inputs['start'])}至{_last_day(inputs['end'])}，以缴款到账日为准。",
        fix="无需处理。",
    )


def _lapsed(inputs: Inputs) -> Words:
    return Words(
        what=f"原保障已于{_last_day(inputs['previous_end'])}到期，断保后重新参保，{_waiting(inputs['waiting_days'])}",
        why=f"预计保障期{_day(inputs['start'])}至{_last_day(inputs['end'])}，以缴款到账日为准。",
        fix="无需处理。",
    )


def _gap_risk(inputs: Inputs) -> Words:
    ends = _last_day(inputs["previous_end"])
    if inputs["latest_safe_arrival"] is None:
        return Words(
            what=f"业务参考日期{_day(inputs['reference_on'])}晚于原保障到期日（{ends}），将会断保",
            why=f"断保后须重新计算免责期（{inputs['waiting_days']}天）。",
            fix=f"请将业务参考日期改为{_day(inputs['previous_end'])}。",
        )
    return Words(
        what=f"缴款最迟须在{_day(inputs['latest_safe_arrival'])}到账，否则断保",
        why=f"原保障至{ends}，迟缴后须重新计算免责期（{inputs['waiting_days']}天）。",
        fix="请尽快提交并缴款，预留审核和银行到账时间。",
    )


def _bound_policy_found(inputs: Inputs) -> Words:
    return Words(
        what=f"有一份至{_last_day(inputs['until'])}的历史保单尚未绑定，绑定后可按续保衔接",
        why=f"系统中有该职工的历史保单，未绑定时不计入连续保障；续保免责期为{inputs['waiting_days']}天。",
        fix="请在【历史保单绑定】中绑定后重新校验。",
    )


_GENDERS = {"male": "男职工", "female": "女职工"}
_NOT_GIVEN: dict[str, tuple[Callable[[Inputs], str], str]] = {
    "closed": (lambda inputs: "活动已结束", ""),
    "not_begun": (lambda inputs: "活动尚未开始", "活动开始后可再申请。"),
    "over": (lambda inputs: "活动已过截止日期", ""),
    "other_branch": (lambda inputs: "活动不对本单位所属代办处开放", ""),
    "other_kind": (lambda inputs: "活动不对本单位的单位性质开放", ""),
    "no_quota": (lambda inputs: "本单位没有分配到名额", "需要名额的请联系所属代办处。"),
    "gender": (lambda inputs: f"只面向{_GENDERS[inputs['for_gender']]}", "性别有误的，请在职工名册中更正。"),
    "too_young": (
        lambda inputs: f"保障开始日（{_day(inputs['start'])}）未满{inputs['least_age']}周岁",
        "出生日期有误的，请在职工名册中更正。",
    ),
    "too_old": (
        lambda inputs: f"保障开始日（{_day(inputs['start'])}）已超过{inputs['most_age']}周岁",
        "出生日期有误的，请在职工名册中更正。",
    ),
    "job_category": (
        lambda inputs: f"只面向{'、'.join(str(JobCategory(each).label) for each in inputs['for_categories'])}",
        "岗位类别未填或有误的，请在职工名册中补填、更正。",
    ),
    "not_first": (lambda inputs: "只面向首次参保，此人以前参加过本计划或其接续的计划", ""),
    "once": (lambda inputs: "本活动每人一次，此人已经参加或已占用名额", ""),
    "ever": (lambda inputs: "只面向以前没有受赠过的职工，此人已受赠过", ""),
    "used_up": (lambda inputs: "名额已用完", "有名额空出时，重新校验即可补上。"),
}


def _gift_not_eligible(inputs: Inputs) -> Words:
    why, remedy = _NOT_GIVEN[inputs["reason"]]
    verb = "赠送" if inputs["kind"] == "gift" else "补贴"
    effect = (
        "此人本次不参加该赠送计划，其他计划不受影响。"
        if inputs["is_gift_only"]
        else "此人按全额缴费；不参保的请移出名单。"
    )
    return Words(what=f"不能享受{verb}“{inputs['campaign']}”", why=f"{why(inputs)}。", fix=f"{effect}{remedy}")


_WORDS: dict[str, Callable[[Inputs], Words]] = {
    "id_invalid": _id_invalid,
    "name_invalid": _name_invalid,
    "not_in_service": _not_in_service,
    "duplicate_in_list": _duplicate,
    "not_yet_working_age": _not_yet_working_age,
    "over_age": _over_age,
    "over_max_age": _over_max_age,
    "category_unknown": _category_unknown,
    "gender_not_eligible": _gender,
    "not_on_insurance_list": _not_on_list,
    "insurance_list_missing": _list_missing,
    "already_covered": _already_covered,
    "on_policy_already": _on_policy_already,
    "no_time_left": _no_time_left,
    "exclusive_plan": _exclusive,
    "name_differs": _name_differs,
    "birth_or_gender_differs": _birth_or_gender_differs,
    "participation_floor": _floor,
    "first_enrolment": _first,
    "renewal": _renewal,
    "lapsed": _lapsed,
    "gap_risk": _gap_risk,
    "bound_policy_found": _bound_policy_found,
    "gift_not_eligible": _gift_not_eligible,
}
