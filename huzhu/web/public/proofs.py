"""Which mobiles this browser has proven, each for one purpose, for half an hour; kept in the session on the server."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone

from huzhu.accounts.roles import APPLICANT
from huzhu.shared.actors import Actor, Side

LASTS = timedelta(minutes=30)
ASKED_BY = "codes_asked_by"  # session key


def put(request: HttpRequest, purpose: str, *, mobile: str, user_id: int | None = None) -> None:
    """
    This function will remember a mobile as proven for a purpose.
    """
    request.session[f"proof:{purpose}"] = {
        "mobile": mobile,
        "user_id": user_id,
        "until": (timezone.now() + LASTS).isoformat(),
    }


def get(request: HttpRequest, purpose: str) -> str | None:
    """
    This function will give the mobile proven for a purpose, None when there is none or it is too long ago.
    """
    proof = _live(request, purpose)
    return proof["mobile"] if proof else None


def get_user_id(request: HttpRequest, purpose: str) -> int | None:
    """
    This function will give the account behind a proven mobile, where the purpose names one.
    """
    proof = _live(request, purpose)
    return proof["user_id"] if proof else None


def drop(request: HttpRequest, purpose: str) -> None:
    """
    This function will forget a proof that has served.
    """
    request.session.pop(f"proof:{purpose}", None)


def get_browser(request: HttpRequest) -> str:
    """
    This function will name this browser's session, so that a code that was asked for here opens here only.
    """
    if ASKED_BY not in request.session:
        request.session[ASKED_BY] = secrets.token_urlsafe(16)
    return request.session[ASKED_BY]


def applicant(request: HttpRequest, *, mobile: str, name: str = "") -> Actor:
    """
    This function will give the actor that the owner of a proven mobile is.
    """
    return Actor(
        user_id=None,
        name=name or "申请人",
        person=mobile,
        side=Side.PUBLIC,
        roles=frozenset({APPLICANT}),
        address=request.META.get("REMOTE_ADDR", ""),
        device=request.headers.get("User-Agent", ""),
    )


def _live(request: HttpRequest, purpose: str) -> dict | None:
    proof = request.session.get(f"proof:{purpose}")
    return proof if proof and timezone.now() < datetime.fromisoformat(proof["until"]) else None
