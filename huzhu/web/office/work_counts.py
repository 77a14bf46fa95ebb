"""How much waits for the one who asks: counted once per request, for the menu, the tabs and the page."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from huzhu.shared.calendar import today
from huzhu.ui.menus import counts_for
from huzhu.work import queries
from huzhu.work.queries import KindCount


def get_counts(request: HttpRequest) -> list[KindCount]:
    """
    This function will give the counts by kind of work, in one statement per request.
    """
    if not hasattr(request, "work_counts"):
        request.work_counts = queries.count_work(request.actor, today=today(timezone.now()))
    return request.work_counts


def get_count(request: HttpRequest, kind: str) -> int:
    """How much of one kind waits."""
    return next((each.total for each in get_counts(request) if each.kind.key == kind), 0)


@counts_for("office")
def count_badges(request: HttpRequest) -> dict[str, int]:
    """The badges of the menu."""
    badges: dict[str, int] = {}
    for each in get_counts(request):
        badge = each.kind.badge or each.kind.key
        badges[badge] = badges.get(badge, 0) + each.total
    return badges
