"""Files of the roster: uploads with their results."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from huzhu.documents.models import StoredFile
from huzhu.roster import operations as roster
from huzhu.roster import queries
from huzhu.roster.models import ImportState, RosterImport
from huzhu.shared.uploads import MAX_BYTES, UploadRefused
from huzhu.web.employer.forms.roster import ImportForm
from huzhu.web.employer.presenters import roster as presenter
from huzhu.web.employer.views.roster import may_write, workbook

ERRORS_PER_PAGE = 100


def import_file(request: HttpRequest) -> HttpResponse:
    """Take in a roster file."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            record = roster.receive_file(
                employer_id=request.actor.employer_id,
                **take_table(form.cleaned_data["file"]),
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
        "repair_kinds": presenter.repair_kinds(record),
        "repairs": Paginator(presenter.repairs(record), ERRORS_PER_PAGE).get_page(request.GET.get("repairs")),
        "may_write": may_write(request),
    }
    return render(request, "employer/roster/result.html", shown)


@require_GET
def import_progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """How far the job is; the page is loaded anew when it is done. Asked for by the page itself, so it keeps no session alive."""
    record = get_object_or_404(RosterImport.objects.visible_to(request.actor).defer("errors", "repairs"), pk=import_id)
    if record.state != ImportState.WAITING:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "employer/roster/_progress.html", {"record": record})


@require_POST
def import_cancel(request: HttpRequest, import_id: int) -> HttpResponse:
    """Take back an import that is still at work."""
    found = get_object_or_404(RosterImport.objects.visible_to(request.actor).defer("errors", "repairs"), pk=import_id)
    record = roster.cancel_import(import_id=found.pk, by=request.actor, at=timezone.now())
    if record.state != ImportState.CANCELLED:
        messages.warning(request, "导入在取消之前已经结束，没有取消。结果如下。")
    return redirect("employer:roster-import-result", record.pk)


@require_GET
def import_errors(request: HttpRequest, import_id: int) -> HttpResponse:
    """The clerk's own list with the bad cells marked and the repairs told."""
    record = get_object_or_404(RosterImport.objects.visible_to(request.actor).defer("errors", "repairs"), pk=import_id)
    if not record.has_marks:
        raise Http404
    try:
        content = roster.make_error_workbook(import_id=record.pk, by=request.actor, at=timezone.now())
    except (StoredFile.DoesNotExist, UploadRefused) as error:
        raise Http404 from error
    what = "错误标注" if record.failed else "自动修正"
    return workbook(content, f"{PurePosixPath(record.file_name).stem}-{what}.xlsx")


def take_table(upload: UploadedFile) -> dict[str, object]:
    """This function will read an uploaded table, unless it is too large."""
    if upload.size > MAX_BYTES:
        raise UploadRefused(
            "file_too_large",
            f"文件有 {upload.size / 1024 / 1024:.1f} MB，超过 {MAX_BYTES // 1024 // 1024} MB 的上限。",
            "请按时间或部门分成几个文件后再上传。",
        )
    return {"content": upload.read(), "file_name": upload.name}
