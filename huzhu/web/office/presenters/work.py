"""工作台: rows, tabs and results as the pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.urls import reverse

from huzhu.journeys.decide_in_bulk import Outcome, read_since
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.ui.menus import url_or_none
from huzhu.ui.parts import Tab
from huzhu.web import access
from huzhu.web.office import work_counts
from huzhu.work import queries
from huzhu.work.kinds import WorkKind
from huzhu.work.queries import WorkRow

PAGES = {
    "office:home": "待办",
    "office:work-done": "已办",
    "office:work-started": "我发起的",
    "office:work-copies": "抄送",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of 待办."""

    work: WorkRow
    url: str
    value: str
    days: int
    due: str
    tone: str
    is_mine: bool
    is_others: bool
    can_bulk: bool


def get_tabs(request: HttpRequest, *, current: str) -> list[Tab]:
    """
    This function will give the four lists; 待办 and 抄送 say how much waits there. Two statements, one shared with the menu.
    """
    counts = {
        "office:home": sum(each.total for each in work_counts.get_counts(request)),
        "office:work-copies": queries.count_unread(actor=request.actor),
    }
    return [
        Tab(label=label, url=reverse(name), current=name == current, count=counts.get(name))
        for name, label in PAGES.items()
    ]


def get_row(row: WorkRow, *, actor: Actor, today: date) -> Row:
    """
    This function will tell of one row how long it has waited, by when it is due, and in whose hands it is.
    """
    late = (today - row.due_on).days
    is_mine = row.assignee_id in actor.user_ids
    return Row(
        work=row,
        url=get_url(row.kind, row.record_id),
        value=f"{row.name}:{read_since(row.since)}",
        days=(today - local_date(row.since)).days,
        due=f"已逾期 {late} 天" if late > 0 else "今天到期" if late == 0 else "",
        tone="stops" if late > 0 else "waits",
        is_mine=is_mine,
        is_others=row.assignee_id is not None and not is_mine,
        can_bulk=row.kind.bulk_action is not None,
    )


def get_url(kind: WorkKind, record_id: int) -> str:
    """The page of a record."""
    return reverse(kind.page, kwargs={kind.argument: record_id}) if kind.argument else url_or_none(kind.page)


def get_open_url(kind: WorkKind | None, record_id: int, *, actor: Actor) -> str:
    """The page of a record for who may open it; empty otherwise."""
    return get_url(kind, record_id) if kind and access.get_table()[kind.page].admits(actor) else ""


def get_results(outcomes: Sequence[Outcome], *, actor: Actor) -> list[dict[str, object]]:
    """The result of each row, those that were not done first."""
    rows = [{"outcome": each, "url": get_open_url(each.kind, each.record_id, actor=actor)} for each in outcomes]
    return sorted(rows, key=lambda row: row["outcome"].is_done)
