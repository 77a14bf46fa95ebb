"""操作日志: who did what, when, from where and to what. Read only; the rows themselves can not be changed by anybody."""

from __future__ import annotations

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from huzhu.accounts.models import StaffPost, User
from huzhu.accounts.scope import is_of_whole_association
from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Employer
from huzhu.shared.actors import Actor
from huzhu.web import keyset
from huzhu.web.days import get_bounds
from huzhu.web.office.presenters import audit as presenter

LONGEST_NAME = 80


class AuditFilter(forms.Form):
    """What stands in the address: nothing personal."""

    area = forms.ChoiceField(
        label="业务",
        required=False,
        choices=[("", "全部业务"), *((key, name) for key, (name, _) in presenter.AREAS.items())],
    )
    event = forms.CharField(
        label="操作",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "如：登录"}),
    )
    subject = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)  # both come with a link in a row
    number = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    first = forms.DateField(
        label="从", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label="到", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, object]:
        """Both ends in the right order."""
        wanted = super().clean() or {}
        if wanted.get("first") and wanted.get("last") and wanted["first"] > wanted["last"]:
            self.add_error("last", "结束日期早于开始日期，请调整后再查询。")
        return wanted


@require_http_methods(["GET", "HEAD", "POST"])
def audit(request: HttpRequest) -> HttpResponse:
    """
    The list, newest first. Two queries: the page and its employers; one more when a person is posted.
    """
    form = AuditFilter(request.GET)
    events = _filtered(get_visible(request.actor), form)
    person = " ".join(request.POST.get("person", "").replace("\0", "").split())[:LONGEST_NAME]
    if person:
        events = _of_person(events, person)
    page = keyset.get_page(events, place=request.POST if person else request.GET)
    employers = Employer.objects.in_bulk({event.employer_id for event in page.rows if event.employer_id})
    return render(
        request,
        "office/audit/list.html",
        {
            "form": form,
            "lines": presenter.get_lines(page.rows, employers=employers),
            "page": page,
            "person": person,
            "only_subject": _tell_subject(form),
        },
    )


def get_visible(actor: Actor) -> QuerySet[AuditEvent]:
    """
    This function will give the events somebody may see: those with the whole association all; those of a branch what concerns its
    employers and what its own staff did.
    """
    if is_of_whole_association(actor):
        return AuditEvent.objects.all()
    colleagues = StaffPost.objects.visible_to(actor).values("user")
    return AuditEvent.objects.filter(
        Q(employer_id__in=Employer.objects.visible_to(actor).values("pk")) | Q(by_id__in=colleagues)
    )


def _of_person(events: QuerySet[AuditEvent], person: str) -> QuerySet[AuditEvent]:
    """The acts of somebody by name, login name or mobile: as they are called now, or as they were when they acted."""
    accounts = list(
        User.objects.filter(Q(name=person) | Q(mobile=person) | Q(login_name=person.lower())).values_list("pk")
    )
    return events.filter(Q(by_id__in=[key for (key,) in accounts]) | Q(by_name=person) | Q(by_person=person))


def _filtered(events: QuerySet[AuditEvent], form: AuditFilter) -> QuerySet[AuditEvent]:
    """The events that fit; a filter that makes no sense is left out and says so beside its field."""
    form.is_valid()
    wanted = form.cleaned_data
    if area := wanted.get("area"):
        beginnings = Q()
        for beginning in presenter.AREAS[area][1]:
            beginnings |= Q(event__startswith=beginning)
        events = events.filter(beginnings)
    if event := wanted.get("event"):
        events = events.filter(Q(label__icontains=event) | Q(event__icontains=event))
    if subject := wanted.get("subject"):
        events = events.filter(subject_type=subject)
    if number := wanted.get("number"):
        events = events.filter(subject_id=number)
    if first := wanted.get("first"):
        events = events.filter(at__gte=get_bounds(first)[0])
    if last := wanted.get("last"):
        events = events.filter(at__lt=get_bounds(last)[1])
    return events


def _tell_subject(form: AuditFilter) -> str:
    """The one subject that is looked at, in words; empty if all are."""
    kind, number = form.cleaned_data.get("subject"), form.cleaned_data.get("number")
    return f"{presenter.get_subject(kind)} {number or ''}".strip() if kind else ""
