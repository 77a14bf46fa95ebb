"""Signing in: the password under a lock per account, then the second factor."""

from __future__ import annotations

from datetime import datetime, timedelta

import django_otp
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest
from django_otp.plugins.otp_totp.models import TOTPDevice

from huzhu.accounts import codes, operations
from huzhu.accounts.models import User
from huzhu.audit import operations as audit
from huzhu.audit.models import Result
from huzhu.shared.actors import Actor, Side

DEMO_FACTOR = "000000"
MOST_FAILURES_PER_ADDRESS = 100  # within the cool-off; offices share an address, so it is wide
IDLE = {True: timedelta(minutes=15), False: timedelta(minutes=30)}  # staff, employers' people
ABSOLUTE = {True: timedelta(hours=8), False: timedelta(hours=12)}


class SignInRefused(Exception):
    """Login name and password do not open an account; the same words whether or not there is one."""


class LockedOut(SignInRefused):
    """Too many failures; the words say for how long."""


class FactorRefused(Exception):
    """The second factor does not open; the words say what to do."""


def check_password(*, request: HttpRequest, login_name: str, password: str, at: datetime) -> User:
    """
    This function will verify a login name and a password, one at a time per login name: five failures lock it for 30 minutes
    however many guesses arrive together. Every refusal is counted, so it must not run inside another transaction.

    :param request: where the failure counter reads the address from; nothing else of it is used
    :raises SignInRefused: if they do not match; the same answer and the same work for unknown names
    :raises LockedOut: if the name or the address has failed too often
    """
    login_name = login_name.strip().lower()
    with transaction.atomic(durable=True):
        operations.lock_account(login_name)
        is_address_tired = _count_failures(request.META.get("REMOTE_ADDR", ""), at) >= MOST_FAILURES_PER_ADDRESS
        user = None if is_address_tired else authenticate(request, login_name=login_name, password=password)
        is_locked = is_address_tired or bool(getattr(request, "axes_locked_out", False))
        request.axes_locked_out = False  # type: ignore[attr-defined]  # the page answers itself, in our words
        if user is None:
            _record_refusal(login_name=login_name, request=request, at=at, is_locked=is_locked)
    if is_locked:
        raise LockedOut("登录失败次数过多，已暂停登录30分钟。请稍后再试，或通过“忘记密码”重新设置。")
    if user is None:
        raise SignInRefused("登录名或密码不正确。连续5次失败将暂停登录30分钟。")
    return user


def needs_enrolment(*, user: User) -> bool:
    """
    Test if a staff account has no second factor yet and must set one up before it gets in.
    """
    return not TOTPDevice.objects.filter(user=user, confirmed=True).exists()


@transaction.atomic
def begin_enrolment(*, user: User) -> TOTPDevice:
    """
    This function will give the authenticator to be scanned; it opens nothing until confirmed with its first token.
    """
    operations.lock_account(user.login_name)
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return device or TOTPDevice.objects.create(user=user, name="default", confirmed=False)


def check_second_factor(*, user: User, token: str, at: datetime, by: Actor) -> TOTPDevice | None:
    """
    This function will verify a staff member's token, once each; while none is set up, the first right token confirms the scanned
    one. None stands for the demonstration's fixed factor, which opens only with `settings.DEMO`.

    :raises FactorRefused: if the token is wrong, was used before, or too many were tried
    """
    token = token.strip().replace(" ", "")
    if settings.DEMO and token == DEMO_FACTOR:
        return None
    device = _confirm_scanned(user=user, token=token, at=at, by=by) if needs_enrolment(user=user) else None
    device = device or django_otp.match_token(user, token)
    if device is None:
        raise FactorRefused("动态口令不正确或已用过，请等待验证器显示下一组6位数字后再试；手机时间须准确。")
    return device


def check_new_device(*, user: User, code: str, at: datetime) -> None:
    """
    This function will verify the code sent to an employer's person who signs in on a device not seen before.

    :raises FactorRefused: if the code does not open
    """
    if settings.DEMO and code.strip() == DEMO_FACTOR:
        return
    try:
        codes.check_mobile_code(mobile=user.mobile, purpose=codes.Purpose.DEVICE, code=code, at=at)
    except codes.CodeRefused as refusal:
        raise FactorRefused(str(refusal)) from refusal


def is_session_over(*, is_staff: bool, began: datetime | None, seen: datetime | None, at: datetime) -> bool:
    """
    Test if a session has ended by the clock: 15 or 30 minutes without a request, or 8 or 12 hours altogether.
    """
    if began is None or seen is None:
        return False
    return at - seen > IDLE[is_staff] or at - began > ABSOLUTE[is_staff]


@transaction.atomic
def _confirm_scanned(*, user: User, token: str, at: datetime, by: Actor) -> TOTPDevice | None:
    scanned = TOTPDevice.objects.select_for_update(of=("self",)).filter(user=user, confirmed=False).first()
    if scanned is None or not scanned.verify_token(token):
        return None
    scanned.confirmed = True
    scanned.save(update_fields=["confirmed"])
    audit.record("accounts.enrol_factor", label="绑定动态口令", subject=user, by=by, at=at)
    return scanned


def _count_failures(address: str, at: datetime) -> int:
    since = at - timedelta(hours=float(settings.AXES_COOLOFF_TIME))
    failed = AccessAttempt.objects.filter(ip_address=address or None, attempt_time__gte=since)
    return failed.aggregate(failures=Sum("failures_since_start"))["failures"] or 0


def _record_refusal(*, login_name: str, request: HttpRequest, at: datetime, is_locked: bool) -> None:
    """The same one row for every refusal: what it was, from where; the typed name is not kept, it may be a password."""
    subject = User.objects.filter(login_name=login_name).first() or User(pk=0)
    by = Actor(
        user_id=None,
        name="未登录",
        person="",
        side=Side.PUBLIC,
        address=request.META.get("REMOTE_ADDR", ""),
        device=request.headers.get("User-Agent", ""),
    )
    reason = "locked" if is_locked else "wrong"
    audit.record(
        "accounts.sign_in_refused",
        label="登录失败",
        subject=subject,
        by=by,
        at=at,
        reason=reason,
        result=Result.REFUSED,
    )
