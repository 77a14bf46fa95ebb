"""
Kinds of work: one declaration per state of a flow in which a record waits for the office, in the `work.py` of the flow's app.

Who it waits for follows from the flow's steps, where they may look from `visible_to`, by when from the flow's deadlines. The
declaration adds what the flow cannot know: the columns of a row, the page that settles it, and whom the two-person rule keeps off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, QuerySet, Subquery, Value
from django.db.models.functions import Cast, TruncDate

from huzhu.accounts import policy
from huzhu.accounts.roles import STAFF
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import SHANGHAI
from huzhu.shared.workflow import Workflow
from huzhu.work import deadlines


class UnknownKind(LookupError):
    """No app declares this kind of work."""


class NeedsLook(Exception):
    """This record is not decided in bulk: there is something on it that somebody has to look at."""


@dataclass(frozen=True, kw_only=True)
class WorkKind:
    """
    One kind of work.

    :param key: its name in addresses; also the badge it counts for in the menu unless `badge` names another
    :param label: in the society's words, as in the menu
    :param since: the field that says since when a record has been waiting in this state
    :param number: the field with the record's own number or name; `title` with whom it is about, `branch` with that one's branch
    :param page: the route that settles it; `argument` is the name of the id in it, empty where the page takes none
    :param verb: what the one button of a row says
    :param leaves_out: takes from the rows what the two-person rule keeps from the actor
    :param act: the act of the policy table that settles it; who may not take that may not take the record on
    :param check_in_bulk: raises `NeedsLook` if this record is not decided together with others
    :param starts: the audit events by which somebody at the office sets it going (我发起的)
    :param hides: number and title as every list shows them, where one of them names a natural person; the page tells in full
    :param related: what the act's row reads beside the record
    """

    key: str
    label: str
    flow: Workflow
    state: str
    model: type[models.Model]
    since: str | Subquery
    number: str
    title: str
    branch: str
    page: str
    argument: str
    verb: str
    act: str
    leaves_out: Callable[[QuerySet[Any], Actor], QuerySet[Any]]
    check_in_bulk: Callable[[Any], object] | None = None
    related: tuple[str, ...] = ()
    people: str = ""
    amount: str = ""
    badge: str = ""
    starts: tuple[str, ...] = ()
    hides: Callable[[str, str], tuple[str, str]] | None = None

    @property
    def roles(self) -> frozenset[str]:
        """The staff it waits for."""
        return self.flow.get_roles_waited_for(self.state) & STAFF

    @property
    def limit(self) -> str:
        """The name of its limit of working days."""
        return self.flow.deadlines[self.state]

    @property
    def subject_type(self) -> str:
        """How assignments, copies and audit events name the table."""
        return self.model._meta.label_lower

    @property
    def place(self) -> str:
        """The lookup to the path of the branch whose limit counts; empty for what belongs to the whole association."""
        above = self.branch.removesuffix("__name")
        return f"{above}__path" if above.endswith("branch") else ""

    @property
    def state_label(self) -> str:
        """The state in the society's words."""
        return str(self.flow.states(self.state).label)

    @property
    def bulk_action(self) -> str | None:
        """The action that many of them may take at once."""
        return self.flow.get_bulk_action(self.state)

    def tell(self, number: str, title: str) -> tuple[str, str]:
        """Number and title as lists show them."""
        return self.hides(number, title) if self.hides else (number, title)

    def check(self, record: Any, by: Actor) -> None:
        """
        This function will pass an actor who may settle this record.

        :raises policy.NotPermitted: otherwise, in the words of the operation
        """
        policy.check(by, self.act, record)

    def get_waiting(self, actor: Actor) -> QuerySet[Any]:
        """
        This function will give the records that wait for the actor: in the own scope, for one of the own roles, and not own work.
        """
        rows = self.model._default_manager.all()
        if not actor.has_any(self.roles):
            return rows.none()
        seen = rows.visible_to(actor).filter(state=self.state)  # type: ignore[attr-defined]  # every scoped model has it
        return self.leaves_out(seen, actor)

    def get_rows(self, actor: Actor) -> QuerySet[Any]:
        """
        The same in the columns that all kinds share, for one list of all work.
        """
        return (
            self.get_waiting(actor)
            .order_by()
            .annotate(
                work_kind=Value(self.key),
                work_type=Value(self.subject_type),
                work_id=F("pk"),
                work_number=_text(self.number),
                work_title=_text(self.title),
                work_branch=_text(self.branch),
                work_since=F(self.since) if isinstance(self.since, str) else self.since,
                work_since_on=TruncDate("work_since", tzinfo=SHANGHAI),
                work_days=deadlines.get_working_days(self.limit, since="work_since_on", place=self.place),
                work_people=_column(self.people, models.IntegerField()),
                work_amount=_column(self.amount, models.DecimalField(max_digits=14, decimal_places=2)),
            )
            .values_list(*COLUMNS)
        )

    def get_since(self, record_id: int) -> datetime | None:
        """Since when one record has been waiting; None for none. A list that was loaded before it moved shows another moment."""
        rows = self.model._default_manager.filter(pk=record_id, state=self.state)
        since = F(self.since) if isinstance(self.since, str) else self.since
        return rows.annotate(work_since=since).values_list("work_since", flat=True).first()

    def lock(self, record_id: int) -> Any:
        """This function will read one record under a row lock that lasts to the end of the transaction."""
        rows = self.model._default_manager.select_for_update(of=("self",))
        return (rows.select_related(*self.related) if self.related else rows).get(pk=record_id)


COLUMNS = (
    "work_kind",
    "work_type",
    "work_id",
    "work_number",
    "work_title",
    "work_branch",
    "work_since",
    "work_days",
    "work_people",
    "work_amount",
)


def _text(field: str) -> Cast:
    return Cast(F(field) if field else Value(""), models.TextField())


def _column(field: str, kind: models.Field) -> Cast:
    return Cast(F(field) if field else Value(None), kind)


_KINDS: dict[str, WorkKind] = {}


def declare(*kinds: WorkKind) -> None:
    """
    This function will take kinds of work into the list of all; an app calls it once, in its `work.py`.
    """
    _KINDS.update({kind.key: kind for kind in kinds})


def get_kinds(actor: Actor | None = None) -> list[WorkKind]:
    """
    All kinds in the order of the apps, or those that wait for somebody with the actor's roles.
    """
    return [kind for kind in _KINDS.values() if actor is None or actor.has_any(kind.roles)]


def get_kind(key: str) -> WorkKind:
    """
    The kind of this name.

    :raises UnknownKind: if there is none
    """
    try:
        return _KINDS[key]
    except KeyError as error:
        raise UnknownKind(key) from error


def get_kind_of(record: models.Model) -> WorkKind | None:
    """The kind a record belongs to: that of the state it is in, else the first of its table; None where its table has none."""
    kinds = [kind for kind in _KINDS.values() if isinstance(record, kind.model)]
    state = getattr(record, "state", None)
    return next((kind for kind in kinds if kind.state == state), kinds[0] if kinds else None)
