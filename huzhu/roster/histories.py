"""What happened to one person at one employer: spells, changes with old and new, documents. Never what other employers know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huzhu.audit.models import AuditEvent
from huzhu.roster.models import DocumentReplacement, RosterEntry, RosterEntryChange, WorkerDocument

MOST_CHANGES = 200


@dataclass(frozen=True, kw_only=True)
class Happened:
    """
    One thing: an act on the person, a change of the row, or both. `changes` are field → [before, after]; `begins` where the act put
    the person on the roster.
    """

    at: datetime
    who: str
    label: str
    reason: str
    changes: dict[str, list[object]]
    begins: bool = False


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
    begun = [spell.entered_at for spell in spells if spell.entered_at]
    events = _get_events(entry, ids, moments={change.changed_at for change in changes}.union(begun))
    replaced = list(
        DocumentReplacement.objects.filter(entry__in=ids).select_related("document", "replacement").order_by("-id")
    )
    named = {int(str(each)) for change in changes for each in change.changes.get("document_id", ()) if each}
    happened = [
        _tell(change.changed_at, change.changes, events) for change in changes if change.changed_at not in begun
    ]
    happened += [_tell(at, {}, events, begins=True) for at in begun]
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


def _get_events(entry: RosterEntry, ids: list[int], *, moments: set[datetime]) -> list[AuditEvent]:
    events = AuditEvent.objects.filter(employer_id=entry.employer_id, event__startswith="roster.")
    own = events.filter(subject_type=entry._meta.label_lower, subject_id__in=[str(each) for each in ids])
    for_many = events.filter(at__in=moments).exclude(subject_type=entry._meta.label_lower)
    return list(own.union(for_many).order_by("id"))


def _tell(
    at: datetime, changes: dict[str, list[object]], events: list[AuditEvent], *, begins: bool = False
) -> Happened:
    event = next((each for each in events if each.at == at), None)
    return Happened(
        at=at,
        who=event.by_name if event else "系统",
        label=event.label if event else "修改职工信息",
        reason=event.reason if event else "",
        changes=changes,
        begins=begins,
    )
