"""Who may change the lists of codes."""

from __future__ import annotations

from huzhu.accounts import scope
from huzhu.accounts.permissions import NotPermitted
from huzhu.accounts.roles import StaffRole
from huzhu.shared.actors import Actor, Side

__all__ = ["NotPermitted", "check_can_change", "may_change"]


def may_change(by: Actor) -> bool:
    """Test if the actor is system administrator of the whole association; the lists are the same everywhere."""
    return by.side == Side.OFFICE and StaffRole.SYSTEM_ADMIN in by.roles and scope.is_of_whole_association(by)


def check_can_change(by: Actor) -> None:
    """
    Test if the actor may change lists of codes.

    :raises NotPermitted: unless the actor is system administrator of the whole association
    """
    if by.side != Side.SYSTEM and not may_change(by):
        raise NotPermitted("字典全省统一，由省级系统管理员维护，请联系省级系统管理员办理。")
