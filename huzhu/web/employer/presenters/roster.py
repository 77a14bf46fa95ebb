"""Roster rows and results in the words and shapes the pages show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.urls import reverse

from huzhu.audit.models import AuditEvent
from huzhu.roster.files import problems
from huzhu.roster.models import EmploymentStatus, RosterEntry, RosterImport
from huzhu.shared.identity.documents import DOCUMENT_TYPES, GENDERS
from huzhu.ui.parts import HistoryRow, Tab

STATUS_TONES = {
    EmploymentStatus.IN_SERVICE: "done",
    EmploymentStatus.LEFT: "quiet",
    EmploymentStatus.RETIRED: "info",
    EmploymentStatus.TRANSFERRED: "quiet",
}


@dataclass(frozen=True)
class Row:
    """One person of the list."""

    entry: RosterEntry
    gender: str
    document_type: str
    tone: str
    lacks_category: bool
    url: str


def row(entry: RosterEntry) -> Row:
    """A person as the list shows it; a woman in service without a job category is marked, her retirement age depends on it."""
    woman = entry.worker.gender == "female"
    return Row(
        entry=entry,
        gender=GENDERS[entry.worker.gender],
        document_type=DOCUMENT_TYPES[entry.document.document_type].label,
        tone=STATUS_TONES[EmploymentStatus(entry.status)],
        lacks_category=woman and not entry.job_category and entry.left_on is None,
        url=reverse("employer:roster-person", args=[entry.pk]),
    )


def status_tabs(*, counts: dict[str, int], current: str, path: str) -> list[Tab]:
    """The tabs 在职, 离职, 退休, 调出, 全部 with their counts."""
    tabs = [
        Tab(label=label, url=f"{path}?status={value}", current=current == value, count=counts.get(value, 0))
        for value, label in EmploymentStatus.choices
    ]
    return [*tabs, Tab(label="全部", url=f"{path}?status=all", current=not current, count=sum(counts.values()))]


@dataclass(frozen=True)
class Kind:
    """One kind of error in a file: how often, and how to mend it."""

    code: str
    headline: str
    column: str
    count: int
    remedy: str


def kinds(record: RosterImport) -> list[Kind]:
    """The errors of an import by kind, the most frequent first."""
    counts = Counter(error["code"] for error in record.errors)
    first: dict[str, dict[str, str]] = {}
    for error in record.errors:
        first.setdefault(error["code"], error)
    return [
        Kind(code, problems.headline(code), first[code]["column"], count, first[code]["remedy"])
        for code, count in counts.most_common()
    ]


def history(events: list[AuditEvent]) -> list[HistoryRow]:
    """What happened to a person's entry, newest first."""
    return [HistoryRow(at=e.at, who=e.by_name, what=e.label or e.event, reason=e.reason) for e in reversed(events)]
