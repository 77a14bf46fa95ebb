"""为什么: every rule about one person in words, findings first, for both sides of the counter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from huzhu.enrolment import rule_words, wording
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication
from huzhu.enrolment.precheck.explaining import Explained, Explanation, explain
from huzhu.enrolment.queries import GRAVITY
from huzhu.enrolment.states import Severity
from huzhu.ui import tones

PASSED, NOT_ASKED = "通过", "不适用"
TITLES = {
    "first_enrolment": "首次参保",
    "gift_not_eligible": "赠送和补贴",
    "participation_floor": "参保比例",
    "insurance_list_missing": "社保/医保名单",
    "already_covered": "已有的保障和份数",
    "category_unknown": "岗位类别",
    "on_policy_already": "增员的保单",
    "no_time_left": "与保单同时到期",
    "exclusive_plan": "互斥计划",
    "not_on_insurance_list": "社保/医保名单中的人员",
    "gender_not_eligible": "性别",
    "id_invalid": "证件号码",
    "name_invalid": "姓名",
    "not_in_service": "在职状态",
    "duplicate_in_list": "重复人员",
    "not_yet_working_age": "最低参保年龄",
    "over_age": "超龄",
    "over_max_age": "最高参保年龄",
    "name_differs": "姓名与既有保障",
    "birth_or_gender_differs": "性别、出生日期与其他登记",
    "renewal": "续保",
    "lapsed": "断保后参保",
    "gap_risk": "断保风险",
    "bound_policy_found": "历史保单",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One rule: what it checks, its verdict, the inputs; and, if it struck, what is the matter and how to mend it."""

    code: str
    severity: str
    title: str
    checks: str
    clause: str
    version: int
    verdict: str
    tone: str
    icon: str
    inputs: list[tuple[str, str]]
    what: str
    why: str
    how: str
    is_for_reviewers: bool
    url: str = ""
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class PlanPart:
    """One plan: what was found, what passed, and what does not concern this person."""

    name: str
    shares: str
    is_removed: bool
    found: list[Line]
    passed: list[Line]
    not_asked: list[Line]


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything about one person."""

    person: ApplicationMember
    plans: list[PlanPart]
    general: PlanPart
    judged_on: date | None
    has_facts: bool
    is_as_found: bool


def get_page(
    *,
    application: EnrolmentApplication,
    member: ApplicationMember,
    day: date,
    for_reviewers: bool,
    mends: dict[str, tuple[str, str]] | None = None,
) -> Page:
    """
    This function will tell every rule about the person of one row, in all plans of the application.

    :param mends: where a kind of finding is mended, by code: address and words of the link
    """
    explanation = explain(application=application, worker_id=member.worker_id, day=day)
    return describe(explanation, member=member, for_reviewers=for_reviewers, mends=mends or {})


def describe(
    explanation: Explanation, *, member: ApplicationMember, for_reviewers: bool, mends: dict[str, tuple[str, str]]
) -> Page:
    """
    This function will put an explanation into words; rules for reviewers only are left out for the employer.
    """
    rows = ApplicationMember.objects.filter(
        application_id=member.application_id, worker_id=member.worker_id
    ).select_related("application_plan__plan_version__plan")
    seen = explanation.lines if for_reviewers else [_for_employer(line) for line in _open(explanation.lines)]
    own = [
        _part(
            str(row.application_plan.plan_version.plan),
            [line for line in seen if line.application_plan_id == row.application_plan_id],
            mends,
            shares=f"{row.share_count} 份",
            is_removed=row.removed_at is not None,
        )
        for row in rows.order_by("application_plan__plan_version__plan_id")
    ]
    general = [line for line in seen if line.application_plan_id is None]
    return Page(
        person=member,
        plans=own,
        general=_part("整个申请", general, mends),
        judged_on=explanation.judged_on,
        has_facts=explanation.has_facts,
        is_as_found=explanation.is_as_found,
    )


def _open(lines: Sequence[Explained]) -> list[Explained]:
    return [line for line in lines if not line.rule.is_for_reviewers]


def _for_employer(line: Explained) -> Explained:
    """
    Cover through others is told to an employer where it stands in the way (rulebook §3, already_covered), and not because somebody
    looks.
    """
    if line.is_struck:
        return line
    hidden = rule_words.ELSEWHERE.get(line.rule.code, ())
    return replace(line, inputs={name: value for name, value in line.inputs.items() if name not in hidden})


def _part(
    name: str,
    lines: Sequence[Explained],
    mends: dict[str, tuple[str, str]],
    *,
    shares: str = "",
    is_removed: bool = False,
) -> PlanPart:
    found = sorted(
        (line for line in lines if line.is_struck), key=lambda each: (GRAVITY[each.rule.severity], each.rule.code)
    )
    rest = [line for line in lines if not line.is_struck]
    return PlanPart(
        name=name,
        shares=shares,
        is_removed=is_removed,
        found=[_line(line, mends) for line in found],
        passed=[_line(line, mends) for line in rest if _concerns(line)],
        not_asked=[_line(line, mends) for line in rest if not _concerns(line)],
    )


def _concerns(line: Explained) -> bool:
    """Of the classes of cover one is found; the others do not concern the person."""
    is_class = not line.rule.is_recorded
    return not is_class and rule_words.WORDS[line.rule.code].applies(line.facts)


def _line(line: Explained, mends: dict[str, tuple[str, str]]) -> Line:
    rule, told = line.rule, rule_words.WORDS[line.rule.code]
    words = wording.words(rule.code, line.inputs) if line.is_struck else wording.Words("", "", "")
    tone, icon, verdict = _verdict(line)
    url, label = mends.get(rule.code, ("", "")) if line.is_struck else ("", "")
    return Line(
        code=rule.code,
        severity=str(rule.severity),
        title=TITLES[rule.code],
        checks=told.checks,
        clause=told.clause,
        version=rule.version,
        verdict=verdict,
        tone=tone,
        icon=icon,
        inputs=rule_words.tell_inputs(rule.code, line.inputs, line.facts),
        what=words.what,
        why=words.why,
        how="" if rule.severity == Severity.INFO else words.fix,
        is_for_reviewers=rule.is_for_reviewers,
        url=url,
        label=label,
    )


def _verdict(line: Explained) -> tuple[str, str, str]:
    if line.is_struck:
        return tones.SEVERITIES[line.rule.severity]
    return ("done", "circle-check", PASSED) if _concerns(line) else ("quiet", tones.ICONS["quiet"], NOT_ASKED)
