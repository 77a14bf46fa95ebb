"""Who may pass work on, show it, and appoint deputies. Every refusal tells the reason in words people can read."""

from __future__ import annotations

from huzhu.accounts import scope
from huzhu.accounts.models import StaffPost
from huzhu.accounts.roles import StaffRole
from huzhu.shared.actors import Actor, Side
from huzhu.shared.trace import Refused

ADMINISTRATORS = frozenset({StaffRole.SYSTEM_ADMIN, StaffRole.SECURITY_ADMIN, StaffRole.AUDITOR})


class NotPermitted(Refused):
    """This person may not do this to this work; the message says why."""


def check_is_staff(by: Actor) -> None:
    """
    Work is taken on by people of the association with an account.

    :raises NotPermitted: for anybody else
    """
    if by.side != Side.OFFICE or by.user_id is None:
        raise NotPermitted("只有互助会工作人员可以认领和转交。")


def check_can_appoint(by: Actor, *, principal: StaffPost, deputy: StaffPost) -> None:
    """
    Somebody appoints their own deputy, or the system administrator of that subtree does. The powers of the three administrators are
    never stood in for, nor held beside other work; and the deputy needs a place where they may do the principal's work.

    :raises NotPermitted: otherwise
    """
    check_can_end(by, principal=principal)
    if ADMINISTRATORS & set(principal.roles):
        raise NotPermitted("系统管理员、安全管理员和审计员的权限不能代理。")
    if ADMINISTRATORS & set(deputy.roles):
        raise NotPermitted(f"{deputy.user.name}是管理员或审计员，不能代理业务，请选择业务岗位的同事。")
    if principal.user_id == deputy.user_id or principal.user.mobile == deputy.user.mobile:
        raise NotPermitted("代理人须是另一人。")
    if not deputy.user.is_active:
        raise NotPermitted(f"{deputy.user.name}的账号已停用，请选择其他同事。")
    if scope.get_common(principal.branch.path, deputy.branch.path) is None:
        raise NotPermitted(
            f"{deputy.user.name}所在的{deputy.branch.name}与{principal.branch.name}没有共同的管辖范围，不能代理。"
        )


def check_can_end(by: Actor, *, principal: StaffPost) -> None:
    """
    Who may appoint a deputy for somebody may also end it; a deputy does neither in the other's name.

    :raises NotPermitted: otherwise
    """
    check_is_staff(by)
    if by.stands_in_for is not None:
        raise NotPermitted("代理他人办理时不能设置代理，请先退出代理。")
    if principal.user_id == by.user_id:
        return
    if StaffRole.SYSTEM_ADMIN not in by.roles:
        raise NotPermitted("只能为自己设置代理；为他人设置请联系系统管理员。")
    if not scope.includes(by, principal.branch):
        raise NotPermitted("该工作人员不在您的管辖范围内，请由上级机构的系统管理员设置。")
