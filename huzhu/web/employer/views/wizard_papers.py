"""新增参保, step 4: one place for each needed proof, and the 社保/医保 list of the month."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import ProofKind
from huzhu.journeys import upload_enrolment_papers as journey
from huzhu.roster import queries as roster
from huzhu.roster.models import InsuranceRoster
from huzhu.shared.calendar import add_months, local_date
from huzhu.shared.uploads import UploadRefused
from huzhu.web.employer.forms.enrolment import InsuranceListForm
from huzhu.web.employer.presenters import phone as phone_presenter
from huzhu.web.employer.presenters.phone import Phone
from huzhu.web.employer.views.wizard_frame import PAGES, refuse_upload, render_step, step
from huzhu.web.presenters import papers as papers_presenter
from huzhu.web.presenters.proofs import get_places
from huzhu.web.session_limits import is_poll


@step("proofs")
def proofs(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """Step 4; with `phone`, the slot of that kind shows its QR code and asks every few seconds what has arrived."""
    phone = phone_presenter.get_phone(
        application=application, kind=request.GET.get("phone", ""), by=request.actor, at=timezone.now()
    )
    if is_poll(request) and phone and request.GET.get("seen") == phone.seen:
        return HttpResponse(status=204)
    return _page(request, application, phone=phone)


def _page(
    request: HttpRequest,
    application: EnrolmentApplication,
    *,
    errors: dict[str, str] | None = None,
    form: InsuranceListForm | None = None,
    phone: Phone | None = None,
) -> HttpResponse:
    day = local_date(timezone.now())
    papers = papers_presenter.get_papers(application=application, audience="employer")
    places = get_places(application=application, papers=papers, errors=errors)
    used = application.insurance_rosters
    lists = [
        each
        for each in roster.get_insurance_rosters(by=request.actor, limit=8)
        if each.month >= add_months(day.replace(day=1), -1)
    ]
    return render_step(
        request,
        application,
        "proofs",
        places=[place for place in places if place.slot.kind != ProofKind.INSURANCE_ROSTER],
        list_place=next((place for place in places if place.slot.kind == ProofKind.INSURANCE_ROSTER), None),
        lists=[each for each in lists if each not in used],
        used=used,
        listed_people=roster.count_listed(lists=used) if len(used) > 1 else 0,
        phone=phone,
        form=form or InsuranceListForm(initial={"month": day, "kind": "social"}),
        status=422 if errors or (form and form.errors) else 200,
    )


@require_POST
@step("proofs")
def upload_proof(request: HttpRequest, application: EnrolmentApplication, kind: str) -> HttpResponse:
    """One or several files into a slot; refused files leave everything as it was."""
    if kind not in ProofKind.values:
        raise Http404
    uploads = request.FILES.getlist(kind)
    try:
        if not uploads:
            raise UploadRefused("file_missing", "还没有选择文件。", "请选择 JPG、PNG 图片或 PDF 文件。")
        count = journey.upload_proofs(
            application_id=application.pk, kind=kind, uploads=uploads, by=request.actor, at=timezone.now()
        )
    except UploadRefused as error:
        return refuse_upload(request, str(error)) or _page(request, application, errors={kind: str(error)})
    messages.success(request, f"已上传“{ProofKind(kind).label}”{count} 个文件。")
    return _back(request, application)


@require_POST
@step("proofs")
def open_phone(request: HttpRequest, application: EnrolmentApplication, kind: str) -> HttpResponse:
    """手机拍照上传: a QR code beside the slot, for a few minutes."""
    if kind not in ProofKind.values:
        raise Http404
    try:
        enrolment.open_phone_link(application_id=application.pk, kind=kind, by=request.actor, at=timezone.now())
    except (enrolment.FileUnknown, enrolment.TooManyPhoneLinks) as error:
        messages.warning(request, str(error))
        return redirect(PAGES["proofs"], application.pk)
    return redirect(f"{reverse(PAGES['proofs'], args=[application.pk])}?{urlencode({'phone': kind})}#place-{kind}")


@require_POST
@step("proofs")
def remove_proof(request: HttpRequest, application: EnrolmentApplication, proof_file_id: int) -> HttpResponse:
    """Take one file out of its slot."""
    try:
        enrolment.remove_proof_file(
            application_id=application.pk, proof_file_id=proof_file_id, by=request.actor, at=timezone.now()
        )
    except enrolment.FileUnknown as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, "已移除该文件。")
    return redirect(PAGES["proofs"], application.pk)


@require_POST
@step("proofs")
def upload_list(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """The month's list as a table: everybody is compared with it at once."""
    form = InsuranceListForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            listed = journey.use_insurance_list(
                application_id=application.pk,
                kind=form.cleaned_data["kind"],
                month=form.cleaned_data["month"],
                content=upload.read(),
                file_name=upload.name,
                by=request.actor,
                at=timezone.now(),
            )
        except UploadRefused as error:
            form.add_error("file", str(error))
        except enrolment.InsuranceRosterRefused as error:
            form.add_error("month", str(error))
        else:
            failed = f"，其中 {listed.failed:,} 行没有可用的证件号码" if listed.failed else ""
            messages.success(request, f"已上传名单 {listed.rows:,} 人{failed}，并已与参保人员逐人核对。")
            return redirect(PAGES["proofs"], application.pk)
    return _page(request, application, form=form)


@require_POST
@step("proofs")
def attach_list(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """Use a list that is there already in the place of the one of its kind, or leave one of two out of account."""
    chosen = request.POST.get("list", "")
    known = InsuranceRoster.objects.visible_to(request.actor)
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19 and known.filter(pk=int(chosen)).exists()):
        messages.warning(request, "找不到这份名单，请刷新页面后重新选择。")
        return redirect(PAGES["proofs"], application.pk)
    is_aside = request.POST.get("act") == "set-aside"
    act = enrolment.set_aside_insurance_roster if is_aside else enrolment.attach_insurance_roster
    try:
        act(application_id=application.pk, insurance_roster_id=int(chosen), by=request.actor, at=timezone.now())
    except enrolment.InsuranceRosterRefused as error:
        messages.warning(request, str(error))
    else:
        done = "不再使用这份名单" if is_aside else "已使用这份名单"
        messages.success(request, f"{done}，参保人员已重新核对。")
    return redirect(PAGES["proofs"], application.pk)


def _back(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    response = redirect(PAGES["proofs"], application.pk)
    if request.htmx:
        response["HX-Redirect"] = response["Location"]
        response.status_code = 204
        del response["Location"]
    return response
