"""数据变更: what the database itself noted of watched rows, and which of it no act of the program stands beside. Read only."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from huzhu.accounts import policy
from huzhu.audit import exports, queries
from huzhu.shared.calendar import local_date
from huzhu.web import keyset
from huzhu.web.office.forms.row_changes import RowChangeFilter
from huzhu.web.office.views.audit import XLSX
from huzhu.web.presenters import row_changes as presenter

TITLE = "数据变更"
LOOKS_BACK = timedelta(days=30)


def show(request: HttpRequest) -> HttpResponse:
    """The list, newest first. Three queries: how many without a trace of late, the page, and the events beside it."""
    verdict = policy.may(request.actor, "row_change.read", None)
    if not verdict:
        return render(request, "office/audit/row_changes_elsewhere.html", {"title": TITLE, "words": verdict.words})
    form, now = RowChangeFilter(request.GET), timezone.now()
    page = keyset.get_page(form.find(), place=request.GET)
    context = {
        "title": TITLE,
        "form": form,
        "lines": presenter.get_lines(page.rows, events=queries.get_events_beside(page.rows)),
        "page": page,
        "untraced": queries.count_untraced(since=now - LOOKS_BACK),
        "since": local_date(now - LOOKS_BACK),
        "only_row": form.cleaned_data.get("number", ""),
    }
    return render(request, "office/audit/row_changes.html", context)


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Exactly what is filtered, as a workbook; the reason is asked for and written down with the file's digest."""
    try:
        policy.check(request.actor, "row_change.read", None)
    except policy.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    form, now = RowChangeFilter(request.GET), timezone.now()
    rows = list(form.find().order_by("-pk")[: exports.MOST_ROWS + 1])
    reason = request.POST.get("reason", "")
    try:
        exports.check_export(count=len(rows), reason=reason)
        lines = presenter.get_lines(rows, events=queries.get_events_beside(rows))
        content = exports.export_events(
            [presenter.get_cells(line) for line in lines],
            heads=presenter.HEADS,
            title=TITLE,
            filters=form.tell(),
            reason=reason,
            by=request.actor,
            at=now,
        )
    except exports.ExportRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect(f"{reverse('office:row-changes')}?{request.GET.urlencode()}")
    name = f"{TITLE}{local_date(now):%Y%m%d}.xlsx"
    return HttpResponse(
        content, content_type=XLSX, headers={"Content-Disposition": content_disposition_header(True, name)}
    )
