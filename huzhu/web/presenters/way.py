"""The way of an application as a step bar: states of the flow with the day each was passed, and where it stopped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from huzhu.audit.models import AuditEvent
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.ui.parts import Step

WAY = (
    (State.DRAFT, "填报"),
    (State.AWAITING_FORM, "盖章回传"),
    (State.FIRST_REVIEW, "互助会初审"),
    (State.SECOND_REVIEW, "互助会复审"),
    (State.AWAITING_PAYMENT, "缴款"),
    (State.EFFECTIVE, "保障生效"),
)
ORDER = {state: index for index, (state, _label) in enumerate(WAY)}

# Where a side state stands on the way, and what the step bar says there.
SIDE = {
    State.DELETED: (0, "已删除"),
    State.CANCELLED: (ORDER[State.AWAITING_PAYMENT], "已撤单"),
    State.EXPIRED: (ORDER[State.AWAITING_PAYMENT], "逾期失效"),
}


def get_steps(*, application: EnrolmentApplication, events: Iterable[AuditEvent]) -> list[Step]:
    """
    This function will tell how far an application has come; `events` are its history, oldest first.

    A returned application stands at the beginning again, with the review that returned it marked.
    """
    events = [event for event in events if event.after and event.before != event.after]
    state = State(application.state)
    if state in SIDE:
        here, word = SIDE[state]
        return _draw(here, _passed(events, upto=here), stopped={here: (word, _last_at(events))})
    if state == State.RETURNED:
        returned = next((event for event in reversed(events) if event.after == State.RETURNED), None)
        at_step = ORDER.get(State(returned.before), 2) if returned else 2
        word = "已撤回" if returned and "recall" in returned.event else "已退回"
        return _draw(0, {}, stopped={at_step: (word, returned.at if returned else None)})
    here = ORDER[state]
    passed = _passed(events, upto=here)
    if state == State.EFFECTIVE:
        passed[here] = application.effective_at or _last_at(events)
        return _draw(len(WAY), passed)
    return _draw(here, passed)


def _passed(events: list[AuditEvent], *, upto: int) -> dict[int, datetime]:
    """When each step before `upto` was left for good: the last move from it to a later one."""
    passed: dict[int, datetime] = {}
    for event in events:
        source = 0 if event.before == State.RETURNED else ORDER.get(event.before)
        target = ORDER.get(event.after)
        if source is not None and target is not None and source < target <= upto:
            passed[source] = event.at
    return passed


def _last_at(events: list[AuditEvent]) -> datetime | None:
    return events[-1].at if events else None


def _draw(
    here: int, passed: dict[int, datetime], stopped: dict[int, tuple[str, datetime | None]] | None = None
) -> list[Step]:
    steps = []
    for index, (_state, label) in enumerate(WAY):
        note, at = (stopped or {}).get(index, ("", passed.get(index)))
        state = "stopped" if note else "done" if index < here else "current" if index == here else "todo"
        steps.append(
            Step(label=label, state=state, at=at if note or index < here or state == "done" else None, note=note)
        )
    return steps
