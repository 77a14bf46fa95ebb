"""The people of an application with what was found: rows, filters with counts, and findings grouped by kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from huzhu.cover.models import CoverClass
from huzhu.enrolment import queries, wording
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, Finding
from huzhu.enrolment.queries import NORMAL, FindingGroup, MemberRow, Summary
from huzhu.enrolment.states import Severity
from huzhu.plans.models import Gender, PlanVersion
from huzhu.roster.models import EmploymentForm, JobCategory
from huzhu.shared.calendar import ONE_DAY
from huzhu.ui import tones

PAGE = 100
REMOVED, MARKED = "removed", "marked"
FOUND = {
    "": "全部",
    NORMAL: "正常",
    Severity.BLOCK: "不可参保",
    Severity.PROOF: "需材料",
    Severity.WARN: "提示",
}
MOST_WORDS = 50
SAMPLES, SHOWN = 24, 6  # somebody in several plans counts once among the names shown


@dataclass(frozen=True, kw_only=True)
class Said:
    """One finding at its person: what, why, how to mend."""

    code: str
    severity: str
    word: str
    icon: str
    what: str
    why: str
    how: str
    url: str = ""
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One person in one plan."""

    pk: int
    entry_id: int
    name: str
    number_masked: str
    gender: str
    born_on: date
    department: str
    job_category: str
    employment_form: str
    plan: str
    share_count: int
    share_choices: range  # none where everybody has the same
    contribution_amount: Decimal
    subsidy_amount: Decimal
    payable_amount: Decimal
    lacks_gift: bool
    planned_start: date | None
    planned_end: date | None
    planned_last: date | None
    planned_class: str
    left_out_reason: str
    is_marked: bool
    findings: list[Said]


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One choice of a filter, with how many rows it shows."""

    label: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True, kw_only=True)
class People:
    """One page of people with its filters. `words` were posted and stand in no address."""

    rows: list[Row]
    chips: list[Chip]
    plan_choices: list[tuple[int, str, bool]]
    words: str
    found: str
    code: str
    code_label: str
    next_after: int | None
    after: int | None
    unit: str
    kept: list[tuple[str, str]]
    count: int
    amount: Decimal

    @property
    def query(self) -> str:
        """What is shown, as it stands in the address: posted with an act, to come back to the same page."""
        return urlencode([*self.kept, *([("after", self.after)] if self.after else [])])

    @property
    def is_first_page(self) -> bool:
        """Test if nobody stands before those shown."""
        return self.after is None

    @property
    def first_url(self) -> str:
        """The first page of what is shown."""
        return "?" + urlencode(self.kept)

    @property
    def next_url(self) -> str:
        """The page after this one."""
        return "?" + urlencode([*self.kept, ("after", self.next_after)])

    @property
    def find_url(self) -> str:
        """Where a name is looked for: among everybody."""
        return "?" + urlencode([pair for pair in self.kept if pair[0] not in ("found", "code", "plan")])


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a request asks to see of the people."""

    found: str = ""
    code: str = ""
    plan: int | None = None
    after: int | None = None
    words: str = ""


def read(request: HttpRequest) -> Wanted:
    """
    This function will read the filters from the address, and the posted words; nonsense counts as not asked for.
    """
    return _read(request.GET, request.POST)


def read_kept(text: str) -> str:
    """
    This function will read the filters posted with an act, of what was shown then, as an address has them.
    """
    wanted = _read(QueryDict(text[: MOST_WORDS * 4]), QueryDict())
    pairs = [*_kept(wanted, {}), *([("after", str(wanted.after))] if wanted.after else [])]
    return f"?{urlencode(pairs)}" if pairs else ""


def _read(address: QueryDict, posted: QueryDict) -> Wanted:
    found, code = address.get("found", ""), address.get("code", "")
    return Wanted(
        found=found if found in {*map(str, FOUND), REMOVED, MARKED} else "",
        code=code if code in wording.LABELS else "",
        plan=_number(address.get("plan")),
        after=_number(address.get("after")),
        words=posted.get("words", "").strip()[:MOST_WORDS],
    )


def get_people(
    *,
    application: EnrolmentApplication,
    summary: Summary,
    wanted: Wanted,
    for_reviewers: bool = False,
    marked: Collection[int] = (),
    keeps: dict[str, str] | None = None,
    mends: Mapping[str, tuple[str, str]] | None = None,
) -> People:
    """
    This function will give one page of people in at most four statements.

    :param mends: where a kind of finding is mended, by code: address and words of the link
    :param marked: the members a reviewer marked when the application was returned
    :param keeps: further parameters of the page's address
    """
    page = queries.get_member_rows(
        application_id=application.pk,
        severity=wanted.found if wanted.found not in (REMOVED, MARKED) else "",
        code=wanted.code,
        search=wanted.words,
        application_plan_id=wanted.plan,
        is_removed=wanted.found == REMOVED,
        member_ids=list(marked) if wanted.found == MARKED else None,
        after=_key(application.pk, wanted.after),
        limit=PAGE,
        for_reviewers=for_reviewers,
    )
    return People(
        rows=[_row(row, marked, mends or {}) for row in page.rows],
        chips=_chips(summary, wanted, len(marked), keeps or {}),
        plan_choices=[
            (plan.application_plan_id, plan.name, plan.application_plan_id == wanted.plan) for plan in summary.plans
        ],
        words=wanted.words,
        found=wanted.found,
        code=wanted.code,
        code_label=wording.LABELS.get(wanted.code, ""),
        next_after=page.next_after[1] if page.next_after else None,
        after=wanted.after,
        kept=_kept(wanted, keeps or {}),
        unit=get_unit(summary),
        count=page.count,
        amount=page.amount,
    )


