"""保障计划: the catalogue as the association's staff see it, with what is still 待确认."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from huzhu.plans import queries
from huzhu.plans.models import PlanVersion
from huzhu.shared.calendar import today
from huzhu.web.office.presenters import plans as presenter


def plans(request: HttpRequest) -> HttpResponse:
    """All plans, on sale and closed, latest version each."""
    on_sale = {version.pk for version in queries.get_on_sale(day=today(timezone.now()))}
    versions = PlanVersion.objects.told().select_related("plan").order_by("plan_id", "-version").distinct("plan_id")
    rows = [(version, version.pk in on_sale) for version in versions]
    return render(request, "office/plans/list.html", {"rows": rows})


def plan(request: HttpRequest, version_id: int) -> HttpResponse:
    """One version: figures, benefits, exclusions; assumed figures are marked for those who must confirm them."""
    version = get_object_or_404(PlanVersion.objects.readable_by(request.actor).select_related("plan"), pk=version_id)
    return render(
        request,
        "office/plans/detail.html",
        {
            "version": version,
            "figures": presenter.get_figures(version),
            "benefits": presenter.get_benefits(version),
            "are_benefits_assumed": "benefits" in version.assumed_fields,
            "are_exclusions_assumed": "exclusions" in version.assumed_fields,
        },
    )
