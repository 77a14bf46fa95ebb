"""Making portal accounts, passwords, and ending sessions."""

from __future__ import annotations

from datetime import datetime

from axes import utils as axes
from django.contrib.auth import password_validation
from django.db import transaction

from huzhu.accounts.models import KnownDevice, Session, User
from huzhu.audit import operations as audit
from huzhu.shared import locks
from huzhu.shared.actors import Actor
from huzhu.shared.identity import mobile as mobiles


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
def set_password(*, user_id: int, password: str, by: Actor, at: datetime) -> User:
    """
    This function will set an account's password, end all its sessions, forget its devices and lift a lock-out.

    :raises django.core.exceptions.ValidationError: if the password is too short, too common or too close to the account's own words
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    password_validation.validate_password(password, user)
    user.set_password(password)
    user.password_changed_at = at
    user.save(update_fields=["password", "password_changed_at"])
    end_sessions(user_id=user.pk)
    KnownDevice.objects.filter(user=user).delete()
    axes.reset(username=user.login_name)  # who has proven the mobile need not wait for the lock to pass
    audit.record("accounts.set_password", label="设置密码", subject=user, by=by, at=at)
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