def get_unit(summary: Summary) -> str:
    """
    This function will name what is counted: with several plans a person counts once in each.
    """
    return "人次" if len(summary.plans) > 1 else "人"


def _kept(wanted: Wanted, keeps: dict[str, str]) -> list[tuple[str, str]]:
    asked = {**keeps, "found": wanted.found, "code": wanted.code, "plan": wanted.plan}
    return [(name, str(value)) for name, value in asked.items() if value]


def _row(row: MemberRow, marked: Collection[int], mends: Mapping[str, tuple[str, str]]) -> Row:
    member = row.member
    return Row(
        pk=member.pk,
        entry_id=member.entry_id,
        name=member.name,
        number_masked=member.number_masked,
        gender=str(Gender(member.gender).label),
        born_on=member.born_on,
        department=member.department,
        job_category=_label(JobCategory, member.job_category),
        employment_form=_label(EmploymentForm, member.employment_form),
        plan=str(member.application_plan.plan_version.plan),
        share_count=member.share_count,
        share_choices=range(0)
        if member.application_plan.is_gift_only
        else get_share_choices(member.application_plan.plan_version),
        contribution_amount=member.contribution_amount,
        subsidy_amount=member.subsidy_amount,
        payable_amount=member.payable_amount,
        lacks_gift=member.lacks_gift,
        planned_start=member.planned_start,
        planned_end=member.planned_end,
        planned_last=member.planned_end - ONE_DAY if member.planned_end else None,
        planned_class=_label(CoverClass, member.planned_class),
        left_out_reason=member.left_out_reason,
        is_marked=member.pk in marked,
        findings=[
            Said(
                code=finding.code,
                severity=str(finding.severity),
                word=tones.SEVERITIES[finding.severity][2],
                icon=tones.SEVERITIES[finding.severity][1],
                what=finding.words.what,
                why=finding.words.why,
                how=finding.words.fix,
                url=mends.get(finding.code, ("", ""))[0],
                label=mends.get(finding.code, ("", ""))[1],
            )
            for finding in row.findings
            if finding.severity != Severity.INFO
        ],
    )


def get_share_choices(version: PlanVersion) -> range:
    """
    This function will give the shares one person may have of a plan; none where everybody of an application has the same.
    """
    return range(0) if version.uniform_shares else range(1, version.max_shares + 1)


def _label(choices: type, value: str) -> str:
    return str(choices(value).label) if value else ""


def _chips(summary: Summary, wanted: Wanted, marked: int, keeps: dict[str, str]) -> list[Chip]:
    counts = {"": summary.rows, **summary.by_severity}
    wishes = [(value, label, counts.get(value, 0)) for value, label in FOUND.items()]
    if marked:
        wishes.append((MARKED, "退回标注", marked))
    if summary.removed:
        wishes.append((REMOVED, "本次不参保", summary.removed))
    chips = []
    for value, label, count in wishes:
        query = {**keeps, **({"found": value} if value else {}), **({"plan": wanted.plan} if wanted.plan else {})}
        is_current = value == wanted.found and not wanted.words and not wanted.code
        chips.append(Chip(label=label, count=count, url="?" + urlencode(query), current=is_current))
    return chips


@dataclass(frozen=True, kw_only=True)
class Kind:
    """All findings of one code: what, why, how, of whom, and whether they can be taken off the list together."""

    code: str
    severity: str
    label: str
    what: str
    why: str
    how: str
    where: str
    count: int
    people: list[str]
    is_about_people: bool
    url: str


