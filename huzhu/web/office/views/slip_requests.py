"""撤单与延期: what employers ask for about their open slips, and the cashier's decision."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from huzhu.audit import queries as audit
from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import PaymentExtension
from huzhu.billing.states import SlipRequestState
from huzhu.journeys import extend_slip as journey
from huzhu.shared.calendar import today
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui.parts import Tab
from huzhu.web.files import get_visible
from huzhu.web.history import get_rows
from huzhu.web.office.forms.billing import ReasonForm
from huzhu.web.office.presenters import slip_requests as presenter
from huzhu.web.presenters import extensions as extensions_presenter
from huzhu.work import operations as work

PAGES = {"per_page": 100, "silent": True}
REFUSALS = (billing.RequestRefused, TransitionNotAllowed, work.AlreadyClaimed)


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """The list by state, what waits first. Three queries of its own: counts, count, page."""
    visible = PaymentExtension.objects.visible_to(request.actor)
    counts = dict(visible.order_by().values_list("state").annotate(count=Count("pk")))
    state = request.GET.get("state", SlipRequestState.REQUESTED)
    state = state if state in SlipRequestState.values else SlipRequestState.REQUESTED
    found = visible.filter(state=state).select_related("slip__employer__branch")
    order = "asked_at" if state == SlipRequestState.REQUESTED else "-asked_at"
    table = presenter.ExtensionTable(found.order_by(order, "pk"), order_by=order)
    RequestConfig(request, paginate=PAGES).configure(table)
    tabs = [
        Tab(label=each.label, url=f"{request.path}?state={each}", current=state == each, count=counts.get(each, 0))
        for each in SlipRequestState
    ]
    return render(request, "office/slip_requests/list.html", {"table": table, "tabs": tabs})


@require_safe
def extension(request: HttpRequest, extension_id: int) -> HttpResponse:
    """One 延迟缴款申请: what is asked and why, what it means for everybody's cover, and the decision."""
    return _show_extension(request, _get_extension(request, extension_id), ReasonForm())


@require_POST
def extension_approve(request: HttpRequest, extension_id: int) -> HttpResponse:
    """同意: the slip may be paid until the day asked for."""
    found = _get_extension(request, extension_id)
    try:
        made = journey.approve_extension(extension_id=found.pk, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"已同意，缴款期限延至 {made.new_due_on}，并已短信通知参保单位。")
    return redirect("office:slip-request-extension", found.pk)


@require_POST
def extension_refuse(request: HttpRequest, extension_id: int) -> HttpResponse:
    """不同意, with the reason that the employer reads."""
    found = _get_extension(request, extension_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show_extension(request, found, form, status=422)
    try:
        billing.refuse_extension(extension_id=found.pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "已记为不同意，并已短信通知参保单位。")
    return redirect("office:slip-request-extension", found.pk)


def _get_extension(request: HttpRequest, extension_id: int) -> PaymentExtension:
    found = PaymentExtension.objects.visible_to(request.actor)
    return get_object_or_404(found.select_related("slip__employer__branch", "slip__application"), pk=extension_id)


def _show_extension(
    request: HttpRequest, found: PaymentExtension, form: ReasonForm, *, status: int = 200
) -> HttpResponse:
    by, slip, day = request.actor, found.slip, today(timezone.now())
    shown = {
        "found": found,
        "slip": slip,
        "form": form,
        "reason": queries.tell_extension_reason(found),
        "proof": get_visible(by).filter(pk=found.proof_id).first() if found.proof_id else None,
        "days": (found.new_due_on - found.from_due_on).days,
        "others": [row for row in extensions_presenter.get_rows(slip=slip) if row.extension.pk != found.pk],
        "comparison": extensions_presenter.compare(slip=slip, new_due_on=found.new_due_on, today=day)
        if found.is_waiting
        else None,
        "is_past": slip.due_on < day,
        "shows_decision": found.is_waiting and permissions.may(by, "payment_extension.approve"),
        "may_approve": permissions.may(by, "payment_extension.approve", found),
        "may_refuse": permissions.may(by, "payment_extension.refuse", found),
        "history": get_rows(audit.get_history(subject=found)),
    }
    return render(request, "office/slip_requests/extension.html", shown, status=status)
