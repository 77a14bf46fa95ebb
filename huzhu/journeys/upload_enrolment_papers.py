"""
Papers of an application: a file is cleaned, kept, and put where it belongs, or none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.core.files.base import File
from django.db import transaction

from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication, PhoneLink
from huzhu.enrolment.permissions import NotPermitted
from huzhu.roster import operations as roster
from huzhu.roster.models import InsuranceRoster
from huzhu.shared.actors import Actor

TABLE_TYPE = "application/octet-stream"


@transaction.atomic
def upload_proofs(*, application_id: int, kind: str, uploads: Sequence[File], by: Actor, at: datetime) -> int:
    """
    This function will put pictures and PDFs into the slot of one kind of proof, all of them or none, and tell how many.

    :raises UploadRefused: if one of the files cannot be taken
    :raises enrolment.NotEditable: if the application may not be changed now
    :raises enrolment.permissions.NotPermitted: if this person may not change it
    """
    application = EnrolmentApplication.objects.get(pk=application_id)
    for upload in uploads:
        file = documents.store_upload(
            upload=upload, kind=FileKind.PROOF, employer_id=application.employer_id, by=by, at=at
        )
        enrolment.add_proof_file(application_id=application_id, kind=kind, file_id=file.pk, by=by, at=at)
    return len(uploads)


def upload_from_phone(*, token: str, uploads: Sequence[File], address: str, device: str, at: datetime) -> PhoneLink:
    """
    This function will put pictures and PDFs from a phone into the slot whose QR code it scanned, all of them or none.

    :raises UploadRefused: if one of the files cannot be taken; the try counts
    :raises enrolment.PhoneLinkForged: if the address is none of ours
    :raises enrolment.PhoneLinkOver: if it opens nothing any more
    """
    link = enrolment.find_phone_link(token=token, at=at)
    by = enrolment.get_phone_actor(link=link, address=address, device=device)
    enrolment.count_phone_try(link=link, at=at)
    with transaction.atomic():
        for upload in uploads:
            file = documents.store_upload(
                upload=upload, kind=FileKind.PROOF, employer_id=link.application.employer_id, by=by, at=at
            )
            try:
                enrolment.add_phone_file(link_id=link.pk, file_id=file.pk, by=by, at=at)
            except (enrolment.NotEditable, NotPermitted) as error:
                raise enrolment.PhoneLinkOver("申请已提交或已不能修改，这个二维码随之失效。") from error
    link.refresh_from_db()
    return link


@transaction.atomic
def send_sealed_form(*, application_id: int, upload: File, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will take the photo of the stamped 申请书 and hand the application to the first review.

    :raises UploadRefused: if the photo cannot be taken
    :raises enrolment.SubmitRefused: if something the application needs has gone missing since
    :raises TransitionNotAllowed: if the application does not wait for its form
    :raises enrolment.permissions.NotPermitted: if this person may not submit it
    """
    application = EnrolmentApplication.objects.get(pk=application_id)
    file = documents.store_upload(
        upload=upload, kind=FileKind.SEALED_APPLICATION_FORM, employer_id=application.employer_id, by=by, at=at
    )
    return enrolment.send_form(application_id=application_id, file_id=file.pk, by=by, at=at)


@transaction.atomic
def use_insurance_list(
    *, application_id: int, kind: str, month: date, content: bytes, file_name: str, by: Actor, at: datetime
) -> InsuranceRoster:
    """
    This function will take in the month's 社保/医保 list for the employer and compare the application with it.

    :raises UploadRefused: if the list cannot be read or its month has not begun
    :raises enrolment.InsuranceRosterRefused: if it is older than last month; it is not kept then
    :raises enrolment.NotEditable: if the application may not be changed now
    :raises NotPermitted: of roster or enrolment, if this person may not
    """
    application = EnrolmentApplication.objects.get(pk=application_id)
    file = documents.store_bytes(
        content=content,
        name=file_name[-200:],
        kind=FileKind.INSURANCE_ROSTER,
        media_type=TABLE_TYPE,
        employer_id=application.employer_id,
        by=by,
        at=at,
    )
    listed = roster.import_insurance_roster(
        employer_id=application.employer_id,
        kind=kind,
        month=month,
        content=content,
        file_name=file_name,
        file_id=file.pk,
        by=by,
        at=at,
    )
    enrolment.attach_insurance_roster(application_id=application_id, insurance_roster_id=listed.pk, by=by, at=at)
    return listed
