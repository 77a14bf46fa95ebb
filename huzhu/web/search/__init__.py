"""
Global search (the box in the top bar of both sides): one finder per kind of record.

Each finder asks one question through `visible_to(actor)` and stops at `LIMIT` rows, so the number of queries never depends on
how much is found. Nothing typed is written anywhere: neither in an address nor in a log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from huzhu.accounts.roles import EMPLOYER_READERS, StaffRole
from huzhu.shared.actors import Actor, Side
from huzhu.shared.identity.names import initials
from huzhu.ui import menus
from huzhu.web import access
from huzhu.web.search import people, records
from huzhu.web.search.words import LIMIT, Found, Group, Hit, Words, read

__all__ = ["FINDERS", "LIMIT", "Finder", "Found", "Group", "Hit", "Words", "find_pages", "read", "search"]

# Who looks at records on the association's side: all but those who administer the system, or only plans.
READERS = frozenset(StaffRole.values) - {
    StaffRole.SYSTEM_ADMIN,
    StaffRole.SECURITY_ADMIN,
    StaffRole.PRODUCT_MANAGER,
}


@dataclass(frozen=True, kw_only=True)
class Finder:
    """One kind of record: what it is called, who may look for it, and how it is found."""

    title: str
    icon: str
    roles: frozenset[str]
    find: Callable[[Actor, Words], list[Hit]]


def _get_record_finders(roles: frozenset[str]) -> tuple[Finder, ...]:
    kinds = (
        ("参保申请", "clipboard-list", records.find_applications),
        ("缴款单", "receipt-yuan", records.find_slips),
        ("保单", "shield-check", records.find_policies),
        ("开票申请", "file-plus", records.find_receipt_requests),
        ("电子票据", "file-invoice", records.find_receipts),
    )
    return tuple(Finder(title=title, icon=icon, roles=roles, find=find) for title, icon, find in kinds)


# In the order in which results are shown.
FINDERS: dict[str, tuple[Finder, ...]] = {
    Side.EMPLOYER: (
        Finder(title="职工", icon="users", roles=EMPLOYER_READERS, find=people.find_own_people),
        *_get_record_finders(EMPLOYER_READERS),
    ),
    Side.OFFICE: (
        Finder(
            title="参保单位",
            icon="building",
            roles=READERS | {StaffRole.PRODUCT_MANAGER},
            find=records.find_employers,
        ),
        Finder(title="职工", icon="users", roles=READERS, find=people.find_people),
        *_get_record_finders(READERS),
    ),
}


def search(*, by: Actor, words: Words) -> Found:
    """
    This function will ask every finder of the actor's side that the actor's roles admit; the same number of queries however much
    there is to find.
    """
    if not words.text:
        return Found(words=words)
    groups = []
    for finder in FINDERS[by.side]:
        if by.has_any(finder.roles) and (hits := finder.find(by, words)):
            groups.append(Group(title=finder.title, icon=finder.icon, hits=hits[:LIMIT], has_more=len(hits) > LIMIT))
    if pages := find_pages(by, words):
        groups.append(Group(title="功能菜单", icon="layout-grid", hits=pages))
    return Found(words=words, groups=groups)


def find_pages(actor: Actor, words: Words) -> list[Hit]:
    """
    This function will find entries of the actor's menu by name, by the guide's other names for them, or by pinyin initials.
    """
    table = access.get_table()
    sections = menus.get_menu(
        str(actor.side), roles=actor.roles, may_open=lambda name: name in table and table[name].admits(actor)
    )
    hits = []
    for shown in (shown for section in sections for shown in section.entries):
        known = [shown.entry.label, *shown.entry.aliases]
        meant = next((name for name in known if _is_called(name, words)), None)
        if meant:
            note = "" if meant == shown.entry.label else f"含“{meant}”"
            hits.append(Hit(title=shown.entry.label, note=note, url=shown.url))
    return hits


def _is_called(name: str, words: Words) -> bool:
    typed = words.text.replace(" ", "")
    if words.letters:
        return len(words.letters) > 1 and "".join(initials(char) for char in name).startswith(words.letters)
    return typed in name
