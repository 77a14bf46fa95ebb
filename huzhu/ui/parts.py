"""What components are fed with. Plain values, so that any page can make them from any record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class Step:
    """One stop of a step bar or wizard. `state`: done, current, todo or stopped."""

    label: str
    state: str = "todo"
    at: date | datetime | None = None
    note: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class HistoryRow:
    """One thing that happened, in plain words. `reason` is shown as a quotation."""

    at: datetime
    who: str
    what: str
    reason: str = ""
    tone: str = "info"


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One tab of a record page; tabs are links, so they work without scripts and can be bookmarked."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Span:
    """A half-open stretch of days."""

    start: date
    end: date
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Cover:
    """
    What the cover timeline draws: earlier cover, the planned cover, its waiting days, and the last day on which
    money may arrive without a gap. Periods are half-open.
    """

    planned: Span
    past: Sequence[Span] = field(default_factory=tuple)
    waiting_until: date | None = None
    latest_arrival: date | None = None
    today: date | None = None


def steps(labels: Sequence[str], *, current: int, urls: Sequence[str] = (), notes: Sequence[str] = ()) -> list[Step]:
    """
    This function will make the steps of a wizard from their labels and the index of the current one.
    """
    return [
        Step(
            label=label,
            state="done" if index < current else "current" if index == current else "todo",
            url=urls[index] if index < len(urls) else "",
            note=notes[index] if index < len(notes) else "",
        )
        for index, label in enumerate(labels)
    ]
