"""The first account of a new installation, and closing the accounts nobody uses."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models.functions import Greatest

from huzhu.accounts import operations, queries
from huzhu.accounts.models import Branch, BranchLevel, StaffPost, User
from huzhu.accounts.roles import StaffRole
from huzhu.audit import operations as audit
from huzhu.shared import locks
from huzhu.shared.actors import Actor

IDLE = timedelta(days=90)
SECRET_LASTS = timedelta(hours=24)


class Opened(NamedTuple):
    """The first administrator, and the password that opens the account once, on the first day."""

    user: User
    secret: str


@transaction.atomic
def open_first_admin(
    *, login_name: str, mobile: str, name: str, branch_code: str, branch_name: str, by: Actor, at: datetime
) -> Opened:
    """
    This function will make the system administrator of a new installation, with its province if there is none, and a one-time
    password: its owner signs in with it within a day, scans an authenticator and sets a password of their own. Called again for
    an account that was never opened, or is closed, it gives a new one.

    :raises operations.StaffRefused: if there is a system administrator who can sign in, or the account cannot be made
    """
    locks.lock("first-admin")
    working = StaffPost.objects.filter(
        roles__contains=[StaffRole.SYSTEM_ADMIN], user__is_active=True, user__password_changed_at__isnull=False
    )
    if working.exists():
        raise operations.StaffRefused("已有可以登录的系统管理员，请由其在“用户”中新增其他人员。")
    user = User.objects.select_for_update().filter(login_name=login_name.strip().lower()).first()
    if user is None:
        branch = _get_or_make_province(branch_code, branch_name, by=by, at=at)
        roles = [StaffRole.SYSTEM_ADMIN]
        user = operations.make_staff(
            login_name=login_name, mobile=mobile, name=name, branch_id=branch.pk, roles=roles, by=by, at=at
        )
    elif not StaffPost.objects.filter(user=user, roles__contains=[StaffRole.SYSTEM_ADMIN]).exists():
        raise operations.StaffRefused("该登录名已用于其他账号，请换一个。")
    secret = "-".join(secrets.token_hex(3) for _ in range(4))
    user.set_password(secret)
    user.password_changed_at, user.enabled_at, user.is_active = None, at, True
    user.save(update_fields=["password", "password_changed_at", "enabled_at", "is_active"])
    operations.end_sessions(user_id=user.pk)
    audit.record("accounts.open_first_admin", label="开通首个系统管理员", subject=user, by=by, at=at)
    return Opened(user, secret)


def is_one_time_over(user: User, *, at: datetime) -> bool:
    """
    Test if the account's one-time password has not been used within its day.
    """
    return user.password_changed_at is None and at - (user.enabled_at or user.created_at) >= SECRET_LASTS


@transaction.atomic
def disable_idle_staff(*, by: Actor, at: datetime) -> int:
    """
    This function will close the staff accounts that nobody has signed in to for ninety days, and tell how many. An administrator
    may open them again; the last one who can is left open. Portal accounts are not closed: clerks come once a year, and their
    known devices are forgotten instead.
    """
    locks.lock("staff powers")
    latest = Greatest("created_at", "password_changed_at", "enabled_at", "last_login")
    staff = User.objects.annotate(latest=latest).filter(is_staff_account=True, is_active=True)
    closed = 0
    for user in staff.filter(latest__lt=at - IDLE).select_related("post").order_by("pk"):
        if any(not queries.has_active(power, without=user.pk) for power in _get_kept_powers(user)):
            continue
        User.objects.filter(pk=user.pk).update(is_active=False)
        operations.end_sessions(user_id=user.pk)
        words = "连续90天未登录"
        audit.record("accounts.disable_user", label="停用账号", subject=user, by=by, at=at, reason=words)
        closed += 1
    return closed


def _get_kept_powers(user: User) -> set[str]:
    post = getattr(user, "post", None)
    return set(post.roles) & set(operations.KEPT_POWERS) if post else set()


def _get_or_make_province(code: str, name: str, *, by: Actor, at: datetime) -> Branch:
    found = Branch.objects.filter(parent=None).order_by("id").first()
    level = BranchLevel.PROVINCE
    return found or operations.make_branch(parent_id=None, level=level, code=code, name=name, by=by, at=at)
