"""
待办: all kinds in one list, the nearest deadline first.

Each kind gives its rows in the same columns (`WorkKind.get_rows`); the statement here puts them together, counts the working days
of each deadline, and looks up who has taken a row on. Two statements show a page of the list: one counts, one reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from huzhu.shared.actors import Actor
from huzhu.work import deadlines
from huzhu.work.kinds import WorkKind, get_kind, get_kinds

PAGE = 100
PLACES = re.compile("%%|%s")  # of values in a compiled statement; a doubled sign is a plain one


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """
    Which part of the list is asked for. `claim` is free, mine or others; `age` is late or today; `after` is the key of the row
    before the page, `before` that of the row after it.
    """

    kind: str = ""
    claim: str = ""
    age: str = ""
    words: str = ""
    after: str = ""
    before: str = ""


@dataclass(frozen=True, kw_only=True)
class WorkRow:
    """One record that waits, as every kind shows it."""

    kind: WorkKind
    record_id: int
    number: str
    title: str
    branch: str
    since: datetime
    due_on: date
    people: int | None
    amount: Decimal | None
    assignee_id: int | None
    assignee_name: str
    passed_on_by: str
    note: str

    @property
    def key(self) -> str:
        """Where the row stands in the order of the list."""
        return f"{self.due_on:%Y-%m-%d}.{self.kind.key}.{self.record_id}"

    @property
    def name(self) -> str:
        """What the row is called in a form: kind and record."""
        return f"{self.kind.key}:{self.record_id}"


@dataclass(frozen=True, kw_only=True)
class WorkPage:
    """Some rows, and the keys after and before which more come; None at either end."""

    rows: list[WorkRow]
    after: str | None
    before: str | None


@dataclass(frozen=True, kw_only=True)
class KindCount:
    """How much of one kind waits."""

    kind: WorkKind
    total: int
    late: int
    mine: int
    others: int
    oldest_at: datetime | None


def count_work(actor: Actor, *, today: date) -> list[KindCount]:
    """
    This function will count what waits for the actor, by kind, those without any included; one statement.
    """
    kinds = get_kinds(actor)
    found = {row[0]: row[1:] for row in _ask(COUNTS, kinds, actor, today=today)}
    nothing = (0, 0, 0, 0, None)
    return [
        KindCount(kind=kind, total=total, late=late, mine=mine, others=others, oldest_at=oldest)
        for kind in kinds
        for total, late, mine, others, oldest in [found.get(kind.key, nothing)]
    ]


def get_work(actor: Actor, *, wanted: Wanted, today: date, limit: int = PAGE) -> WorkPage:
    """
    This function will give one page of what waits for the actor, the nearest deadline first; one statement.
    """
    kinds = [kind for kind in get_kinds(actor) if wanted.kind in ("", kind.key)]
    conditions, values = _narrow(wanted, today=today)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    is_back = _read_key(wanted.before) is not None
    order = "due_on DESC, work_kind DESC, work_id DESC" if is_back else "due_on, work_kind, work_id"
    sql = f"{ROWS} {where} ORDER BY {order} LIMIT {limit + 1:d}"
    found = [_row(row) for row in _ask(sql, kinds, actor, today=today, values=values)]
    rows, has_more = found[:limit], len(found) > limit
    if is_back:
        rows.reverse()
    has_after, has_before = (bool(rows), has_more) if is_back else (has_more, _read_key(wanted.after) is not None)
    return WorkPage(
        rows=rows,
        after=rows[-1].key if rows and has_after else None,
        before=rows[0].key if rows and has_before else None,
    )


def _row(found: tuple[Any, ...]) -> WorkRow:
    kind, record_id, number, title, branch, since, people, amount, due_on, assignee_id, name, passed_by, note = found
    number, title = get_kind(kind).tell(number, title)
    return WorkRow(
        kind=get_kind(kind),
        record_id=record_id,
        number=number,
        title=title,
        branch=branch,
        since=since,
        due_on=due_on,
        people=people,
        amount=amount,
        assignee_id=assignee_id,
        assignee_name=name or "",
        passed_on_by=passed_by or "",
        note=note or "",
    )


def _narrow(wanted: Wanted, *, today: date) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if claim := CLAIMS.get(wanted.claim):
        conditions.append(claim)
    if age := AGES.get(wanted.age):
        conditions.append(age)
    if words := wanted.words.strip().replace("\x00", ""):
        conditions.append("(strpos(work_number, %(words)s) > 0 OR strpos(work_title, %(words)s) > 0)")
        values["words"] = words
    if key := _read_key(wanted.before):
        conditions.append("(due_on, work_kind, work_id) < (%(before_on)s, %(before_kind)s, %(before_id)s)")
        values |= dict(zip(("before_on", "before_kind", "before_id"), key, strict=True))
    elif key := _read_key(wanted.after):
        conditions.append("(due_on, work_kind, work_id) > (%(after_on)s, %(after_kind)s, %(after_id)s)")
        values |= dict(zip(("after_on", "after_kind", "after_id"), key, strict=True))
    return conditions, values


def _read_key(text: str) -> tuple[date, str, int] | None:
    """The key somebody came with; None for what is none."""
    day, _, rest = text.partition(".")
    kind, _, record_id = rest.partition(".")
    try:
        return date.fromisoformat(day), kind, int(record_id[:18])
    except ValueError:
        return None


def _ask(
    sql: str, kinds: Iterable[WorkKind], actor: Actor, *, today: date, values: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Run a statement over the rows of some kinds, put together."""
    parts: list[str] = []
    given: dict[str, Any] = {
        "calendar": deadlines.get_calendar(today),
        "today": today,
        "user_ids": sorted(actor.user_ids),
        **(values or {}),
    }
    for kind in kinds:
        try:
            part, positional = kind.get_rows(actor).query.sql_with_params()
        except EmptyResultSet:
            continue
        names = [f"{kind.key}_{at}" for at in range(len(positional))]
        left = iter(names)
        parts.append(PLACES.sub(lambda place: f"%({next(left)})s" if place[0] == "%s" else place[0], part))  # noqa: B023
        given |= dict(zip(names, positional, strict=True))
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{work}", " UNION ALL ".join(f"({part})" for part in parts)), given)
        return cursor.fetchall()


