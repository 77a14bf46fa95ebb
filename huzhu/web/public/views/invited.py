"""成员邀请 and 经办人交接, for the owner of a proven mobile: accepting, taking over, and the stamped form."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from huzhu.accounts import codes
from huzhu.accounts import queries as accounts
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.employers import operations as employers
from huzhu.employers import papers, permissions, queries
from huzhu.employers.models import Employer
from huzhu.shared.identity import credit_code as credit_codes
from huzhu.shared.uploads import UploadRefused
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.web.papers import answer_pdf
from huzhu.web.public import mobile_step, proofs
from huzhu.web.public.forms.registering import HandOverForm, SealedFormForm

HAND_OVER = mobile_step.Page(
    purpose=codes.Purpose.HAND_OVER,
    title="变更经办人",
    lead="原经办人已不能办理时，由新经办人验证手机号、上传盖章的变更申请表，互助会审核后变更。原经办人在岗的，请其在账号成员中直接交接。",
    send_url="public:hand-over-code",
)
REFUSALS = (
    permissions.NotPermitted,
    TransitionNotAllowed,
    employers.InvitationRefused,
    employers.HandOverRefused,
    employers.JoinRefused,
)


def answer_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Accept or decline an invitation; somebody new goes on to choose a password."""
    mobile = proofs.get(request, codes.Purpose.PROGRESS)
    if mobile is None:
        return redirect("public:progress")
    found = get_object_or_404(queries.get_invitations_to(mobile=mobile), pk=invitation_id)
    by, now = proofs.applicant(request, mobile=mobile, name=found.name), timezone.now()
    try:
        if "decline" in request.POST:
            employers.decline_invitation(invitation_id=found.pk, by=by, at=now)
            messages.success(request, f"已谢绝加入{found.employer}的单位账号。")
            return redirect("public:progress")
        employers.accept_invitation(invitation_id=found.pk, by=by, at=now)
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
        return redirect("public:progress")
    return _into_the_account(request, mobile, f"您已加入{found.employer}的单位账号。")


def answer_hand_over(request: HttpRequest, hand_over_id: int) -> HttpResponse:
    """Take over, decline, or take the own request back."""
    mobile = proofs.get(request, codes.Purpose.PROGRESS)
    if mobile is None:
        return redirect("public:progress")
    found = get_object_or_404(queries.get_hand_overs_to(mobile=mobile), pk=hand_over_id)
    by, now = proofs.applicant(request, mobile=mobile, name=found.name), timezone.now()
    try:
        if "decline" in request.POST:
            employers.decline_hand_over(hand_over_id=found.pk, by=by, at=now)
            messages.success(request, f"已谢绝接任{found.employer}的经办人。")
            return redirect("public:progress")
        if "withdraw" in request.POST:
            employers.withdraw_hand_over(hand_over_id=found.pk, by=by, at=now)
            messages.success(request, "已撤回经办人变更申请。")
            return redirect("public:progress")
        employers.take_over(hand_over_id=found.pk, by=by, at=now)
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
        return redirect("public:progress")
    return _into_the_account(request, mobile, f"您已接任{found.employer}的经办人。")


def hand_over(request: HttpRequest) -> HttpResponse:
    """Prove the mobile, name the employer, upload the stamped form."""
    mobile = proofs.get(request, HAND_OVER.purpose)
    if mobile is None:
        return mobile_step.show(request, HAND_OVER)
    form = HandOverForm(*_given(request))
    if request.method == "POST" and form.is_valid() and _ask(request, form, mobile=mobile):
        proofs.put(request, codes.Purpose.PROGRESS, mobile=mobile)
        messages.success(request, "变更申请已提交，审核结果将以短信通知。")
        return redirect("public:progress")
    context = {"page": HAND_OVER, "form": form, "mobile": mobile}
    return render(request, "public/registration/hand_over.html", context, status=422 if form.errors else 200)


def mend_hand_over(request: HttpRequest, hand_over_id: int) -> HttpResponse:
    """The returned form with the reason, and another upload."""
    mobile = proofs.get(request, codes.Purpose.PROGRESS)
    if mobile is None:
        return redirect("public:progress")
    found = get_object_or_404(queries.get_hand_overs_to(mobile=mobile), pk=hand_over_id)
    form = SealedFormForm(*_given(request))
    by = proofs.applicant(request, mobile=mobile, name=found.name)
    if request.method == "POST" and form.is_valid():
        try:
            file_id = _keep(form, employer_id=found.employer_id, by=by)
            employers.resubmit_hand_over(hand_over_id=found.pk, form_id=file_id, by=by, at=timezone.now())
        except UploadRefused as refusal:
            form.add_error("form", str(refusal))
        except REFUSALS as refusal:
            messages.warning(request, str(refusal))
            return redirect("public:progress")
        else:
            messages.success(request, "已重新提交，等待互助会审核。")
            return redirect("public:progress")
    context = {"hand_over": found, "form": form, "mobile": mobile}
    return render(request, "public/registration/hand_over_mend.html", context, status=422 if form.errors else 200)


def hand_over_form(request: HttpRequest) -> HttpResponse:
    """The form to be filled in by hand."""
    content = papers.make_hand_over_form(at=timezone.now())
    return answer_pdf(request, content=content, name="经办人变更申请表")


def _given(request: HttpRequest) -> tuple:
    return (request.POST, request.FILES) if request.method == "POST" else ()


def _ask(request: HttpRequest, form: HandOverForm, *, mobile: str) -> bool:
    given = form.cleaned_data
    by = proofs.applicant(request, mobile=mobile, name=given["name"])
    try:
        code = credit_codes.check_credit_code(given["credit_code"]).value
        employer: Employer | None = queries.get_employer(credit_code=code)
        if employer is None:
            form.add_error("credit_code", "该代码尚未开通单位账号。请核对代码；确认无误的，请直接注册。")
            return False
        employers.ask_hand_over(
            employer_id=employer.pk,
            mobile=mobile,
            name=given["name"],
            former_leaves=True,
            form_id=_keep(form, employer_id=employer.pk, by=by),
            by=by,
            at=timezone.now(),
        )
    except credit_codes.CreditCodeRefused as refusal:
        form.add_error("credit_code", str(refusal))
    except UploadRefused as refusal:
        form.add_error("form", str(refusal))
    except employers.HandOverRefused as refusal:
        form.add_error("name" if refusal.field == "name" else None, str(refusal))
    return not form.errors


def _keep(form: SealedFormForm, *, employer_id: int, by) -> object:
    return documents.store_upload(
        upload=form.cleaned_data["form"],
        kind=FileKind.HAND_OVER_FORM,
        employer_id=employer_id,
        by=by,
        at=timezone.now(),
    ).pk


def _into_the_account(request: HttpRequest, mobile: str, words: str) -> HttpResponse:
    """To the sign-in page, or first to a password for whom has none: the mobile was proven a moment ago."""
    user = accounts.get_portal_user(mobile=mobile)
    if user is not None and not user.has_usable_password():
        proofs.put(request, codes.Purpose.PASSWORD, mobile=mobile, user_id=user.pk)
        messages.success(request, f"{words}请设置登录密码。")
        return redirect("public:password")
    messages.success(request, f"{words}请登录单位网厅。")
    return redirect("public:login")
