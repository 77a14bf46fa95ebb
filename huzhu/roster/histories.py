"""What happened to one person at one employer: spells, changes with old and new, documents. Never what other employers know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huzhu.audit.models import AuditEvent
from huzhu.roster.models import DocumentReplacement, RosterEntry, RosterEntryChange, WorkerDocument

MOST_CHANGES = 200


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One thing: an act on the person, a change of the row, or both. `changes` are field → [before, after]."""

    at: datetime
    who: str
    label: str
    reason: str
    changes: dict[str, list[object]]


@dataclass(frozen=True, kw_only=True)
class PersonHistory:
    """Everything the page of a person tells of the past, newest first."""

    spells: list[RosterEntry]
    happened: list[Happened]
    replaced: list[DocumentReplacement]
    documents: dict[int, WorkerDocument]


def get_history(*, entry: RosterEntry) -> PersonHistory:
    """
    This function will gather a person's history at the entry's employer, in five statements however long it is.

    A change made by a file or for many people at once is found by its moment; it says who did it and by what.
    """
    spells = list(RosterEntry.objects.filter(employer_id=entry.employer_id, worker_id=entry.worker_id).order_by("-id"))
    ids = [spell.pk for spell in spells]
    changes = list(RosterEntryChange.objects.filter(entry__in=ids).order_by("-id")[:MOST_CHANGES])
    events = _get_events(entry, ids, changes)
    replaced = list(
        DocumentReplacement.objects.filter(entry__in=ids).select_related("document", "replacement").order_by("-id")
    )
    named = {int(str(each)) for change in changes for each in change.changes.get("document_id", ()) if each}
    happened = [_tell(change, events) for change in changes]
    told = {each.at for each in happened}
    happened += [
        Happened(at=event.at, who=event.by_name, label=event.label, reason=event.reason, changes={})
        for event in events
        if event.subject_type == entry._meta.label_lower and event.at not in told
    ]
    return PersonHistory(
        spells=spells,
        happened=sorted(happened, key=lambda each: each.at, reverse=True),
        replaced=replaced,
        documents=WorkerDocument.objects.in_bulk(named),
    )


def _get_events(entry: RosterEntry, ids: list[int], changes: list[RosterEntryChange]) -> list[AuditEvent]:
    events = AuditEvent.objects.filter(employer_id=entry.employer_id, event__startswith="roster.")
    own = events.filter(subject_type=entry._meta.label_lower, subject_id__in=[str(each) for each in ids])
    moments = events.filter(at__in={change.changed_at for change in changes}).exclude(
        subject_type=entry._meta.label_lower
    )
    return list(own.union(moments).order_by("id"))


def _tell(change: RosterEntryChange, events: list[AuditEvent]) -> Happened:
    event = next((each for each in events if each.at == change.changed_at), None)
    return Happened(
        at=change.changed_at,
        who=event.by_name if event else "系统",
        label=event.label if event else "修改职工信息",
        reason=event.reason if event else "",
        changes=change.changes,
    )
