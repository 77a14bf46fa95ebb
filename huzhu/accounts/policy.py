"""
The one policy table: every act of the house, who may take it, on whose records, in which states, and what else is asked.

Rows are data, declared by each app in its `permissions.py`; those of a flow's steps take roles and states from the flow. Everybody
asks the same rows: operations by `check`, pages for their buttons by `may`, routes for whom they open to, work lists for whom a
record waits, jobs as the program. `docs/reference/rights.md` is written from them. An act without a row cannot be asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from huzhu.accounts.roles import SIDES
from huzhu.shared.actors import Actor, Side
from huzhu.shared.trace import Refused
from huzhu.shared.workflow import TransitionNotAllowed, Workflow

Question = Callable[[Actor, Any], str]  # the words to refuse with, or nothing
ANY: Final = object()  # no record in particular: may this be done at all?


class NotPermitted(Refused):
    """The actor may not do this; the words say why and whom to ask."""


class UnknownAct(LookupError):
    """No app has declared such an act: whoever asks has forgotten its row."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """
    One row.

    :param act: "thing.verb"; for a step of a flow "flow.action"
    :param roles: who may, whichever record
    :param otherwise: what anybody else is told
    :param scope: whose records; the words to refuse others with
    :param guards: what else is asked of this person and this record, such as being another than the one who asked
    :param flow: where the record's state must allow it
    :param shows: the masked fields that are shown in full by it
    """

    act: str
    label: str
    roles: frozenset[str]
    otherwise: str
    scope: Question | None = None
    guards: tuple[Question, ...] = ()
    flow: Workflow | None = None
    shows: tuple[str, ...] = ()

    @property
    def action(self) -> str:
        """The step of the flow."""
        return self.act.rpartition(".")[2]

    def admits(self, by: Actor) -> bool:
        """Test if the actor has one of the roles, on the side of the counter where it counts."""
        return any(role in self.roles and SIDES[role] == by.side for role in by.roles)

    def get_roles(self, side: Side) -> frozenset[str]:
        """The roles of one side."""
        return frozenset(role for role in self.roles if SIDES[role] == side)


@dataclass(frozen=True)
class Verdict:
    """An answer that is true if the act would be allowed, and else carries the words it would be refused with."""

    words: str = ""

    def __bool__(self) -> bool:
        return not self.words


_TABLE: dict[str, Rule] = {}


def declare(*rules: Rule) -> None:
    """This function will take rows into the table; an app calls it once, in its `permissions.py`."""
    for rule in rules:
        if rule.act in _TABLE:
            raise ValueError(f"{rule.act} is declared twice")
        _TABLE[rule.act] = rule


def act(name: str, label: str, by: Iterable[str], otherwise: str, **more: Any) -> Rule:
    """One row, written in one line where it has no more to say."""
    return Rule(act=name, label=label, roles=frozenset(map(str, by)), otherwise=otherwise, **more)


def steps(
    flow: Workflow,
    *,
    otherwise: str,
    scope: Question | None = None,
    guards: Mapping[str, tuple[Question, ...]] | None = None,
    only: Iterable[str] | None = None,
    apart: Iterable[str] = (),
) -> list[Rule]:
    """
    This function will make a row of every step of a flow: roles and states are the flow's.

    :param otherwise: what is told who has none of the roles; `{action}` stands for the step's label
    :param guards: by step, what else is asked
    :param only: the steps meant, if not all
    :param apart: those left out, because they have other words or another scope
    """
    chosen = [one for one in (flow.steps if only is None else only) if one not in set(apart)]
    return [
        act(
            f"{flow.name}.{one}",
            str(flow.actions(one).label),
            flow.steps[one].by,
            otherwise.format(action=flow.actions(one).label),
            scope=scope,
            guards=(guards or {}).get(one, ()),
            flow=flow,
        )
        for one in chosen
    ]


def get_table() -> Mapping[str, Rule]:
    """The whole table, by act."""
    return _TABLE


def get_rule(name: str) -> Rule:
    """
    The row of an act.

    :raises UnknownAct: if it has none
    """
    try:
        return _TABLE[name]
    except KeyError as error:
        raise UnknownAct(name) from error


def may(by: Actor, name: str, record: Any = ANY) -> Verdict:
    """
    Test if the actor may take an act: on this record as it stands, or on any at all. Asking is no refusal and leaves no trace.
    """
    rule = get_rule(name)
    if words := _find_refusal(by, rule, record):
        return Verdict(words)
    if rule.flow is not None and record is not ANY and not rule.flow.allows(rule.action, state=record.state):
        return Verdict(str(TransitionNotAllowed(action=rule.action, state=record.state, label=rule.label)))
    return Verdict()


def check(by: Actor, name: str, record: Any = ANY) -> None:
    """
    This function will pass an actor who may take an act on a locked record. The state is left to the flow, which is asked when the
    record moves.

    :raises NotPermitted: if the actor may not; the words are those of `may`
    """
    rule = get_rule(name)
    if rule.scope is not None and record is ANY:
        raise TypeError(f"{name} is allowed or not by its record")
    if words := _find_refusal(by, rule, record):
        raise NotPermitted(words)


def _find_refusal(by: Actor, rule: Rule, record: Any) -> str:
    if not rule.admits(by):
        return rule.otherwise
    if record is ANY:
        return ""
    questions = ((rule.scope,) if rule.scope else ()) + rule.guards
    return next(filter(None, (question(by, record) for question in questions)), "")
