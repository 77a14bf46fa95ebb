"""Who may make accounts and branches."""

from __future__ import annotations

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.accounts.roles import StaffRole
from huzhu.shared.actors import Actor, Side
from huzhu.shared.trace import Refused


class NotPermitted(Refused):
    """The actor may not do this; the words say why and whom to ask."""


def may_manage_staff(by: Actor) -> bool:
    """Test if the actor may make and change branches and accounts at all, whichever subtree."""
    return by.side == Side.SYSTEM or (by.side == Side.OFFICE and StaffRole.SYSTEM_ADMIN in by.roles)


def check_can_manage_staff(by: Actor, *, branch: Branch | None) -> None:
    """
    Test if the actor may make or change staff and branches there.

    :raises NotPermitted: if the actor is no system administrator of that subtree
    """
    if by.side == Side.SYSTEM:
        return
    if not may_manage_staff(by):
        raise NotPermitted("只有系统管理员可以维护机构和用户，请联系系统管理员办理。")
    if branch is None or not scope.includes(by, branch):
        raise NotPermitted("该机构不在您的管辖范围内，请由上级机构的系统管理员办理。")
