"""Finding the person whose cover somebody asks about: by a whole document number or an exact name, never by a part of a number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q

from huzhu.cover.models import Cover
from huzhu.roster import queries as roster
from huzhu.roster.models import EmploymentStatus, RosterEntry, WorkerDocument
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY
from huzhu.shared.identity.names import initials, normalise_name

LIMIT = 30
MOST_ENTRIES = 300


@dataclass(frozen=True, kw_only=True)
class FoundPerson:
    """One natural person as the visible employers know them, and how much visible cover there is."""

    worker_id: int
    names: list[str]
    numbers_masked: list[str]
    employers: list[str]
    cover_count: int
    latest_end: date | None  # exclusive

    @property
    def last_day(self) -> date | None:
        """The last covered day of all."""
        return self.latest_end - ONE_DAY if self.latest_end else None


def find_people(*, by: Actor, words: str) -> list[FoundPerson]:
    """
    This function will find the people a staff member may see, in at most five statements, whatever the words.

    :param words: a whole document number of any kind, or a whole name
    """
    words = words.strip()
    if not words:
        return []
    found: list[FoundPerson] = []
    if prints := roster.get_fingerprints(number=words):
        holders = WorkerDocument.objects.filter(fingerprint__in=prints).values_list("worker_id", flat=True)
        found = _describe(by, Q(worker_id__in=list(holders)))
    name = normalise_name(words)
    if not found and name:
        # All statuses and the initials, so that the index by employer finds the name without reading anybody else.
        wanted = Q(status__in=EmploymentStatus.values, name_initials=initials(name), name=name)
        found = _describe(by, wanted)
    return found


def get_person(*, by: Actor, worker_id: int) -> FoundPerson | None:
    """
    This function will give one person a staff member may see; None if nobody visible knows them.
    """
    found = _describe(by, Q(worker_id=worker_id))
    return found[0] if found else None


def _describe(by: Actor, wanted: Q) -> list[FoundPerson]:
    entries = (
        RosterEntry.objects.visible_to(by)
        .filter(wanted)
        .select_related("document", "employer")
        .order_by("worker_id", "-id")[:MOST_ENTRIES]
    )
    people: dict[int, list[RosterEntry]] = {}
    for entry in entries:
        people.setdefault(entry.worker_id, []).append(entry)
    known = dict(list(people.items())[:LIMIT])
    covers: dict[int, tuple[int, date]] = {
        row["worker_id"]: (row["count"], row["latest"])
        for row in Cover.objects.visible_to(by)
        .filter(worker_id__in=list(known))
        .order_by()
        .values("worker_id")
        .annotate(count=Count("pk"), latest=Max("coverage_end"))
    }
    return [
        FoundPerson(
            worker_id=worker_id,
            names=_once(entry.name for entry in rows),
            numbers_masked=_once(entry.document.number_masked for entry in rows),
            employers=_once(entry.employer.name for entry in rows),
            cover_count=covers[worker_id][0] if worker_id in covers else 0,
            latest_end=covers[worker_id][1] if worker_id in covers else None,
        )
        for worker_id, rows in known.items()
    ]


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
