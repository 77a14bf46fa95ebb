"""已办, 我发起的, 抄送: read from the trace and from the copies, each with where the record stands now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from huzhu.audit.models import AuditEvent, Result
from huzhu.shared.actors import Actor
from huzhu.work.kinds import WorkKind, get_kinds
from huzhu.work.models import Copy
from huzhu.work.queries.records import get_visible

PASSING_ON = ("work.pass_on",)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One act on a record, and where the record stands now; `kind` is None where the actor cannot see it any more."""

    event: AuditEvent
    kind: WorkKind | None
    number: str
    title: str
    state: str
    state_label: str


@dataclass(frozen=True, kw_only=True)
class CopyRow:
    """One copy, and where the record stands now."""

    copy: Copy
    kind: WorkKind | None
    state: str
    state_label: str

    @property
    def key(self) -> str:
        """Where the row stands in the order of the list: unread first, the latest first."""
        return f"{int(self.copy.read_at is not None)}.{self.copy.pk}"


def get_done(*, actor: Actor) -> QuerySet[AuditEvent]:
    """
    What somebody decided, and what a deputy decided in their name: the acts that moved a record of a flow on. Latest first is the
    caller's order.
    """
    return _by(actor).exclude(after="").filter(subject_type__in=_types())


def get_started(*, actor: Actor) -> QuerySet[AuditEvent]:
    """
    What somebody set going for others to decide: the acts that the kinds of work name as their start, and what they passed on.
    """
    starts = [event for kind in get_kinds() for event in kind.starts]
    return _by(actor).filter(event__in=[*starts, *PASSING_ON], subject_type__in=_types())


def describe(events: Sequence[AuditEvent], *, actor: Actor) -> list[Turn]:
    """
    This function will tell of each act which record it was on and where that stands now; one query per table on the page.
    """
    found = _find({(event.subject_type, int(event.subject_id)) for event in events}, actor=actor)
    turns = []
    for event in events:
        kind, number, title, state = found.get((event.subject_type, int(event.subject_id)), (None, "", "", ""))
        label = str(kind.flow.states(state).label) if kind else ""
        turns.append(Turn(event=event, kind=kind, number=number, title=title, state=state, state_label=label))
    return turns


def get_copies(*, actor: Actor, after: str = "", limit: int = 100) -> list[CopyRow]:
    """
    This function will give what was shown to somebody, unread first, the latest first; one more than `limit` if there are more.
    One query for the copies, and one per table on the page.
    """
    rows = Copy.objects.addressed_to(_own_ids(actor))
    read_from = last = ""
    if after:
        read_from, _, last = after.partition(".")
    unread = [] if read_from == "1" else list(_before(rows.unread(), last if read_from == "0" else "")[: limit + 1])
    room = limit + 1 - len(unread)
    read = list(_before(rows.filter(read_at__isnull=False), last if read_from == "1" else "")[:room]) if room else []
    copies = [*unread, *read]
    found = _find({(copy.subject_type, copy.subject_id) for copy in copies}, actor=actor)
    result = []
    for copy in copies:
        kind, _, _, state = found.get((copy.subject_type, copy.subject_id), (None, "", "", ""))
        label = str(kind.flow.states(state).label) if kind else ""
        result.append(CopyRow(copy=copy, kind=kind, state=state, state_label=label))
    return result


def get_own_copies(*, actor: Actor) -> QuerySet[Copy]:
    """What was shown to somebody."""
    return Copy.objects.addressed_to(_own_ids(actor))


def count_unread(*, actor: Actor) -> int:
    """How many copies somebody has not opened."""
    return Copy.objects.addressed_to(_own_ids(actor)).unread().count()


def _own_ids(actor: Actor) -> frozenset[int]:
    return frozenset() if actor.user_id is None else frozenset({actor.user_id})


def _by(actor: Actor) -> QuerySet[AuditEvent]:
    ids = [actor.user_id] if actor.stands_in_for is None else [actor.stands_in_for.user_id]
    return AuditEvent.objects.filter(Q(by_id__in=ids) | Q(stands_in_for_id__in=ids), result=Result.DONE)


def _types() -> list[str]:
    return sorted({kind.subject_type for kind in get_kinds()})


def _before(rows: QuerySet[Copy], last: str) -> QuerySet[Copy]:
    if last.isascii() and last.isdecimal():
        rows = rows.filter(pk__lt=int(last[:18]))
    return rows.order_by("-pk")


def _find(
    subjects: Iterable[tuple[str, int]], *, actor: Actor
) -> dict[tuple[str, int], tuple[WorkKind, str, str, str]]:
    """Kind, number, title and state of the records an actor may see; the kind is that of the state, else any of the table's."""
    ids: dict[str, set[int]] = {}
    for subject_type, subject_id in subjects:
        ids.setdefault(subject_type, set()).add(subject_id)
    found: dict[tuple[str, int], tuple[WorkKind, str, str, str]] = {}
    for subject_type, wanted in ids.items():
        kinds = [kind for kind in get_kinds() if kind.subject_type == subject_type]
        if not kinds:
            continue
        any_kind = kinds[0]
        rows: QuerySet[Any] = get_visible(any_kind, actor=actor).filter(pk__in=wanted)
        fields = ["pk", "state", *filter(None, (any_kind.number, any_kind.title))]
        for pk, state, *words in rows.values_list(*fields):
            words = [*map(str, words), "", ""]
            number, title = (words[0], words[1]) if any_kind.number else ("", words[0])
            kind = next((one for one in kinds if one.state == state), any_kind)
            found[subject_type, pk] = (kind, *kind.tell(number, title), state)
    return found
