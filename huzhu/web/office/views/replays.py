"""按提交时规则重演: whether an application, judged again by the facts and rules of its day, comes out as it did."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from huzhu.enrolment.models import EnrolmentApplication, Judgement
from huzhu.web.office.presenters import replays as presenter
from huzhu.web.office.views.reviews import PAGES, TITLES, stage_of


@require_safe
def review_replay(request: HttpRequest, application_id: int) -> HttpResponse:
    """One application: the runs kept of it, and one of them replayed (`run` in the address, otherwise the last)."""
    submitted = EnrolmentApplication.objects.visible_to(request.actor).exclude(submission_count=0)
    record = get_object_or_404(submitted.select_related("employer"), pk=application_id)
    runs = get_runs(record)
    wanted = request.GET.get("run", "")
    chosen = get_object_or_404(record.judgements, pk=int(wanted)) if wanted.isascii() and wanted.isdigit() else None
    run = chosen or (runs[-1] if runs else None)
    stage = stage_of(record, request.actor)
    return render(
        request,
        "office/reviews/replay.html",
        {
            "application": record,
            "runs": runs,
            "run": run,
            "outcome": presenter.get_outcome(judgement=run) if run else None,
            "back_url": reverse(PAGES[stage], args=[record.pk]),
            "back_label": TITLES[stage],
        },
    )


def get_runs(record: EnrolmentApplication) -> list[Judgement]:
    """What was kept of an application, oldest first; nothing of those submitted before anything was kept."""
    return list(record.judgements.all())
