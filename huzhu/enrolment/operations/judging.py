"""The reviewers' word on the proofs: each slot is accepted or refused; a refused one has to be filled anew."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.code_lists import queries as code_lists
from huzhu.enrolment.code_lists import PROOF_REASONS
from huzhu.enrolment.models import EnrolmentApplication, ProofSlot, ProofVerdict
from huzhu.enrolment.operations.flow import STAGES, lock_for_review
from huzhu.enrolment.states import ProofKind, State
from huzhu.shared.actors import Actor


class ReasonNeeded(Exception):
    """This verdict needs a reason in words."""


class NothingToJudge(Exception):
    """There is no such slot, or nothing was ever put into it."""


@transaction.atomic
def judge_proof(
    *, slot_id: int, is_accepted: bool, by: Actor, at: datetime, reason_code: str = "", reason: str = ""
) -> ProofVerdict:
    """
    This function will keep a reviewer's word on one proof slot; saying something else later is possible until the application goes
    on or back. A refused slot stops the approval, and resubmitting until something new is put into it.

    :param reason_code: why it is refused, of `PROOF_REASONS`
    :param reason: in words; also needed to accept the note on a participation floor that is not met (rulebook §3)
    :raises ReasonNeeded: if one of them is missing
    :raises NothingToJudge: if the slot is gone or empty
    :raises work.AlreadyClaimed: if another reviewer has claimed the application
    :raises permissions.NotPermitted: if this person may not review it
    """
    slot = ProofSlot.objects.filter(pk=slot_id).first()
    if slot is None:
        raise NothingToJudge("找不到这项材料，请刷新页面。")
    application = lock_for_review(slot.application_id, by=by)
    slot = ProofSlot.objects.get(pk=slot_id)
    if not slot.files.exists():
        raise NothingToJudge(f"“{slot.get_kind_display()}”还没有文件，无从审核。")
    _check_reason(slot, is_accepted=is_accepted, reason_code=reason_code, reason=reason.strip(), at=at)
    verdict = _make(
        application,
        slot,
        is_accepted=is_accepted,
        reason_code="" if is_accepted else reason_code,
        reason=reason.strip(),
        by=by,
        at=at,
    )
    verdict.save()
    settle_refusal(slot)
    audit.record(
        "enrolment.judge_proof",
        subject=application,
        by=by,
        at=at,
        label="认可材料" if is_accepted else "不认可材料",
        reason=verdict.reason,
        details={"kind": slot.get_kind_display(), "code": verdict.reason_code},
    )
    return verdict


def settle_refusal(slot: ProofSlot) -> None:
    """
    This function will note whether a slot stands refused: the last word on it was no, and it holds nothing but what was seen then.
    """
    last = slot.verdicts.last()
    seen = set(last.file_ids) if last else set()
    files = set(slot.files.values_list("file_id", flat=True))
    slot.is_refused = last is not None and not last.is_accepted and files <= seen
    slot.save(update_fields=["is_refused"])


def accept_the_rest(application: EnrolmentApplication, *, by: Actor, at: datetime, reason: str) -> None:
    """
    This function will keep, with an approval, that its reviewer accepts every proof not judged one by one.

    :param reason: of the approval; it is the reason for accepting the note on the participation floor
    """
    accepted = _accepted_now(application)
    slots = ProofSlot.objects.filter(application=application, is_needed=True, files__isnull=False).distinct()
    for slot in slots.exclude(pk__in=accepted).order_by("pk"):
        words = reason if slot.kind == ProofKind.PARTICIPATION_NOTE else ""
        _make(application, slot, is_accepted=True, reason_code="", reason=words, by=by, at=at).save()


def has_accepted_note(application: EnrolmentApplication) -> bool:
    """Test if the review under way has accepted the note on the participation floor, with the reason, by itself."""
    accepted = _accepted_now(application)
    return ProofSlot.objects.filter(pk__in=accepted, kind=ProofKind.PARTICIPATION_NOTE).exists()


def _accepted_now(application: EnrolmentApplication) -> list[int]:
    """Slots whose last word in this review of this submission is yes."""
    now = ProofVerdict.objects.filter(
        slot__application=application,
        submission=application.submission_count,
        stage=STAGES[State(application.state)],
    )
    last = now.order_by("slot_id", "-pk").distinct("slot_id").values_list("slot_id", "is_accepted")
    return [slot_id for slot_id, is_accepted in last if is_accepted]


def _check_reason(slot: ProofSlot, *, is_accepted: bool, reason_code: str, reason: str, at: datetime) -> None:
    if is_accepted:
        if slot.kind == ProofKind.PARTICIPATION_NOTE and not reason:
            raise ReasonNeeded("参保比例不足，认可说明的请写明理由。")
        return
    if reason_code not in dict(code_lists.get_choices(PROOF_REASONS, at=at)):
        raise ReasonNeeded("请选择不认可的原因。")
    if not reason:
        raise ReasonNeeded("请写明这项材料要怎么补，单位将据此重新上传。")


def _make(
    application: EnrolmentApplication,
    slot: ProofSlot,
    *,
    is_accepted: bool,
    reason_code: str,
    reason: str,
    by: Actor,
    at: datetime,
) -> ProofVerdict:
    assert by.user_id is not None, "reviewers are people with an account"
    return ProofVerdict(
        slot=slot,
        submission=application.submission_count,
        stage=STAGES[State(application.state)],
        is_accepted=is_accepted,
        reason_code=reason_code,
        reason=reason,
        file_ids=list(slot.files.order_by("pk").values_list("file_id", flat=True)),
        reviewer_id=by.user_id,
        reviewer_person=by.person,
        reviewer_name=by.name,
        reviewed_at=at,
    )
