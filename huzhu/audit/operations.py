"""Writing the trace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import models

from huzhu.audit.models import AuditEvent, Result
from huzhu.shared import trace
from huzhu.shared.actors import Actor

REFUSED = "web.refused"
ROUTE = "web.route"
Changes = Mapping[str, tuple[object, object]]


def record(
    event: str,
    *,
    subject: models.Model,
    by: Actor,
    at: datetime,
    label: str = "",
    before: str = "",
    after: str = "",
    reason: str = "",
    result: str = Result.DONE,
    employer_id: int | None = None,
    changes: Changes | None = None,
    details: Mapping[str, object] | None = None,
) -> AuditEvent:
    """
    This function will write one event of the trace inside the caller's transaction.

    :param event: "app.act" in snake_case, e.g. "enrolment.submit"
    :param label: the act in the society's words, shown in the timeline
    :param employer_id: whose record it is; taken from the subject's `employer_id` when left out
    :param changes: where a record was edited, each changed field with its value before and after; no sensitive values
    :param details: further facts; no identity numbers, diagnoses or bank accounts
    """
    return AuditEvent.objects.create(
        at=at,
        event=event,
        label=label,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        employer_id=employer_id if employer_id is not None else getattr(subject, "employer_id", None),
        before=before,
        after=after,
        reason=reason,
        result=result,
        changes={field: [_plain(old), _plain(new)] for field, (old, new) in (changes or {}).items()},
        details=dict(details or {}),
        **_who(by),
    )


def record_refusal(words: Iterable[str], *, route: str, place: Mapping[str, object], by: Actor, at: datetime) -> None:
    """
    This function will write that somebody signed in was refused: a page not open to them, a record not theirs, an act the rules do
    not let them do. It is called when the refused act's own transaction is over.

    :param words: what they were told, if anything
    :param route: the name of the page
    :param place: which record the address named
    """
    AuditEvent.objects.create(
        at=at,
        event=REFUSED,
        label="被拒绝的操作",
        result=Result.REFUSED,
        subject_type=ROUTE,
        subject_id=route[:40],
        employer_id=by.employer_id,
        reason=" ".join(dict.fromkeys(filter(None, words))),
        details={key: _plain(value) for key, value in place.items()},
        **_who(by),
    )


def get_changes(record: models.Model, values: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """
    The fields of a record that new values would change, each with its value before and after; ask before setting them.
    """
    return {field: (old, new) for field, new in values.items() if (old := getattr(record, field)) != new}


def _who(by: Actor) -> dict[str, object]:
    """Who acts, from where, and on whose behalf."""
    return {
        "trace_id": trace.get_id(),
        "by_id": by.user_id,
        "by_person": by.person,
        "by_name": by.name,
        "by_side": by.side,
        "stands_in_for_id": by.stands_in_for.user_id if by.stands_in_for else None,
        "stands_in_for_name": by.stands_in_for.name if by.stands_in_for else "",
        "address": _printable(by.address)[:45],
        "device": _printable(by.device)[:200],
    }


def _printable(text: str) -> str:
    """What browsers send, without the characters that could forge a line."""
    return "".join(each for each in text if each.isprintable())


def _plain(value: object) -> object:
    """A value as JSON can hold it."""
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | bool | None) else str(value)
