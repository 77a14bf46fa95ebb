"""Proof: files in the slots that findings call for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.documents.models import StoredFile
from huzhu.enrolment.models import EnrolmentApplication, ProofFile, ProofSlot
from huzhu.enrolment.operations.flow import lock_editable
from huzhu.enrolment.operations.judging import settle_refusal
from huzhu.enrolment.states import ProofKind
from huzhu.shared.actors import Actor


class FileUnknown(Exception):
    """There is no such file of this employer."""


@transaction.atomic
def add_proof_file(*, application_id: int, kind: str, file_id: UUID, by: Actor, at: datetime) -> ProofFile:
    """
    This function will put one stored file into the slot of a kind of proof; one file may serve many people.

    :raises FileUnknown: if the file is not one of the employer's
    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    check_file(application=application, file_id=file_id)
    slot, _ = ProofSlot.objects.get_or_create(
        application=application, kind=ProofKind(kind), defaults={"is_needed": False}
    )
    proof = ProofFile.objects.create(slot=slot, file_id=file_id, added_at=at, added_by_id=by.user_id)
    settle_refusal(slot)
    audit.record(
        "enrolment.add_proof",
        subject=application,
        by=by,
        at=at,
        label="上传证明材料",
        details={"kind": slot.get_kind_display(), "file": str(file_id)},
    )
    return proof


@transaction.atomic
def remove_proof_file(*, application_id: int, proof_file_id: int, by: Actor, at: datetime) -> None:
    """
    This function will take one file out of its slot; the stored file itself stays.

    :raises FileUnknown: if the application has no such proof file
    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    proof = ProofFile.objects.select_related("slot").filter(slot__application=application, pk=proof_file_id).first()
    if proof is None:
        raise FileUnknown("找不到该材料，可能已被删除，请刷新页面。")
    details = {"kind": proof.slot.get_kind_display(), "file": str(proof.file_id)}
    slot = proof.slot
    proof.delete()
    settle_refusal(slot)
    audit.record("enrolment.remove_proof", subject=application, by=by, at=at, label="删除证明材料", details=details)


def check_file(*, application: EnrolmentApplication, file_id: UUID) -> None:
    """
    This function will pass a stored file that belongs to the application's employer.

    :raises FileUnknown: otherwise
    """
    if not StoredFile.objects.filter(pk=file_id, employer_id=application.employer_id).exists():
        raise FileUnknown("找不到上传的文件，请重新上传。")
