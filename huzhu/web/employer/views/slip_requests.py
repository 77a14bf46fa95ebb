"""延迟缴款申请: what a later due date would mean and asking for it; and taking requests about slips back."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import PaymentExtension, PaymentSlip, SlipCancellation
from huzhu.journeys.extend_slip import ask_extension
from huzhu.shared.calendar import today
from huzhu.shared.uploads import UploadRefused
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.web.employer.forms.extensions import ExtensionForm
from huzhu.web.presenters import extensions as presenter

OFFERED_DAYS = 7  # shown at first


@require_http_methods(["GET", "HEAD", "POST"])
def extension(request: HttpRequest, slip_id: int) -> HttpResponse:
    """The form beside what the day means for everybody's cover. `try` in the POST only shows the day; a fragment for htmx."""
    found = get_object_or_404(
        PaymentSlip.objects.visible_to(request.actor).select_related("employer", "application"), pk=slip_id
    )
    now = timezone.now()
    terms = queries.get_extension_terms(at=now)
    offered = max(found.due_on, today(now)) + timedelta(days=OFFERED_DAYS)
    if request.method != "POST":
        form = ExtensionForm(terms=terms, due_on=found.due_on, initial={"new_due_on": offered})
        return _show(request, found, form, day=offered)
    form = ExtensionForm(request.POST, request.FILES, terms=terms, due_on=found.due_on)
    form.is_valid()
    day = form.cleaned_data.get("new_due_on") or offered
    if "try" in request.POST or request.htmx:
        form.keep_errors("new_due_on")
        return _show(request, found, form, day=day, status=422 if form.errors and not request.htmx else 200)
    if form.is_valid() and _ask(request, found, form):
        messages.success(request, f"延迟缴款申请已提交，互助会办理后短信通知。办理期间缴款单 {found.number} 不会失效。")
        return redirect("employer:slip", found.pk)
    return _show(request, found, form, day=day, status=422)


def _ask(request: HttpRequest, found: PaymentSlip, form: ExtensionForm) -> PaymentExtension | None:
    """Ask, or say at its field why not."""
    try:
        return ask_extension(slip_id=found.pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except UploadRefused as refusal:
        form.add_error("proof", str(refusal))
    except billing.RequestRefused as refusal:
        form.add_error(refusal.field or None, str(refusal))
    return None


def _show(
    request: HttpRequest, found: PaymentSlip, form: ExtensionForm, *, day: date, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    open_one = queries.get_open_extension(slip=found)
    shown = {
        "slip": found,
        "form": form,
        "comparison": presenter.compare(slip=found, new_due_on=day, today=today(now)) if found.is_open else None,
        "left": queries.count_extensions_left(slip=found, day=today(now)),
        "open_one": open_one,
        "may_ask": found.is_open and open_one is None,
    }
    template = "slips/_comparison.html" if request.htmx and shown["comparison"] else "employer/slips/extension.html"
    return render(request, template, shown, status=status)


@require_POST
def extension_withdraw(request: HttpRequest, extension_id: int) -> HttpResponse:
    """撤回申请."""
    found = get_object_or_404(PaymentExtension.objects.visible_to(request.actor), pk=extension_id)
    try:
        billing.withdraw_extension(extension_id=found.pk, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except TransitionNotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"延迟缴款申请已撤回，缴款期限仍为 {found.from_due_on}。")
    return redirect("employer:slip", found.slip_id)


@require_POST
def cancellation_withdraw(request: HttpRequest, cancellation_id: int) -> HttpResponse:
    """撤回撤单申请."""
    found = get_object_or_404(SlipCancellation.objects.visible_to(request.actor), pk=cancellation_id)
    try:
        billing.withdraw_cancellation(cancellation_id=found.pk, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except TransitionNotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "撤单申请已撤回，缴款单照常有效。")
    return redirect("employer:slip", found.slip_id)
