"""Rows of the policy table: who may make accounts and branches."""

from __future__ import annotations

from typing import NamedTuple

from huzhu.accounts import policy, scope
from huzhu.accounts.models import Branch, StaffPost, User
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import SYSTEM, StaffRole
from huzhu.shared.actors import Actor, Side

__all__ = ["Account", "Grant", "NotPermitted", "check", "may"]

KEEPERS = "只有系统管理员可以维护机构和用户，请联系系统管理员办理。"
ROW_CHANGES = "数据变更不分机构，由省级的审计员或安全管理员查看和导出。"


class Grant(NamedTuple):
    """Roles to be given to a staff member; `is_first` while there is no security administrator yet."""

    post: StaffPost
    roles: list[str]
    is_first: bool


class Account(NamedTuple):
    """An account with the branch where it has its place; portal accounts belong to none."""

    user: User
    branch: Branch | None


def in_subtree(by: Actor, branch: Branch | None) -> str:
    """own subtree"""
    if by.side == Side.SYSTEM or (branch is not None and scope.includes(by, branch)):
        return ""
    return "该机构不在您的管辖范围内，请由上级机构的系统管理员办理。"


def of_association(by: Actor, record: object) -> str:
    """the whole association's: rows of the database belong to no branch"""
    return "" if scope.is_of_whole_association(by) else ROW_CHANGES


def staff_of_subtree(by: Actor, post: StaffPost) -> str:
    """staff of the own subtree"""
    return in_subtree(by, post.branch)


def another_account(by: Actor, post: StaffPost) -> str:
    """another than oneself"""
    return "不能变更自己的账号，请由另一位管理员办理。" if by.user_id == post.user_id else ""


def grants_in_subtree(by: Actor, grant: Grant) -> str:
    """staff of the own subtree"""
    if scope.includes(by, grant.post.branch):
        return ""
    return "该人员不在您的管辖范围内，请由上级机构的安全管理员办理。"


def another_grantee(by: Actor, grant: Grant) -> str:
    """another than oneself"""
    return another_account(by, grant.post)


def names_the_first(by: Actor, grant: Grant) -> str:
    """a system administrator names the first security administrator only"""
    if by.side == Side.SYSTEM or StaffRole.SECURITY_ADMIN in by.roles:
        return ""
    if grant.is_first and grant.roles == [StaffRole.SECURITY_ADMIN]:
        return ""
    return "角色由安全管理员授予和收回，请联系安全管理员办理。"


def account_of_subtree(by: Actor, account: Account) -> str:
    """accounts of the own subtree, and those of the portal: lifting a lock gives nothing but another try"""
    if account.branch is None or scope.includes(by, account.branch):
        return ""
    return "该账号不在您的管辖范围内，请由上级机构的安全管理员办理。"


def another_owner(by: Actor, account: Account) -> str:
    """another than oneself"""
    return "不能变更自己的账号，请由另一位管理员办理。" if by.user_id == account.user.pk else ""


policy.declare(
    act("branch.keep", "维护机构", {StaffRole.SYSTEM_ADMIN, SYSTEM}, KEEPERS, scope=in_subtree),
    act("staff.open", "开通账号", {StaffRole.SYSTEM_ADMIN, SYSTEM}, KEEPERS, scope=in_subtree),
    act(
        "staff.change",
        "变更、停用和启用账号",
        {StaffRole.SYSTEM_ADMIN, SYSTEM},
        KEEPERS,
        scope=staff_of_subtree,
        guards=(another_account,),
    ),
    act(
        "staff.reveal",
        "查看完整手机号",
        {StaffRole.SYSTEM_ADMIN},
        KEEPERS,
        scope=staff_of_subtree,
        shows=("mobile",),
    ),
    act("staff.found", "开通账号时授予角色", {SYSTEM}, "系统管理员只开通账号，角色由安全管理员授予。"),
    act(
        "staff.grant",
        "授予和收回角色",
        {StaffRole.SECURITY_ADMIN, StaffRole.SYSTEM_ADMIN, SYSTEM},
        "角色由安全管理员授予和收回，请联系安全管理员办理。",
        scope=grants_in_subtree,
        guards=(another_grantee, names_the_first),
    ),
    act(
        "account.secure",
        "解除锁定、重置第二重验证",
        {StaffRole.SECURITY_ADMIN, SYSTEM},
        "只有安全管理员可以解除锁定、重置第二重验证，请联系安全管理员办理。",
        scope=account_of_subtree,
        guards=(another_owner,),
    ),
    act(
        "audit.export",
        "导出操作日志和登录日志",
        {StaffRole.AUDITOR, StaffRole.SECURITY_ADMIN},
        "操作日志和登录日志由审计员或安全管理员导出。",
    ),
    act(
        "row_change.read",
        "查看和导出数据变更",
        {StaffRole.AUDITOR, StaffRole.SECURITY_ADMIN},
        ROW_CHANGES,
        scope=of_association,
    ),
)
