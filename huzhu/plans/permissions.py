"""Rows of the policy table: who may prepare plans, publish them, and open or close their sale."""

from __future__ import annotations

from huzhu.accounts import policy, scope
from huzhu.accounts.models import Branch
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.plans.models import PlanVersion
from huzhu.plans.states import MANAGERS, PLAN_VERSION, VersionAction
from huzhu.shared.actors import Actor

__all__ = ["NotPermitted", "check", "may"]

KEEPERS = "保障计划全省统一，由省级产品管理员维护，请联系省级产品管理员办理。"


def of_association(by: Actor, record: object) -> str:
    """the whole association's: plans are the same everywhere"""
    return "" if scope.is_of_whole_association(by) else KEEPERS


def of_subtree(by: Actor, branch: Branch) -> str:
    """the own subtree's"""
    return "" if scope.includes(by, branch) else "该机构不在您的管辖范围内，请由该机构或其上级的产品管理员办理。"


def another_than_proposed(by: Actor, version: PlanVersion) -> str:
    """another person than who proposed"""
    if not by.person:
        return "须由一名产品管理员复核。"
    if who := by.own_among(version.proposed_by_person):
        return f"这一版由{who}提交，须由另一名产品管理员复核；需要修改的请撤回。"
    return ""


policy.declare(
    act("plan.draft", "起草和修改计划版本", MANAGERS, KEEPERS, scope=of_association),
    act("plan.shorten", "提前结束销售", MANAGERS, KEEPERS, scope=of_association),
    act("plan.set_window", "设置机构参保时间", MANAGERS, "各机构的参保时间由产品管理员设置。", scope=of_subtree),
    *policy.steps(
        PLAN_VERSION,
        otherwise="保障计划由产品管理员办理：一人提交，另一人复核发布。",
        scope=of_association,
        guards={
            VersionAction.PUBLISH: (another_than_proposed,),
            VersionAction.SEND_BACK: (another_than_proposed,),
        },
    ),
)
