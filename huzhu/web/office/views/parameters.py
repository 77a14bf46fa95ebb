"""参数: what holds today, what will, who changed it and why; changes that money hangs on wait for a second person."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from huzhu.accounts import policy
from huzhu.journeys.decide_parameter import confirm_parameter, refuse_parameter
from huzhu.parameters import operations, permissions, queries
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import DEFINITIONS, Definition
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import today
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.web.office.fill_in import fill_in
from huzhu.web.office.forms.branches import get_branch_choices
from huzhu.web.office.presenters import parameters as presenter
from huzhu.work import operations as work


class ChangeForm(forms.Form):
    """Another value, from when on, and why."""

    value = forms.CharField(label="新值", max_length=40)
    effective_from = forms.DateField(
        label="生效日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="当天起办理的业务按新值，此前的不追溯。",
    )
    reason = forms.CharField(
        label="变更原因",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="如：理事会决议、文件名称和文号。",
    )

    def __init__(self, *args: object, definition: Definition, actor: Actor, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if definition.choices:
            self.fields["value"] = forms.ChoiceField(label="新值", choices=definition.choices)
        else:
            hint = f"{definition.lowest} 至 {definition.highest} {definition.unit}。"
            self.fields["value"] = forms.CharField(
                label=f"新值（{definition.unit}）",
                max_length=40,
                help_text=hint,
                widget=forms.TextInput(attrs={"inputmode": "numeric"}),
            )
        if definition.is_per_branch:
            whole = [("", "全省")] if permissions.may(actor, "parameter.change", None) else []
            self.fields["branch"] = forms.TypedChoiceField(
                label="适用机构",
                coerce=int,
                required=False,
                empty_value=None,
                choices=[*whole, *get_branch_choices(actor)],
                help_text="连同下级机构；下级另有设置的按下级的。",
            )
            self.order_fields(["branch", "value", "effective_from", "reason"])


def parameters(request: HttpRequest) -> HttpResponse:
    """What holds today. One query, whatever the number of changes, and one for what waits."""
    return render(
        request,
        "office/system/parameters.html",
        {
            "rows": presenter.get_rows(actor=request.actor, day=today(timezone.now())),
            "pending": presenter.get_pending(actor=request.actor),
        },
    )


def parameter(request: HttpRequest, key: str) -> HttpResponse:
    """One parameter with its history."""
    definition = _get(key)
    history = list(queries.get_history(key) & ParameterChange.objects.visible_to(request.actor))
    return render(
        request,
        "office/system/parameter.html",
        {
            "definition": definition,
            "default": definition.tell(definition.default),
            "row": presenter.get_row(definition, history, day=today(timezone.now())),
            "lines": presenter.get_lines(definition, history, actor=request.actor),
            "may_change": permissions.may(
                request.actor, "parameter.change", policy.ANY if definition.is_per_branch else None
            ),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    """变更."""
    definition, day = _get(key), today(timezone.now())
    now = queries.get(key, day=day)
    initial = {"value": definition.write(now), "effective_from": day}
    form = ChangeForm(request.POST or None, definition=definition, actor=request.actor, initial=initial)
    url = reverse("office:parameter", args=[key])
    return fill_in(
        request,
        form,
        lambda words: operations.change_parameter(
            key=key,
            value=words["value"],
            effective_from=words["effective_from"],
            reason=words["reason"],
            branch_id=words.get("branch"),
            by=request.actor,
            at=timezone.now(),
        ),
        refusals=operations.ChangeRefused,
        done=lambda made: (
            f"已提出变更“{definition.label}”，待另一人复核后生效。"
            if definition.needs_second_person
            else f"“{definition.label}”自 {made.effective_from} 起为 {made.words}。"
        ),
        then=lambda _: url,
        heading=f"变更参数：{definition.label}",
        subtitle=f"{definition.explains}现为 {definition.tell(now)}（{definition.clause}）。",
        button="提出变更" if definition.needs_second_person else "确认变更",
        back_url=url,
        back_label=definition.label,
    )


@require_POST
def confirm(request: HttpRequest, change_id: int) -> HttpResponse:
    """复核通过."""
    found = _get_change(request, change_id)
    try:
        confirm_parameter(change_id=found.pk, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except (operations.ChangeRefused, TransitionNotAllowed, work.AlreadyClaimed) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已复核通过：{found}，{found.effective_from} 起生效。")
    return redirect("office:parameter", found.key)


@require_POST
def refuse(request: HttpRequest, change_id: int) -> HttpResponse:
    """不予通过."""
    found = _get_change(request, change_id)
    try:
        refuse_parameter(change_id=found.pk, reason=request.POST.get("reason", ""), by=request.actor, at=timezone.now())
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except (operations.ChangeRefused, TransitionNotAllowed, work.AlreadyClaimed) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"未通过：{found}。原设置继续有效。")
    return redirect("office:parameter", found.key)


def _get(key: str) -> Definition:
    if key not in DEFINITIONS:
        raise Http404
    return DEFINITIONS[key]


def _get_change(request: HttpRequest, change_id: int) -> ParameterChange:
    return get_object_or_404(ParameterChange.objects.visible_to(request.actor), pk=change_id)
