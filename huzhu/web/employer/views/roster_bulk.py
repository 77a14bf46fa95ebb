"""职工名册维护: one act on many people, and what became of each."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from huzhu.roster import operations as roster
from huzhu.roster.models import BulkChange, BulkOutcome
from huzhu.web.employer.forms.roster import BulkEndForm, BulkSetForm
from huzhu.web.employer.presenters import roster as presenter
from huzhu.web.employer.views.roster import back_to_list, get_filters, get_words, may_write, show_list

MOST_TICKED = 1000
ROWS_PER_PAGE = 100


def bulk(request: HttpRequest) -> HttpResponse:
    """Set something for, or end the employment of, the ticked people or all who fit the filters of the address."""
    if request.method != "POST":
        return back_to_list(request)
    is_end = request.POST.get("act") == "end"
    form: BulkSetForm | BulkEndForm = BulkEndForm(request.POST) if is_end else BulkSetForm(request.POST)
    trouble = ""
    if form.is_valid():
        try:
            return redirect("employer:roster-bulk-result", _act(request, form).pk)
        except roster.PersonRefused as refusal:
            form.take(refusal.errors)
        except (roster.NobodyChosen, roster.ChoiceChanged, roster.RosterBusy) as refusal:
            trouble = str(refusal)
    return show_list(
        request,
        words=get_words(request),
        set_form=form if isinstance(form, BulkSetForm) else None,
        end_form=form if isinstance(form, BulkEndForm) else None,
        ticked=frozenset(_ticked(request)),
        trouble=trouble,
        status=422,
    )


def _act(request: HttpRequest, form: BulkSetForm | BulkEndForm) -> BulkChange:
    given = form.cleaned_data
    if request.POST.get("scope-end" if isinstance(form, BulkEndForm) else "scope-set") == "all":
        expected = request.POST.get("expected", "")
        chosen = roster.Chosen(
            filters=get_filters(request), expected=int(expected) if expected.isascii() and expected.isdigit() else -1
        )
    else:
        chosen = roster.Chosen(entry_ids=_ticked(request))
    if isinstance(form, BulkEndForm):
        return roster.end_people(
            employer_id=request.actor.employer_id,
            chosen=chosen,
            status=given["status"],
            on=given["on"],
            by=request.actor,
            at=timezone.now(),
        )
    return roster.change_people(
        employer_id=request.actor.employer_id,
        chosen=chosen,
        field=given["field"],
        value=form.get_value(),
        by=request.actor,
        at=timezone.now(),
    )


def _ticked(request: HttpRequest) -> tuple[int, ...]:
    ids = [text for text in request.POST.getlist("entries")[:MOST_TICKED] if text.isascii() and text.isdigit()]
    return tuple(int(text) for text in ids if len(text) < 19)


@require_GET
def bulk_result(request: HttpRequest, change_id: int) -> HttpResponse:
    """What became of each person, those not dealt with first."""
    change = get_object_or_404(BulkChange.objects.visible_to(request.actor), pk=change_id)
    page = Paginator(change.outcomes, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    shown = {
        "change": change,
        "page": page,
        "rows": presenter.bulk_rows(page.object_list, by=request.actor),
        "outcomes": dict(BulkOutcome.choices),
        "may_write": may_write(request),
    }
    return render(request, "employer/roster/bulk_result.html", shown)
