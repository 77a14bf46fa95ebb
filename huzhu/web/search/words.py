"""What somebody typed into the search box, read in every way it may be meant, and what is shown for it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from django.urls import NoReverseMatch, reverse

from huzhu.shared import numbering
from huzhu.shared.actors import Actor
from huzhu.shared.check_characters import folded
from huzhu.web import access

LIMIT = 20  # rows of one kind
LONGEST = 60  # of what may be typed

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff〇]")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What somebody typed. `compact` is what could be a number: capital letters and digits; `near` names an employer."""

    text: str
    near: str = ""

    @property
    def compact(self) -> str:
        """The text without spaces and hyphens, in capital letters."""
        return re.sub(r"[\s\-]", "", self.text).upper()

    @property
    def letters(self) -> str:
        """The text as pinyin initials; empty if it can not be that."""
        typed = self.text.replace(" ", "").lower()
        return typed if typed.isascii() and typed.isalpha() else ""

    @property
    def has_han(self) -> bool:
        """Whether a Chinese character is in it."""
        return bool(_HAN.search(self.text))

    def numbers(self, prefix: str) -> list[str]:
        """The whole numbers of this prefix that stand in the text, in their proper spelling."""
        return numbering.find_folded_numbers(self.text, prefix)

    def names(self, number: str) -> bool:
        """Test if the text is, or contains, exactly this number."""
        return number in {self.compact, self.text} or folded(number) in folded(self.text)


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing found. `url` is empty where there is no page, or none that the actor may open."""

    title: str
    note: str = ""
    owner: str = ""
    url: str = ""
    state: str = ""
    tone: str = "info"
    is_number: bool = False
    is_exact: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """What one finder found; `has_more` when there was more than `LIMIT`."""

    title: str
    icon: str
    hits: list[Hit]
    has_more: bool = False


@dataclass(frozen=True, kw_only=True)
class Found:
    """The answer to one search."""

    words: Words
    groups: list[Group] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many hits are shown."""
        return sum(len(group.hits) for group in self.groups)

    @property
    def only_record(self) -> Hit | None:
        """The record whose number was typed in full, if it is one only and has a page."""
        exact = [hit for group in self.groups for hit in group.hits if hit.is_exact]
        return exact[0] if len(exact) == 1 and exact[0].url else None


def read(text: str, *, near: str = "") -> Words:
    """
    This function will tidy what somebody typed: half-width, without control characters, not longer than `LONGEST`.
    """
    return Words(text=_tidied(text), near=_tidied(near))


def _tidied(text: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in unicodedata.normalize("NFKC", text[: 4 * LONGEST]))
    return " ".join(shown.split())[:LONGEST]


def link(actor: Actor, key: int, *names: str) -> str:
    """The address of the first of these pages that exists and that the actor may open."""
    table = access.get_table()
    for name in names:
        if name in table and table[name].admits(actor):
            try:
                return reverse(name, args=[key])
            except NoReverseMatch:
                continue
    return ""
