"""
导入模板: the file goes through the roster import (same checks, same result), then its people are enrolled. One transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.roster import operations as roster
from huzhu.roster.models import RosterImport
from huzhu.shared.actors import Actor

TABLE_TYPE = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class EnrolledFromFile:
    """What became of a file: its rows in the roster, and its people in the application."""

    imported: RosterImport
    people: enrolment.AddedPeople


@transaction.atomic
def enrol_from_file(
    *, application_id: int, content: bytes, file_name: str, by: Actor, at: datetime
) -> EnrolledFromFile:
    """
    This function will bring a clerk's file into the employer's roster and enrol its good rows in every plan of the application.

    Rows with errors stay outside and are named in the import's result, as on the roster's own page. Uploading the file again
    enrols nobody twice.

    :raises UploadRefused: if the file as a whole cannot be read; nothing is changed then
    :raises roster.RosterBusy: if another import of this employer does not finish
    :raises enrolment.NotEditable: if the application may not be changed now; the roster stays as it was
    :raises NotPermitted: of roster or enrolment, if this person may not
    """
    application = EnrolmentApplication.objects.get(pk=application_id)
    file = documents.store_bytes(
        content=content,
        name=file_name[-200:],
        kind=FileKind.ROSTER,
        media_type=TABLE_TYPE,
        employer_id=application.employer_id,
        by=by,
        at=at,
    )
    imported, entry_ids = roster.import_people(
        employer_id=application.employer_id,
        content=content,
        file_name=file_name,
        file_id=file.pk,
        by=by,
        at=at,
    )
    people = enrolment.enrol_entries(application_id=application_id, entry_ids=entry_ids, by=by, at=at)
    return EnrolledFromFile(imported=imported, people=people)
