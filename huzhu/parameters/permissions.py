"""Who may change what the association decides."""

from __future__ import annotations

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.accounts.permissions import NotPermitted
from huzhu.accounts.roles import StaffRole
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.states import CHANGE, ChangeAction
from huzhu.shared.actors import Actor, Side

__all__ = ["NotPermitted", "check_can_change", "check_can_decide", "may_change", "may_change_for_all"]


def may_change(by: Actor) -> bool:
    """Test if the actor may change parameters at all."""
    return by.side == Side.OFFICE and StaffRole.SYSTEM_ADMIN in by.roles


def may_change_for_all(by: Actor) -> bool:
    """Test if the actor may change what holds for the whole association."""
    return may_change(by) and scope.is_of_whole_association(by)


def check_can_change(by: Actor, *, branch: Branch | None) -> None:
    """
    Test if the actor may change a parameter for the whole association (no branch) or for a branch.

    :raises NotPermitted: unless the actor is system administrator of the whole association, or of that branch's subtree
    """
    if by.side == Side.SYSTEM:
        return
    if not may_change(by):
        raise NotPermitted("参数由系统管理员设置，请联系系统管理员办理。")
    if not (scope.is_of_whole_association(by) if branch is None else scope.includes(by, branch)):
        raise NotPermitted("该参数由上级机构统一设置，请联系上级机构的系统管理员办理。")


def check_can_decide(by: Actor, change: ParameterChange, action: ChangeAction) -> None:
    """
    Test if the actor is the second person of a change: another system administrator or a 财务复核 of the whole association.

    :raises NotPermitted: otherwise; persons are compared, not accounts
    """
    if by.side != Side.OFFICE or not CHANGE.is_permitted(action, roles=by.roles):
        raise NotPermitted("涉及资金的参数由另一名系统管理员或财务复核复核。")
    if not scope.is_of_whole_association(by):
        raise NotPermitted("该参数由省级复核。")
    if not by.person or change.proposed_by_person in by.persons:
        raise NotPermitted("这项变更由您本人提出，须由另一人复核。")
