"""
A flow is declared once, as data: who may do what, from which state to which, and what the other side is told.

Work lists, timelines, buttons, the database's own guard and the diagrams in `docs/states/` are all made from the declaration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pgtrigger
from django.db import models


class TransitionNotAllowed(Exception):
    """The record is in a state from which this action does not lead anywhere."""

    def __init__(self, *, action: str, state: str, label: str) -> None:
        super().__init__(f"“{label}”在当前状态下不能办理，可能已有人先处理，请刷新页面后查看最新状态。")
        self.action, self.state = action, state


@dataclass(frozen=True)
class Step:
    """
    One edge bundle of a flow: from any of `sources` to `target`, by any of the roles in `by`.

    `waits` tells whether the record waits for somebody to take the step; a step that may be taken but need not, such as reversing
    an issued receipt, makes no work. `in_bulk` tells whether many records may take it with one click, each by itself.
    """

    sources: frozenset[str]
    target: str
    by: frozenset[str]
    guard: str
    tells: str
    waits: bool
    in_bulk: bool


def step(
    sources: Iterable[str],
    target: str,
    *,
    by: Iterable[str],
    guard: str = "",
    tells: str = "",
    waits: bool = True,
    in_bulk: bool = False,
) -> Step:
    """
    Declare one step. `guard` names the rule that permissions or the operation check; `tells` names the message template.
    """
    return Step(frozenset(sources), target, frozenset(by), guard, tells, waits, in_bulk)


class Workflow:
    """
    The declared steps of one flow, by action.

    :param name: the flow's name, used in audit events and trigger names
    :param states: the `TextChoices` of the record's `state`
    :param initial: states a record may be created in
    :param deadlines: by state, the name of the limit of working days within which somebody takes the record on
    """

    def __init__(
        self,
        name: str,
        *,
        states: type[models.TextChoices],
        actions: type[models.TextChoices],
        initial: Iterable[str],
        steps: Mapping[str, Step],
        deadlines: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.states, self.actions = name, states, actions
        self.initial = frozenset(initial)
        self.steps = dict(steps)
        self.deadlines = dict(deadlines or {})

    def allows(self, action: str, *, state: str) -> bool:
        """Test if the action is open in this state."""
        return state in self.steps[action].sources

    def next_state(self, action: str, *, state: str) -> str:
        """
        The state this action leads to.

        :raises TransitionNotAllowed: if the action is not open in this state
        """
        if not self.allows(action, state=state):
            raise TransitionNotAllowed(action=action, state=state, label=str(self.actions(action).label))
        return self.steps[action].target

    def edges(self) -> set[tuple[str, str]]:
        """Every (from, to) pair that occurs in the flow."""
        return {(source, s.target) for s in self.steps.values() for source in s.sources}

    def get_waiting_states(self, *, roles: frozenset[str]) -> list[str]:
        """The states in which somebody with these roles has something to do; this is what work lists are made of."""
        return sorted(state for state in self.states.values if not roles.isdisjoint(self.get_roles_waited_for(state)))

    def get_roles_waited_for(self, state: str) -> frozenset[str]:
        """Whom a record in this state waits for: those who may take one of the steps that wait."""
        return frozenset(role for s in self.steps.values() if s.waits and state in s.sources for role in s.by)

    def get_bulk_action(self, state: str) -> str | None:
        """The action that many records in this state may take at once; None where each needs a look of its own."""
        return next((action for action, s in self.steps.items() if s.in_bulk and state in s.sources), None)

    def triggers(self, field: str = "state") -> list[pgtrigger.Trigger]:
        """
        The database's own guard: an unlisted change of state, or a birth in another state than an initial one, is refused.
        """
        pairs = " OR ".join(f"(OLD.{field} = '{a}' AND NEW.{field} = '{b}')" for a, b in sorted(self.edges()))
        births = ", ".join(f"'{state}'" for state in sorted(self.initial))
        return [
            pgtrigger.Trigger(
                name=f"{self.name}_edges",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(f"OLD.{field} IS DISTINCT FROM NEW.{field}"),
                func=f"IF NOT ({pairs}) THEN "
                f"RAISE EXCEPTION 'flow {self.name}: % -> % is not declared', OLD.{field}, NEW.{field} "
                "USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name=f"{self.name}_birth",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func=f"IF NEW.{field} NOT IN ({births}) THEN "
                f"RAISE EXCEPTION 'flow {self.name}: cannot begin as %', NEW.{field} "
                "USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
            ),
        ]

    def diagram(self) -> str:
        """The flow as a Mermaid state diagram, for `docs/states/`."""
        lines = ["stateDiagram-v2"]
        lines += [f"    {state.value}: {state.value} {state.label}" for state in self.states]
        lines += [f"    [*] --> {state}" for state in sorted(self.initial)]
        for action, s in self.steps.items():
            who = "/".join(sorted(s.by))
            lines += [
                f"    {source} --> {s.target}: {self.actions(action).label} ({who})" for source in sorted(s.sources)
            ]
        final = {s.target for s in self.steps.values()} - {a for a, _ in self.edges()}
        lines += [f"    {state} --> [*]" for state in sorted(final)]
        return "\n".join(lines) + "\n"


def append_only() -> list[pgtrigger.Trigger]:
    """
    Triggers for a table whose rows are facts: nothing is changed, removed or truncated; a correction is a new row.
    """
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            operation=pgtrigger.Truncate,
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            func="RAISE EXCEPTION 'rows of this table are facts and stay' USING ERRCODE = 'check_violation'; RETURN NULL;",
        ),
    ]


def rows_stay(*fixed: str) -> list[pgtrigger.Trigger]:
    """
    Triggers for a table whose rows stay for good and of which only what is not `fixed` may change.
    """
    changed = " OR ".join(f"NEW.{field} IS DISTINCT FROM OLD.{field}" for field in fixed)
    return [
        pgtrigger.Protect(name="rows_stay", operation=pgtrigger.Delete),
        append_only()[1],
        pgtrigger.Trigger(
            name="fixed_fields",
            operation=pgtrigger.Update,
            when=pgtrigger.Before,
            func=f"IF {changed} THEN RAISE EXCEPTION 'what was told stays as it was' USING ERRCODE = 'check_violation'; "
            "END IF; RETURN NEW;",
        ),
    ]
