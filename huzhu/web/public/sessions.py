"""Beginning and ending the session of somebody who has proven who they are; devices known for an account."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from huzhu.accounts import devices
from huzhu.accounts import operations as accounts
from huzhu.accounts.models import User
from huzhu.accounts.sessions import Proof
from huzhu.audit import operations as audit
from huzhu.shared.actors import Actor, Side

BACKEND = "django.contrib.auth.backends.ModelBackend"
DEVICE_COOKIE = "__Host-device"
DEVICE_LASTS = int(devices.LASTS.total_seconds())


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


def begin(request: HttpRequest, user: User, *, proof: Proof) -> None:
    """
    This function will sign somebody in under a new session key. Staff have one live session: earlier ones end.

    :param proof: what stood beside the password
    """
    now = timezone.now()
    by = actor_of(request, user)
    with transaction.atomic():
        accounts.lock_account(user.login_name)
        auth.login(request, user, backend=BACKEND)
        request.session.begin(at=now, address=by.address, device=by.device, proof=proof)
        request.session.save()
        if user.is_staff_account and not settings.DEMO:
            accounts.end_sessions(user_id=user.pk, keep=request.session.session_key)
        audit.record("accounts.sign_in", label="登录", subject=user, by=by, at=now, details={"proof": str(proof)})


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
    return devices.is_known(user=user, browser=_read(request), at=timezone.now())


def remember_device(request: HttpRequest, response: HttpResponse, user: User, *, is_proven: bool) -> None:
    """
    This function will note that the account is used in this browser, and, where the mobile was proven just now, that it is known.
    """
    browser = _read(request) or secrets.token_urlsafe(24)
    devices.remember(user=user, browser=browser, is_proven=is_proven, by=actor_of(request, user), at=timezone.now())
    response.set_signed_cookie(DEVICE_COOKIE, browser, max_age=DEVICE_LASTS, secure=True, httponly=True, samesite="Lax")


def get_mark(request: HttpRequest, user: User) -> str:
    """
    This function will give the mark of this browser at the account, to find it among its devices.
    """
    return devices.mark(user, _read(request))


def _read(request: HttpRequest) -> str:
    return request.get_signed_cookie(DEVICE_COOKIE, default="", max_age=DEVICE_LASTS)
