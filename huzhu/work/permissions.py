"""Rows of the policy table: who may pass work on, show it, and appoint deputies."""

from __future__ import annotations

from typing import NamedTuple

from huzhu.accounts import policy, scope
from huzhu.accounts.models import StaffPost
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import STAFF, StaffRole
from huzhu.shared.actors import Actor

__all__ = ["ADMINISTRATORS", "Appointment", "NotPermitted", "check", "may"]

ADMINISTRATORS = frozenset({StaffRole.SYSTEM_ADMIN, StaffRole.SECURITY_ADMIN, StaffRole.AUDITOR})
DECIDERS = STAFF - {StaffRole.SECURITY_ADMIN, StaffRole.AUDITOR}  # who ever has work that waits
NO_STAFF = "只有互助会工作人员可以认领和转交。"


class Appointment(NamedTuple):
    """Who is to do whose work."""

    principal: StaffPost
    deputy: StaffPost


def own_or_of_subtree(by: Actor, principal: StaffPost) -> str:
    """one's own; a system administrator's for staff of the own subtree; never as a deputy"""
    if by.user_id is None:
        return NO_STAFF
    if by.stands_in_for is not None:
        return "代理他人办理时不能设置代理，请先退出代理。"
    if principal.user_id == by.user_id:
        return ""
    if StaffRole.SYSTEM_ADMIN not in by.roles:
        return "只能为自己设置代理；为他人设置请联系系统管理员。"
    if not scope.includes(by, principal.branch):
        return "该工作人员不在您的管辖范围内，请由上级机构的系统管理员设置。"
    return ""


def own_work_or_of_subtree(by: Actor, appointment: Appointment) -> str:
    """one's own; a system administrator's for staff of the own subtree; never as a deputy"""
    return own_or_of_subtree(by, appointment.principal)


def fitting(by: Actor, appointment: Appointment) -> str:
    """nobody stands in for administrators, nor do they for others; another person, active, with a common subtree"""
    principal, deputy = appointment
    if ADMINISTRATORS & set(principal.roles):
        return "系统管理员、安全管理员和审计员的权限不能代理。"
    if ADMINISTRATORS & set(deputy.roles):
        return f"{deputy.user.name}是管理员或审计员，不能代理业务，请选择业务岗位的同事。"
    if principal.user_id == deputy.user_id or principal.user.mobile == deputy.user.mobile:
        return "代理人须是另一人。"
    if not deputy.user.is_active:
        return f"{deputy.user.name}的账号已停用，请选择其他同事。"
    if scope.get_common(principal.branch.path, deputy.branch.path) is None:
        return f"{deputy.user.name}所在的{deputy.branch.name}与{principal.branch.name}没有共同的管辖范围，不能代理。"
    return ""


def with_account(by: Actor, record: object) -> str:
    """a person with an account"""
    return NO_STAFF if by.user_id is None else ""


policy.declare(
    act("work.take", "认领、退还和转交", DECIDERS, NO_STAFF, scope=with_account),
    act("work.show", "抄送", DECIDERS, NO_STAFF, scope=with_account),
    act("deputy.appoint", "设置代理", STAFF, NO_STAFF, scope=own_work_or_of_subtree, guards=(fitting,)),
    act("deputy.end", "结束代理", STAFF, NO_STAFF, scope=own_or_of_subtree),
)
