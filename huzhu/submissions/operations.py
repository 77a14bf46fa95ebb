"""Keeping a form's answer with its effect, finding it again, and forgetting it after seven days."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

from huzhu.shared import locks, seals
from huzhu.submissions.models import SentForm

KEPT = timedelta(days=7)
LONGEST_WAIT = "2s"
ANSWER = seals.Place("submissions_sentform", "answer")


class StillRunning(Exception):
    """The same form is being dealt with just now."""


class OtherBody(Exception):
    """The key has served for a form with another content; `answer` is what that one was answered, `at` when."""

    def __init__(self, answer: dict[str, Any], *, at: datetime) -> None:
        super().__init__("the key was used for something else")
        self.answer, self.at = answer, at


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form as it arrived: its key, where it was sent, by whom, and the fingerprint of what it says."""

    key: uuid.UUID
    action: str
    actor: str
    body: uuid.UUID


def lock(form: Form) -> None:
    """
    This function will let one request at a time deal with a form, until the surrounding transaction ends. The next one waits a
    moment, because a double click should see the answer; all others are told that it is running.

    :raises StillRunning: if somebody waits already, or the wait was too long
    """
    name = ("submission", form.key, form.action, form.actor)
    if locks.try_lock(*name):
        return
    if not locks.try_lock(*name, "next"):
        raise StillRunning
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LONGEST_WAIT])
            locks.lock(*name)
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        raise StillRunning from error


def get_answer(form: Form) -> dict[str, Any] | None:
    """
    The answer a form was given before; None if it had no effect yet.

    :raises OtherBody: if the key has served for another content
    """
    found = SentForm.objects.filter(key=form.key, action=form.action, actor=form.actor).first()
    if found is None:
        return None
    answer = json.loads(seals.open_seal(found.answer, place=ANSWER, seal_id=found.seal_id))
    if found.body != form.body:
        raise OtherBody(answer, at=found.made_at)
    return answer


def has_written() -> bool:
    """
    Test if the surrounding transaction has written anything, or locked a row for it: PostgreSQL gives it a number only then.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        return bool(cursor.fetchone()[0])


def keep(form: Form, *, answer: dict[str, Any], status: int, at: datetime) -> None:
    """
    This function will keep a form's answer in the transaction of its effect.

    :raises django.db.IntegrityError: if the form was answered before
    """
    seal_id = uuid.uuid4()
    SentForm.objects.create(
        key=form.key,
        action=form.action,
        actor=form.actor,
        body=form.body,
        status=status,
        answer=seals.seal(json.dumps(answer, ensure_ascii=False), place=ANSWER, seal_id=seal_id),
        seal_id=seal_id,
        made_at=at,
    )


def forget(*, at: datetime) -> int:
    """
    This function will forget the forms that were sent more than seven days ago, and tell how many.
    """
    return SentForm.objects.filter(made_at__lt=at - KEPT).delete()[0]
