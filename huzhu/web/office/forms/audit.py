"""The filters of 操作日志 and 登录日志: what stands in the address, nothing personal."""

from __future__ import annotations

from dataclasses import replace

from django import forms
from django.db.models import Q, QuerySet

from huzhu.accounts.models import Branch, StaffPost
from huzhu.audit.models import AuditEvent, Result
from huzhu.employers.models import Employer
from huzhu.shared.actors import Actor
from huzhu.web.days import get_bounds
from huzhu.web.presenters import audit as presenter

LONGEST_CODE = 18


def date_field(label: str) -> forms.DateField:
    """
    This function will make one end of a period of days.
    """
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class AuditFilter(forms.Form):
    """Each field narrows the events; one that makes no sense is left out and says so."""

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
    side = forms.ChoiceField(label="哪一方", required=False, choices=[("", "全部"), *presenter.SIDES.items()])
    result = forms.ChoiceField(label="结果", required=False, choices=[("", "全部"), *Result.choices])
    branch: forms.ModelChoiceField = forms.ModelChoiceField(
        label="机构", required=False, queryset=None, empty_label="全部机构"
    )
    employer = forms.CharField(
        label="参保单位",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"placeholder": "名称或信用代码"}),
    )
    subject = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)  # both come with a link in a row
    number = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    first = date_field("从")
    last = date_field("到")

    def __init__(self, *args: object, actor: Actor, **more: object) -> None:
        super().__init__(*args, **more)
        self.actor = actor
        self.fields["branch"].queryset = Branch.objects.visible_to(actor).order_by("path")

    def clean(self) -> dict[str, object]:
        """Both ends in the right order."""
        wanted = super().clean() or {}
        if wanted.get("first") and wanted.get("last") and wanted["first"] > wanted["last"]:
            self.add_error("last", "结束日期早于开始日期，请调整后再查询。")
        return wanted

    def narrow(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """
        This function will leave the events that fit.
        """
        self.is_valid()
        wanted = self.cleaned_data
        if area := wanted.get("area"):
            events = events.filter(_begins(presenter.AREAS[area][1]))
        if event := wanted.get("event"):
            events = events.filter(Q(label__icontains=event) | Q(event__icontains=event))
        for field, lookup in EXACT.items():
            if value := wanted.get(field):
                events = events.filter(**{lookup: value})
        if branch := wanted.get("branch"):
            events = events.filter(within(replace(self.actor, branch_path=branch.path)))
        if employer := wanted.get("employer"):
            known = Employer.objects.visible_to(self.actor)
            named = known.filter(Q(name__icontains=employer) | Q(credit_code=employer.upper()[:LONGEST_CODE]))
            events = events.filter(employer_id__in=named.values("pk"))
        if first := wanted.get("first"):
            events = events.filter(at__gte=get_bounds(first)[0])
        if last := wanted.get("last"):
            events = events.filter(at__lt=get_bounds(last)[1])
        return events

    def tell(self) -> dict[str, str]:
        """The filters in words, for the trace of an export."""
        return {str(self.fields[name].label or name): str(value) for name, value in self.cleaned_data.items() if value}


EXACT = {"side": "by_side", "result": "result", "subject": "subject_type", "number": "subject_id"}


def within(actor: Actor) -> Q:
    """What concerns the employers of the actor's subtree, and what its own staff did."""
    employers = Employer.objects.visible_to(actor).values("pk")
    return Q(employer_id__in=employers) | Q(by_id__in=StaffPost.objects.visible_to(actor).values("user"))


def _begins(beginnings: tuple[str, ...]) -> Q:
    found = Q()
    for beginning in beginnings:
        found |= Q(event__startswith=beginning)
    return found
