"""撤单与延期: what employers ask for about their open slips, and the cashier's decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from huzhu.accounts.scope import is_of_whole_association
from huzhu.audit import queries as audit
from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import PaymentExtension, SlipCancellation
from huzhu.billing.states import SlipRequestState
from huzhu.journeys import cancel_slip as cancelling
from huzhu.journeys import extend_slip as journey
from huzhu.shared.calendar import today
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui.parts import Tab
from huzhu.web.files import get_visible
from huzhu.web.history import get_rows
from huzhu.web.office.forms.billing import MoneyGoesForm, ReasonForm
from huzhu.web.office.presenters import slip_requests as presenter
from huzhu.web.presenters import extensions as extensions_presenter
from huzhu.work import operations as work

PAGES = {"per_page": 100, "silent": True}
WAITING = {"state": SlipRequestState.REQUESTED}
REFUSALS = (billing.RequestRefused, TransitionNotAllowed, work.AlreadyClaimed)


KINDS: dict[str, tuple[str, Any, Any]] = {
    "extensions": ("延迟缴款", PaymentExtension, presenter.ExtensionTable),
    "cancellations": ("申请撤单", SlipCancellation, presenter.CancellationTable),
}


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """The list of one kind by state, what waits first. Five queries of its own: what waits of both kinds, counts, count, page."""
    waits = {key: model.objects.visible_to(request.actor).filter(**WAITING) for key, (_, model, _) in KINDS.items()}
    counts = {key: rows.count() for key, rows in waits.items()}
    kind = request.GET.get("kind", "")
    if kind not in KINDS:  # where something waits
        kind = max(counts, key=lambda key: bool(counts[key]))
    _, model, table_of = KINDS[kind]
    visible = model.objects.visible_to(request.actor)
    by_state = dict(visible.order_by().values_list("state").annotate(count=Count("pk")))
    state = request.GET.get("state", SlipRequestState.REQUESTED)
    state = state if state in SlipRequestState.values else SlipRequestState.REQUESTED
    found = visible.filter(state=state).select_related("slip__employer__branch")
    order = "asked_at" if state == SlipRequestState.REQUESTED else "-asked_at"
    table = table_of(found.order_by(order, "pk"), order_by=order)
    RequestConfig(request, paginate=PAGES).configure(table)
    url = f"{request.path}?kind="
    shown = {
        "table": table,
        "kinds": [
            Tab(label=label, url=f"{url}{key}", current=key == kind, count=counts[key])
            for key, (label, _, _) in KINDS.items()
        ],
        "tabs": [
            Tab(label=each.label, url=f"{url}{kind}&state={each}", current=state == each, count=by_state.get(each, 0))
            for each in SlipRequestState
        ],
    }
    return render(request, "office/slip_requests/list.html", shown)


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


@require_safe
def cancellation(request: HttpRequest, cancellation_id: int) -> HttpResponse:
    """One 申请撤单: why, what has come in, and where it goes if the slip is cancelled."""
    return _show_cancellation(request, _get_cancellation(request, cancellation_id), ReasonForm(), MoneyGoesForm())


@require_POST
def cancellation_approve(request: HttpRequest, cancellation_id: int) -> HttpResponse:
    """同意: allocations taken back, money where the cashier says, slip cancelled, application moved."""
    found = _get_cancellation(request, cancellation_id)
    form = MoneyGoesForm(request.POST)
    if form.is_valid():
        try:
            made = cancelling.approve_cancellation(
                cancellation_id=found.pk, **form.cleaned_data, by=request.actor, at=timezone.now()
            )
        except permissions.NotPermitted as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except billing.RequestRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        except REFUSALS as refusal:
            messages.warning(request, str(refusal))
            return redirect("office:slip-request-cancellation", found.pk)
        else:
            goes = f"{made.returned_amount:,.2f} 元{made.get_money_goes_display()}，" if made.returned_amount else ""
            messages.success(request, f"缴款单 {found.slip.number} 已撤单，{goes}并已短信通知参保单位。")
            return redirect("office:slip-request-cancellation", found.pk)
    return _show_cancellation(request, found, ReasonForm(), form, status=422)


@require_POST
def cancellation_refuse(request: HttpRequest, cancellation_id: int) -> HttpResponse:
    """不同意, with the reason that the employer reads."""
    found = _get_cancellation(request, cancellation_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show_cancellation(request, found, form, MoneyGoesForm(), status=422)
    try:
        billing.refuse_cancellation(cancellation_id=found.pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "已记为不同意，并已短信通知参保单位。")
    return redirect("office:slip-request-cancellation", found.pk)


def _get_cancellation(request: HttpRequest, cancellation_id: int) -> SlipCancellation:
    found = SlipCancellation.objects.visible_to(request.actor)
    return get_object_or_404(found.select_related("slip__employer__branch", "slip__application"), pk=cancellation_id)


def _show_cancellation(
    request: HttpRequest, found: SlipCancellation, form: ReasonForm, money_form: MoneyGoesForm, *, status: int = 200
) -> HttpResponse:
    by, slip = request.actor, found.slip
    shown = {
        "found": found,
        "slip": slip,
        "form": form,
        "money_form": money_form,
        "allocations": slip.allocations.select_related("transaction", "reversal").order_by("id"),
        "lines": queries.get_lines_naming(slip=slip) if found.is_waiting else [],
        "may_see_lines": is_of_whole_association(by),
        "others": [each for each in slip.cancellations.order_by("-pk") if each.pk != found.pk],
        "shows_decision": found.is_waiting and permissions.may(by, "slip_cancellation.approve"),
        "may_approve": permissions.may(by, "slip_cancellation.approve", found),
        "may_refuse": permissions.may(by, "slip_cancellation.refuse", found),
        "history": get_rows(audit.get_history(subject=found)),
    }
    return render(request, "office/slip_requests/cancellation.html", shown, status=status)
