"""Whom an announcement would reach, and who has read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.announcements.models import Announcement, AnnouncementRead, AnnouncementRecipient
from huzhu.announcements.states import Audience
from huzhu.code_lists import queries as code_lists
from huzhu.employers.code_lists import EMPLOYER_KINDS
from huzhu.employers.models import Employer
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import SHANGHAI


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """How many employers were told, and how many of them have somebody who has read it."""

    told: int
    read: int

    @property
    def unread(self) -> int:
        """How many have not."""
        return self.told - self.read


def get_addressees(announcement: Announcement) -> QuerySet[Employer]:
    """
    This function will give the employers an announcement would reach now: the chosen ones, always of its branch's subtree.
    """
    reached = Employer.objects.filter(scope.within_any([announcement.branch.path], branch="branch"))
    match announcement.audience:
        case Audience.BRANCHES:
            return reached.filter(scope.within_any(_get_paths(announcement.branch_ids), branch="branch"))
        case Audience.KINDS:
            return reached.filter(kind__in=announcement.kinds)
        case Audience.PICKED:
            return reached.filter(pk__in=announcement.employer_ids)
    return reached


def _get_paths(branch_ids: Sequence[int]) -> list[str]:
    return list(Branch.objects.filter(pk__in=branch_ids).values_list("path", flat=True))


def get_branch_names(announcements: Sequence[Announcement]) -> dict[int, str]:
    """
    This function will name the branches that announcements go to; names of branches are public.
    """
    wanted = {key for each in announcements for key in each.branch_ids}
    return dict(Branch.objects.filter(pk__in=wanted).values_list("pk", "name"))


def get_receipts(announcement: Announcement, *, actor: Actor) -> Receipts:
    """
    This function will count the addressees in the actor's scope and those that have read; one query.
    """
    rows = AnnouncementRecipient.objects.visible_to(actor).filter(announcement=announcement)
    read = AnnouncementRead.objects.filter(announcement=announcement, employer_id=OuterRef("employer_id"))
    counts = dict(rows.annotate(is_read=Exists(read)).values_list("is_read").annotate(count=Count("pk")).order_by())
    return Receipts(told=sum(counts.values()), read=counts.get(True, 0))


def get_counts(announcements: Sequence[Announcement], *, actor: Actor) -> dict[int, Receipts]:
    """
    This function will count for a page of announcements; two queries whatever their number.
    """
    keys = [each.pk for each in announcements]
    told = AnnouncementRecipient.objects.visible_to(actor).filter(announcement__in=keys)
    read = AnnouncementRead.objects.visible_to(actor).filter(announcement__in=keys)
    by_told = dict(told.values_list("announcement").annotate(n=Count("pk")).order_by())
    by_read = dict(read.values_list("announcement").annotate(n=Count("employer", distinct=True)).order_by())
    return {key: Receipts(told=by_told.get(key, 0), read=by_read.get(key, 0)) for key in keys}


def get_recipients(announcement: Announcement, *, actor: Actor, is_read: bool | None) -> QuerySet[Any]:
    """
    This function will give the addressees in the actor's scope, each with who of it read first, when, and how many did.

    :param is_read: those of which somebody has read it, those of which nobody has, or all
    """
    rows = AnnouncementRecipient.objects.visible_to(actor).filter(announcement=announcement)
    if is_read is not None:
        rows = rows.read() if is_read else rows.unread()
    reads = AnnouncementRead.objects.filter(announcement=announcement, employer_id=OuterRef("employer_id"))
    first = reads.order_by("read_at", "pk")
    people = reads.order_by().values("employer").annotate(n=Count("pk")).values("n")
    return rows.select_related("employer", "employer__branch").annotate(
        first_read_at=Subquery(first.values("read_at")[:1]),
        first_read_by=Subquery(first.values("user_name")[:1]),
        people=Subquery(people[:1]),
    )


def get_receipt_rows(
    announcement: Announcement, *, actor: Actor, is_read: bool | None, at: datetime
) -> list[tuple[str, str, str, str, str, str, str, str]]:
    """
    This function will give the addressees in the actor's scope in words, for a workbook; three queries, by branch.
    """
    reads: dict[int, list[tuple[str, datetime]]] = {}
    seen = AnnouncementRead.objects.visible_to(actor).filter(announcement=announcement).order_by("read_at", "pk")
    for employer_id, name, read_at in seen.values_list("employer_id", "user_name", "read_at"):
        reads.setdefault(employer_id, []).append((name, read_at))
    rows = AnnouncementRecipient.objects.visible_to(actor).filter(announcement=announcement)
    fields = ("employer_id", "employer__name", "employer__credit_code", "employer__kind", "employer__branch__name")
    found = rows.order_by("employer__branch__path", "pk").values_list(*fields)
    kinds = code_lists.get_words(EMPLOYER_KINDS, at=at)
    return [
        (name, code, kinds[kind], branch, *_tell_reads(reads.get(employer_id, [])))
        for employer_id, name, code, kind, branch in found
        if is_read is None or is_read == (employer_id in reads)
    ]


def _tell_reads(reads: Sequence[tuple[str, datetime]]) -> tuple[str, str, str, str]:
    """Whether, when first, by whom first, by how many."""
    if not reads:
        return "未读", "", "", "0"
    name, at = reads[0]
    return "已读", f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", name, str(len(reads))