CLAIMS = {
    "free": "assignee_id IS NULL",
    "mine": "assignee_id = ANY(%(user_ids)s)",
    "others": "assignee_id IS NOT NULL AND NOT assignee_id = ANY(%(user_ids)s)",
}
AGES = {"late": "due_on < %(today)s", "today": "due_on = %(today)s"}

# `width_bucket` counts the working days up to the day since when a record waits; so many further on is its deadline.
LISTED = """
WITH days AS (SELECT %(calendar)s::date[] AS calendar), waiting AS ({work}), listed AS (
    SELECT waiting.*, assignee_id, assignee_name, passed_on_by_name, note,
        calendar[width_bucket((work_since AT TIME ZONE 'Asia/Shanghai')::date, calendar) + work_days] AS due_on
    FROM waiting CROSS JOIN days LEFT JOIN work_assignment AS taken
        ON taken.subject_type = work_type AND taken.subject_id = work_id AND taken.ended_at IS NULL
        AND taken.kind = work_kind
)
"""
COUNTS = (
    LISTED
    + """
SELECT work_kind, count(*), count(*) FILTER (WHERE due_on < %(today)s), count(*) FILTER (WHERE assignee_id = ANY(%(user_ids)s)),
    count(*) FILTER (WHERE assignee_id IS NOT NULL AND NOT assignee_id = ANY(%(user_ids)s)), min(work_since)
FROM listed GROUP BY work_kind
"""
)
ROWS = (
    LISTED
    + """
SELECT work_kind, work_id, work_number, work_title, work_branch, work_since, work_people, work_amount, due_on,
    assignee_id, assignee_name, passed_on_by_name, note
FROM listed
"""
)
