"""Beginning and ending the session of somebody who has proven who they are; devices known for an account."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme

from huzhu.accounts import operations as accounts
from huzhu.accounts.models import User
from huzhu.audit import operations as audit
from huzhu.shared.actors import Actor, Side

BACKEND = "django.contrib.auth.backends.ModelBackend"
DEVICE_COOKIE = "__Host-devices"
DEVICE_LASTS = 180 * 24 * 60 * 60  # seconds
MOST_ACCOUNTS_PER_DEVICE = 10


def actor_of(request: HttpRequest, user: User) -> Actor:
    """
    This function will give the actor that somebody is while signing in: the account, without roles yet.
    """
    return Actor(
        user_id=user.pk,
        name=user.name,
        person=user.mobile,
        side=Side.OFFICE if user.is_staff_account else Side.EMPLOYER,
        address=request.META.get("REMOTE_ADDR", ""),
        device=request.headers.get("User-Agent", ""),
    )


def begin(request: HttpRequest, user: User, *, otp_device: object = None) -> None:
    """
    This function will sign somebody in under a new session key. Staff have one live session: earlier ones end.
    """
    now = timezone.now()
    by = actor_of(request, user)
    with transaction.atomic():
        accounts.lock_account(user.login_name)
        if otp_device is not None:
            user.otp_device = otp_device
        auth.login(request, user, backend=BACKEND)
        request.session.begin(at=now, address=by.address, device=by.device)
        request.session.save()
        if user.is_staff_account and not settings.DEMO:
            accounts.end_sessions(user_id=user.pk, keep=request.session.session_key)
        audit.record("accounts.sign_in", label="登录", subject=user, by=by, at=now)


def end(request: HttpRequest) -> None:
    """
    This function will sign somebody out and remove the session on the server.
    """
    if request.user.is_authenticated:
        with transaction.atomic():
            by = actor_of(request, request.user)
            audit.record("accounts.sign_out", label="退出登录", subject=request.user, by=by, at=timezone.now())
            auth.logout(request)


def home_of(user: User) -> str:
    """
    This function will give the address of the account's first page.
    """
    return reverse("office:home" if user.is_staff_account else "employer:home")


def safe_next(request: HttpRequest, address: str) -> str:
    """
    This function will give an address only if it stays on this site, an empty text otherwise.
    """
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else ""


def is_known_device(request: HttpRequest, user: User) -> bool:
    """
    Test if this account has proven its mobile in this browser since its password was set.
    """
    return _mark(user) in _read(request)


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """
    This function will note in the browser that this account has proven its mobile here; a new password voids it.
    """
    marks = [_mark(user), *(mark for mark in _read(request) if mark != _mark(user))][:MOST_ACCOUNTS_PER_DEVICE]
    response.set_signed_cookie(
        DEVICE_COOKIE, ".".join(marks), max_age=DEVICE_LASTS, secure=True, httponly=True, samesite="Lax"
    )


def _read(request: HttpRequest) -> list[str]:
    value = request.get_signed_cookie(DEVICE_COOKIE, default="", max_age=DEVICE_LASTS)
    return value.split(".") if value else []


def _mark(user: User) -> str:
    return salted_hmac("huzhu.web.device", f"{user.pk}/{user.password}", algorithm="sha256").hexdigest()[:32]
