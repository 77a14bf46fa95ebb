"""Reading the trace."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Replace

from huzhu.audit.models import AuditEvent, RowChange


def get_history(*, subject: models.Model) -> models.QuerySet[AuditEvent]:
    """The events of one record, oldest first."""
    return AuditEvent.objects.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk)).order_by("id")


def get_latest(*, subject: models.Model, events: Iterable[str], count: int) -> models.QuerySet[AuditEvent]:
    """The latest events of these kinds of one record, newest first."""
    return get_history(subject=subject).filter(event__in=list(events)).order_by("-id")[:count]


def get_row_changes(*, is_traced: bool | None = None) -> models.QuerySet[RowChange]:
    """
    Changes of watched rows, each with `event_id`: the event of its transaction about this very row, else the first one of it; none
    where the change bypassed the program.

    :param is_traced: those whose transaction wrote an event, those whose transaction wrote none, or all
    """
    beside = AuditEvent.objects.filter(transaction=OuterRef("transaction"), written_at=OuterRef("written_at"))
    of_row = beside.annotate(table=Replace("subject_type", Value("."), Value("_"))).filter(
        subject_id=OuterRef("row_id"), table=OuterRef("table_name")
    )
    first = [Subquery(events.order_by("id").values("id")[:1]) for events in (of_row, beside)]
    changes = RowChange.objects.annotate(event_id=Coalesce(*first))
    if is_traced is None:
        return changes
    return changes.filter(Exists(beside) if is_traced else ~Exists(beside))


def get_events_beside(changes: Iterable[RowChange]) -> dict[int, AuditEvent]:
    """
    This function will give the events that stand beside changes, by id; one query.
    """
    return AuditEvent.objects.in_bulk({change.event_id for change in changes if change.event_id})  # type: ignore[attr-defined]


def count_untraced(*, since: datetime) -> int:
    """
    This function will count the changes since a moment that no event stands beside.
    """
    return get_row_changes(is_traced=False).filter(written_at__gte=since).count()
