"""One record as the work list knows it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery

from huzhu.shared.actors import Actor
from huzhu.shared.trace import why_not
from huzhu.work.kinds import WorkKind
from huzhu.work.models import Assignment


def get_live(record: models.Model) -> Assignment | None:
    """The assignment under which somebody has a record now; one of an earlier state is over."""
    return Assignment.objects.live().of(record).filter(state=getattr(record, "state", "")).first()


def with_claims(rows: QuerySet[Any]) -> QuerySet[Any]:
    """
    This function will give the rows of one table with who has taken each on: `claimed_by_id` and `claimed_by_name`, None if nobody.
    """
    live = Assignment.objects.live().filter(
        subject_type=rows.model._meta.label_lower, subject_id=OuterRef("pk"), state=OuterRef("state")
    )
    return rows.annotate(
        claimed_by_id=Subquery(live.values("assignee_id")[:1]),
        claimed_by_name=Subquery(live.values("assignee_name")[:1]),
    )


def get_refusal(kind: WorkKind, record: models.Model, *, by: Actor) -> str:
    """Why somebody may not decide on a record, in the words of the operation; empty if they may."""
    return why_not(lambda: kind.check(record, by))


def get_visible(kind: WorkKind, *, actor: Actor) -> QuerySet[Any]:
    """The records of a kind's table that somebody may see, in whatever state."""
    return kind.model._default_manager.all().visible_to(actor)  # type: ignore[attr-defined]  # every scoped model has it


def get_words(kind: WorkKind, record: models.Model) -> tuple[str, str]:
    """A record's own number or name, and whom it is about, as lists show them."""
    fields = [field for field in (kind.number, kind.title) if field]
    found = kind.model._default_manager.filter(pk=record.pk).values_list(*fields).get()
    words = dict(zip(fields, map(str, found), strict=True))
    return kind.tell(words.get(kind.number, ""), words.get(kind.title, ""))
