"""The files of an application: stamped form, proofs, the month's list; each with what it is and for whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from huzhu.documents.models import FileKind, StoredFile
from huzhu.enrolment import queries
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.papers import get_check_code


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One file as a page shows it. `proof_file_id` is there for files that can be taken out of a slot."""

    kind: str
    slot_kind: str
    name: str
    note: str
    url: str
    is_picture: bool
    icon: str
    proof_file_id: int | None = None


def _tell_form(application: EnrolmentApplication) -> str:
    """By what a sealed form is told from an earlier one; a part that goes on by itself has the form of the whole."""
    if application.split_from and application.submission_count == 1:
        return f"沿用申请 {application.split_from.number} 的盖章申请书，含当时的全部人员"
    code = get_check_code(application)
    return f"二维码下的校验码应为 {code}，不符的是作废的旧表" if code else ""


def get_papers(*, application: EnrolmentApplication, audience: str) -> list[Paper]:
    """
    This function will give the files of an application in three statements, the stamped form first.

    :param audience: employer or office, for the addresses
    """
    proofs = list(queries.get_proof_files(application=application))
    lists = application.insurance_rosters
    wanted = [proof.file_id for proof in proofs]
    wanted += [application.sealed_form_id] if application.sealed_form_id else []
    wanted += [listed.file_id for listed in lists if listed.file_id]
    stored = StoredFile.objects.in_bulk(wanted)
    papers = []
    if application.sealed_form_id in stored:
        form = stored[application.sealed_form_id]
        note = _tell_form(application)
        papers.append(_paper(form, str(FileKind.SEALED_APPLICATION_FORM.label), note, audience))
    for proof in proofs:
        if proof.file_id in stored:
            slot = proof.slot
            people = f"为 {slot.person_count:,} 人提供" if slot.person_count else ""
            note = people if slot.is_needed else "目前不再需要"
            note = f"{note}，未获认可，须重新上传".lstrip("，") if slot.is_needed and slot.is_refused else note
            papers.append(
                _paper(
                    stored[proof.file_id],
                    slot.get_kind_display(),
                    note,
                    audience,
                    slot_kind=slot.kind,
                    proof_file_id=proof.pk,
                )
            )
    for listed in lists:
        if listed.file_id in stored:
            note = f"{listed.month:%Y-%m} {listed.get_kind_display()}，{listed.people:,} 人"
            papers.append(_paper(stored[listed.file_id], "社保/医保名单", note, audience))
    return papers


def _paper(
    file: StoredFile, kind: str, note: str, audience: str, *, slot_kind: str = "", proof_file_id: int | None = None
) -> Paper:
    is_picture = file.media_type in ("image/jpeg", "image/png")
    is_pdf = file.media_type == "application/pdf"
    pages = f"{file.page_count} 页" if is_pdf and file.page_count else ""
    return Paper(
        kind=kind,
        slot_kind=slot_kind,
        name=file.name,
        note="，".join(part for part in (note, pages) if part),
        url=reverse(f"{audience}:file", args=[file.pk]),
        is_picture=is_picture,
        icon="file-type-pdf" if is_pdf else "photo" if is_picture else "file-spreadsheet",
        proof_file_id=proof_file_id,
    )
