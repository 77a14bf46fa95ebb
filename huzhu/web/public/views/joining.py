"""申请加入: asking to be let into the account of an employer that is registered already."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from huzhu.accounts import codes
from huzhu.employers import operations as employers
from huzhu.employers import queries
from huzhu.shared.identity import credit_code as credit_codes
from huzhu.web.public import mobile_step, proofs
from huzhu.web.public.forms.registering import JoinForm

JOIN = mobile_step.Page(
    purpose=codes.Purpose.JOIN,
    title="申请加入单位账号",
    lead="单位已开通账号的，不需要再注册。验证手机号后提交申请，由该单位的单位管理员确认。",
    send_url="public:join-code",
)


def join(request: HttpRequest) -> HttpResponse:
    """Prove the mobile, name the employer by its credit code, ask."""
    mobile = proofs.get(request, JOIN.purpose)
    if mobile is None:
        return mobile_step.show(request, JOIN)
    form = JoinForm(request.POST or None, initial=request.session.get("join", {}))
    if request.method == "POST" and form.is_valid() and _ask(request, form, mobile=mobile):
        proofs.put(request, codes.Purpose.PROGRESS, mobile=mobile)
        request.session.pop("join", None)
        messages.success(request, "加入申请已提交，单位管理员确认后将以短信通知您。")
        return redirect("public:progress")
    known = queries.get_employer(credit_code=credit_codes.normalise_credit_code(form["credit_code"].value()))
    context = {"page": JOIN, "form": form, "mobile": mobile, "known": known}
    return render(request, "public/registration/join.html", context, status=422 if form.errors else 200)


def _ask(request: HttpRequest, form: JoinForm, *, mobile: str) -> bool:
    given = form.cleaned_data
    try:
        code = credit_codes.check_credit_code(given["credit_code"]).value
        employer = queries.get_employer(credit_code=code)
        if employer is None:
            form.add_error("credit_code", "该代码尚未开通单位账号。请核对代码；确认无误的，请直接注册。")
            return False
        by = proofs.applicant(request, mobile=mobile, name=given["name"])
        employers.ask_to_join(employer_id=employer.pk, name=given["name"], note=given["note"], by=by, at=timezone.now())
    except credit_codes.CreditCodeRefused as refusal:
        form.add_error("credit_code", str(refusal))
    except employers.JoinRefused as refusal:
        form.add_error(None, str(refusal))
    return not form.errors
