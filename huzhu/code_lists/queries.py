"""What a list of codes says at a moment. Old records are read at their own moment and keep their old words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from huzhu.code_lists.models import EntryVersion
from huzhu.code_lists.rules import CodeList, Entry, in_order

Versions = dict[str, list[EntryVersion]]
_remembered: ContextVar[list[Versions] | None] = ContextVar("code_lists", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """
    While this holds, the rows of all lists are read once: a request asks the database one question, whatever it shows.
    """
    mark = _remembered.set([])
    try:
        yield
    finally:
        _remembered.reset(mark)


def forget() -> None:
    """
    This function will have the lists read again; whoever has written calls it.
    """
    if kept := _remembered.get():
        kept.clear()


def get_entries(code_list: CodeList, *, at: datetime) -> list[Entry]:
    """
    This function will give all entries of a list as they stood at a moment, closed ones included, in order.
    """
    entries = code_list.get_built_in()
    for version in _get_versions().get(code_list.key, []):
        if version.valid_from <= at:
            entries[version.code] = version.entry
    return in_order(entries.values())


def get_choices(code_list: CodeList, *, at: datetime) -> list[tuple[str, str]]:
    """
    This function will give what a form offers: code and words, without closed entries.
    """
    return [(entry.code, entry.words) for entry in get_entries(code_list, at=at) if not entry.is_closed]


def get_words(code_list: CodeList, *, at: datetime) -> dict[str, str]:
    """
    This function will give the words of every entry, closed ones too, by code.
    """
    return {entry.code: entry.words for entry in get_entries(code_list, at=at)}


def tell(code_list: CodeList, codes: Iterable[str], *, at: datetime) -> list[str]:
    """
    This function will put codes into the words of their moment; a code that no list knows is shown as it is.
    """
    words = get_words(code_list, at=at)
    return [words.get(code, code) for code in codes]


def get_history(code_list: CodeList, code: str) -> list[EntryVersion]:
    """
    This function will give the versions of an entry, latest first.
    """
    return [version for version in reversed(_get_versions().get(code_list.key, [])) if version.code == code]


def get_coming(code_list: CodeList, *, at: datetime) -> dict[str, EntryVersion]:
    """
    This function will give, by code, the latest version of an entry where it does not hold yet.
    """
    latest = {version.code: version for version in _get_versions().get(code_list.key, [])}
    return {code: version for code, version in latest.items() if version.valid_from > at}


def _get_versions() -> Versions:
    """The rows of all lists in the order in which they were made."""
    kept = _remembered.get()
    if kept:
        return kept[0]
    found: Versions = {}
    for version in EntryVersion.objects.order_by("list_key", "number", "pk"):
        found.setdefault(version.list_key, []).append(version)
    if kept is not None:
        kept.append(found)
    return found
