"""历史保单: lists of old policies come in as files; what was taken over, and every error of a list that was not."""

from __future__ import annotations

import io

import polars as pl
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from rustpy_xlsxwriter import Format, write_worksheet

from huzhu.cover import operations as cover
from huzhu.cover import permissions, queries
from huzhu.cover.models import PastPolicyImport, PastPolicyUpload
from huzhu.cover.past_files.form import template as past_template
from huzhu.shared.uploads import MAX_BYTES, UploadRefused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 100
LATEST = 50
HEADS = {"row": "行号", "column": "列", "value": "原内容（证件号码已遮盖）", "message": "问题", "remedy": "怎么改"}


class FileForm(forms.Form):
    """One list."""

    file = forms.FileField(
        label="名单文件", error_messages={"required": "请选择文件。", "empty": "文件是空的，请重新选择。"}
    )

    def clean_file(self) -> object:
        """A file too large is not read at all."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请按年份分成几个文件后再上传。")
        return file


def imports(request: HttpRequest) -> HttpResponse:
    """The lists that came before, and where the next one is given in."""
    return _show(request, FileForm())


def take(request: HttpRequest) -> HttpResponse:
    """Take a list over; a file that cannot be read is refused where it was chosen."""
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            done = cover.receive_past_policies(
                content=file.read(), file_name=file.name, by=request.actor, at=timezone.now()
            )
        except permissions.NotPermitted as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except UploadRefused as refusal:
            form.add_error("file", str(refusal))
        else:
            is_waiting = isinstance(done, PastPolicyUpload)
            return redirect(f"office:past-policies-{'upload' if is_waiting else 'result'}", done.pk)
    return _show(request, form, status=422)


def upload(request: HttpRequest, past_upload_id: int) -> HttpResponse:
    """A large list that a job reads: how far it is, why it was not taken, or on to its result."""
    found = _get_upload(request, past_upload_id)
    if found.done_id:
        return redirect("office:past-policies-result", found.done_id)
    return render(request, "office/registrations/past_policies_upload.html", {"found": found})


def progress(request: HttpRequest, past_upload_id: int) -> HttpResponse:
    """How far the job is; the page is loaded anew when it is done."""
    found = _get_upload(request, past_upload_id)
    if found.finished_at:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "office/registrations/_past_progress.html", {"found": found})


def template(request: HttpRequest) -> HttpResponse:
    """The template to fill in."""
    return _workbook(past_template(), "历史保单导入模板.xlsx")


def result(request: HttpRequest, past_import_id: int) -> HttpResponse:
    """What became of one list."""
    found = _get(request, past_import_id)
    context = {"found": found, "errors": found.errors[:SHOWN], "more": len(found.errors) - SHOWN}
    return render(request, "office/registrations/past_policies_result.html", context)


def errors(request: HttpRequest, past_import_id: int) -> HttpResponse:
    """All errors of a list as a workbook, every cell text."""
    found = _get(request, past_import_id)
    columns = {head: [str(each[key]) for each in found.errors] for key, head in HEADS.items()}
    buffer = io.BytesIO()
    write_worksheet(
        pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)),
        buffer,
        sheet_name="错误清单",
        freeze_row=1,
        bold_headers=True,
        column_widths=dict.fromkeys(columns, 28.0),
        column_formats={head: Format().set_num_format("@") for head in columns},
    )
    return _workbook(buffer.getvalue(), f"历史保单错误清单{found.pk}.xlsx")


def _show(request: HttpRequest, form: FileForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "imports": queries.get_past_imports(by=request.actor)[:LATEST],
        "uploads": queries.get_past_uploads(by=request.actor).filter(done=None)[:LATEST],
        "may_import": permissions.may(request.actor, "past_policy.import", None),
    }
    return render(request, "office/registrations/past_policies.html", context, status=status)


def _get(request: HttpRequest, past_import_id: int) -> PastPolicyImport:
    return get_object_or_404(queries.get_past_imports(by=request.actor), pk=past_import_id)


def _get_upload(request: HttpRequest, past_upload_id: int) -> PastPolicyUpload:
    return get_object_or_404(queries.get_past_uploads(by=request.actor), pk=past_upload_id)


def _workbook(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=XLSX, headers={"Content-Disposition": content_disposition_header(True, name)}
    )
