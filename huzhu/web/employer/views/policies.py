"""单位保单查询: the list, one policy with its people, 下载电子保单, and the stamped 参保确认书."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_tables2 import RequestConfig

from huzhu.audit import queries as audit
from huzhu.journeys.add_members import tell_why_not
from huzhu.journeys.confirm_policy import confirm_policy
from huzhu.policies import endorsements, permissions, queries
from huzhu.policies import operations as policies_operations
from huzhu.policies.models import Policy
from huzhu.policies.renewals import get_standings
from huzhu.policies.versions import get_versions
from huzhu.receipts import queries as receipts
from huzhu.shared.calendar import today
from huzhu.shared.uploads import UploadRefused
from huzhu.web import policy_papers
from huzhu.web.employer.forms.policies import PolicyFilterForm
from huzhu.web.employer.presenters.renewals import get_endings
from huzhu.web.history import get_rows
from huzhu.web.policy_pages import get_people
from huzhu.web.presenters import policies as presenter

PAGES = {"per_page": 100, "silent": True}
FIELD = "confirmation"


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """The list. Six queries of its own: plans of the filter, sums, count, page, what ends soon twice."""
    day = today(timezone.now())
    form = PolicyFilterForm(request.GET, plans=queries.get_plans(by=request.actor))
    found = queries.get_policies(by=request.actor, wanted=form.get_filter(), today=day)
    sums = found.aggregate(people=Sum("member_count"), amount=Sum("contribution_amount"))
    table = presenter.PolicyTable(found.order_by("-pk"), audience="employer", sums=sums, today=day)
    RequestConfig(request, paginate=PAGES).configure(table)
    is_filtered = any(request.GET.get(name) for name in form.fields)
    endings = [] if is_filtered or request.GET.get("page") else get_endings(actor=request.actor, day=day)
    return render(
        request,
        "employer/policies/list.html",
        {"table": table, "form": form, "is_filtered": is_filtered, "endings": endings},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest, policy_id: int) -> HttpResponse:
    """One policy: facts, confirmation, people (a name to look for is posted), what was done."""
    found = _get(request, policy_id)
    day = today(timezone.now())
    open_policies = receipts.get_open_policies(by=request.actor, policy_ids=[found.pk])
    open_amount = open_policies[0].open_amount if open_policies else Decimal(0)
    return render(
        request,
        "employer/policies/detail.html",
        {
            "policy": found,
            "standing": presenter.get_standing(found, today=day),
            "next": presenter.get_next(found, open_amount=open_amount, today=day),
            "open_amount": open_amount,
            "may_renew": get_standings(policy_ids=[found.pk])[found.pk].is_offered(day=day),
            "confirmation": presenter.get_confirmations([found], audience="employer")[found.pk],
            "may_add": not tell_why_not(found, day=day),
            "may_remove": permissions.may(request.actor, "policy.remove_members", found) and day < found.coverage_end,
            "left_by_roster": endorsements.count_left(policy=found) if day < found.coverage_end else 0,
            "may_pay": permissions.may(request.actor, "policy.confirm", found),
            "versions": presenter.get_version_rows(get_versions(policy=found), audience="employer"),
            "history": get_rows(audit.get_history(subject=found), for_employer=True),
            **get_people(request, found, today=day),
        },
    )


@require_safe
def policy_pdf(request: HttpRequest, policy_id: int) -> HttpResponse:
    """下载电子保单."""
    return policy_papers.answer_policy(request, _get(request, policy_id))


@require_http_methods(["GET", "HEAD", "POST"])
def policy_confirmation(request: HttpRequest, policy_id: int) -> HttpResponse:
    """参保确认书: GET gives the page to print and stamp, POST takes the stamped one back."""
    found = _get(request, policy_id)
    if request.method != "POST":
        return policy_papers.answer_confirmation(request, found)
    upload = request.FILES.get(f"{FIELD}-{found.pk}") or request.FILES.get(FIELD)
    error = ""
    if upload is None:
        error = "请选择盖章参保确认书的照片或扫描件。"
    else:
        try:
            confirm_policy(policy_id=found.pk, upload=upload, by=request.actor, at=timezone.now())
        except UploadRefused as refusal:
            error = str(refusal)
        except permissions.NotPermitted as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except policies_operations.ConfirmationRefused as refusal:
            error = str(refusal)
    return _answer_upload(request, found, error)


def _answer_upload(request: HttpRequest, found: Policy, error: str) -> HttpResponse:
    """The slot alone where a form around it must not be lost (`?slot`), else the policy's page anew."""
    if request.htmx and error:
        return JsonResponse({"error": error}, status=422)
    if request.htmx and "slot" in request.GET:
        found.refresh_from_db()
        confirmation = presenter.get_confirmations([found], audience="employer")[found.pk]
        return render(request, "employer/policies/_slot.html", {"confirmation": confirmation, "keeps": True})
    if error:
        messages.error(request, error)
    else:
        messages.success(request, "参保确认书已上传，可以申请开票。")
    here = reverse("employer:policy", args=[found.pk])
    return HttpResponse(headers={"HX-Redirect": here}) if request.htmx else redirect(here)


def _get(request: HttpRequest, policy_id: int) -> Policy:
    found = Policy.objects.visible_to(request.actor).select_related("employer", "application", "plan", "plan_version")
    return get_object_or_404(found, pk=policy_id)
