"""职工名册维护: the list, one person, exports."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from huzhu.accounts.roles import EMPLOYER_ENROLLERS
from huzhu.audit import queries as audit
from huzhu.roster import operations as roster
from huzhu.roster import permissions, queries
from huzhu.roster.files.template import roster_template
from huzhu.roster.models import RosterEntry
from huzhu.shared import calendar
from huzhu.web.employer.forms.roster import (
    ChangeForm,
    EndForm,
    ExportForm,
    PersonForm,
    ReasonForm,
    RosterFilterForm,
)
from huzhu.web.employer.presenters import roster as presenter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def roster_list(request: HttpRequest) -> HttpResponse:
    """The list: filters stand in the address, searches by name or number are posted and stand nowhere."""
    actor = request.actor
    form = RosterFilterForm(request.GET, departments=queries.get_departments(by=actor))
    filters = form.get_filter()
    words = request.POST.get("q", "").replace("\0", "").strip()[:60] if request.method == "POST" else ""
    if words:
        found = queries.search_roster(by=actor, words=words)
        page = queries.RosterPage(entries=found, after=None, before=None)
    else:
        after, before = _id(request.GET.get("after")), _id(request.GET.get("before"))
        page = queries.get_roster(by=actor, filters=filters, after=after, before=before)
    counts = queries.get_status_counts(by=actor)
    shown = {
        "form": form,
        "rows": [presenter.row(entry) for entry in page.entries],
        "page": page,
        "words": words,
        "is_cut": len(page.entries) == queries.PAGE and bool(words),
        "tabs": presenter.status_tabs(counts=counts, current=filters.status, path=request.path),
        "status": filters.status or "all",
        "is_empty": not counts,
        "may_write": may_write(request),
        "export_form": ExportForm(),
    }
    return render(request, "employer/roster/list.html", shown)


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """The roster template."""
    return workbook(roster_template(), "职工名册模板.xlsx")


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The people that fit the filters, as a workbook."""
    form = RosterFilterForm(request.GET, departments=queries.get_departments(by=request.actor))
    choice = ExportForm(request.POST)
    if not choice.is_valid():
        return _back_to_list(request, "用途不能超过 200 个字，请改短后再导出。")
    now = timezone.now()
    try:
        content = roster.export_roster(
            employer_id=request.actor.employer_id,
            filters=form.get_filter(),
            by=request.actor,
            at=now,
            **choice.cleaned_data,
        )
    except roster.PersonRefused:
        return _back_to_list(request, "导出完整证件号码须填写用途，请填写后再导出。")
    except permissions.NotPermitted as error:
        raise PermissionDenied(str(error)) from error
    return workbook(content, f"职工名册{calendar.local_date(now):%Y%m%d}.xlsx")


def person_add(request: HttpRequest) -> HttpResponse:
    """One new person by hand."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            entry = roster.add_person(
                employer_id=request.actor.employer_id, person=form.get_person(), by=request.actor, at=timezone.now()
            )
        except roster.PersonRefused as refusal:
            form.take(refusal.errors)
        except roster.RosterBusy as busy:
            form.take({"": [str(busy)]})
        else:
            messages.success(request, f"已新增职工 {entry.name}。")
            return redirect("employer:roster-person-add" if "again" in request.POST else "employer:roster")
    return render(request, "employer/roster/add.html", {"form": form}, status=422 if form.errors else 200)


def person(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One person: what is known, corrections, and what happened."""
    entry = _get_entry(request, entry_id)
    if request.method != "POST":
        return _show_person(request, entry)
    if not may_write(request):
        raise PermissionDenied("只有单位管理员和经办人可以维护职工名册。")
    form = ChangeForm(request.POST)
    if form.is_valid():
        try:
            roster.change_entry(
                entry_id=entry.pk,
                changes=form.get_person(),
                by=request.actor,
                at=timezone.now(),
                seen_at=_moment(form.cleaned_data["seen_at"]),
            )
        except roster.PersonRefused as refusal:
            form.take(refusal.errors)
        except roster.EntryChanged as changed:
            form.data = {**request.POST.dict(), "seen_at": entry.changed_at.isoformat()}
            form.take({"": [str(changed)]})
        else:
            messages.success(request, f"已保存 {form.cleaned_data['name']} 的信息。")
            return redirect("employer:roster-person", entry.pk)
    return _show_person(request, entry, form=form, status=422)


@require_POST
def person_end(request: HttpRequest, entry_id: int) -> HttpResponse:
    """离职, 退休 or 调出."""
    entry = _get_entry(request, entry_id)
    form = EndForm(request.POST)
    if form.is_valid():
        try:
            ended = roster.end_employment(entry_id=entry.pk, **form.cleaned_data, by=request.actor, at=timezone.now())
        except roster.PersonRefused as refusal:
            form.take(refusal.errors)
        else:
            messages.success(request, f"已为 {entry.name} 办理{ended.get_status_display()}。")
            return redirect("employer:roster-person", entry.pk)
    return _show_person(request, entry, end_form=form, status=422)


@require_POST
def reveal(request: HttpRequest, entry_id: int) -> HttpResponse:
    """The full number, once, for a reason."""
    entry = _get_entry(request, entry_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show_person(request, entry, reason_form=form, status=422)
    number = roster.reveal_number(
        entry_id=entry.pk, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now()
    )
    return _show_person(request, entry, number=number)


def _show_person(
    request: HttpRequest,
    entry: RosterEntry,
    *,
    form: ChangeForm | None = None,
    end_form: EndForm | None = None,
    reason_form: ReasonForm | None = None,
    number: str = "",
    status: int = 200,
) -> HttpResponse:
    spells = RosterEntry.objects.visible_to(request.actor).filter(worker=entry.worker_id, employer=entry.employer_id)
    shown = {
        "row": presenter.row(entry),
        "entry": entry,
        "spells": list(spells.order_by("-id")),
        "form": form or ChangeForm(initial=ChangeForm.get_initial(entry)),
        "end_form": end_form or EndForm(initial={"on": calendar.today(timezone.now())}),
        "reason_form": reason_form or ReasonForm(),
        "number": number,
        "history": presenter.history(list(audit.get_history(subject=entry))),
        "may_write": may_write(request),
    }
    return render(request, "employer/roster/person.html", shown, status=status)


def _get_entry(request: HttpRequest, entry_id: int) -> RosterEntry:
    entries = RosterEntry.objects.visible_to(request.actor).select_related("worker", "document")
    return get_object_or_404(entries, pk=entry_id)


def may_write(request: HttpRequest) -> bool:
    return request.actor.has_any(EMPLOYER_ENROLLERS)


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _back_to_list(request: HttpRequest, words: str) -> HttpResponse:
    messages.error(request, words)
    query = request.GET.urlencode()
    return redirect(f"{reverse('employer:roster')}?{query}" if query else reverse("employer:roster"))


def workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
