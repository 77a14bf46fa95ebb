"""Rows of the policy table: who may tell employers something, and whom."""

from __future__ import annotations

from huzhu.accounts import policy, scope
from huzhu.accounts.models import Branch
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import CASHIERS, StaffRole
from huzhu.announcements.models import Announcement
from huzhu.announcements.states import ANNOUNCEMENT, WRITERS
from huzhu.shared.actors import Actor

__all__ = ["NotPermitted", "check", "may"]

READERS = frozenset({*WRITERS, *CASHIERS, StaffRole.AUDITOR})  # who writes announcements, and who reads what went out


def of_branch(by: Actor, branch: Branch) -> str:
    """branches of the own subtree"""
    return "" if scope.includes(by, branch) else "该公告不属于您所在机构，请由发布机构或其上级办理。"


def of_subtree(by: Actor, announcement: Announcement) -> str:
    """announcements of the own subtree"""
    return of_branch(by, announcement.branch)


policy.declare(
    act(
        "announcement.write",
        "起草、修改和提醒",
        WRITERS,
        "公告由受理员、复核员、产品管理员或系统管理员发布。",
        scope=of_branch,
    ),
    act("announcement.export", "导出阅读情况", READERS, "您的角色不能导出公告阅读情况。"),
    *policy.steps(ANNOUNCEMENT, otherwise="公告由受理员、复核员、产品管理员或系统管理员办理。", scope=of_subtree),
)
