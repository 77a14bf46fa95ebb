"""The stamped 参保确认书 comes back: kept as a file and put to its policy, both or neither."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import File
from django.db import transaction

from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind, StoredFile
from huzhu.policies import operations as policies
from huzhu.shared.actors import Actor


@transaction.atomic
def confirm_policy(*, policy_id: int, upload: File, by: Actor, at: datetime) -> StoredFile:
    """
    This function will clean and keep the upload and put it to the policy, in the place of an earlier one.

    :raises UploadRefused: if it is no readable picture or PDF, or too large
    :raises policies.permissions.NotPermitted: if somebody else than the employer's payers sends it
    """
    file = documents.store_upload(
        upload=upload, kind=FileKind.SEALED_CONFIRMATION, employer_id=by.employer_id, by=by, at=at
    )
    policies.attach_confirmation(policy_id=policy_id, file_id=file.pk, by=by, at=at)
    return file
