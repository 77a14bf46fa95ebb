"""Parameters as rows: what holds, what will, and each change with old and new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from huzhu.parameters import permissions, queries
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import DEFINITIONS, Definition
from huzhu.parameters.states import ChangeState
from huzhu.shared.actors import Actor


@dataclass(frozen=True, kw_only=True)
class ParameterRow:
    """One parameter: what holds for the association, what comes, and which branches have their own."""

    definition: Definition
    value: str
    change: ParameterChange | None
    coming: Sequence[ParameterChange]
    own: Sequence[ParameterChange]


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """One change with what held before it at the same place, and whether the actor may decide on it."""

    change: ParameterChange
    before: str
    may_decide: bool
    refusal: str


def get_rows(*, actor: Actor, day: date) -> list[ParameterRow]:
    """
    This function will give every parameter as it holds on a day; one query.
    """
    changes = list(ParameterChange.objects.visible_to(actor).select_related("branch").order_by("-pk"))
    return [get_row(each, [c for c in changes if c.key == each.key], day=day) for each in DEFINITIONS.values()]


def get_row(definition: Definition, history: Sequence[ParameterChange], *, day: date) -> ParameterRow:
    """
    This function will give one parameter as it holds on a day.

    :param history: its changes, latest first
    """
    held = sorted((c for c in history if c.state == ChangeState.CONFIRMED), key=lambda c: (c.effective_from, c.pk))
    by_place = {c.branch_id: c for c in held if c.effective_from <= day}
    whole = by_place.pop(None, None)
    return ParameterRow(
        definition=definition,
        value=whole.words if whole else definition.tell(definition.default),
        change=whole,
        coming=[c for c in held if c.effective_from > day],
        own=list(by_place.values()),
    )


def get_lines(definition: Definition, history: Sequence[ParameterChange], *, actor: Actor) -> list[ChangeLine]:
    """
    This function will give the changes of a parameter, latest first.
    """
    lines: list[ChangeLine] = []
    held: dict[int | None, str] = {}
    for change in reversed(history):
        before = held.get(change.branch_id, held.get(None, definition.tell(definition.default)))
        lines.append(_get_line(change, before=before, actor=actor))
        if change.state == ChangeState.CONFIRMED:
            held[change.branch_id] = change.words
    return lines[::-1]


def get_pending(*, actor: Actor, mine: bool = False) -> list[ChangeLine]:
    """
    This function will give the changes that wait for a second person; `mine` leaves those the actor may decide.
    """
    if not permissions.may(actor, "parameter_change.confirm"):
        return []
    lines = [_get_line(change, before="", actor=actor) for change in queries.get_pending()]
    return [line for line in lines if line.may_decide] if mine else lines


def _get_line(change: ParameterChange, *, before: str, actor: Actor) -> ChangeLine:
    verdict = permissions.may(actor, "parameter_change.confirm", change)
    refusal = verdict.words if change.state == ChangeState.PROPOSED else ""
    return ChangeLine(change=change, before=before, may_decide=bool(verdict), refusal=refusal)
