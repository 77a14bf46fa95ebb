"""保单与票据核验: is the paper in my hand genuine? Open to everybody; says nothing about people but yes or no."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from huzhu.policies import operations as policies
from huzhu.policies import queries
from huzhu.policies.models import Policy, PolicyVersion
from huzhu.policies.versions import get_versions
from huzhu.receipts import queries as receipts
from huzhu.receipts.models import EReceipt
from huzhu.shared.calendar import today
from huzhu.shared.check_characters import compacted, folded
from huzhu.web.presenters import policies as presenter
from huzhu.web.public.forms.verify import MemberCheckForm, PolicyCheckForm, ReceiptCheckForm

NOT_FOUND = "没有找到与所填内容完全一致的{what}。请核对后再试；仍查不到的，请联系签发的代办处核实。"


@require_http_methods(["GET", "HEAD", "POST"])
def verify_start(request: HttpRequest) -> HttpResponse:
    """Where nobody scans: number and code typed by hand."""
    kind = request.POST.get("kind", "")
    policy_form = PolicyCheckForm(request.POST if kind == "policy" else None)
    receipt_form = ReceiptCheckForm(request.POST if kind == "receipt" else None)
    answer = None
    try:
        if kind == "policy" and policy_form.is_valid():
            answer = _find_policy(request, policy_form)
        elif kind == "receipt" and receipt_form.is_valid():
            answer = _find_receipt(request, receipt_form)
    except policies.TooManyChecks as refusal:
        (policy_form if kind == "policy" else receipt_form).add_error(None, str(refusal))
        return _start(request, policy_form, receipt_form, status=429)
    if answer:
        return answer
    return _start(request, policy_form, receipt_form, status=422 if policy_form.errors or receipt_form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, code: str, version_number: int | None = None) -> HttpResponse:
    """
    One policy: number, employer, plan, period, how many people, where it stands today, and whether the paper at hand is its latest
    version. A name may be asked about by POST.
    """
    policy = queries.get_by_code(code=code)
    versions = get_versions(policy=policy) if policy else []
    held = next((each for each in versions if version_number in (None, each.number)), None)
    if policy is None or held is None:
        return render(request, "public/verify/unknown.html", {"what": "保单"}, status=404)
    form = MemberCheckForm(request.POST if request.method == "POST" else None)
    is_member = None
    if request.method == "POST" and form.is_valid():
        try:
            is_member = policies.check_member(
                policy=policy,
                **form.cleaned_data,
                address=request.META.get("REMOTE_ADDR", ""),
                at=timezone.now(),
            )
        except policies.TooManyChecks as refusal:
            form.add_error(None, str(refusal))
            context = _describe(policy, versions, held, form, None) | {"is_named": version_number is not None}
            return render(request, "public/verify/policy.html", context, status=429)
    context = _describe(policy, versions, held, form, is_member) | {"is_named": version_number is not None}
    return render(request, "public/verify/policy.html", context, status=422 if form.errors else 200)


@require_safe
def verify_receipt(request: HttpRequest, code: str, number: str, check: str) -> HttpResponse:
    """One receipt, as its QR code names it; guesses are counted like questions."""
    try:
        policies.count_check(
            subject=f"{code}{number}"[:40], address=request.META.get("REMOTE_ADDR", ""), at=timezone.now()
        )
    except policies.TooManyChecks as refusal:
        return render(request, "public/verify/unknown.html", {"what": "电子票据", "refusal": refusal}, status=429)
    receipt = receipts.find_receipt(receipt_code=code, receipt_number=number, check_code=check)
    if receipt is None:
        return render(request, "public/verify/unknown.html", {"what": "电子票据"}, status=404)
    return _show_receipt(request, receipt)


def _find_policy(request: HttpRequest, form: PolicyCheckForm) -> HttpResponse | None:
    policies.count_check(
        subject=compacted(form.cleaned_data["number"])[:40],
        address=request.META.get("REMOTE_ADDR", ""),
        at=timezone.now(),
    )
    policy = queries.get_by_code(code=form.cleaned_data["code"])
    if policy is None or folded(policy.number) != folded(form.cleaned_data["number"]):
        form.add_error(None, NOT_FOUND.format(what="保单"))
        return None
    return redirect("public:verify", policy.verify_code)


def _find_receipt(request: HttpRequest, form: ReceiptCheckForm) -> HttpResponse | None:
    asked = {name: compacted(form.cleaned_data[name]) for name in ("receipt_code", "receipt_number", "check_code")}
    policies.count_check(
        subject=f"{asked['receipt_code']}{asked['receipt_number']}"[:40],
        address=request.META.get("REMOTE_ADDR", ""),
        at=timezone.now(),
    )
    receipt = receipts.find_receipt(**asked)
    if receipt is None or receipt.amount != form.cleaned_data["total"]:
        form.add_error(None, NOT_FOUND.format(what="电子票据"))
        return None
    return _show_receipt(request, receipt)


def _show_receipt(request: HttpRequest, receipt: EReceipt) -> HttpResponse:
    context = {"receipt": receipt, "reversed_by": getattr(receipt, "reversed_by", None)}
    return render(request, "public/verify/receipt.html", context)


def _describe(
    policy: Policy, versions: list[PolicyVersion], held: PolicyVersion, form: MemberCheckForm, is_member: bool | None
) -> dict[str, object]:
    day = today(timezone.now())
    return {
        "policy": policy,
        "versions": versions,
        "held": held,
        "day": day,
        "standing": presenter.get_standing(policy, today=day),
        "form": form,
        "is_member": is_member,
    }


def _start(
    request: HttpRequest, policy_form: PolicyCheckForm, receipt_form: ReceiptCheckForm, *, status: int
) -> HttpResponse:
    return render(
        request,
        "public/verify/start.html",
        {"policy_form": policy_form, "receipt_form": receipt_form},
        status=status,
    )
