"""字典 for forms and pages: what is offered now, and what an old record says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from huzhu.code_lists import queries
from huzhu.code_lists.models import EntryVersion
from huzhu.code_lists.rules import CodeList, Entry
from huzhu.journeys.code_lists import CODE_LISTS


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """One list: how many entries are offered, closed and about to change, and when it was changed last."""

    code_list: CodeList
    offered: list[Entry]
    closed: int
    coming: int
    latest: EntryVersion | None


@dataclass(frozen=True, kw_only=True)
class EntryRow:
    """One entry: what it says, what it will say, and who said so last."""

    entry: Entry
    coming: EntryVersion | None
    latest: EntryVersion | None

    @property
    def is_to_come(self) -> bool:
        """Test if the entry is new and nothing of it holds yet."""
        return self.coming is not None and self.coming.number == self.entry.number


def offer(code_list: CodeList, *before: tuple[str, str]) -> Callable[[], list[tuple[str, str]]]:
    """
    This function will give what a form takes as choices: asked anew for each form, so that a closed entry is offered no more.

    :param before: choices that stand before the entries, such as the empty one
    """
    return lambda: [*before, *queries.get_choices(code_list, at=timezone.now())]


def get_lists(*, at: datetime) -> list[ListRow]:
    """
    This function will give every list of the house; one query.
    """
    rows = []
    for code_list in CODE_LISTS.values():
        entries = get_entries(code_list, at=at)
        changed = [row.latest for row in entries if row.latest]
        rows.append(
            ListRow(
                code_list=code_list,
                offered=[row.entry for row in entries if not row.entry.is_closed and not row.is_to_come],
                closed=sum(row.entry.is_closed for row in entries),
                coming=sum(row.coming is not None for row in entries),
                latest=max(changed, key=lambda version: version.made_at, default=None),
            )
        )
    return rows


def get_entries(code_list: CodeList, *, at: datetime) -> list[EntryRow]:
    """
    This function will give the entries of a list as they stand, and those that come.
    """
    coming = queries.get_coming(code_list, at=at)
    entries = queries.get_entries(code_list, at=at)
    known = {entry.code for entry in entries}
    rows = [_get_row(code_list, entry, coming.get(entry.code)) for entry in entries]
    return rows + [_get_row(code_list, c.entry, c) for code, c in coming.items() if code not in known]


def _get_row(code_list: CodeList, entry: Entry, coming: EntryVersion | None) -> EntryRow:
    history = queries.get_history(code_list, entry.code)
    return EntryRow(entry=entry, coming=coming, latest=history[0] if history else None)
