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

from huzhu.accounts import codes, factors, opening, operations
from huzhu.accounts.models import User
from huzhu.accounts.sessions import Proof
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
        user = None if user is not None and opening.is_one_time_over(user, at=at) else user
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


def needs_new_password(*, user: User, at: datetime) -> bool:
    """
    Test if the account must set a password before it gets in: a one-time one, or one older than the profile lets it be.
    """
    if user.password_changed_at is None:
        return True
    lasts = timedelta(days=settings.PASSWORD_LASTS_DAYS)
    return bool(lasts) and at - user.password_changed_at >= lasts


def check_second_factor(*, user: User, token: str, at: datetime, by: Actor) -> Proof:
    """
    This function will verify a staff member's token or recovery code, once each; while no authenticator is set up, the first right
    token confirms the scanned one. The demonstration's fixed factor opens only with `settings.DEMO`.

    :raises FactorRefused: if the token is wrong, was used before, or too many were tried
    """
    token = token.strip().replace(" ", "")
    if settings.DEMO and token == DEMO_FACTOR:
        return Proof.DEMO
    if needs_enrolment(user=user):
        is_right = _confirm_scanned(user=user, token=token, at=at, by=by)
    else:
        is_right = django_otp.match_token(user, token) is not None
    if is_right:
        return Proof.AUTHENTICATOR
    if factors.use_recovery_code(user=user, typed=token, by=by, at=at):
        return Proof.RECOVERY
    _record_wrong_factor(user=user, by=by, at=at)
    raise FactorRefused("动态口令不正确或已用过，请等待验证器显示下一组6位数字后再试；手机时间须准确。")


def check_sent_code(*, user: User, code: str, purpose: codes.Purpose, asked_by: str, at: datetime, by: Actor) -> Proof:
    """
    This function will verify the code sent to an employer's person, on a new device or before a sensitive act.

    :param asked_by: names the browser the code was asked for in
    :raises FactorRefused: if the code does not open
    """
    if settings.DEMO and code.strip() == DEMO_FACTOR:
        return Proof.DEMO
    try:
        codes.check_mobile_code(mobile=user.mobile, purpose=purpose, code=code, asked_by=asked_by, at=at)
    except codes.CodeRefused as refusal:
        _record_wrong_factor(user=user, by=by, at=at)
        raise FactorRefused(str(refusal)) from refusal
    return Proof.SMS


def step_up(*, user: User, token: str, asked_by: str, at: datetime, by: Actor) -> Proof:
    """
    This function will verify the second factor of somebody signed in, before a sensitive act: a token or recovery code of staff,
    a code sent to an employer's person.

    :raises FactorRefused: if it does not open, or a staff account has no authenticator yet
    """
    if not user.is_staff_account:
        purpose = codes.Purpose.STEP_UP
        proof = check_sent_code(user=user, code=token, purpose=purpose, asked_by=asked_by, at=at, by=by)
    elif not settings.DEMO and needs_enrolment(user=user):
        raise FactorRefused("账号还没有绑定验证器，请退出后重新登录绑定。")
    else:
        proof = check_second_factor(user=user, token=token, at=at, by=by)
    audit.record("accounts.step_up", label="再次验证本人", subject=user, by=by, at=at, details={"proof": str(proof)})
    return proof


def is_session_over(*, is_staff: bool, began: datetime | None, seen: datetime | None, at: datetime) -> bool:
    """
    Test if a session has ended by the clock: 15 or 30 minutes without a request, or 8 or 12 hours altogether.
    """
    if began is None or seen is None:
        return False
    return at - seen > IDLE[is_staff] or at - began > ABSOLUTE[is_staff]


@transaction.atomic
def _confirm_scanned(*, user: User, token: str, at: datetime, by: Actor) -> bool:
    scanned = TOTPDevice.objects.select_for_update(of=("self",)).filter(user=user, confirmed=False).first()
    if scanned is None or not scanned.verify_token(token):
        return False
    scanned.confirmed = True
    scanned.save(update_fields=["confirmed"])
    audit.record("accounts.enrol_factor", label="绑定动态口令", subject=user, by=by, at=at)
    return True


def _count_failures(address: str, at: datetime) -> int:
    since = at - timedelta(hours=float(settings.AXES_COOLOFF_TIME))
    failed = AccessAttempt.objects.filter(ip_address=address or None, attempt_time__gte=since)
    return failed.aggregate(failures=Sum("failures_since_start"))["failures"] or 0


def _record_wrong_factor(*, user: User, by: Actor, at: datetime) -> None:
    label = "第二重验证失败"
    audit.record("accounts.factor_refused", label=label, subject=user, by=by, at=at, result=Result.REFUSED)


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
