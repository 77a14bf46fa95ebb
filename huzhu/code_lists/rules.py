"""字典: what a list of codes is. Each app declares its own lists; what the association makes of them stands in rows, by moment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

STEP = 10  # between the places of two built-in entries, so that one fits between them
LAST_PLACE = 9_999
CODE = re.compile(r"[a-z][a-z0-9_]{1,29}")


class Kept(StrEnum):
    """How much of a list the association decides itself."""

    OPEN = "open"  # entries are added, worded, ordered and closed
    WORDS = "words"  # rules depend on the codes: only words and order
    FIXED = "fixed"  # files and rules depend on codes and words: shown only


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry as it stands at a moment. `number` counts its versions; 0 is the built-in one."""

    code: str
    words: str
    place: int
    is_closed: bool = False
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class CodeList:
    """One list with the entries it is born with."""

    key: str
    label: str
    explains: str
    kept: Kept
    built_in: tuple[tuple[str, str], ...]
    longest: int = 60

    @property
    def is_open(self) -> bool:
        """Test if entries may be added and closed."""
        return self.kept == Kept.OPEN

    @property
    def is_fixed(self) -> bool:
        """Test if nothing may be changed."""
        return self.kept == Kept.FIXED

    @property
    def kept_words(self) -> str:
        """How the list is kept, for people."""
        return {Kept.OPEN: "可增改", Kept.WORDS: "只改文字和顺序", Kept.FIXED: "只读"}[self.kept]

    def get_built_in(self) -> dict[str, Entry]:
        """The entries before anybody changed anything, by code."""
        return {
            code: Entry(code=code, words=words, place=(index + 1) * STEP)
            for index, (code, words) in enumerate(self.built_in)
        }


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """
    This function will order entries as they are offered.
    """
    return sorted(entries, key=lambda entry: (entry.place, entry.code))
