"""赠送与补贴: the campaigns of the own subtree and of the branches above, and one with its places and what can be done with it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from huzhu.audit import queries as audit
from huzhu.gifts import permissions, queries
from huzhu.gifts.states import TOLD
from huzhu.shared.calendar import today
from huzhu.web import history
from huzhu.web.office.presenters import gifts as presenter


def gifts(request: HttpRequest) -> HttpResponse:
    """The list, by what stands open, is prepared, or is over. Two queries of its own."""
    rows = presenter.get_rows(queries.get_campaigns(actor=request.actor), day=today(timezone.now()))
    shown = presenter.get_group(request.GET.get("show", ""))
    return render(
        request,
        "office/gifts/list.html",
        {
            "rows": [row for row in rows if row.group == shown],
            "groups": presenter.count_groups(rows, shown=shown),
            "may_draft": permissions.may(request.actor, "gift_campaign.draft"),
        },
    )


def gift(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """One campaign: what the sponsor pays for whom, its places, and what was done."""
    campaign = get_object_or_404(queries.get_campaigns(actor=request.actor), pk=campaign_id)
    row = presenter.get_row(campaign, day=today(timezone.now()))
    quotas, whole = presenter.get_places_of(campaign, row=row)
    return render(
        request,
        "office/gifts/detail.html",
        {
            "campaign": campaign,
            "row": row,
            "sections": presenter.get_sections(campaign),
            "quotas": quotas,
            "whole": whole,
            "is_told": campaign.state in TOLD,
            "may": presenter.get_acts(campaign, actor=request.actor),
            "history": history.get_rows(audit.get_history(subject=campaign)),
        },
    )
