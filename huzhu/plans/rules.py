"""
What a plan version may say, what its example cases must be, and what differs between two versions: pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

Figures = Mapping[str, Any]

REFUSED_BY_AGE = frozenset({"not_yet_working_age", "over_max_age"})
BLOCKING = REFUSED_BY_AGE | {"gender_not_eligible", "already_covered"}
CODES = BLOCKING | {"over_age", "category_unknown"}  # what a case can come to; the others need an employer's papers
LEAST_AGE = 16
_CODE = re.compile(r"[A-Z][A-Z0-9-]{1,19}")

# Papers at enrolment that the rules ask for, with what each must show where a version says nothing else.
PROOFS = {
    "in_service_certificate": "单位公章、人员姓名和证件号码、仍在职的说明",
    "dispatch_proof": "派遣单位或本单位公章、人员姓名、派遣或用工关系",
    "participation_note": "单位公章、在职人数、参保人数和未参保原因",
}

KINDS = {
    "lump_sum": "定额给付",
    "graded_lump_sum": "按伤残等级给付",
    "daily": "住院日津贴",
    "ratio": "按费用比例给付",
}
EVENTS = {
    "critical_illness": "重大疾病",
    "hospitalisation": "住院",
    "illness_hospitalisation": "因病住院",
    "accident_hospitalisation": "意外住院",
    "accidental_death": "意外身故",
    "accidental_disability": "意外伤残",
}
BASES = {"in_scope_self_pay": "政策范围内个人自付", "out_of_scope_self_pay": "自费"}


class FiguresRefused(ValueError):
    """A version cannot say this; `problems` tells each by its field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("；".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """
    What the rules make of a person: the findings by code and, where nobody is refused, period, class, waiting days and price.
    """

    codes: tuple[str, ...]
    start: date | None = None
    end: date | None = None
    cover_class: str = ""
    waiting_days: int | None = None
    contribution: Decimal | None = None

    @property
    def is_refused(self) -> bool:
        """Whether a finding keeps the person out."""
        return not BLOCKING.isdisjoint(self.codes)

    def write(self) -> dict[str, Any]:
        """The verdict as it is kept in a case."""
        kept = asdict(self) | {"codes": list(self.codes)}
        return {name: str(value) if isinstance(value, date | Decimal) else value for name, value in kept.items()}


@dataclass(frozen=True, kw_only=True)
class ExampleCase:
    """
    One person who enrols, and what must come of it. Money arrives on `arrival_on`; earlier cover ended on `previous_end`.
    """

    name: str
    born_on: date
    gender: str
    job_category: str
    share_count: int
    arrival_on: date
    reference_on: date | None
    previous_end: date | None
    expected: Verdict

    def write(self) -> dict[str, Any]:
        """The case as it is kept in a version."""
        kept = {**self.__dict__, "expected": self.expected.write()}
        return {name: str(value) if isinstance(value, date) else value for name, value in kept.items()}


Judge = Callable[[Any, ExampleCase], Verdict]  # a version and a case


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """A case with what the rules make of it."""

    case: ExampleCase
    got: Verdict

    @property
    def has_passed(self) -> bool:
        """Whether it came as expected; of who is refused only the findings count."""
        expected = self.case.expected
        if self.got.codes != expected.codes:
            return False
        return expected.is_refused or self.got == expected


def read_case(kept: Mapping[str, Any]) -> ExampleCase:
    """
    This function will read a case as it is kept in a version or written in the catalogue.

    :raises ValueError: if a day or an amount cannot be read
    """
    expected = kept["expected"]
    contribution = expected.get("contribution")
    waiting = expected.get("waiting_days")
    return ExampleCase(
        name=kept["name"],
        born_on=_read_day(kept["born_on"]) or date.min,
        gender=kept["gender"],
        job_category=kept.get("job_category", ""),
        share_count=int(kept.get("share_count", 1)),
        arrival_on=_read_day(kept["arrival_on"]) or date.min,
        reference_on=_read_day(kept.get("reference_on")),
        previous_end=_read_day(kept.get("previous_end")),
        expected=Verdict(
            codes=tuple(sorted(expected.get("codes", []))),
            start=_read_day(expected.get("start")),
            end=_read_day(expected.get("end")),
            cover_class=expected.get("cover_class", ""),
            waiting_days=None if waiting is None else int(waiting),
            contribution=None if contribution is None else Decimal(str(contribution)),
        ),
    )


def _read_day(value: Any) -> date | None:
    if not value:
        return None
    return value if isinstance(value, date) else date.fromisoformat(value)


def run_cases(version: Any, *, judge: Judge) -> list[CaseResult]:
    """
    This function will let the rules judge every example case of a version.
    """
    return [CaseResult(case=case, got=judge(version, case)) for case in map(read_case, version.cases)]


def get_missing_kinds(cases: Iterable[ExampleCase]) -> list[str]:
    """
    This function will tell in words which kinds of case a version still lacks: somebody accepted, somebody refused for their age,
    and a renewal.
    """
    expected = [case.expected for case in cases]
    wanted = {
        "准予参保": any(not each.is_refused for each in expected),
        "因年龄不予参保": any(not REFUSED_BY_AGE.isdisjoint(each.codes) for each in expected),
        "续保": any(each.cover_class == "renewal" and not each.is_refused for each in expected),
    }
    return [kind for kind, is_there in wanted.items() if not is_there]


def check_names(*, code: str, name: str, generation: str, is_code_taken: bool, is_name_taken: bool) -> None:
    """
    This function will pass what a new plan is called.

    :raises FiguresRefused: for any other, each problem at its field
    """
    problems = {}
    if not _CODE.fullmatch(code):
        problems["code"] = "计划代码为 2 至 20 位大写字母、数字和短横，以字母开头，如 CI26-A。"
    elif is_code_taken:
        problems["code"] = f"代码 {code} 已用于另一个计划，请换一个；代码发布后不再改变。"
    if not name.strip():
        problems["name"] = "请填写计划名称。"
    elif is_name_taken:
        problems["name"] = "已有同名的计划。只是条款或价格有变的，请在该计划上起草新版本；甲乙种请填写种别。"
    if not generation.strip():
        problems["generation"] = "请填写年度，如 2026。"
    if problems:
        raise FiguresRefused(problems)


def check_figures(figures: Figures, *, known_codes: Iterable[str]) -> None:
    """
    This function will pass figures that make a plan.

    :param known_codes: the codes of all plans, that `renews_from` may name
    :raises FiguresRefused: for any other, each problem at its field
    """
    problems: dict[str, str] = {}
    for name, words in _find_problems(figures, set(known_codes)):
        problems.setdefault(name, words)
    if problems:
        raise FiguresRefused(problems)


def _find_problems(figures: Figures, known: set[str]) -> Iterable[tuple[str, str]]:
    starts, ends = figures["valid_from"], figures["valid_to"]
    if starts is None:
        yield "valid_from", "请填写开始销售的日期。"
    elif ends and ends < starts:
        yield "valid_to", f"销售截止日不能早于开始日 {starts}。"
    if figures["contribution_amount"] < 0:
        yield "contribution_amount", "每份保障费不能为负数。"
    for name, least, most, words in LIMITS:
        if not least <= figures[name] <= most:
            yield name, f"{words}须为 {least} 至 {most}。"
    if figures["min_age"] > figures["max_age"]:
        yield "max_age", f"最高年龄不能小于最低年龄 {figures['min_age']} 周岁。"
    if not 0 <= figures["min_participation_ratio"] <= 1:
        yield "min_participation_ratio", "参保比例须在 0 与 100% 之间。"
    if unknown := [code for code in figures["renews_from"] if code not in known]:
        yield "renews_from", f"没有代码为 {'、'.join(unknown)} 的计划，请核对。"
    if figures["cap_amount"] is not None and figures["cap_amount"] <= 0:
        yield "cap_amount", "每人最高保障金须大于 0；按地区另定的请留空。"
    if not figures["benefits"]:
        yield "benefits", "请至少设置一项保障责任。"
    for place, benefit in enumerate(figures["benefits"], start=1):
        if words := find_benefit_problem(benefit):
            yield "benefits", f"第 {place} 项责任“{benefit.get('name', '')}”：{words}"
    if len({benefit["code"] for benefit in figures["benefits"]}) < len(figures["benefits"]):
        yield "benefits", "责任代码重复，请逐项使用不同的代码。"
    if not figures["exclusions"]:
        yield "exclusions", "请填写责任免除，每行一条。"


LIMITS = (
    ("max_shares", 1, 99, "每人最多份数"),
    ("term_months", 1, 120, "保障期限（月）"),
    ("min_age", LEAST_AGE, 100, "最低参保年龄"),
    ("max_age", LEAST_AGE, 100, "最高参保年龄"),
    ("min_headcount", 0, 100000, "最少参保人数"),
    ("all_must_join_below", 0, 100000, "须全员参保的单位人数"),
    ("waiting_days_first", 0, 3660, "首次参保免责期（天）"),
    ("waiting_days_lapsed", 0, 3660, "断保后免责期（天）"),
    ("waiting_days_renewal", 0, 3660, "续保免责期（天）"),
    ("renewal_grace_days", 0, 366, "续保宽限期（天）"),
    ("claim_limit_days", 1, 3660, "申请理赔时限（天）"),
)


def find_benefit_problem(benefit: Figures) -> str:
    """
    This function will tell what a benefit lacks, or nothing.
    """
    if not benefit.get("code") or not benefit.get("name"):
        return "请填写代码和名称。"
    if benefit.get("kind") not in KINDS or benefit.get("event") not in EVENTS:
        return "请选择给付方式和给付条件。"
    wanted = {"lump_sum": "amount_yuan", "graded_lump_sum": "amount_yuan", "daily": "daily_yuan"}.get(benefit["kind"])
    if wanted and Decimal(str(benefit.get(wanted) or 0)) <= 0:
        return "每份金额须大于 0。"
    if benefit["kind"] == "daily" and not benefit.get("max_days"):
        return "请填写每人每期最多天数。"
    if benefit["kind"] == "ratio":
        ratios = benefit.get("ratio_by_claim_no") or []
        if benefit.get("base") not in BASES or not ratios or not all(0 < ratio <= 1 for ratio in ratios):
            return "请选择费用范围，并按次填写 1% 至 100% 的比例。"
    if not benefit.get("required_documents"):
        return "请至少选择一种申请材料。"
    return ""


def get_differences(before: Figures, after: Figures, *, names: Sequence[str]) -> list[str]:
    """
    This function will name the figures in which two versions differ.
    """
    return [name for name in names if before[name] != after[name]]
