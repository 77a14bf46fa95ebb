"""
复审通过: the list is frozen, the payment slip made and the employer told, in one transaction.

With nothing to pay, because sponsors pay everything, cover starts at once and the sponsors are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentSlip
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries as applications
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.journeys.start_cover import StartedCover, start_cover
from huzhu.notifications import operations as notifications
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date


@dataclass(frozen=True, kw_only=True)
class Approved:
    """What a second approval led to: a slip, or, with nothing to pay, cover."""

    application: EnrolmentApplication
    slip: PaymentSlip | None
    started: StartedCover | None


def approve_enrolment(*, application_id: int, by: Actor, at: datetime, reason: str = "") -> Approved:
    """
    This function will give the second approval (复审通过) and take the step that follows from it.

    :param reason: needed where the participation floor is not met
    :raises enrolment.StillBlocked: if something blocks by now; the findings are kept, nothing else is
    :raises enrolment.ReasonNeeded: if the participation floor is not met and no reason is given
    :raises enrolment.AlreadyClaimed: if another reviewer has claimed it
    :raises TransitionNotAllowed: if the application is not in the second review
    :raises enrolment.permissions.NotPermitted: if this person may not review it
    """
    try:
        with transaction.atomic():
            return _approve(application_id=application_id, by=by, at=at, reason=reason)
    except enrolment.StillBlocked:
        enrolment.recheck_under_review(application_id=application_id, by=by, at=at)
        raise


def _approve(*, application_id: int, by: Actor, at: datetime, reason: str) -> Approved:
    application = enrolment.approve_second(application_id=application_id, by=by, at=at, reason=reason)
    subsidies = applications.get_subsidies(application_id=application.pk)
    if application.payable_amount <= 0:
        started = start_cover(application_id=application.pk, arrival_on=local_date(at), by=by, at=at)
        if subsidies := applications.get_subsidies(application_id=application.pk):
            billing.book_subsidies(application=application, subsidies=subsidies, by=by, at=at)
        application.refresh_from_db()
        return Approved(application=application, slip=None, started=started)
    slip = billing.issue_slip(
        application_id=application.pk, amount=application.payable_amount, subsidies=subsidies, by=by, at=at
    )
    notifications.queue_sms(
        "payment_notice",
        to=application.employer.handler_mobile,
        key=f"payment_notice:{slip.number}",
        at=at,
        employer_id=application.employer_id,
        number=application.number,
        amount=f"{slip.amount:,.2f}",
        slip=slip.number,
        due=slip.due_on,
        advice=get_advice(application),
    )
    return Approved(application=application, slip=slip, started=None)


def get_advice(application: EnrolmentApplication) -> str:
    """
    This function will word the warning about a gap, where somebody renews: the day by which the money has to be there, and how
    many people depend on it.
    """
    latest = applications.get_safe_arrivals(application_ids=[application.pk]).applications.get(application.pk)
    return f"最晚到账日{latest.on}，晚于此日{latest.people}人断保。" if latest else ""
