"""Files of the roster: uploads with their results, and the month's 社保/医保 lists."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from huzhu.documents.models import StoredFile
from huzhu.roster import operations as roster
from huzhu.roster import queries
from huzhu.roster.models import ImportState, InsuranceRoster, RosterImport
from huzhu.shared import calendar
from huzhu.shared.uploads import MAX_BYTES, UploadRefused
from huzhu.ui.parts import Tab
from huzhu.web.employer.forms.roster import ImportForm, InsuranceForm
from huzhu.web.employer.presenters import roster as presenter
from huzhu.web.employer.views.roster import may_write, workbook

ERRORS_PER_PAGE = 100
SHOWN_DIFFERENCES = 500


def import_file(request: HttpRequest) -> HttpResponse:
    """Take in a roster file."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            record = roster.receive_file(
                employer_id=request.actor.employer_id,
                **_take(form.cleaned_data["file"]),
                all_or_nothing=form.cleaned_data["mode"] == "all",
                by=request.actor,
                at=timezone.now(),
            )
        except (UploadRefused, roster.RosterBusy) as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("employer:roster-import-result", record.pk)
    shown = {"form": form, "imports": queries.get_imports(by=request.actor)}
    return render(request, "employer/roster/import.html", shown, status=422 if form.errors else 200)


@require_GET
def import_result(request: HttpRequest, import_id: int) -> HttpResponse:
    """What became of every row; while a job is at work, how far it is."""
    record = get_object_or_404(RosterImport.objects.visible_to(request.actor), pk=import_id)
    shown = {
        "record": record,
        "is_waiting": record.state == ImportState.WAITING,
        "is_refused": record.state == ImportState.REFUSED,
        "is_cancelled": record.state == ImportState.CANCELLED,
        "imported": record.inserted + record.updated + record.unchanged,
        "kinds": presenter.kinds(record),
        "errors": Paginator(record.errors, ERRORS_PER_PAGE).get_page(request.GET.get("page")),
        "may_write": may_write(request),
    }
    return render(request, "employer/roster/result.html", shown)


@require_GET
def import_progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """How far the job is; the page is loaded anew when it is done. Asked for by the page itself, so it keeps no session alive."""
    record = get_object_or_404(RosterImport.objects.visible_to(request.actor).defer("errors"), pk=import_id)
    if record.state != ImportState.WAITING:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "employer/roster/_progress.html", {"record": record})


@require_POST
def import_cancel(request: HttpRequest, import_id: int) -> HttpResponse:
    """Take back an import that is still at work."""
    found = get_object_or_404(RosterImport.objects.visible_to(request.actor).defer("errors"), pk=import_id)
    record = roster.cancel_import(import_id=found.pk, by=request.actor, at=timezone.now())
    if record.state != ImportState.CANCELLED:
        messages.warning(request, "导入在取消之前已经结束，没有取消。结果如下。")
    return redirect("employer:roster-import-result", record.pk)


@require_GET
def import_errors(request: HttpRequest, import_id: int) -> HttpResponse:
    """The clerk's own list with the bad cells marked."""
    record = get_object_or_404(RosterImport.objects.visible_to(request.actor).defer("errors"), pk=import_id)
    try:
        content = roster.make_error_workbook(import_id=record.pk, by=request.actor, at=timezone.now())
    except (StoredFile.DoesNotExist, UploadRefused) as error:
        raise Http404 from error
    return workbook(content, f"{PurePosixPath(record.file_name).stem}-错误标注.xlsx")


@require_GET
def insurance(request: HttpRequest) -> HttpResponse:
    """The uploaded lists, and how the chosen one differs from the people in service."""
    return _show_insurance(request, InsuranceForm(initial=InsuranceForm.get_initial(calendar.today(timezone.now()))))


def insurance_upload(request: HttpRequest) -> HttpResponse:
    """Take in a month's list."""
    if request.method != "POST":
        return redirect("employer:insurance-roster")
    form = InsuranceForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            listed = roster.import_insurance_roster(
                employer_id=request.actor.employer_id,
                kind=form.cleaned_data["kind"],
                month=form.cleaned_data["month"],
                **_take(form.cleaned_data["file"]),
                by=request.actor,
                at=timezone.now(),
            )
        except UploadRefused as refusal:
            form.add_error("file" if refusal.code != "month_future" else "month", str(refusal))
        else:
            messages.success(request, f"已收到 {listed.month:%Y年%m月} {listed.get_kind_display()}名单。")
            return redirect(f"{reverse('employer:insurance-roster')}?list={listed.pk}")
    return _show_insurance(request, form, status=422)


def _show_insurance(request: HttpRequest, form: InsuranceForm, *, status: int = 200) -> HttpResponse:
    lists = queries.get_insurance_rosters(by=request.actor)
    wanted = request.GET.get("list", "")
    chosen: InsuranceRoster | None = next(
        (each for each in lists if str(each.pk) == wanted), lists[0] if lists else None
    )
    side = request.GET.get("side", "only_roster")
    shown = {"form": form, "lists": lists, "chosen": chosen, "may_write": may_write(request)}
    if chosen:
        difference = queries.get_difference(insurance_roster_id=chosen.pk)
        sides = {
            "only_roster": ("仅名册有", difference.only_roster),
            "only_list": ("仅名单有", difference.only_list),
            "name_differs": ("姓名不同", difference.name_differs),
        }
        side = side if side in sides else "only_roster"
        shown |= {
            "difference": difference,
            "side": side,
            "people": sides[side][1][:SHOWN_DIFFERENCES],
            "left_off": max(0, len(sides[side][1]) - SHOWN_DIFFERENCES),
            "tabs": [
                Tab(label=label, url=f"?list={chosen.pk}&side={key}", current=key == side, count=len(people))
                for key, (label, people) in sides.items()
            ],
        }
    return render(request, "employer/roster/insurance.html", shown, status=status)


def _take(upload: UploadedFile) -> dict[str, object]:
    if upload.size > MAX_BYTES:
        raise UploadRefused(
            "file_too_large",
            f"文件有 {upload.size / 1024 / 1024:.1f} MB，超过 {MAX_BYTES // 1024 // 1024} MB 的上限。",
            "请按时间或部门分成几个文件后再上传。",
        )
    return {"content": upload.read(), "file_name": upload.name}
