"""Large lists of old policies: kept, read by a job, and taken over as a usual one would be."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.cover import permissions
from huzhu.cover.models import PastPolicyImport, PastPolicyUpload
from huzhu.cover.operations.past_imports import import_past_policies, take_over
from huzhu.cover.past_files import apart
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind, StoredFile
from huzhu.roster.files.apart import is_large
from huzhu.shared import queue
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.shared.uploads import UploadRefused

UPLOAD_TASK = "cover.read_past_policies"
TABLE_TYPE = "application/octet-stream"


@transaction.atomic
def receive_past_policies(
    *, content: bytes, file_name: str, by: Actor, at: datetime
) -> PastPolicyImport | PastPolicyUpload:
    """
    This function will take over a list of usual size at once and return its import; a large one is kept for a job, and the waiting
    upload returned.

    :raises permissions.NotPermitted: if the actor is no registrar of the whole association
    :raises UploadRefused: if the file cannot be read as a list of policies; a job writes the refusal into the upload
    """
    permissions.check(by, "past_policy.import", None)
    if not is_large(content=content):
        return import_past_policies(content=content, file_name=file_name, by=by, at=at)
    file = documents.store_bytes(
        content=content,
        name=file_name[-200:],
        kind=FileKind.PAST_POLICIES,
        media_type=TABLE_TYPE,
        employer_id=None,
        by=by,
        at=at,
    )
    audit.record("documents.upload", subject=file, label="上传历史保单名单", by=by, at=at)
    upload = PastPolicyUpload.objects.create(
        file_id=file.pk,
        file_name=file_name[-200:],
        uploaded_at=at,
        uploaded_by_id=by.user_id,
        uploaded_by_name=by.name,
    )
    queue.defer(UPLOAD_TASK, upload_id=upload.pk)
    return upload


def read_upload(*, upload_id: int, by: Actor, at: datetime) -> PastPolicyUpload:
    """
    This function will read a waiting list and take it over, whole or not at all, and remove the file; the second time it does
    nothing. It is called outside any transaction, so that reading holds no lock.
    """
    upload = PastPolicyUpload.objects.get(pk=upload_id)
    if upload.finished_at:
        return upload
    try:
        permissions.check(by, "past_policy.import", None)
        content = documents.read_file(file=StoredFile.objects.get(pk=upload.file_id))
        listed = apart.read_apart(
            content=content,
            file_name=upload.file_name,
            today=local_date(at),
            on_rows=lambda rows: _note_rows(upload_id, int(rows)),
        )
        with transaction.atomic():
            upload = _lock(upload_id)
            if not upload.finished_at:
                upload.done = take_over(listed, file_name=upload.file_name, by=by, at=at)
                _finish(upload, at=at)
    except (UploadRefused, permissions.NotPermitted) as refusal:
        return refuse_upload(upload_id=upload_id, words=str(refusal), by=by, at=at)
    return upload


@transaction.atomic
def refuse_upload(*, upload_id: int, words: str, by: Actor, at: datetime) -> PastPolicyUpload:
    """
    This function will settle a waiting list as not taken over, with the reason; a finished one is left as it is.
    """
    upload = _lock(upload_id)
    if not upload.finished_at:
        upload.refusal = words[:500]
        _finish(upload, at=at)
        audit.record(
            "cover.refuse_past_policies",
            label="历史保单名单未接收",
            subject=upload,
            by=by,
            at=at,
            reason=upload.refusal,
            result="refused",
        )
    return upload


def _lock(upload_id: int) -> PastPolicyUpload:
    return PastPolicyUpload.objects.select_for_update(of=("self",)).get(pk=upload_id)


def _note_rows(upload_id: int, rows: int) -> None:
    PastPolicyUpload.objects.filter(pk=upload_id).update(rows_read=rows)


def _finish(upload: PastPolicyUpload, *, at: datetime) -> None:
    upload.finished_at = at
    upload.save(update_fields=["finished_at", "done", "refusal"])
    documents.remove_files(file_ids=[upload.file_id])
