"""Rows of the policy table: who may change what the association decides."""

from __future__ import annotations

from huzhu.accounts import policy, scope
from huzhu.accounts.models import Branch
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import SYSTEM, StaffRole
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.states import CHANGE, ChangeAction
from huzhu.shared.actors import Actor, Side

__all__ = ["NotPermitted", "check", "may"]


def of_subtree(by: Actor, branch: Branch | None) -> str:
    """the own subtree's; the whole association's for its own staff"""
    if by.side == Side.SYSTEM:
        return ""
    if scope.is_of_whole_association(by) if branch is None else scope.includes(by, branch):
        return ""
    return "该参数由上级机构统一设置，请联系上级机构的系统管理员办理。"


def of_association(by: Actor, change: ParameterChange) -> str:
    """the whole association's"""
    return "" if scope.is_of_whole_association(by) else "该参数由省级复核。"


def another_than_proposed(by: Actor, change: ParameterChange) -> str:
    """another person than who proposed"""
    if not by.person:
        return "参数变更须由工作人员本人复核。"
    who = by.own_among(change.proposed_by_person, change.proposed_for_person)
    return f"这项变更由{who}提出，须由另一人复核。" if who else ""


policy.declare(
    act(
        "parameter.change",
        "变更参数",
        {StaffRole.SYSTEM_ADMIN, SYSTEM},
        "参数由系统管理员设置，请联系系统管理员办理。",
        scope=of_subtree,
    ),
    *policy.steps(
        CHANGE,
        otherwise="涉及资金的参数由另一名系统管理员或财务复核复核。",
        scope=of_association,
        guards=dict.fromkeys(ChangeAction, (another_than_proposed,)),
    ),
)
