"""操作记录 of one employer: what its own people did, for its administrators."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Membership
from huzhu.shared.actors import Side
from huzhu.web import keyset
from huzhu.web.days import get_bounds
from huzhu.web.presenters import audit as presenter


class TraceFilter(forms.Form):
    """Whose acts, on which day; the person stands in the address as an account number, never by name."""

    person = forms.TypedChoiceField(label="操作人", required=False, coerce=int, empty_value=None)
    day = forms.DateField(
        label="日期", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: object, people: Mapping[int, str]) -> None:
        super().__init__(*args)
        self.fields["person"].choices = [("", "全部人员"), *people.items()]

    def narrow(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """
        This function will leave the events that fit; a filter that makes no sense is left out and says so.
        """
        self.is_valid()
        if person := self.cleaned_data.get("person"):
            events = events.filter(by_id=person)
        if day := self.cleaned_data.get("day"):
            first, last = get_bounds(day)
            events = events.filter(at__gte=first, at__lt=last)
        return events


@require_safe
def own_trace(request: HttpRequest) -> HttpResponse:
    """The list, newest first; what the society did stays with the society."""
    members = Membership.objects.visible_to(request.actor).order_by("user__name", "user")
    people = dict(members.values_list("user", "user__name"))  # those who left, too
    form = TraceFilter(request.GET, people=people)
    events = AuditEvent.objects.filter(
        employer_id=request.actor.employer_id, by_side=Side.EMPLOYER, by_id__in=list(people)
    )
    page = keyset.get_page(form.narrow(events), place=request.GET)
    context = {"form": form, "lines": presenter.get_lines(page.rows, employers={}), "page": page}
    return render(request, "employer/account/trace.html", context)
