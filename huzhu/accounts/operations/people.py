"""Making accounts and staff, passwords, and ending sessions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from axes import utils as axes
from django.contrib.auth import password_validation
from django.db import IntegrityError, transaction

from huzhu.accounts import permissions
from huzhu.accounts.models import Branch, Session, StaffPost, User
from huzhu.accounts.roles import StaffRole
from huzhu.audit import operations as audit
from huzhu.shared import locks
from huzhu.shared.actors import Actor
from huzhu.shared.identity import mobile as mobiles

STAFF_LOGIN_NAME = re.compile(r"[a-z][a-z0-9._-]{2,39}")


class StaffRefused(ValueError):
    """The staff account cannot be made or changed like this; the words say what to change."""


@transaction.atomic
def make_user(*, mobile: str, name: str, by: Actor, at: datetime) -> User:
    """
    This function will give the portal account of a verified mobile, and make it if there is none; the mobile is the login name.

    The account has no password yet: its owner sets one by a code sent to the mobile.

    :raises MobileRefused: if the mobile is none
    """
    mobile = mobiles.check_mobile(mobile)
    user, is_new = User.objects.get_or_create(
        mobile=mobile,
        is_staff_account=False,
        defaults={"login_name": mobile, "name": name, "created_at": at, "password": _unusable()},
    )
    if is_new:
        audit.record("accounts.make_user", label="开通账号", subject=user, by=by, at=at)
    return user


@transaction.atomic
def make_staff(
    *, login_name: str, mobile: str, name: str, branch_id: int, roles: Iterable[str], by: Actor, at: datetime
) -> User:
    """
    This function will make one staff account with its place: branch and roles. Its owner sets the password by a code sent to
    the mobile, and the second factor at the first sign-in.

    :raises permissions.NotPermitted: if the actor is no system administrator of that branch's subtree
    :raises StaffRefused: if the login name is taken or malformed, the person has a staff account already, the roles do not go
        together, or the person is a member of an employer of that subtree
    :raises MobileRefused: if the mobile is none
    """
    branch = Branch.objects.get(pk=branch_id)
    permissions.check_can_manage_staff(by, branch=branch)
    login_name, mobile, roles = login_name.strip().lower(), mobiles.check_mobile(mobile), sorted(set(roles))
    if not STAFF_LOGIN_NAME.fullmatch(login_name):
        raise StaffRefused("登录名须以小写字母开头，由3至40位小写字母、数字或 . _ - 组成，请修改。")
    if not roles or not set(roles) <= set(StaffRole.values):
        raise StaffRefused("请至少选择一个角色。")
    if User.objects.filter(login_name=login_name).exists():
        raise StaffRefused(f"登录名“{login_name}”已被使用，请换一个。")
    if User.objects.filter(mobile=mobile, is_staff_account=True).exists():
        raise StaffRefused("该手机号已开通工作人员账号，请在原账号上调整机构和角色。")
    user = User.objects.create(
        login_name=login_name,
        mobile=mobile,
        name=name,
        is_staff_account=True,
        created_at=at,
        password=_unusable(),
    )
    try:
        with transaction.atomic():
            StaffPost.objects.create(user=user, branch=branch, roles=roles)
    except IntegrityError as error:
        raise StaffRefused(_why_not(error)) from error
    audit.record("accounts.make_staff", label="新增工作人员", subject=user, by=by, at=at, details={"roles": roles})
    return user


@transaction.atomic
def set_password(*, user_id: int, password: str, by: Actor, at: datetime) -> User:
    """
    This function will set an account's password, end all its sessions and lift a lock-out.

    :raises django.core.exceptions.ValidationError: if the password is too short, too common or too close to the account's own words
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    password_validation.validate_password(password, user)
    user.set_password(password)
    user.password_changed_at = at
    user.save(update_fields=["password", "password_changed_at"])
    end_sessions(user_id=user.pk)
    axes.reset(username=user.login_name)  # who has proven the mobile need not wait for the lock to pass
    audit.record("accounts.set_password", label="设置密码", subject=user, by=by, at=at)
    return user


@transaction.atomic
def disable_user(*, user_id: int, reason: str, by: Actor, at: datetime) -> User:
    """
    This function will close an account and end its sessions; its history stays.

    :raises permissions.NotPermitted: if the actor is no system administrator of the account's subtree
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    post = StaffPost.objects.select_related("branch").filter(user=user).first()
    permissions.check_can_manage_staff(by, branch=post.branch if post else None)
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions(user_id=user.pk)
    audit.record("accounts.disable_user", label="停用账号", subject=user, by=by, at=at, reason=reason)
    return user


def end_sessions(*, user_id: int, keep: str | None = None) -> int:
    """
    This function will end the sessions of an account on the server, all or all but one, and tell how many.
    """
    sessions = Session.objects.filter(user_id=user_id)
    return (sessions.exclude(session_key=keep) if keep else sessions).delete()[0]


def lock_account(login_name: str) -> None:
    """
    This function will let one transaction at a time work on the sign-in of one login name, whether such an account exists or not.
    """
    locks.lock("sign-in", login_name)


def _unusable() -> str:
    """A password that nothing matches; checking against it takes no shortcut (see signing_in)."""
    blank = User()
    blank.set_unusable_password()
    return blank.password


def _why_not(error: IntegrityError) -> str:
    if "administrators_do_nothing_else" in str(error):
        return "系统管理员、安全管理员、审计员三者互斥，且不能兼任业务角色，请重新选择角色。"
    if "own subtree" in str(error):
        return "该人员是本机构辖区内参保单位账号的成员，不能同时担任工作人员，请先退出单位账号。"
    raise error
