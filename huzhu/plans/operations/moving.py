"""What every step of a version needs: the lock, the gate of example cases, and the only lines that write `state`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from huzhu.audit import operations as audit
from huzhu.plans.models import PlanVersion
from huzhu.plans.rules import CaseResult, Judge, get_missing_kinds, run_cases
from huzhu.plans.states import PLAN_VERSION, VersionAction
from huzhu.shared import locks
from huzhu.shared.actors import Actor
from huzhu.work import operations as work


class PlanRefused(ValueError):
    """This cannot be done with the plan; the words say what to do."""


class CasesFail(PlanRefused):
    """An example case does not come as expected, or a kind of case is missing; `failed` are those that do not."""

    def __init__(self, words: str, failed: Sequence[CaseResult] = ()) -> None:
        super().__init__(words)
        self.failed = list(failed)


def lock_version(version_id: int) -> PlanVersion:
    """This function will read a version and keep everybody else from its plan to the end of the transaction."""
    locks.lock("plan", PlanVersion.objects.values_list("plan_id", flat=True).get(pk=version_id))
    return PlanVersion.objects.select_for_update(of=("self",)).select_related("plan").get(pk=version_id)


def check_cases(version: PlanVersion, *, judge: Judge) -> None:
    """
    This function will pass a version whose example cases all come as expected.

    :raises CasesFail: otherwise, naming the cases
    """
    results = run_cases(version, judge=judge)
    if missing := get_missing_kinds(result.case for result in results):
        raise CasesFail(f"“{version.plan}”还缺样例：{'、'.join(missing)}。请先补充，每种至少一例。")
    if failed := [result for result in results if not result.has_passed]:
        names = "、".join(f"“{result.case.name}”" for result in failed)
        raise CasesFail(f"“{version.plan}”的样例 {names} 未通过，不能提交或发布。请对照“应为”和“实为”更正。", failed)


def move(version: PlanVersion, action: VersionAction, *, by: Actor, at: datetime, reason: str = "") -> PlanVersion:
    """
    This function will change the state, save, and leave a trace.

    :raises TransitionNotAllowed: if the step is not open in the state
    """
    before = version.state
    version.state = PLAN_VERSION.next_state(action, state=before)
    version.save()
    work.finish(version, at=at)
    audit.record(
        f"plan_version.{action}",
        label=f"{action.label}计划版本",
        subject=version,
        by=by,
        at=at,
        before=before,
        after=version.state,
        reason=reason,
        details={"plan": version.plan.code, "version": version.version},
    )
    return version
