"""职工名册维护: the list, the template, exports."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from huzhu.roster import operations as roster
from huzhu.roster import permissions, queries
from huzhu.roster.files.template import roster_template
from huzhu.shared import calendar
from huzhu.web.employer.forms.roster import BulkEndForm, BulkSetForm, ExportForm, RosterFilterForm
from huzhu.web.employer.presenters import roster as presenter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def roster_list(request: HttpRequest) -> HttpResponse:
    """The list: filters stand in the address, searches by name or number are posted and stand nowhere."""
    return show_list(request, words=get_words(request))


def show_list(
    request: HttpRequest,
    *,
    words: str = "",
    set_form: BulkSetForm | None = None,
    end_form: BulkEndForm | None = None,
    export_form: ExportForm | None = None,
    ticked: frozenset[int] = frozenset(),
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    """
    This function will render the list for the filters in the address, or for the words searched for; with what was typed for many
    people or for an export if that was refused.
    """
    actor, today = request.actor, calendar.today(timezone.now())
    form = _get_form(request)
    filters, facets = form.get_filter(), form.facets
    if words:
        found = queries.search_roster(by=actor, words=words)
        page, total = queries.RosterPage(entries=found, after=None, before=None), len(found)
    else:
        after, before = _id(request.GET.get("after")), _id(request.GET.get("before"))
        page = queries.get_roster(by=actor, filters=filters, today=today, after=after, before=before)
        total = queries.get_people(employer_id=actor.employer_id, filters=filters, today=today).count()
    narrowed = {name: getattr(filters, name) for name in _NARROWING if getattr(filters, name)}
    counts = queries.get_status_counts(by=actor, filters=filters)
    back = get_query(request)
    shown: dict[str, Any] = {
        "form": form,
        "rows": [presenter.row(entry, back=back) for entry in page.entries],
        "page": page,
        "total": total,
        "words": words,
        "is_cut": len(page.entries) == queries.PAGE and bool(words),
        "tabs": presenter.status_tabs(
            counts=counts, current=filters.status, path=reverse("employer:roster"), others=narrowed
        ),
        "problems": presenter.problem_chips(facets.problem, current=filters.problem, path=reverse("employer:roster")),
        "problem": presenter.problem_words(filters.problem),
        "problem_url": reverse("employer:insurance-roster") + "?open=1" if filters.problem == "not_on_list" else "",
        "is_empty": not counts and not narrowed,
        "may_write": may_write(request),
        "export_form": export_form or ExportForm(),
        "query": back,
        "set_form": set_form or BulkSetForm(),
        "end_form": end_form or BulkEndForm(initial={"on": today}),
        "departments": [name for name in facets.department if name],
        "ticked": ticked,
        "trouble": trouble,
    }
    return render(request, "employer/roster/list.html", shown, status=status)


def get_words(request: HttpRequest) -> str:
    """The words searched for; they are posted, never in the address."""
    return request.POST.get("q", "").replace("\0", "").strip()[:60]


def get_filters(request: HttpRequest) -> queries.RosterFilter:
    """The filters that stand in the address."""
    return _get_form(request).get_filter()


def _get_form(request: HttpRequest) -> RosterFilterForm:
    status, today = RosterFilterForm.get_status(request.GET), calendar.today(timezone.now())
    facets = queries.get_facets(by=request.actor, today=today, status=status)
    return RosterFilterForm(request.GET, facets=facets)


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """The roster template."""
    return workbook(roster_template(), "职工名册模板.xlsx")


def export(request: HttpRequest) -> HttpResponse:
    """The people that fit the filters, as a workbook."""
    if request.method != "POST":
        return back_to_list(request)
    choice = ExportForm(request.POST)
    if not choice.is_valid():
        return show_list(request, export_form=choice, status=422)
    now, given = timezone.now(), dict(choice.cleaned_data)
    is_template = given.pop("as_template")
    if is_template:
        del given["with_numbers"]  # a template always holds them
    write = roster.fill_template if is_template else roster.export_roster
    try:
        content = write(
            employer_id=request.actor.employer_id, filters=get_filters(request), by=request.actor, at=now, **given
        )
    except roster.PersonRefused as refusal:
        choice.take(refusal.errors)
        return show_list(request, export_form=choice, status=422)
    except permissions.NotPermitted as error:
        raise PermissionDenied(str(error)) from error
    name = "职工名册模板-现有名册" if is_template else "职工名册"
    return workbook(content, f"{name}{calendar.local_date(now):%Y%m%d}.xlsx")


def may_write(request: HttpRequest) -> bool:
    return bool(permissions.may(request.actor, "roster.keep", request.actor.employer_id))


def back_to_list(request: HttpRequest, words: str = "") -> HttpResponse:
    """
    This function will lead back to the list with the filters of the address.
    """
    if words:
        messages.error(request, words)
    return redirect(get_list_url(get_query(request)))


def get_list_url(query: str) -> str:
    """The list with its filters."""
    return f"{reverse('employer:roster')}?{query}" if query else reverse("employer:roster")


def workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


_NARROWING = ("department", "job_category", "employment_form")
_KEPT = ("status", "problem", "department", "job_category", "employment_form", "after", "before")


def get_query(request: HttpRequest) -> str:
    """The part of the address that is a filter or a page; nothing else is carried along."""
    query = request.GET.copy()
    for name in set(query) - set(_KEPT):
        del query[name]
    return query.urlencode()


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
