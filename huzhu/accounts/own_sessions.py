"""Everybody sees and ends their own sessions. A session is named by a hash: its key alone would open it."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.db import transaction

from huzhu.accounts import operations, queries, signing_in
from huzhu.accounts.models import Session, User
from huzhu.audit import operations as audit
from huzhu.shared.actors import Actor


def get_live(*, user: User, at: datetime) -> list[Session]:
    """The sessions of an account that the clock has not ended, latest first."""
    return [
        session
        for session in queries.get_sessions(user_id=user.pk)
        if not signing_in.is_session_over(
            is_staff=user.is_staff_account, began=session.created_at, seen=session.last_seen_at, at=at
        )
    ]


def get_name(session_key: str) -> str:
    """
    This function will give the name a session has on a page.
    """
    return sha256(f"session/{session_key}".encode()).hexdigest()[:32]


@transaction.atomic
def end_one(*, name: str, by: Actor, at: datetime) -> int:
    """
    This function will end the one of the actor's own sessions that has this name, and tell how many that were.
    """
    keys = [each.pk for each in Session.objects.filter(user_id=by.user_id) if get_name(each.pk) == name]
    ended = Session.objects.filter(pk__in=keys).delete()[0]
    _record(ended, by=by, at=at)
    return ended


@transaction.atomic
def end_others(*, keep: str, by: Actor, at: datetime) -> int:
    """
    This function will end all of the actor's own sessions but one, and tell how many that were.
    """
    ended = operations.end_sessions(user_id=by.user_id or 0, keep=keep)
    _record(ended, by=by, at=at)
    return ended


def _record(ended: int, *, by: Actor, at: datetime) -> None:
    subject = User(pk=by.user_id)
    audit.record("accounts.end_sessions", label="结束登录", subject=subject, by=by, at=at, details={"ended": ended})
