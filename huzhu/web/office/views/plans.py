"""保障计划: every plan with its versions and windows; one version beside the one before it, with its example cases."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from huzhu.audit import queries as audit
from huzhu.plans import permissions, queries
from huzhu.plans.models import PlanVersion
from huzhu.shared.calendar import today
from huzhu.web import history
from huzhu.web.office.presenters import plan_versions as presenter


def plans(request: HttpRequest) -> HttpResponse:
    """All plans, each with the version on sale and what is in preparation. Three queries, whatever their number."""
    rows = presenter.get_plan_rows(actor=request.actor, day=today(timezone.now()))
    return render(
        request,
        "office/plans/list.html",
        {"rows": rows, "may_draft": permissions.may(request.actor, "plan.draft", None)},
    )


def plan(request: HttpRequest, version_id: int) -> HttpResponse:
    """One version: what differs from the one before, figures, benefits, examples, windows; and what can be done with it."""
    readable = PlanVersion.objects.readable_by(request.actor).select_related("plan")
    version = get_object_or_404(readable, pk=version_id)
    former = queries.get_former(version)
    day = today(timezone.now())
    return render(
        request,
        "office/plans/detail.html",
        {
            "version": version,
            "former": former,
            "changes": presenter.get_changes(version, former) if former else [],
            "sections": presenter.get_sections(version, former),
            "benefits": presenter.get_benefits(version),
            "results": presenter.get_results(version),
            "versions": presenter.get_versions(version, actor=request.actor),
            "windows": presenter.get_windows(version, actor=request.actor, day=day),
            "may": presenter.get_acts(version, actor=request.actor),
            "proofs": presenter.get_proofs(version),
            "is_now": version.state == "published" and queries.get_on_sale(day=day).filter(pk=version.pk).exists(),
            "day": day,
            "history": history.get_rows(audit.get_history(subject=version)),
        },
    )
