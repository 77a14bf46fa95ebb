"""Announcements in words: to whom, what stands where, and who has read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from huzhu.announcements import queries
from huzhu.announcements.models import Announcement
from huzhu.announcements.queries import Receipts
from huzhu.announcements.states import Audience
from huzhu.code_lists import queries as code_lists
from huzhu.employers.code_lists import EMPLOYER_KINDS
from huzhu.shared.actors import Actor
from huzhu.ui.parts import Tab
from huzhu.web import access

TABS = (("短信", "office:messages"), ("公告", "office:announcements"))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One announcement of the list, with its counts."""

    announcement: Announcement
    audience: str
    receipts: Receipts


def get_tabs(*, actor: Actor, current: str) -> list[Tab]:
    """
    This function will give the tabs of 短信与公告 that the actor may open.
    """
    table = access.get_table()
    return [
        Tab(label=label, url=reverse(name), current=name == current)
        for label, name in TABS
        if table[name].admits(actor)
    ]


def get_lines(announcements: Sequence[Announcement], *, actor: Actor) -> list[Line]:
    """
    This function will put a page of announcements into rows; three queries whatever their number.
    """
    receipts = queries.get_counts(announcements, actor=actor)
    names = queries.get_branch_names(announcements)
    return [
        Line(announcement=each, audience=_tell_audience(each, names), receipts=receipts[each.pk])
        for each in announcements
    ]


def tell_audience(announcement: Announcement) -> str:
    """
    This function will tell to whom an announcement goes, in words.
    """
    return _tell_audience(announcement, queries.get_branch_names([announcement]))


def _tell_audience(announcement: Announcement, names: dict[int, str]) -> str:
    match announcement.audience:
        case Audience.BRANCHES:
            return "按机构：" + "、".join(names[key] for key in announcement.branch_ids)
        case Audience.KINDS:
            said_at = announcement.published_at or announcement.written_at
            return "按单位性质：" + "、".join(code_lists.tell(EMPLOYER_KINDS, announcement.kinds, at=said_at))
        case Audience.PICKED:
            return f"指定单位：{len(announcement.employer_ids):,} 家"
    return f"{announcement.branch.name}及下级机构的全部参保单位"
