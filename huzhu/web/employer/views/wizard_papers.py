"""新增参保, step 4: one place for each needed proof, and the 社保/医保 list of the month."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, ProofSlot
from huzhu.enrolment.states import ProofKind
from huzhu.journeys import upload_enrolment_papers as journey
from huzhu.plans.rules import PROOFS
from huzhu.roster import queries as roster
from huzhu.roster.models import InsuranceRoster
from huzhu.shared.calendar import add_months, local_date
from huzhu.shared.uploads import UploadRefused
from huzhu.web.employer.forms.enrolment import InsuranceListForm
from huzhu.web.employer.views.wizard_frame import PAGES, refuse_upload, render_step, step
from huzhu.web.presenters import papers as papers_presenter
from huzhu.web.presenters.papers import Paper

MUST_SHOW = PROOFS | {ProofKind.INSURANCE_ROSTER: "名单全部页面、社保或医保机构名称，差异处有备注"}
MOST_NAMES = 30


@dataclass(frozen=True, kw_only=True)
class Place:
    """One slot of the page: what it is for, whom it serves, what is there already."""

    slot: ProofSlot
    label: str
    must_show: str
    people: list[str]
    more: int
    papers: list[Paper]
    error: str

    @property
    def is_open(self) -> bool:
        """Whether a file is still missing."""
        return (
            self.slot.is_needed and not self.papers and self.slot.kind != ProofKind.INSURANCE_ROSTER
        )  # a table does too


@step("proofs")
def proofs(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """Step 4."""
    return _page(request, application)


def _page(
    request: HttpRequest,
    application: EnrolmentApplication,
    *,
    errors: dict[str, str] | None = None,
    form: InsuranceListForm | None = None,
) -> HttpResponse:
    day = local_date(timezone.now())
    papers = papers_presenter.get_papers(application=application, audience="employer")
    slots = list(queries.get_slots(application=application))
    serves, wanted = _get_names(application, slots), _get_must_show(application)
    places = [
        Place(
            slot=slot,
            label=slot.get_kind_display(),
            must_show=wanted.get(slot.kind) or MUST_SHOW[slot.kind],
            people=serves.get(slot.kind, [])[:MOST_NAMES],
            more=max(0, len(serves.get(slot.kind, [])) - MOST_NAMES),
            papers=[paper for paper in papers if paper.slot_kind == slot.kind],
            error=(errors or {}).get(slot.kind, ""),
        )
        for slot in slots
    ]
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
        form=form or InsuranceListForm(initial={"month": day, "kind": "social"}),
        status=422 if errors or (form and form.errors) else 200,
    )


def _get_must_show(application: EnrolmentApplication) -> dict[str, str]:
    """What each proof must show, as the chosen plans want it; one file serves all of them."""
    wanted: dict[str, dict[str, None]] = {}
    for proofs in application.plans.values_list("plan_version__proofs", flat=True).order_by("pk"):
        for kind, words in proofs.items():
            wanted.setdefault(kind, {})[words] = None
    return {kind: "；".join(filter(None, words)) for kind, words in wanted.items()}


def _get_names(application: EnrolmentApplication, slots: list[ProofSlot]) -> dict[str, list[str]]:
    """Whom each kind of proof is about, in one statement."""
    rows = (
        ApplicationMember.objects.filter(
            application=application, removed_at__isnull=True, findings__proof_kind__in=[slot.kind for slot in slots]
        )
        .values_list("findings__proof_kind", "name", "worker_id")
        .distinct()
        .order_by("findings__proof_kind", "name", "worker_id")
    )
    names: dict[str, list[str]] = {}
    for kind, name, _ in rows:
        names.setdefault(kind, []).append(name)
    return names


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
