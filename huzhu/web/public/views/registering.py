"""注册: the form, the progress, the correction (rulebook §2.1)."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from huzhu.accounts import codes
from huzhu.audit import queries as audit
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind, StoredFile
from huzhu.employers import operations as employers
from huzhu.employers import queries, rules
from huzhu.employers.models import Registration
from huzhu.employers.states import RegistrationState
from huzhu.shared.uploads import UploadRefused
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui.parts import Step, steps
from huzhu.web import history
from huzhu.web.public import mobile_step, proofs
from huzhu.web.public.forms.registering import RegistrationForm

REGISTER = mobile_step.Page(
    purpose=codes.Purpose.REGISTER,
    title="注册单位账号",
    lead="先验证经办人手机号。审核通过后，该手机号就是登录名，也用来接收缴款、续保等通知短信。",
    send_url="public:register-code",
    steps=("验证手机号", "填写单位资料", "等待审核"),
)
PROGRESS = mobile_step.Page(
    purpose=codes.Purpose.PROGRESS,
    title="进度与邀请",
    lead="请用提交注册或收到短信的手机号查询：注册进度、加入申请、成员邀请和经办人交接都在这里办理。",
    send_url="public:progress-code",
)
KEPT = "register_certificate"  # session key: the certificate of a form that is not through yet


# the parts of the form: field:columns of twelve
GROUPS = {
    "单位信息": "credit_code:6 name:6 kind:3 branch:3 address:6 headcount:3 women_headcount:3",
    "法定代表人": "legal_representative:4 legal_document_type:4 legal_document:4",
    "经办人": "handler_name:4",
}


def register(request: HttpRequest) -> HttpResponse:
    """Prove the mobile, then fill in the form; nothing typed and no file is lost by a refusal."""
    mobile = proofs.get(request, REGISTER.purpose)
    if mobile is None:
        return mobile_step.show(request, REGISTER)
    form = RegistrationForm(request.POST or None, request.FILES or None)
    taken = None
    if request.method == "POST":
        by = proofs.applicant(request, mobile=mobile, name=request.POST.get("handler_name", "").strip()[:80])
        certificate_id = _take_certificate(request, form, mobile=mobile, kept=_kept(request))
        if form.is_valid() and certificate_id:
            try:
                registration = employers.register(
                    entry=form.entry(certificate_id=certificate_id), by=by, at=timezone.now()
                )
            except employers.EntryRefused as refusal:
                _add_problems(form, refusal)
            except employers.AlreadyRegistered as refusal:
                taken = refusal
                form.add_error("credit_code", str(refusal))
                _offer_joining(request, refusal, mobile=mobile, form=form)
            else:
                return _registered(request, registration, mobile=mobile)
    context = {"page": REGISTER, "form": form, "mobile": mobile, "taken": taken, "groups": _groups(form, {})}
    context |= {"wizard": steps(REGISTER.steps, current=1), "certificate": _shown(_kept(request))}
    return render(request, "public/registration/form.html", context, status=422 if form.errors else 200)


def change_mobile(request: HttpRequest) -> HttpResponse:
    """Begin anew with another mobile."""
    proofs.drop(request, REGISTER.purpose)
    return redirect("public:register")


def progress(request: HttpRequest) -> HttpResponse:
    """What a mobile has registered and asked for, and what it is asked: invitations and hand-overs."""
    mobile = proofs.get(request, PROGRESS.purpose)
    if mobile is None:
        return mobile_step.show(request, PROGRESS)
    context = {
        "mobile": mobile,
        "registrations": queries.get_registrations_of(mobile=mobile),
        "join_requests": queries.get_join_requests_of(mobile=mobile),
        "invitations": queries.get_invitations_to(mobile=mobile),
        "hand_overs": queries.get_hand_overs_to(mobile=mobile),
        "now": timezone.now(),
    }
    return render(request, "public/registration/progress.html", context)


def progress_registration(request: HttpRequest, registration_id: int) -> HttpResponse:
    """One registration: where it stands, and while it is returned, its form with the reason at each field."""
    mobile = proofs.get(request, PROGRESS.purpose)
    if mobile is None:
        return redirect("public:progress")
    registration = get_object_or_404(queries.get_registrations_of(mobile=mobile), pk=registration_id)
    if registration.state != RegistrationState.RETURNED:
        if request.method == "POST":
            messages.warning(request, "该注册已重新提交或已审核，请查看最新状态。")
        return render(request, "public/registration/detail.html", _detail(registration))
    form = RegistrationForm(request.POST or None, request.FILES or None, registration=registration)
    if request.method == "POST" and (answer := _resubmit(request, form, registration, mobile=mobile)):
        return answer
    kept = _kept(request) or StoredFile.objects.filter(pk=registration.certificate_id).first()
    context = _detail(registration) | {"form": form, "groups": _groups(form, registration.field_reasons)}
    context |= {"certificate": _shown(kept), "certificate_reason": registration.field_reasons.get("certificate", "")}
    return render(request, "public/registration/correct.html", context, status=422 if form.errors else 200)


def certificate(request: HttpRequest, file_id: uuid.UUID) -> HttpResponse:
    """The certificate somebody has just uploaded, or that of a registration of the proven mobile."""
    mobile = proofs.get(request, PROGRESS.purpose)
    is_own = mobile and Registration.objects.filter(handler_mobile=mobile, certificate_id=file_id).exists()
    if not is_own and request.session.get(KEPT) != str(file_id):
        raise Http404
    file = get_object_or_404(StoredFile, pk=file_id)
    response = FileResponse(default_storage.open(file.stored_as, "rb"), content_type=file.media_type)
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def _resubmit(
    request: HttpRequest, form: RegistrationForm, registration: Registration, *, mobile: str
) -> HttpResponse | None:
    before = StoredFile.objects.filter(pk=registration.certificate_id).first()
    certificate_id = _take_certificate(request, form, mobile=mobile, kept=_kept(request) or before)
    if not form.is_valid() or certificate_id is None:
        return None
    by = proofs.applicant(request, mobile=mobile, name=form.cleaned_data["handler_name"])
    try:
        employers.resubmit(
            registration_id=registration.pk,
            entry=form.entry(certificate_id=certificate_id),
            by=by,
            at=timezone.now(),
        )
    except employers.EntryRefused as refusal:
        _add_problems(form, refusal)
        return None
    except employers.AlreadyRegistered as refusal:
        form.add_error("credit_code", str(refusal))
        return None
    except TransitionNotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        request.session.pop(KEPT, None)
        messages.success(request, "已重新提交，等待互助会审核。")
    return redirect("public:progress-registration", registration.pk)


def _take_certificate(
    request: HttpRequest, form: RegistrationForm, *, mobile: str, kept: StoredFile | None
) -> uuid.UUID | None:
    """Clean and keep the uploaded certificate, or go on with the one that is there; refusals stand at the field."""
    upload = request.FILES.get("certificate")
    if upload is None:
        if kept is None:
            form.add_error("certificate", "请上传统一社会信用代码证的照片或扫描件。")
        return kept.pk if kept else None
    try:
        file = documents.store_upload(
            upload=upload,
            kind=FileKind.CREDIT_CERTIFICATE,
            employer_id=None,
            by=proofs.applicant(request, mobile=mobile),
            at=timezone.now(),
        )
    except UploadRefused as refusal:
        form.add_error("certificate", str(refusal))
        return None
    request.session[KEPT] = str(file.pk)
    return file.pk


def _kept(request: HttpRequest) -> StoredFile | None:
    return StoredFile.objects.filter(pk=request.session[KEPT]).first() if KEPT in request.session else None


def _shown(file: StoredFile | None) -> dict[str, object] | None:
    return {"pk": file.pk, "name": file.name, "is_picture": file.media_type.startswith("image/")} if file else None


def _add_problems(form: RegistrationForm, refusal: employers.EntryRefused) -> None:
    for field, words in refusal.problems.items():
        form.add_error(field if field in form.fields else None, words)


def _offer_joining(
    request: HttpRequest, refusal: employers.AlreadyRegistered, *, mobile: str, form: RegistrationForm
) -> None:
    if refusal.employer:
        proofs.put(request, codes.Purpose.JOIN, mobile=mobile)
        request.session["join"] = {
            "credit_code": refusal.employer.credit_code,
            "name": form.cleaned_data.get("handler_name", ""),
        }
    if refusal.registration:
        proofs.put(request, PROGRESS.purpose, mobile=mobile)


def _registered(request: HttpRequest, registration: Registration, *, mobile: str) -> HttpResponse:
    request.session.pop(KEPT, None)
    proofs.drop(request, REGISTER.purpose)
    proofs.put(request, PROGRESS.purpose, mobile=mobile)
    messages.success(request, "注册已提交。审核结果将以短信通知，也可随时用手机号查询进度。")
    return redirect("public:progress-registration", registration.pk)


def _groups(form: RegistrationForm, reasons: dict[str, str]) -> list[dict[str, object]]:
    """The form in titled parts, each field with its width and the reason it was returned for."""
    groups = []
    for title, fields in GROUPS.items():
        rows = []
        for name, width in (field.split(":") for field in fields.split()):
            reason = reasons.get("legal_document" if name == "legal_document_type" else name, "")
            rows.append({"field": form[name], "css": f"col-md-{width}", "reason": reason})
        groups.append({"title": title, "rows": rows})
    return groups


def _detail(registration: Registration) -> dict[str, object]:
    reasons = [(rules.FIELDS[field], text) for field, text in registration.field_reasons.items()]
    rows = history.get_rows(audit.get_history(subject=registration), for_employer=True)
    return {"registration": registration, "steps": _step_bar(registration), "reasons": reasons, "history": rows}


def _step_bar(registration: Registration) -> list[Step]:
    state = registration.state
    middle = {
        RegistrationState.PENDING: ("current", "互助会审核", None),
        RegistrationState.RETURNED: ("stopped", "退回修改", registration.decided_at),
        RegistrationState.REJECTED: ("stopped", "未通过", registration.decided_at),
        RegistrationState.APPROVED: ("done", "审核通过", registration.decided_at),
    }[RegistrationState(state)]
    is_open = state == RegistrationState.APPROVED
    return [
        Step(label="提交注册", state="done", at=registration.submitted_at),
        Step(label=middle[1], state=middle[0], at=middle[2]),
        Step(label="设置密码并登录", state="current" if is_open else "todo"),
    ]
