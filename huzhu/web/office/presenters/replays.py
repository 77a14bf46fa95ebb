"""按提交时规则重演 in words: the runs kept of an application, and where a replay differs."""

from __future__ import annotations

from dataclasses import dataclass

from huzhu.enrolment import wording
from huzhu.enrolment.models import ApplicationPlan, EnrolmentApplication, Judgement
from huzhu.enrolment.precheck.registry import RuleForgotten
from huzhu.enrolment.precheck.replaying import Difference, Replay, replay
from huzhu.shared.seals import SealBroken


@dataclass(frozen=True, kw_only=True)
class Line:
    """One finding that only one side has."""

    side: str
    label: str
    version: int
    who: str
    number_masked: str
    plan: str
    what: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a replay, or why there is none."""

    replay: Replay | None
    lines: list[Line]
    problem: str = ""

    @property
    def words(self) -> str:
        """How far the two sides differ."""
        if self.replay is None:
            return ""
        kept, made, count = self.replay.kept, self.replay.made, self.replay.difference_count
        return f"不一致：当时 {kept:,} 项，重演 {made:,} 项，{count:,} 处不同"


def get_outcome(*, judgement: Judgement) -> Outcome:
    """
    This function will replay a run and put the differences into words.
    """
    try:
        replayed = replay(judgement=judgement)
    except RuleForgotten as error:
        return Outcome(replay=None, lines=[], problem=str(error))
    except SealBroken:
        return Outcome(replay=None, lines=[], problem="留存的校验依据打不开：已被改动，或密钥不在本系统中。")
    plans = _get_plans(judgement.application)
    return Outcome(replay=replayed, lines=[_line(each, plans) for each in replayed.differences])


def _get_plans(application: EnrolmentApplication) -> dict[int, str]:
    rows = ApplicationPlan.objects.filter(application=application).select_related("plan_version__plan")
    return {plan.pk: str(plan.plan_version.plan) for plan in rows}


def _line(difference: Difference, plans: dict[int, str]) -> Line:
    code = difference.code
    return Line(
        side="当时有，重演没有" if difference.is_kept else "重演有，当时没有",
        label=wording.LABELS.get(code, code),
        version=difference.version,
        who=difference.name or ("整个申请" if difference.plan_id is None else "整个计划"),
        number_masked=difference.number_masked,
        plan="" if difference.plan_id is None else plans.get(difference.plan_id, "已取消的计划"),
        what=wording.words(code, difference.inputs).what if code in wording.LABELS else "",
    )
