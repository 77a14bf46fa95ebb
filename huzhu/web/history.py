"""The trace of a record as its page shows it."""

from __future__ import annotations

from collections.abc import Iterable

from huzhu.audit.models import AuditEvent
from huzhu.shared.actors import Side
from huzhu.ui.parts import HistoryRow


def get_rows(events: Iterable[AuditEvent], *, for_employer: bool = False) -> list[HistoryRow]:
    """
    This function will turn audit events into timeline rows, newest first.

    An employer sees the association's staff by side, not by name.
    """
    rows = [
        HistoryRow(
            at=event.at,
            who="互助会" if for_employer and event.by_side == Side.OFFICE else event.by_name,
            what=event.label or event.event,
            reason=event.reason,
            tone="warns" if "return" in event.event or event.reason else "info",
        )
        for event in events
        if event.label
    ]
    return rows[::-1]