# Why a rule is there, for the group above the list; each person's own reason stands at the person.
WHY = {
    "id_invalid": "证件号码须与证件原件一致，否则无法承保和理赔。",
    "name_invalid": "保单、凭证和理赔都以证件上的姓名为准。",
    "not_in_service": "本会保障计划只面向在职职工。",
    "duplicate_in_list": "同一人在一个计划中只能参保一次。",
    "not_yet_working_age": "参保人员在保障开始日须达到计划的最低参保年龄（16周岁或以上）。",
    "over_age": "保障开始日不早于本人法定退休时间的，须证明仍在职。",
    "over_max_age": "超过计划的最高参保年龄，或已超过法定退休时间36个月。",
    "category_unknown": "女职工的法定退休时间按岗位类别计算，没有填写无法判断。",
    "gender_not_eligible": "本计划只保障女职工（或男职工），其他人员不能参加。",
    "not_on_insurance_list": "参保人员应与本单位当月社保或省直医保名单一致。",
    "already_covered": "同一时间每人的份数不能超过计划上限，已在保障中的不能重复参保。",
    "on_policy_already": "增员只加入还不在这张保单上的人员。",
    "no_time_left": "本计划中途加入的人员与保单同时到期，开始保障时须还有保障期。",
    "exclusive_plan": "互斥的计划同一时间只能参加一个。",
    "name_differs": "证件相同而姓名不同，可能是改名、录错或冒用证件；此项参保单位看不到。",
    "birth_or_gender_differs": "同一证件的性别或出生日期另有不同的登记，可能是录错；年龄等按本次填报的计算。此项参保单位看不到。",
    "gift_not_eligible": "赠送和补贴按活动的对象、次数和名额给予；不符合的不影响参加其他计划。",
    "gap_risk": "迟缴会使续保人员断保，断保后要重新计算免责期。",
    "first_enrolment": "以前没有参加过本计划，保障开始后有免责期。",
    "renewal": "原保障到期后接续，没有免责期（增加的部分除外）。",
    "lapsed": "原保障到期后没有及时接续，须重新计算免责期。",
}


def get_kinds(
    *,
    application: EnrolmentApplication,
    unit: str,
    keeps: dict[str, str] | None = None,
    for_reviewers: bool = False,
) -> list[Kind]:
    """
    This function will give the findings by kind, gravest first, in four statements.
    """
    groups = queries.get_findings_grouped(application_id=application.pk, for_reviewers=for_reviewers, samples=SAMPLES)
    general = Finding.objects.filter(application=application, member__isnull=True).select_related(
        "application_plan__plan_version__plan"
    )
    kinds = [_general_kind(finding) for finding in general]
    kinds += [_kind(group, keeps or {}, unit) for group in groups if group.samples[0][0] is not None]
    return sorted(kinds, key=lambda kind: (queries.GRAVITY[Severity(kind.severity)], -kind.count, kind.code))


def _general_kind(finding: Finding) -> Kind:
    """A finding about a plan or the whole application."""
    words = queries.in_words(finding).words
    return Kind(
        code=finding.code,
        severity=finding.severity,
        label=wording.LABELS[finding.code],
        what=words.what,
        why=words.why,
        how=words.fix,
        where=str(finding.application_plan.plan_version.plan) if finding.application_plan else "",
        count=1,
        people=[],
        is_about_people=False,
        url="",
    )


def _kind(group: FindingGroup, keeps: dict[str, str], unit: str) -> Kind:
    _, words = group.samples[0]
    alone = group.count == 1
    people = list({sample.worker_id: sample.name for sample, _ in group.samples if sample is not None}.values())[:SHOWN]
    more = [f"等 {group.count:,} {unit}"] if group.count > len(group.samples) else []
    return Kind(
        code=group.code,
        severity=str(group.severity),
        label=group.label,
        what=words.what if alone else group.label,
        why=words.why if alone else WHY.get(group.code, words.why),
        how="" if group.severity == Severity.INFO else words.fix,
        where=f"{group.count:,} {unit}",
        count=group.count,
        people=people + more,
        is_about_people=True,
        url="?" + urlencode({**keeps, "code": group.code}) + "#rows",
    )


def get_sum_up(summary: Summary) -> dict[str, object]:
    """
    This function will give what the side panel shows: people, money, plans, open problems.
    """
    by_severity: dict[str, int] = {}
    for code in summary.codes:
        by_severity[code.severity] = by_severity.get(code.severity, 0) + code.count
    missing = sum(1 for each in summary.missing if each.kind == "proof_missing")
    return {
        "people": summary.people,
        "amount": summary.payable,
        "subsidy": summary.subsidy,
        "plans": [(plan.name, plan.people, plan.amount) for plan in summary.plans],
        "blocks": by_severity.get(Severity.BLOCK, 0),
        "proofs": missing,
        "warns": by_severity.get(Severity.WARN, 0),
    }


def _key(application_id: int, after: int | None) -> tuple[str, int] | None:
    """The key of the row after which the page begins; ids stand in the address, initials of people do not."""
    if after is None:
        return None
    row = ApplicationMember.objects.filter(application_id=application_id, pk=after).values_list("name_initials", "pk")
    return row.first()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def get_names(members: Sequence[int]) -> list[ApplicationMember]:
    """
    This function will give the marked people by name and masked number, each person once.
    """
    rows = ApplicationMember.objects.filter(pk__in=members).order_by("name_initials", "worker_id", "pk")
    return list({row.worker_id: row for row in rows}.values())
