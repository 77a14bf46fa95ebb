"""单位审核 · 历史保单绑定: what waits, with how many people match, and the decision in the row's page."""

from __future__ import annotations

import django_tables2 as tables
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from huzhu.audit import queries as audit
from huzhu.cover import operations as cover
from huzhu.cover import permissions, queries
from huzhu.cover.models import PolicyBinding
from huzhu.cover.states import BindingState
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui import tables as ui_tables
from huzhu.web import history
from huzhu.web.office.forms.registrations import BindingFilter, ReasonForm
from huzhu.web.office.presenters.registrations import tabs
from huzhu.work import operations as work

REFUSALS = (TransitionNotAllowed, permissions.NotPermitted, work.AlreadyClaimed)


class BindingTable(ui_tables.Table):
    """Bindings of old policies, those that wait longest first."""

    caption = "历史保单绑定"
    unit = "件"

    past_policy = tables.Column("历史保单号", linkify=("office:binding", {"binding_id": tables.A("pk")}))
    employer = tables.Column("申请单位")
    branch = tables.Column("所属代办处", accessor="employer__branch", order_by="employer__branch__path")
    plan = tables.Column("保障计划", accessor="past_policy__plan_version__plan", orderable=False)
    people = ui_tables.CountColumn("保单人数")
    matching = ui_tables.CountColumn("在该单位名册")
    asked_at = ui_tables.MomentColumn("提交时间")
    state = ui_tables.StateColumn("状态")


def bindings(request: HttpRequest) -> HttpResponse:
    """The bindings of the own subtree; what waits is shown unless asked otherwise."""
    form = BindingFilter(request.GET if "state" in request.GET else {"state": BindingState.REQUESTED})
    wanted = form.cleaned_data if form.is_valid() else {}
    table = BindingTable(
        queries.get_bindings(by=request.actor, state=wanted.get("state", "")), empty_text="没有符合条件的绑定申请"
    )
    tables.RequestConfig(request, paginate={"per_page": 100}).configure(table)
    context = {
        "form": form,
        "table": table,
        "may_import": permissions.may(request.actor, "past_policy.import", None),
        "tabs": tabs(request, current="office:bindings"),
    }
    return render(request, "office/registrations/bindings.html", context)


def binding(request: HttpRequest, binding_id: int) -> HttpResponse:
    """One binding: the old policy beside the employer, and how many people match."""
    return _show(request, _get(request, binding_id), ReasonForm())


def confirm(request: HttpRequest, binding_id: int) -> HttpResponse:
    """Bind it."""
    found = _get(request, binding_id)
    try:
        cover.confirm_binding(binding_id=found.pk, by=request.actor, at=timezone.now())
    except (*REFUSALS, cover.BindingRefused) as refusal:
        messages.warning(request, str(refusal))
        return redirect("office:binding", found.pk)
    messages.success(request, f"历史保单 {found.past_policy.number} 已绑定到{found.employer}，已短信通知。")
    return redirect("office:bindings")


def reject(request: HttpRequest, binding_id: int) -> HttpResponse:
    """Refuse it; a missing reason is asked for."""
    found, form = _get(request, binding_id), ReasonForm(request.POST)
    if form.is_valid():
        try:
            cover.reject_binding(
                binding_id=found.pk, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now()
            )
        except cover.BindingRefused as refusal:
            form.add_error("reason", str(refusal))
        except REFUSALS as refusal:
            messages.warning(request, str(refusal))
            return redirect("office:binding", found.pk)
        else:
            messages.success(request, "未予绑定，原因已短信通知单位。")
            return redirect("office:bindings")
    return _show(request, found, form, status=422)


def _get(request: HttpRequest, binding_id: int) -> PolicyBinding:
    return get_object_or_404(queries.get_bindings(by=request.actor), pk=binding_id)


def _show(request: HttpRequest, found: PolicyBinding, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    waits = found.state == BindingState.REQUESTED
    decides = permissions.may(request.actor, "policy_binding.confirm", found)
    context = {
        "binding": found,
        "form": form,
        "share": round(100 * found.matching / found.people) if found.people else 0,
        "covered": found.covers.count(),
        "history": history.get_rows(audit.get_history(subject=found)),
        "waits": waits,
        "may_decide": decides,
        "refusal": decides.words,
    }
    return render(request, "office/registrations/binding.html", context, status=status)
