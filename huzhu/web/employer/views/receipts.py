"""单位开票申请 and 单位开票查询."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe
from django_tables2 import RequestConfig

from huzhu.audit import queries as audit
from huzhu.documents.models import StoredFile
from huzhu.receipts import operations as receipts_operations
from huzhu.receipts import permissions, queries
from huzhu.receipts.models import EReceipt
from huzhu.ui.menus import counts_for
from huzhu.web import policy_papers
from huzhu.web.employer.forms.receipts import ReceiptFilterForm, ReceiptForm
from huzhu.web.history import get_rows
from huzhu.web.presenters import policies as policy_presenter
from huzhu.web.presenters import receipts as presenter

PAGES = {"per_page": 100, "silent": True}
MOST_CHOSEN = 50


@counts_for("employer")
def count_open(request: HttpRequest) -> dict[str, int]:
    """The badge of 单位开票申请: paid slips that are not receipted in full. One query, none for those who may not ask."""
    if not permissions.may(request.actor, "receipt_request.ask"):
        return {}
    return {"receipt_requests": queries.count_open_rights(by=request.actor)}


@require_safe
def receipt_requests(request: HttpRequest) -> HttpResponse:
    """What can be receipted, to be ticked; below it what was asked for. Six queries of its own."""
    open_policies = queries.get_open_policies(by=request.actor)
    confirmations = policy_presenter.get_confirmations([each.policy for each in open_policies], audience="employer")
    table = presenter.RequestTable(queries.get_requests(by=request.actor).order_by("-pk"))
    RequestConfig(request, paginate=PAGES).configure(table)
    context = {
        "open_policies": [(each, confirmations[each.policy.pk]) for each in open_policies],
        "open_amount": sum((each.open_amount for each in open_policies), Decimal(0)),
        "table": table,
        "may_ask": permissions.may(request.actor, "receipt_request.ask"),
    }
    return render(request, "employer/receipts/requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def receipt_request_new(request: HttpRequest) -> HttpResponse:
    """The chosen policies: stamped confirmations, title, amounts; saved all at once or not at all."""
    asked = request.POST if request.method == "POST" else request.GET
    policy_ids = [int(key) for key in asked.getlist("policy") if key.isascii() and key.isdecimal() and len(key) < 19]
    chosen = queries.get_open_policies(by=request.actor, policy_ids=policy_ids[:MOST_CHOSEN]) if policy_ids else []
    if not chosen:
        messages.warning(request, "请先选择需要开票的保单。" if not policy_ids else "所选保单已全部申请过开票。")
        return redirect("employer:receipt-requests")
    own = {"title": request.employer.name, "credit_code": request.employer.credit_code}
    form = ReceiptForm(request.POST if request.method == "POST" else None, chosen=chosen, initial=own)
    missing: dict[str, str] = {}
    if request.method == "POST" and form.is_valid():
        try:
            made = receipts_operations.request_receipt(
                policy_ids=[each.policy.pk for each in chosen],
                title=form.cleaned_data["title"],
                credit_code=form.cleaned_data["credit_code"],
                remark=form.cleaned_data["remark"],
                amounts=form.get_amounts(),
                by=request.actor,
                at=timezone.now(),
            )
        except receipts_operations.RequestRefused as refusal:
            form.take(refusal.problems)
            missing = refusal.problems
        except permissions.NotPermitted as error:
            raise PermissionDenied(str(error)) from error
        else:
            messages.success(request, f"开票申请 {made.number} 已提交，开具后短信通知。")
            return redirect("employer:receipt-request", made.pk)
    confirmations = policy_presenter.get_confirmations([each.policy for each in chosen], audience="employer")
    rows = [
        {
            "open": each,
            "confirmation": confirmations[each.policy.pk],
            "field": form[f"amount-{each.policy.pk}"],
            "error": missing.get(f"confirmation-{each.policy.pk}", ""),
        }
        for each in chosen
    ]
    context = {"rows": rows, "form": form, "open_amount": sum((each.open_amount for each in chosen), Decimal(0))}
    return render(request, "employer/receipts/new.html", context, status=422 if form.errors else 200)


@require_safe
def receipt_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request: how far it is, what it is for, the receipts, what was done."""
    found = get_object_or_404(queries.get_requests(by=request.actor), pk=request_id)
    return render(
        request,
        "employer/receipts/request.html",
        {
            "found": found,
            "steps": presenter.get_steps(found),
            "next": presenter.get_next(found, audience="employer"),
            "receipts": found.receipts.all(),
            "may_ask": permissions.may(request.actor, "receipt_request.ask"),
            "history": get_rows(audit.get_history(subject=found), for_employer=True),
        },
    )


@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """单位开票查询. Three queries of its own: sum, count, page."""
    form = ReceiptFilterForm(request.GET)
    found = queries.get_receipts(by=request.actor, **form.get_filter())
    table = presenter.ReceiptTable(found.order_by("-pk"), amount=found.aggregate(sum=Sum("amount"))["sum"])
    RequestConfig(request, paginate=PAGES).configure(table)
    is_filtered = any(request.GET.get(name) for name in form.fields)
    return render(request, "employer/receipts/list.html", {"table": table, "form": form, "is_filtered": is_filtered})


@require_safe
def receipt_pdf(request: HttpRequest, receipt_id: int) -> HttpResponse:
    """One e-receipt as a PDF."""
    found = _get_receipt(request, receipt_id)
    file = StoredFile.objects.filter(pk=found.document_id).first()
    return policy_papers.answer_file(request, file, name=f"电子票据{found.receipt_code}-{found.receipt_number}")


@require_safe
def receipt_data(request: HttpRequest, receipt_id: int) -> HttpResponse:
    """The same as data, for bookkeeping programs."""
    found = _get_receipt(request, receipt_id)
    answer = JsonResponse(found.elements, json_dumps_params={"ensure_ascii": False, "indent": 2})
    name = f"电子票据{found.receipt_code}-{found.receipt_number}.json"
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


def _get_receipt(request: HttpRequest, receipt_id: int) -> EReceipt:
    return get_object_or_404(EReceipt.objects.visible_to(request.actor), pk=receipt_id)
