"""开票管理: what waits to be issued, one click each; refusals with a reason; reversals by a second person."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from huzhu.audit import queries as audit
from huzhu.documents.models import StoredFile
from huzhu.receipts import operations as receipts_operations
from huzhu.receipts import permissions, queries
from huzhu.receipts.issuers import IssuingFailed
from huzhu.receipts.models import EReceipt, ReceiptRequest
from huzhu.receipts.states import RequestState
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui.parts import Tab
from huzhu.web import policy_papers
from huzhu.web.history import get_rows
from huzhu.web.office.forms.billing import ReasonForm
from huzhu.web.presenters import receipts as presenter
from huzhu.work import operations as work

PAGES = {"per_page": 100, "silent": True}


class WorkFilter(forms.Form):
    """What a cashier narrows the list by."""

    words = forms.CharField(label="申请号、票据号码、抬头或单位", required=False, max_length=60)


@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """The list by state, what waits first. Six queries of its own: counts, sum, count, page, lines, receipts."""
    form = WorkFilter(request.GET)
    form.is_valid()
    words = form.cleaned_data.get("words", "")
    visible = ReceiptRequest.objects.visible_to(request.actor)
    counts = dict(visible.order_by().values_list("state").annotate(count=Count("id")))
    state = request.GET.get("state", RequestState.REQUESTED)
    state = state if state in RequestState.values else RequestState.REQUESTED
    found = queries.get_requests(by=request.actor, state=state, words=words)
    sums = found.aggregate(amount=Sum("amount"))
    order = ("requested_at", "pk") if state == RequestState.REQUESTED else ("-decided_at", "-pk")
    table = presenter.WorkTable(
        found.order_by(*order),
        order_by=() if state != RequestState.REQUESTED else ("requested_at",),
        sums=sums,
        token=get_token(request),
        may_issue=bool(permissions.may(request.actor, "receipt_request.issue")),
    )
    RequestConfig(request, paginate=PAGES).configure(table)
    tabs = [
        Tab(label=each.label, url=f"{request.path}?state={each}", current=state == each, count=counts.get(each, 0))
        for each in RequestState
    ]
    context = {"table": table, "tabs": tabs, "form": form, "state": state}
    return render(request, "office/receipts/list.html", context)


@require_safe
def receipt(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request: what was asked, the stamped papers, the receipts, and what can be done with it."""
    return render(request, "office/receipts/detail.html", _describe(request, _get(request, request_id), ReasonForm()))


@require_POST
def receipt_issue(request: HttpRequest, request_id: int) -> HttpResponse:
    """开具电子票据; from the list one comes back to the list."""
    found = _get(request, request_id)
    made = _act(
        request, lambda: receipts_operations.issue_receipt(request_id=found.pk, by=request.actor, at=timezone.now())
    )
    if isinstance(made, EReceipt):
        messages.success(
            request,
            f"{found.title}：电子票据 {made.receipt_number} 已开具，金额 {made.amount:,.2f} 元，已短信通知单位。",
        )
    return redirect("office:receipts") if made else redirect("office:receipt", found.pk)


@require_POST
def receipt_refuse(request: HttpRequest, request_id: int) -> HttpResponse:
    """退回申请, with a reason."""
    return _with_reason(request, request_id, receipts_operations.refuse_request, "申请已退回，已短信通知单位。")


@require_POST
def receipt_reverse(request: HttpRequest, request_id: int) -> HttpResponse:
    """红冲, with a reason, by another person than the issuer."""
    told = "已红冲并开具红字票据，单位可重新申请开票。"
    return _with_reason(request, request_id, receipts_operations.reverse_receipt, told)


@require_safe
def receipt_pdf(request: HttpRequest, receipt_id: int) -> HttpResponse:
    """One e-receipt as a PDF."""
    found = get_object_or_404(EReceipt.objects.visible_to(request.actor), pk=receipt_id)
    file = StoredFile.objects.filter(pk=found.document_id).first()
    return policy_papers.answer_file(request, file, name=f"电子票据{found.receipt_code}-{found.receipt_number}")


def _with_reason(request: HttpRequest, request_id: int, act: Callable[..., object], told: str) -> HttpResponse:
    found = _get(request, request_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return render(request, "office/receipts/detail.html", _describe(request, found, form), status=422)
    reason = form.cleaned_data["reason"]
    if _act(request, lambda: act(request_id=found.pk, reason=reason, by=request.actor, at=timezone.now())):
        messages.success(request, told)
    return redirect("office:receipt", found.pk)


def _act(request: HttpRequest, act: Callable[[], object]) -> object | None:
    """What was done, or None with the refusal told."""
    try:
        return act()
    except permissions.NotPermitted as error:
        raise PermissionDenied(str(error)) from error
    except (
        TransitionNotAllowed,
        work.AlreadyClaimed,
        receipts_operations.NoReviewer,
        receipts_operations.ReasonNeeded,
        IssuingFailed,
    ) as refusal:
        messages.warning(request, str(refusal))
        return None


def _get(request: HttpRequest, request_id: int) -> ReceiptRequest:
    return get_object_or_404(queries.get_requests(by=request.actor), pk=request_id)


def _describe(request: HttpRequest, found: ReceiptRequest, form: ReasonForm) -> dict[str, object]:
    issued = list(found.receipts.all())
    original = next((each for each in issued if not each.is_red), None)
    by, is_issued = request.actor, found.state == RequestState.ISSUED and original is not None
    return {
        "found": found,
        "form": form,
        "steps": presenter.get_steps(found),
        "next": presenter.get_next(found, audience="office"),
        "receipts": issued,
        "shows_issue": found.is_waiting and permissions.may(by, "receipt_request.issue"),
        "may_issue": permissions.may(by, "receipt_request.issue", found),
        "may_refuse": permissions.may(by, "receipt_request.refuse", found),
        "shows_reverse": is_issued and permissions.may(by, "receipt_request.reverse"),
        "may_reverse": permissions.may(by, "receipt_request.reverse", found),
        "history": get_rows(audit.get_history(subject=found)),
    }
