"""The trace of a record as its page shows it."""

from __future__ import annotations

from collections.abc import Iterable

from huzhu.audit.models import AuditEvent
from huzhu.shared.actors import Side
from huzhu.ui.parts import HistoryRow

AMONG_STAFF = frozenset({"work.pass_on", "work.copy"})  # who of the office asked whom is not the employer's to see


def get_rows(events: Iterable[AuditEvent], *, for_employer: bool = False) -> list[HistoryRow]:
    """
    This function will turn audit events into timeline rows, newest first.

    An employer sees the association's staff by side, not by name.
    """
    rows = [
        HistoryRow(
            at=event.at,
            who="互助会" if for_employer and event.by_side == Side.OFFICE else _name(event),
            what=event.label or event.event,
            reason=event.reason,
            tone="warns" if "return" in event.event or event.reason else "info",
        )
        for event in events
        if event.label and not (for_employer and event.event in AMONG_STAFF)
    ]
    return rows[::-1]


def _name(event: AuditEvent) -> str:
    """Who did it; a deputy is named with whom they stood in for."""
    return f"{event.by_name}（代{event.stands_in_for_name}）" if event.stands_in_for_name else event.by_name
