"""职工名册维护: one person: added, corrected in the list or on the own page, ended, shown with history and documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from huzhu.journeys.replace_document import replace_document
from huzhu.roster import histories
from huzhu.roster import operations as roster
from huzhu.roster.models import RosterEntry
from huzhu.shared import calendar
from huzhu.web import reveals
from huzhu.web.employer.forms.roster import (
    ChangeForm,
    DocumentForm,
    EndForm,
    JoinedForm,
    PersonForm,
    RowForm,
)
from huzhu.web.employer.presenters import own_cover
from huzhu.web.employer.presenters import roster as presenter
from huzhu.web.employer.views.roster import get_list_url, get_query, may_write


def person_add(request: HttpRequest) -> HttpResponse:
    """One new person by hand."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            entry = roster.add_person(
                employer_id=request.actor.employer_id,
                person=form.get_person(),
                joined_on=form.cleaned_data["joined_on"],
                by=request.actor,
                at=timezone.now(),
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
    form = ChangeForm(request.POST, document_type=entry.document.document_type)
    if form.is_valid() and _change(request, entry, form):
        messages.success(request, f"已保存 {form.cleaned_data['name']} 的信息。")
        return redirect("employer:roster-person", entry.pk)
    return _show_person(request, entry, form=form, status=422)


def person_row(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One person corrected within the list; without scripts the row is a page of its own that leads back to the list."""
    entry = _get_entry(request, entry_id)
    back = get_query(request)
    if request.method != "POST":
        if request.htmx and "shown" in request.GET:
            return _render_row(request, entry, back=back)
        form = RowForm(initial=ChangeForm.get_initial(entry), entry_id=entry.pk)
        return _render_row(request, entry, back=back, form=form)
    form = RowForm(request.POST, entry_id=entry.pk)
    if not (form.is_valid() and _change(request, entry, form)):
        return _render_row(request, entry, back=back, form=form, status=422)
    if not request.htmx:
        messages.success(request, f"已保存 {form.cleaned_data['name']} 的信息。")
        return redirect(get_list_url(back))
    return _render_row(request, _get_entry(request, entry_id), back=back, is_saved=True)


def _render_row(
    request: HttpRequest,
    entry: RosterEntry,
    *,
    back: str,
    form: RowForm | None = None,
    is_saved: bool = False,
    status: int = 200,
) -> HttpResponse:
    shown: dict[str, Any] = {
        "row": presenter.row(entry, back=back),
        "entry": entry,
        "form": form,
        "may_write": True,
        "is_saved": is_saved,
        "is_alone": True,
        "list_url": get_list_url(back),
        "query": back,
    }
    if not request.htmx:
        name = "employer/roster/row.html"
    else:
        name = "employer/roster/_row_edit.html" if form else "employer/roster/_row.html"
    return render(request, name, shown, status=status)


def _change(request: HttpRequest, entry: RosterEntry, form: ChangeForm) -> bool:
    """Save what was typed, or show why not; after somebody else's change what was typed stays, beside what stands now."""
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
        form.take({"": [f"{changed} {presenter.stands_now(entry, form.cleaned_data)}"]})
    else:
        return True
    return False


@require_POST
def person_joined(request: HttpRequest, entry_id: int) -> HttpResponse:
    """The first day in service corrected."""
    entry = _get_entry(request, entry_id)
    form = JoinedForm(request.POST)
    if form.is_valid():
        try:
            roster.correct_joined_on(
                entry_id=entry.pk, on=form.cleaned_data["joined_on"], by=request.actor, at=timezone.now()
            )
        except roster.PersonRefused as refusal:
            form.take(refusal.errors)
        except roster.RosterBusy as busy:
            form.take({"": [str(busy)]})
        else:
            messages.success(request, f"{entry.name} 的入册日期已登记为 {form.cleaned_data['joined_on']}。")
            return redirect("employer:roster-person", entry.pk)
    return _show_person(request, entry, joined_form=form, status=422)


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
def person_undo_end(request: HttpRequest, entry_id: int) -> HttpResponse:
    """A leaving recorded by mistake is taken back."""
    entry = _get_entry(request, entry_id)
    try:
        roster.undo_end(entry_id=entry.pk, by=request.actor, at=timezone.now())
    except (roster.PersonRefused, roster.RosterBusy) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"已撤销，{entry.name} 恢复在职。")
    return redirect("employer:roster-person", entry.pk)


def person_document(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Another document: newly issued, or the number was typed wrong."""
    entry = _get_entry(request, entry_id)
    initial = {"document_type": entry.document.document_type, "seen_at": entry.changed_at.isoformat()}
    form = DocumentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            replace_document(
                entry_id=entry.pk,
                document=form.get_document(),
                is_wrong=form.cleaned_data["kind"] == "wrong",
                reason=form.cleaned_data["reason"],
                by=request.actor,
                at=timezone.now(),
                seen_at=_moment(form.cleaned_data["seen_at"]),
            )
        except roster.PersonRefused as refusal:
            form.take(refusal.errors)
        except roster.EntryChanged as changed:
            form.data = {**request.POST.dict(), "seen_at": entry.changed_at.isoformat()}
            form.take({"": [str(changed)]})
        except roster.RosterBusy as busy:
            form.take({"": [str(busy)]})
        else:
            messages.success(request, f"{entry.name} 的证件已更新，原证件保留在“曾用证件”中。")
            return redirect("employer:roster-person", entry.pk)
    shown = {"form": form, "entry": entry, "row": presenter.row(entry)}
    return render(request, "employer/roster/document.html", shown, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, entry_id: int) -> HttpResponse:
    """The full number, once, for a reason."""
    entry = _get_entry(request, entry_id)
    back = reverse("employer:roster-person", args=[entry.pk])
    return reveals.answer(
        request,
        reveals.Hidden(what="证件号码", masked=entry.document.number_masked, back=back),
        lambda why, at: roster.reveal_number(entry_id=entry.pk, why=why, by=request.actor, at=at),
    )


def _show_person(
    request: HttpRequest,
    entry: RosterEntry,
    *,
    form: ChangeForm | None = None,
    end_form: EndForm | None = None,
    joined_form: JoinedForm | None = None,
    status: int = 200,
) -> HttpResponse:
    known = histories.get_history(entry=entry)
    row, document_type = presenter.row(entry), entry.document.document_type
    shown = {
        "row": row,
        "entry": entry,
        "spells": known.spells,
        "is_latest": known.spells[0].pk == entry.pk,
        "former_documents": presenter.former_documents(known),
        "form": form or ChangeForm(initial=ChangeForm.get_initial(entry), document_type=document_type),
        "end_form": end_form or EndForm(initial={"on": calendar.today(timezone.now())}),
        "joined_form": joined_form or JoinedForm(initial={"joined_on": entry.joined_on}),
        "history": presenter.history(known, hides_birthday=not row.is_birthday_stated),
        "may_write": may_write(request),
        "cover": own_cover.get_own_cover(entry=entry, today=calendar.today(timezone.now())),
    }
    return render(request, "employer/roster/person.html", shown, status=status)


def _get_entry(request: HttpRequest, entry_id: int) -> RosterEntry:
    entries = RosterEntry.objects.visible_to(request.actor).select_related("document")
    return get_object_or_404(entries, pk=entry_id)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
