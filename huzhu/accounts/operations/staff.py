"""
Staff accounts: made and placed by the system administrator, given roles by the security administrator. One power never does the
other's work, and nobody changes the own account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from huzhu.accounts import permissions, queries
from huzhu.accounts.models import Branch, KnownDevice, StaffPost, User
from huzhu.accounts.operations.people import end_sessions
from huzhu.accounts.roles import StaffRole
from huzhu.audit import operations as audit
from huzhu.notifications import operations as notifications
from huzhu.shared import fresh_factor, locks
from huzhu.shared.actors import Actor, Side
from huzhu.shared.identity import mobile as mobiles

STAFF_LOGIN_NAME = re.compile(r"[a-z][a-z0-9._-]{2,39}")
LONGEST_NAME = 80
TAKEN = "该手机号已用于另一工作人员账号，一人只开一个账号，请核对手机号。"
KEPT_POWERS = (
    StaffRole.SYSTEM_ADMIN,
    StaffRole.SECURITY_ADMIN,
)  # somebody must always be able to open accounts and give roles


class StaffRefused(ValueError):
    """The staff account cannot be made or changed like this; the words say what to change."""


@transaction.atomic
def make_staff(
    *, login_name: str, mobile: str, name: str, branch_id: int, by: Actor, at: datetime, roles: Iterable[str] = ()
) -> User:
    """
    This function will make one staff account with its place. Its owner sets the password by a code sent to the mobile, and the
    second factor at the first sign-in; until the security administrator has given roles, it opens nothing.

    :param roles: only the program itself gives roles here, when it founds an installation
    :raises permissions.NotPermitted: if the actor is no system administrator of that branch's subtree, or gives roles
    :raises StaffRefused: if the login name is taken or malformed, the person has a staff account already, the branch is closed, the
        roles do not go together, or the person is a member of an employer of that subtree
    :raises MobileRefused: if the mobile is none
    """
    branch = Branch.objects.get(pk=branch_id)
    permissions.check(by, "staff.open", branch)
    login_name, mobile, roles = login_name.strip().lower(), mobiles.check_mobile(mobile), sorted(set(roles))
    if roles:
        permissions.check(by, "staff.found")
    if not STAFF_LOGIN_NAME.fullmatch(login_name):
        raise StaffRefused("登录名须以小写字母开头，由3至40位小写字母、数字或 . _ - 组成，请修改。")
    if not set(roles) <= set(StaffRole.values):
        raise StaffRefused("角色不在清单中，请重新选择。")
    if User.objects.filter(login_name=login_name).exists():
        raise StaffRefused(f"登录名“{login_name}”已被使用，请换一个。")
    if User.objects.filter(mobile=mobile, is_staff_account=True).exists():
        raise StaffRefused("该手机号已开通工作人员账号，请在原账号上调整机构和角色。")
    user = User(login_name=login_name, mobile=mobile, name=name.strip(), is_staff_account=True, created_at=at)
    user.password = make_password(None)
    user.save(force_insert=True)
    _save_post(StaffPost(user=user, branch=branch, roles=roles))
    audit.record(
        "accounts.make_staff",
        label="新增工作人员",
        subject=user,
        by=by,
        at=at,
        details={"branch": branch.name, "roles": roles},
    )
    if by.side != Side.SYSTEM:  # who founds an installation tells the first people in person
        key = f"staff_account_made:{user.pk}"
        notifications.queue_sms("staff_account_made", to=mobile, key=key, at=at, login=login_name, branch=branch.name)
    return user


@fresh_factor.needed()
@transaction.atomic
def move_staff(*, user_id: int, branch_id: int, reason: str, by: Actor, at: datetime) -> StaffPost:
    """
    This function will place a staff member at another branch and end the sessions, so that the next act is in the new subtree.

    :raises fresh_factor.FactorStale: if the actor's second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor does not manage both branches, or it is the own account
    :raises StaffRefused: without a reason, if the branch is the same or closed, or if the person is a member of an employer there
    """
    post = _lock(user_id)
    branch = Branch.objects.get(pk=branch_id)
    permissions.check(by, "staff.change", post)
    permissions.check(by, "staff.open", branch)
    reason = check_reason(reason)
    if post.branch_id == branch.pk:
        raise StaffRefused(f"该人员已在“{branch.name}”，请选择另一机构。")
    before, post.branch = post.branch.name, branch
    _save_post(post)
    end_sessions(user_id=user_id)
    audit.record(
        "accounts.move_staff",
        label="调整所属机构",
        subject=post.user,
        by=by,
        at=at,
        before=before[:40],
        after=branch.name[:40],
        reason=reason,
    )
    return post


@fresh_factor.needed()
@transaction.atomic
def change_staff_person(*, user_id: int, name: str, mobile: str, reason: str, by: Actor, at: datetime) -> User:
    """
    This function will correct a staff member's name, or note another mobile of the same person, and end the sessions. Codes go to
    the new mobile from then on, and both are told; what was done under the old one stays this person's (two-person rule).

    :param mobile: empty leaves it as it is
    :raises fresh_factor.FactorStale: if the actor's second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor is no system administrator of the account's subtree, or it is the own account
    :raises StaffRefused: without a reason, if the name is none, nothing changes, the mobile is another staff member's, or it is
        that of a member of an employer of the subtree
    :raises MobileRefused: if the mobile is none
    """
    post = _lock(user_id)
    permissions.check(by, "staff.change", post)
    user, reason = post.user, check_reason(reason)
    name, mobile = " ".join(name.split()), mobiles.check_mobile(mobile) if mobile.strip() else user.mobile
    if not 2 <= len(name) <= LONGEST_NAME:
        raise StaffRefused("姓名须为2至80个字，请修改。")
    if (name, mobile) == (user.name, user.mobile):
        raise StaffRefused("姓名和手机号都没有变化。")
    if User.objects.filter(mobile=mobile, is_staff_account=True).exclude(pk=user.pk).exists():
        raise StaffRefused(TAKEN)
    old_name, old_mobile = user.name, user.mobile
    if mobile != old_mobile:
        user.former_mobiles = [*dict.fromkeys([*user.former_mobiles, old_mobile])]
    user.name, user.mobile = name, mobile
    _save_person(post)
    end_sessions(user_id=user.pk)
    changes = {"name": (old_name, name), "mobile": (mobiles.masked_mobile(old_mobile), mobiles.masked_mobile(mobile))}
    event = audit.record(
        "accounts.change_person",
        label="修改姓名或手机号",
        subject=user,
        by=by,
        at=at,
        reason=reason,
        changes={field: pair for field, pair in changes.items() if pair[0] != pair[1]},
    )
    if mobile != old_mobile:
        KnownDevice.objects.filter(user=user).delete()
        for to in (old_mobile, mobile):
            key = f"staff_mobile_changed:{event.pk}:{to == mobile}"
            notifications.queue_sms("staff_mobile_changed", to=to, key=key, at=at, login=user.login_name)
    return user


@fresh_factor.needed()
@transaction.atomic
def change_staff_roles(*, user_id: int, roles: Iterable[str], reason: str, by: Actor, at: datetime) -> StaffPost:
    """
    This function will give a staff member exactly these roles and end the sessions. It is the security administrator's act; only
    while there is no security administrator at all may a system administrator name the first.

    :raises fresh_factor.FactorStale: if the actor's second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor may not give these roles there, or it is the own account
    :raises StaffRefused: without a reason, if nothing changes, the roles do not go together, or nobody would be left to open
        accounts or give roles
    """
    locks.lock("staff powers")
    post, roles = _lock(user_id), sorted(set(roles))
    is_first = not queries.has_active(StaffRole.SECURITY_ADMIN)
    permissions.check(by, "staff.grant", permissions.Grant(post, roles, is_first))
    reason = check_reason(reason)
    if not set(roles) <= set(StaffRole.values):
        raise StaffRefused("角色不在清单中，请重新选择。")
    before = sorted(post.roles)
    if before == roles:
        raise StaffRefused("角色没有变化。")
    for power in set(before) - set(roles):
        _check_power_stays(power, without=user_id)
    post.roles = roles
    _save_post(post)
    end_sessions(user_id=user_id)
    event = audit.record(
        "accounts.change_roles",
        label="授予或收回角色",
        subject=post.user,
        by=by,
        at=at,
        reason=reason,
        details={"before": before, "after": roles},
    )
    names = "、".join(post.get_role_names()) or "无"
    key = f"staff_roles_changed:{event.pk}"
    notifications.queue_sms("staff_roles_changed", to=post.user.mobile, key=key, at=at, roles=names)
    return post


@fresh_factor.needed()
@transaction.atomic
def disable_user(*, user_id: int, reason: str, by: Actor, at: datetime) -> User:
    """
    This function will close a staff account and end its sessions; its history stays.

    :raises fresh_factor.FactorStale: if the actor's second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor is no system administrator of the account's subtree, or it is the own account
    :raises StaffRefused: without a reason, if it is closed, or if nobody would be left to open accounts or give roles
    """
    locks.lock("staff powers")
    post = _lock(user_id)
    permissions.check(by, "staff.change", post)
    reason = check_reason(reason)
    if not post.user.is_active:
        raise StaffRefused("该账号已经停用。")
    for power in post.roles:
        _check_power_stays(power, without=user_id)
    return _set_active(post.user, False, label="停用账号", event="accounts.disable_user", reason=reason, by=by, at=at)


@fresh_factor.needed()
@transaction.atomic
def enable_user(*, user_id: int, reason: str, by: Actor, at: datetime) -> User:
    """
    This function will open a closed staff account again, at its branch and with its roles.

    :raises fresh_factor.FactorStale: if the actor's second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor is no system administrator of the account's subtree, or it is the own account
    :raises StaffRefused: without a reason, if it is open, its branch is closed, or the person has meanwhile become a member of an
        employer of that subtree
    """
    post = _lock(user_id)
    permissions.check(by, "staff.change", post)
    reason = check_reason(reason)
    if post.user.is_active:
        raise StaffRefused("该账号正在使用，无需启用。")
    if post.branch.closed_at:
        raise StaffRefused(f"所属机构“{post.branch.name}”已停用，请先调整所属机构。")
    user = _set_active(post.user, True, label="启用账号", event="accounts.enable_user", reason=reason, by=by, at=at)
    _save_post(post)  # the database looks again whether the person belongs to an employer there
    return user


def check_reason(reason: str) -> str:
    """
    This function will give the reason without the space around it.

    :raises StaffRefused: without one
    """
    if not reason.strip():
        raise StaffRefused("请填写原因，将记入操作日志。")
    return reason.strip()[:200]


def _lock(user_id: int) -> StaffPost:
    # Without the branch: who waits for somebody's move would join the new row to the old branch, and find nothing.
    posts = StaffPost.objects.select_for_update(of=("self", "user")).select_related("user")
    return posts.get(user_id=user_id)


def _set_active(user: User, active: bool, *, label: str, event: str, reason: str, by: Actor, at: datetime) -> User:
    user.is_active = active
    user.enabled_at = at if active else user.enabled_at  # the ninety days of an idle account begin anew
    user.save(update_fields=["is_active", "enabled_at"])
    end_sessions(user_id=user.pk)
    audit.record(event, label=label, subject=user, by=by, at=at, reason=reason)
    return user


def _check_power_stays(power: str, *, without: int) -> None:
    if power in KEPT_POWERS and not queries.has_active(power, without=without):
        raise StaffRefused(f"全系统只剩这一名在用的{StaffRole(power).label}，请先由他人担任后再办理。")


def _save_post(post: StaffPost) -> None:
    """
    Save a place, with the database's refusals in words.
    """
    try:
        with transaction.atomic():
            post.save()
    except IntegrityError as error:
        raise StaffRefused(_why_not(error)) from error


def _save_person(post: StaffPost) -> None:
    """Save name and mobile, and have the database look again whether the person belongs to an employer there."""
    try:
        with transaction.atomic():
            post.user.save(update_fields=["name", "mobile", "former_mobiles"])
    except IntegrityError as error:
        if "one_staff_account_per_mobile" not in str(error):
            raise
        raise StaffRefused(TAKEN) from error
    _save_post(post)


def _why_not(error: IntegrityError) -> str:
    if "administrators_do_nothing_else" in str(error):
        return "系统管理员、安全管理员、审计员三者互斥，且不能兼任业务角色，请重新选择角色。"
    if "own subtree" in str(error):
        return "该人员是本机构辖区内参保单位账号的成员，不能同时担任工作人员，请先退出单位账号。"
    if "the branch is closed" in str(error):
        return "所选机构已停用，请选择在用的机构。"
    raise error
