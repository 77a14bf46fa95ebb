"""Rows of the policy table: who may change the lists of codes."""

from __future__ import annotations

from huzhu.accounts import policy, scope
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import SYSTEM, StaffRole
from huzhu.shared.actors import Actor, Side

__all__ = ["NotPermitted", "check", "may"]

KEEPERS = "字典全省统一，由省级系统管理员维护，请联系省级系统管理员办理。"


def of_association(by: Actor, record: object) -> str:
    """the whole association's: the lists are the same everywhere"""
    return "" if by.side == Side.SYSTEM or scope.is_of_whole_association(by) else KEEPERS


policy.declare(act("code_list.keep", "维护字典", {StaffRole.SYSTEM_ADMIN, SYSTEM}, KEEPERS, scope=of_association))
