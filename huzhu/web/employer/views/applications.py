"""参保申报进度及查询: the list, the record page, and what an employer may do to an application outside the wizard."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tables2 import RequestConfig

from huzhu.audit import queries as audit
from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import papers as enrolment_papers
from huzhu.enrolment import permissions, queries
from huzhu.enrolment.models import EnrolmentApplication, ProofFile
from huzhu.enrolment.states import State
from huzhu.journeys import upload_enrolment_papers as journey
from huzhu.shared.uploads import UploadRefused
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui import menus
from huzhu.ui.parts import Tab
from huzhu.web import history
from huzhu.web.employer.forms.enrolment import ApplicationFilter
from huzhu.web.employer.presenters import application_list
from huzhu.web.employer.presenters import applications as presenter
from huzhu.web.employer.views import splits
from huzhu.web.employer.views.wizard_frame import PAGES, get_verdict, load, refuse_upload
from huzhu.web.presenters import papers as papers_presenter
from huzhu.web.presenters import people as people_presenter
from huzhu.web.presenters import plan_rows, way

TABS = {"people": "人员", "plans": "计划", "files": "材料", "money": "缴款", "history": "历史"}
SILENT_EVENTS = ("enrolment.precheck",)  # the program's own work between two acts of a clerk
FORM_IS_VOID = "申请已回到修改状态，原来打印的申请书作废，不能回传；请改好后重新提交，下载新的申请书盖章。"
WAITS_FOR_EMPLOYER = (State.DRAFT, State.RETURNED, State.AWAITING_FORM)


@require_safe
def applications(request: HttpRequest) -> HttpResponse:
    """The list. Statements: actor, badge counts, count, sums, page, plans, their versions, open slips."""
    everything = EnrolmentApplication.objects.visible_to(request.actor)
    form = ApplicationFilter(request.GET or None)
    filtered = _filter(everything, form.cleaned_data if form.is_bound and form.is_valid() else {})
    table = application_list.ApplicationTable(
        filtered.prefetch_related("plans__plan_version__plan"),
        sums=application_list.get_sums(filtered),
        slips={},
        actor=request.actor,
    )
    RequestConfig(request, paginate={"per_page": 100}).configure(table)
    shown = [row.record for row in table.page.object_list]
    table.slips = application_list.get_open_slips(shown)
    return render(
        request,
        "employer/applications/list.html",
        {
            "form": form,
            "table": table,
            "is_empty": not table.paginator.count and not form.is_bound,
            "may_enrol": permissions.may(request.actor, "enrolment.begin"),
        },
    )


def _filter(everything: Any, wanted: dict[str, Any]) -> Any:
    rows = everything.filter(state=wanted["state"]) if wanted.get("state") else everything.exclude(state=State.DELETED)
    if wanted.get("number"):
        rows = rows.filter(number__icontains=wanted["number"].strip())
    if wanted.get("plan"):
        rows = rows.filter(plans__plan_version__plan=wanted["plan"])
    if wanted.get("since"):
        rows = rows.filter(created_at__date__gte=wanted["since"])
    if wanted.get("until"):
        rows = rows.filter(created_at__date__lte=wanted["until"])
    return rows


@require_http_methods(["GET", "HEAD", "POST"])  # a name is looked for by POST
def application(request: HttpRequest, application_id: int) -> HttpResponse:
    """The record page."""
    return _record_page(request, load(request, application_id))


def _record_page(
    request: HttpRequest, record: EnrolmentApplication, *, form_error: str = "", status: int = 200
) -> HttpResponse:
    slips = list(PaymentSlip.objects.filter(application=record).order_by("-pk"))
    open_slip = next((slip for slip in slips if slip.state == SlipState.OPEN), None)
    events = list(audit.get_history(subject=record))
    tab = request.GET.get("tab", "people")
    tab = tab if tab in TABS else "people"
    summary = queries.get_summary(application=record)
    verdict = get_verdict(record)
    context: dict[str, Any] = {
        "application": record,
        "summary": summary,
        "steps": way.get_steps(application=record, events=events),
        "next": presenter.get_next(application=record, slip=open_slip),
        "buttons": presenter.get_buttons(application=record, by=request.actor, slip=open_slip),
        "is_renewal": record.renewed_policies.exists(),
        "is_returned": record.state == State.RETURNED,
        "verdict": verdict if record.state == State.RETURNED else None,
        **splits.describe(request, record, is_returned=bool(verdict)),
        "lost": _get_lost(record),
        "policies_url": _get_policies_url(record),
        "form_error": form_error,
        "check_code": enrolment_papers.get_check_code(record),
        "tab_template": f"employer/applications/_tab_{tab}.html",
        "tabs": _get_tabs(tab, record=record, slips=len(slips)),
    }
    context |= _get_tab(request, tab, record=record, summary=summary, slips=slips, events=events, verdict=verdict)
    return render(request, "employer/applications/detail.html", context, status=status)


def _get_policies_url(record: EnrolmentApplication) -> str:
    """Where its policies are: of an addition the one that people came onto."""
    if record.state != State.EFFECTIVE:
        return ""
    if record.is_addition:
        return reverse("employer:policy", args=[record.endorsed_policy_id])
    return menus.url_or_none("employer:policies")


def _get_tabs(current: str, *, record: EnrolmentApplication, slips: int) -> list[Tab]:
    url = reverse("employer:application", args=[record.pk])
    counts = {"people": record.member_count, "money": slips}
    return [
        Tab(label=label, url=f"{url}?{urlencode({'tab': key})}#tabs", current=key == current, count=counts.get(key))
        for key, label in TABS.items()
    ]


def _get_tab(
    request: HttpRequest,
    tab: str,
    *,
    record: EnrolmentApplication,
    summary: Any,
    slips: list,
    events: list,
    verdict: Any,
) -> dict[str, Any]:
    if tab == "people":
        people = people_presenter.get_people(
            application=record,
            summary=summary,
            wanted=people_presenter.read(request),
            marked=verdict.member_ids if verdict else [],
            keeps={"tab": tab},
        )
        return {"people": people}
    if tab == "plans":
        return {
            "plans": plan_rows.get_plan_rows(application=record),
            "funding": queries.get_funding(application=record),
            "enrolment_count": summary.rows,
            "may_still_start": bool(summary.rows) and record.may_still_start,
        }
    if tab == "files":
        return {"papers": papers_presenter.get_papers(application=record, audience="employer")}
    if tab == "money":
        return {"slips": slips, "slip_pages": bool(menus.url_or_none("employer:slips"))}
    told = [event for event in events if event.event not in SILENT_EVENTS]
    return {"rows": history.get_rows(told, for_employer=True)}


def _get_lost(record: EnrolmentApplication) -> str:
    """What deleting loses, in words."""
    files = ProofFile.objects.filter(slot__application=record).count()
    parts = [f"参保名单 {record.member_count:,} 人" if record.member_count else "", f"材料 {files} 份" if files else ""]
    things = "、".join(part for part in parts if part) or "已选的计划"
    form = "已下载的申请书随即作废。" if record.state == State.AWAITING_FORM else ""
    return f"申请 {record.number} 的{things}将一并删除，不能恢复。{form}职工名册不受影响。"


def edit(request: HttpRequest, application_id: int) -> HttpResponse:
    """编辑: to where the clerk left the wizard; an application that waits for its form goes back to draft first (POST)."""
    record = load(request, application_id)
    if request.method == "POST":
        try:
            enrolment.edit(application_id=record.pk, by=request.actor, at=timezone.now())
        except (permissions.NotPermitted, TransitionNotAllowed) as error:
            messages.warning(request, str(error))
            return redirect("employer:application", record.pk)
        messages.success(request, "申请已回到草稿，原来的申请书作废。改好后请重新提交并重新盖章。")
        return redirect(PAGES["members"], record.pk)
    if not record.is_editable:
        return redirect("employer:application", record.pk)
    place = "members" if record.state == State.RETURNED else record.wizard_step
    return redirect(PAGES.get(place, PAGES["plans"]), record.pk)


def delete(request: HttpRequest, application_id: int) -> HttpResponse:
    """删除: asks once, naming what will be lost."""
    record = load(request, application_id)
    if request.method == "POST":
        try:
            enrolment.delete(application_id=record.pk, by=request.actor, at=timezone.now())
        except (permissions.NotPermitted, TransitionNotAllowed) as error:
            messages.warning(request, str(error))
            return redirect("employer:application", record.pk)
        messages.success(request, f"申请 {record.number} 已删除。")
        return redirect("employer:applications")
    if record.state not in WAITS_FOR_EMPLOYER:
        return redirect("employer:application", record.pk)
    lost = _get_lost(record)
    return render(request, "employer/applications/delete.html", {"application": record, "lost": lost})


@require_POST
def recall(request: HttpRequest, application_id: int) -> HttpResponse:
    """撤回."""
    record = load(request, application_id)
    try:
        enrolment.recall(application_id=record.pk, by=request.actor, at=timezone.now())
    except (permissions.NotPermitted, TransitionNotAllowed) as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, "申请已撤回，可以修改后重新提交。")
    return redirect("employer:application", record.pk)


@require_safe
def application_form(request: HttpRequest, application_id: int) -> HttpResponse:
    """下载申请书: made from what was submitted, only while it waits to be stamped."""
    record = load(request, application_id)
    if record.state != State.AWAITING_FORM:
        messages.warning(request, "申请书只在提交之后、回传之前可以下载。")
        return redirect("employer:application", record.pk)
    content = enrolment_papers.make_application_form(application=record, at=timezone.now())
    return FileResponse(
        ContentFile(content),
        as_attachment=True,
        filename=f"参保申请书-{record.number}.pdf",
        content_type="application/pdf",
    )


@require_POST
def upload_form(request: HttpRequest, application_id: int) -> HttpResponse:
    """拍照回传: the stamped form hands the application to the first review."""
    record = load(request, application_id)
    if record.is_editable and record.submission_count:  # the form that was printed is void by now
        messages.warning(request, FORM_IS_VOID)
        return _back_to(request, record)
    upload = request.FILES.get("form")
    error = ""
    try:
        if upload is None:
            raise UploadRefused("file_missing", "还没有选择文件。", "请选择盖章申请书的照片或扫描件。")
        journey.send_sealed_form(application_id=record.pk, upload=upload, by=request.actor, at=timezone.now())
    except (UploadRefused, enrolment.SubmitRefused) as refusal:
        error = str(refusal)
    except TransitionNotAllowed as refusal:
        messages.warning(request, str(refusal))
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    else:
        messages.success(request, "申请书已回传，互助会开始初审。审核结果会短信通知经办人。")
    if error:
        return refuse_upload(request, error) or _record_page(request, record, form_error=error, status=422)
    return _back_to(request, record)


def _back_to(request: HttpRequest, record: EnrolmentApplication) -> HttpResponse:
    """To the record's page, also from an upload sent by script."""
    url = reverse("employer:application", args=[record.pk])
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)


@menus.counts_for("employer")
def count_applications(request: HttpRequest) -> dict[str, int]:
    """How many applications wait for the employer."""
    waiting = EnrolmentApplication.objects.visible_to(request.actor).filter(state__in=WAITS_FOR_EMPLOYER)
    return {"applications": waiting.count()}
