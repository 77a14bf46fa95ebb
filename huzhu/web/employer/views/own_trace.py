"""操作记录 of one employer: what its own people did, for its administrators."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from huzhu.accounts.models import User
from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Membership
from huzhu.shared.actors import Side
from huzhu.web import keyset
from huzhu.web.days import get_bounds
from huzhu.web.presenters import audit as presenter


class TraceFilter(forms.Form):
    """Whose acts, on which day; the person stands in the address as an account number, never by name."""

    person: forms.ModelChoiceField = forms.ModelChoiceField(
        label="操作人", required=False, queryset=User.objects.none(), empty_label="全部人员"
    )
    day = forms.DateField(
        label="日期", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: object, employer_id: int) -> None:
        super().__init__(*args)
        members = Membership.objects.filter(employer_id=employer_id).values("user")
        self.fields["person"].queryset = User.objects.filter(pk__in=members).order_by("name", "pk")
        self.fields["person"].label_from_instance = lambda user: user.name

    def narrow(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """
        This function will leave the events that fit; a filter that makes no sense is left out and says so.
        """
        self.is_valid()
        if person := self.cleaned_data.get("person"):
            events = events.filter(by_id=person.pk)
        if day := self.cleaned_data.get("day"):
            first, last = get_bounds(day)
            events = events.filter(at__gte=first, at__lt=last)
        return events


@require_safe
def own_trace(request: HttpRequest) -> HttpResponse:
    """The list, newest first; what the society did stays with the society."""
    employer_id = request.actor.employer_id
    form = TraceFilter(request.GET, employer_id=employer_id)
    own_people = form.fields["person"].queryset.order_by().values("pk")
    events = AuditEvent.objects.filter(employer_id=employer_id, by_side=Side.EMPLOYER, by_id__in=own_people)
    events = form.narrow(events)
    page = keyset.get_page(events, place=request.GET)
    context = {"form": form, "lines": presenter.get_lines(page.rows, employers={}), "page": page}
    return render(request, "employer/account/trace.html", context)
