"""Every finding tells what is the matter, why, and how to mend it."""

import pytest

from huzhu.enrolment import wording
from huzhu.enrolment.precheck import RULES

DATES = {
    "start": "2025-09-01",
    "end": "2026-09-01",
    "previous_end": "2025-09-01",
    "retires_on": "2025-03-01",
    "earliest_retires_on": "2025-02-01",
    "limit_on": "2028-03-01",
    "sixteen_on": "2025-10-01",
    "month": "2025-08-01",
    "until": "2026-01-01",
}
LISTS = [{"kind": "social", "month": "2025-08-01"}]
INPUTS = {
    "not_yet_working_age": {"min_age": 16},
    "id_invalid": {"number": "4401**********1234", "document_type": "resident_id"},
    "name_invalid": {"problem": "name_digits"},
    "not_in_service": {"status": "retired"},
    "duplicate_in_list": {"count": 2},
    "over_age": {"is_category_unknown": False},
    "over_max_age": {"max_age": 66, "is_by_age": False},
    "gender_not_eligible": {"plan_gender": "female"},
    "not_on_insurance_list": {"employment_form": "dispatched", "lists": LISTS},
    "already_covered": {"is_own": False, "shares": 2, "requested": 4, "max_shares": 5},
    "name_differs": {"name": "王小明", "other_name": "王晓明"},
    "birth_or_gender_differs": {
        "gender": "female", "born_on": "1990-03-04", "other_gender": "male", "other_born_on": "1990-04-03",
    },
    "participation_floor": {
        "base": 100, "joined": 78, "needed": 80, "ratio": "0.800", "is_from_list": True, "is_women": False,
        "must_all_join": False, "lists": LISTS,
    },
    "first_enrolment": {"waiting_days": 30},
    "renewal": {"waiting_days": 0, "added_waiting_days": 180},
    "lapsed": {"waiting_days": 30},
    "gap_risk": {"latest_safe_arrival": "2025-08-31", "reference_on": None, "waiting_days": 30},
    "bound_policy_found": {"until": "2025-09-01", "waiting_days": 0},
    "gift_not_eligible": {"campaign": "关爱行动", "kind": "gift", "reason": "too_old", "is_gift_only": True, "for_gender": "",
                          "least_age": None, "most_age": 59, "for_categories": []},
}  # fmt: skip
WHAT = {
    "id_invalid": "证件号码4401**********1234未通过校验",
    "name_invalid": "姓名中有数字",
    "not_in_service": "该人员在职工名册中已登记为“退休”",
    "duplicate_in_list": "名单中有2条姓名、性别、出生日期和手机号都相同的记录",
    "not_yet_working_age": "保障开始日（2025年9月1日）时未满16周岁",
    "over_age": "超龄：2025年3月1日已到本人法定退休时间",
    "over_max_age": "保障开始日（2025年9月1日）已超过最高参保年龄",
    "category_unknown": "岗位类别未填写，无法判断是否超龄",
    "gender_not_eligible": "本计划只面向女职工",
    "not_on_insurance_list": "不在本单位2025年8月社保名单中",
    "insurance_list_missing": "没有2025年8月或上月的社保/省直医保名单",
    "already_covered": "已在其他单位参保 2 份，至 2025年12月31日",
    "on_policy_already": "已在要增员的保单上",
    "no_time_left": "最早2025年9月1日开始保障，而保单保障至2026年8月31日，已没有保障期",
    "exclusive_plan": "已参加与本计划互斥的保障计划，至 2025年12月31日",
    "name_differs": "本次姓名“王小明”与既有保障中的“王晓明”不同",
    "birth_or_gender_differs": "本次性别“女”，另有登记为“男”；本次出生日期1990年3月4日，另有登记为1990年4月3日",
    "participation_floor": "参保78人，须达到80人",
    "first_enrolment": "首次参保，免责期30天",
    "renewal": "续保，原保障至2025年8月31日，无免责期",
    "lapsed": "原保障已于2025年8月31日到期，断保后重新参保，免责期30天",
    "gap_risk": "缴款最迟须在2025年8月31日到账，否则断保",
    "bound_policy_found": "有一份至2025年8月31日的历史保单尚未绑定，绑定后可按续保衔接",
    "gift_not_eligible": "不能享受赠送“关爱行动”",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_speaks_plainly(rule):
    inputs = DATES | INPUTS.get(rule.code, {})
    assert set(rule.inputs) <= set(inputs), "a sample for every input of the rule"

    words = wording.words(rule.code, {name: inputs[name] for name in rule.inputs})

    assert words.what == WHAT[rule.code]
    assert words.why.endswith("。")
    assert words.fix.endswith("。")
    assert wording.LABELS[rule.code]


VARIANTS = [
    ("over_age", {"is_category_unknown": True}, "岗位类别未填写，按超龄处理"),
    ("already_covered", {"is_own": True}, "在本单位的保障至2025年12月31日才到期"),
    ("already_covered", {"shares": None, "requested": 6}, "申请6份，超过本计划每人最多5份"),
    (
        "gap_risk",
        {"latest_safe_arrival": None, "reference_on": "2025-09-10"},
        "业务参考日期2025年9月10日晚于原保障到期日（2025年8月31日），将会断保",
    ),
]


@pytest.mark.parametrize(("code", "inputs", "what"), VARIANTS)
def test_what_differs_is_told_differently(code, inputs, what):
    assert wording.words(code, DATES | INPUTS.get(code, {}) | inputs).what == what


def test_why_names_the_reason_that_counts():
    floor = DATES | INPUTS["participation_floor"]
    assert "须达到80%" in wording.words("participation_floor", floor).why
    assert "全员参保" in wording.words("participation_floor", floor | {"must_all_join": True}).why
    too_old = DATES | INPUTS["over_max_age"]
    assert "36个月" in wording.words("over_max_age", too_old).why
    assert "66周岁" in wording.words("over_max_age", too_old | {"is_by_age": True}).why


def test_nobody_elses_employer_is_named():
    for text in wording.words("already_covered", DATES | INPUTS["already_covered"]):
        assert "公司" not in text


def test_an_unknown_code_is_an_error_not_a_blank():
    with pytest.raises(KeyError):
        wording.words("no_such_rule", {})
