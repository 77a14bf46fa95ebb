"""Who may make accounts and branches."""

from __future__ import annotations

from huzhu.accounts import scope
from huzhu.accounts.models import Branch, StaffPost, User
from huzhu.accounts.roles import StaffRole
from huzhu.shared.actors import Actor, Side
from huzhu.shared.trace import Refused


class NotPermitted(Refused):
    """The actor may not do this; the words say why and whom to ask."""


def may_manage_staff(by: Actor) -> bool:
    """Test if the actor may make and change branches and accounts at all, whichever subtree."""
    return by.side == Side.SYSTEM or (by.side == Side.OFFICE and StaffRole.SYSTEM_ADMIN in by.roles)


def check_can_found(by: Actor) -> None:
    """
    Test if the actor is the program itself, which founds an installation and its demo.

    :raises NotPermitted: for people: accounts are opened by one administrator and given roles by another
    """
    if by.side != Side.SYSTEM:
        raise NotPermitted("系统管理员只开通账号，角色由安全管理员授予。")


def check_is_another(by: Actor, *, user_id: int) -> None:
    """
    Test if the account is not the actor's own.

    :raises NotPermitted: if it is
    """
    if by.user_id == user_id:
        raise NotPermitted("不能变更自己的账号，请由另一位管理员办理。")


def may_grant(by: Actor) -> bool:
    """Test if the actor may give and take roles at all, whichever subtree."""
    return by.side == Side.SYSTEM or (by.side == Side.OFFICE and StaffRole.SECURITY_ADMIN in by.roles)


def check_can_grant(by: Actor, *, post: StaffPost, roles: list[str], is_first: bool) -> None:
    """
    Test if the actor may give a staff member these roles: security administrators in their subtree.

    :param is_first: there is no security administrator yet; a system administrator may then name one, and nothing else
    :raises NotPermitted: otherwise
    """
    is_naming_the_first = is_first and may_manage_staff(by) and roles == [StaffRole.SECURITY_ADMIN]
    if not may_grant(by) and not is_naming_the_first:
        raise NotPermitted("角色由安全管理员授予和收回，请联系安全管理员办理。")
    if not scope.includes(by, post.branch):
        raise NotPermitted("该人员不在您的管辖范围内，请由上级机构的安全管理员办理。")


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


def check_can_secure(by: Actor, *, user: User, branch: Branch | None) -> None:
    """
    Test if the actor may lift a lock-out and take a lost second factor away.

    :param branch: where the account has its place; none for portal accounts, which any security administrator may help, because
        lifting a lock gives nothing but another try
    :raises NotPermitted: if the actor is no security administrator of that subtree, or it is the own account
    """
    if by.side == Side.SYSTEM:
        return
    if not may_grant(by):
        raise NotPermitted("只有安全管理员可以解除锁定、重置第二重验证，请联系安全管理员办理。")
    check_is_another(by, user_id=user.pk)
    if branch is not None and not scope.includes(by, branch):
        raise NotPermitted("该账号不在您的管辖范围内，请由上级机构的安全管理员办理。")
