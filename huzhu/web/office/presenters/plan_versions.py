"""Versions of plans as a product manager reads them: what is on sale, what changes, what the examples come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from huzhu.accounts.policy import Verdict as May
from huzhu.enrolment import wording as findings
from huzhu.enrolment.states import ProofKind
from huzhu.journeys import plan_cases
from huzhu.plans import permissions, queries
from huzhu.plans import wording as words
from huzhu.plans.models import Plan, PlanVersion, SaleWindow
from huzhu.plans.rules import CaseResult, Verdict
from huzhu.plans.states import OPEN, VersionAction, VersionState, WindowKind
from huzhu.roster.models import JobCategory
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY
from huzhu.ui.values import money_text
from huzhu.web.office.presenters import plans as figures

CLASSES = {"first": "首次参保", "renewal": "续保", "lapse": "断保后参保"}
GENDERS = {"male": "男", "female": "女"}
JOBS = dict(JobCategory.choices) | {"": "岗位未填"}


@dataclass(frozen=True, kw_only=True)
class PlanRow:
    """
    One plan of the list: what is sold today, else the latest that was; and what is in preparation or about to begin. Of a plan
    never sold it is the first draft.
    """

    plan: Plan
    version: PlanVersion
    is_on_sale: bool
    was_sold: bool
    coming: PlanVersion | None
    preparing: PlanVersion | None


class Compared(NamedTuple):
    """One figure of a version beside that of the version before."""

    label: str
    before: str
    after: str
    is_assumed: bool = False

    @property
    def differs(self) -> bool:
        """Whether the two are not the same."""
        return self.before != self.after


class Section(NamedTuple):
    """Figures that belong together."""

    title: str
    rows: list[Compared]


class ResultRow(NamedTuple):
    """An example case in words, with what the rules make of it."""

    name: str
    person: str
    dates: str
    expected: list[str]
    got: list[str]
    has_passed: bool


SECTIONS = (
    ("费用与期限", ("每份保障费", "每人最多份数", "保障期限", "每人最高保障金", "可作赠送计划")),
    ("参保条件", ("参保年龄", "参保对象", "须参加基本医疗保险", "不可同时参保的计划组", "参保比例下限")),
    ("免责期与续保", ("首次参保免责期", "断保后免责期", "续保免责期", "续保宽限期", "视同续保的计划", "申请理赔时限")),
)


def get_plan_rows(*, actor: Actor, day: date) -> list[PlanRow]:
    """
    This function will give every plan with its versions on a day.
    """
    versions = PlanVersion.objects.readable_by(actor).select_related("plan").order_by("plan_id", "-version")
    by_plan: dict[int, list[PlanVersion]] = {}
    for version in versions:
        by_plan.setdefault(version.plan_id, []).append(version)
    on_sale = set(queries.get_on_sale(day=day).values_list("pk", flat=True))
    return [_get_plan_row(found, on_sale, day) for found in by_plan.values()]


def _get_plan_row(versions: Sequence[PlanVersion], on_sale: set[int], day: date) -> PlanRow:
    told = [version for version in versions if version.is_told]
    now = next((version for version in told if version.pk in on_sale), None)
    coming = next((v for v in told if v.state == VersionState.PUBLISHED and v.valid_from and v.valid_from > day), None)
    begun = [version for version in told if version is not coming]
    return PlanRow(
        plan=versions[0].plan,
        version=now or (begun or told or versions)[0],
        is_on_sale=now is not None,
        was_sold=bool(begun),
        coming=coming,
        preparing=next((version for version in versions if version.state in OPEN), None),
    )


def get_sections(version: PlanVersion, former: PlanVersion | None) -> list[Section]:
    """
    This function will give the figures of a version in sections, beside those of the version before.
    """
    rows = {row.label: row for row in _compare(version, former)}
    return [Section(title, [rows[label] for label in labels]) for title, labels in SECTIONS]


def get_changes(version: PlanVersion, former: PlanVersion) -> list[Compared]:
    """
    This function will give everything in which a version differs from the one before.
    """
    rows = [row for row in _compare(version, former) if row.differs]
    rows += [row for row in _compare_benefits(version, former) if row.differs]
    rows += [row for row in _compare_words(version, former) if row.differs]
    return rows


def _compare(version: PlanVersion, former: PlanVersion | None) -> list[Compared]:
    before = {figure.label: figure.value for figure in figures.get_figures(former)} if former else {}
    return [
        Compared(each.label, before.get(each.label, each.value), each.value, each.is_assumed)
        for each in figures.get_figures(version)
    ]


def _compare_benefits(version: PlanVersion, former: PlanVersion) -> list[Compared]:
    old = {benefit["code"]: benefit for benefit in former.benefits}
    new = {benefit["code"]: benefit for benefit in version.benefits}
    rows = []
    for code in [*old, *(code for code in new if code not in old)]:
        before, after = (_tell_benefit(each.get(code)) for each in (old, new))
        name = (new.get(code) or old[code])["name"]
        rows.append(Compared(f"保障责任：{name}", before, after))
    return rows


def _tell_benefit(benefit: dict[str, object] | None) -> str:
    if benefit is None:
        return "无"
    parts = [f"{benefit['name']}：{words.describe_benefit(benefit)}"]
    if diseases := benefit.get("diseases"):
        parts.append(f"病种 {len(diseases)} 种：{'、'.join(diseases)}")  # type: ignore[arg-type]
    parts.append(f"材料：{'、'.join(benefit.get('document_names', []))}")  # type: ignore[arg-type]
    parts += [text for flag, text in words.FLAGS.items() if benefit.get(flag)]
    return "；".join(parts)


def _compare_words(version: PlanVersion, former: PlanVersion) -> list[Compared]:
    old, new = set(former.exclusions), set(version.exclusions)
    rows = [Compared("责任免除", each, "（删去）") for each in former.exclusions if each not in new]
    rows += [Compared("责任免除", "（无）", each) for each in version.exclusions if each not in old]
    rows += [
        Compared(f"参保证明：{label}", former.proofs.get(kind, ""), version.proofs.get(kind, ""))
        for kind, label in PROOF_LABELS.items()
    ]
    return rows


PROOF_LABELS = {
    kind: str(ProofKind(kind).label) for kind in ("in_service_certificate", "dispatch_proof", "participation_note")
}


def get_proofs(version: PlanVersion) -> list[tuple[str, str]]:
    """The papers at enrolment, with what each must show under this version."""
    return [(label, version.proofs.get(kind, "")) for kind, label in PROOF_LABELS.items()]


def get_benefits(version: PlanVersion) -> list[dict[str, object]]:
    """The benefits in words, with what ends or excludes them."""
    return [
        told | {"flags": [text for flag, text in words.FLAGS.items() if benefit.get(flag)], "code": benefit["code"]}
        for told, benefit in zip(figures.get_benefits(version), version.benefits, strict=True)
    ]


def get_results(version: PlanVersion) -> list[ResultRow]:
    """
    This function will judge the example cases of a version and tell each in words.
    """
    return [tell_result(result) for result in plan_cases.get_results(version)]


def tell_result(result: CaseResult) -> ResultRow:
    """
    This function will put a judged case into words.
    """
    case = result.case
    dates = [f"{case.arrival_on} 到账"]
    dates += [f"参考日期 {case.reference_on}"] if case.reference_on else []
    dates += [f"上一期至 {case.previous_end - ONE_DAY}"] if case.previous_end else []
    return ResultRow(
        name=case.name,
        person=f"{GENDERS[case.gender]}，{case.born_on} 出生，{JOBS.get(case.job_category, '')}，{case.share_count} 份",
        dates="，".join(dates),
        expected=_tell(case.expected),
        got=_tell(result.got),
        has_passed=result.has_passed,
    )


def _tell(verdict: Verdict) -> list[str]:
    said = [findings.LABELS.get(code, code) for code in verdict.codes]
    if verdict.is_refused:
        return [f"不可参保：{'、'.join(said)}"]
    period = f"{verdict.start} 至 {verdict.end - ONE_DAY}" if verdict.start and verdict.end else "未填起止"
    waiting = "未填免责期" if verdict.waiting_days is None else f"免责期 {verdict.waiting_days} 天"
    price = "未填费用" if verdict.contribution is None else f"{money_text(verdict.contribution)} 元"
    return [
        f"准予参保{'，' + '、'.join(said) if said else ''}",
        f"{CLASSES.get(verdict.cover_class, '未填类别')}，{period}",
        f"{waiting}，{price}",
    ]


def get_versions(version: PlanVersion, *, actor: Actor) -> list[PlanVersion]:
    """
    This function will give all versions of a plan that the actor may read, latest first.
    """
    return list(PlanVersion.objects.readable_by(actor).filter(plan_id=version.plan_id).order_by("-version"))


class WindowRow(NamedTuple):
    """What a branch has said about the sale of a version."""

    window: SaleWindow
    words: str
    is_now: bool


def get_windows(version: PlanVersion, *, actor: Actor, day: date) -> list[WindowRow]:
    """
    This function will give what the branches have said, latest first; of each branch the last row that has begun holds.
    """
    found = SaleWindow.objects.visible_to(actor).filter(version=version).select_related("branch")
    rows = list(found.order_by("-effective_from", "-pk"))
    now: dict[int, int] = {}
    for row in rows:
        if row.effective_from <= day:
            now.setdefault(row.branch_id, row.pk)
    return [WindowRow(row, _tell_window(row), now.get(row.branch_id) == row.pk) for row in rows]


def _tell_window(row: SaleWindow) -> str:
    if row.kind != WindowKind.OWN:
        return str(row.get_kind_display())
    return f"{row.opens_on or '不限'} 至 {row.closes_on or '不限'}"


def get_acts(version: PlanVersion, *, actor: Actor) -> dict[str, May]:
    """
    This function will tell which acts the actor may take on a version as it stands, each with the words it is refused with.
    """
    acts = {action.value: permissions.may(actor, f"plan_version.{action}", version) for action in VersionAction}
    drafts = permissions.may(actor, "plan.draft", version)
    return acts | {
        "edit": drafts if version.is_editable else May("不在起草中。"),
        "draft": drafts if version.is_told else May("尚未发布。"),
        "shorten": permissions.may(actor, "plan.shorten", version)
        if version.state == VersionState.PUBLISHED
        else May("未在销售。"),
        "window": permissions.may(actor, "plan.set_window")
        if version.state == VersionState.PUBLISHED
        else May("未在销售。"),
    }
