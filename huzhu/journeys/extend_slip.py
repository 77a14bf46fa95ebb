"""延迟缴款: asked for with its proof; granted with the advice that the new due date needs (rulebook §2.5)."""

from __future__ import annotations

from datetime import date, datetime

from django.core.files.base import File
from django.db import transaction

from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentExtension, PaymentSlip
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.journeys.approve_enrolment import get_advice
from huzhu.notifications import operations as notifications
from huzhu.shared.actors import Actor


@transaction.atomic
def ask_extension(
    *,
    slip_id: int,
    reason_code: str,
    reason: str,
    new_due_on: date,
    proof: File | None,
    by: Actor,
    at: datetime,
) -> PaymentExtension:
    """
    This function will keep the proof, if there is one, and ask for a later due date: both or neither.

    :raises UploadRefused: if the proof cannot be taken
    :raises billing.RequestRefused: if this cannot be asked for
    :raises huzhu.billing.permissions.NotPermitted: if `by` may not ask for this slip
    """
    proof_id = None
    if proof is not None:
        slip = PaymentSlip.objects.get(pk=slip_id)
        proof_id = documents.store_upload(
            upload=proof, kind=FileKind.PROOF, employer_id=slip.employer_id, by=by, at=at
        ).pk
    return billing.ask_extension(
        slip_id=slip_id,
        reason_code=reason_code,
        reason=reason,
        new_due_on=new_due_on,
        proof_id=proof_id,
        by=by,
        at=at,
    )


@transaction.atomic
def approve_extension(*, extension_id: int, by: Actor, at: datetime) -> PaymentExtension:
    """
    This function will grant a later due date and tell the employer, with the day by which the money has to be there all the same.

    :raises billing.RequestRefused: if the day asked for is past by now
    :raises work.AlreadyClaimed: if a colleague has claimed it
    :raises TransitionNotAllowed: if it does not wait any more
    :raises huzhu.billing.permissions.NotPermitted: if `by` is no cashier, or the person who asked
    """
    extension = billing.approve_extension(extension_id=extension_id, by=by, at=at)
    slip = extension.slip
    advice = get_advice(slip.application)
    notifications.queue_sms(
        "extension_approved",
        to=slip.employer.handler_mobile,
        key=f"extension_approved:{extension.pk}",
        at=at,
        employer_id=slip.employer_id,
        slip=slip.number,
        due=slip.due_on,
        advice=advice,
    )
    notifications.post_notice(
        title=f"延迟缴款申请已同意：{slip.number}",
        body=f"缴款期限由 {extension.from_due_on} 延至 {slip.due_on}，请重新打印缴款单。{advice}",
        key=f"extension_approved:{extension.pk}",
        employer_id=slip.employer_id,
        at=at,
    )
    return extension
