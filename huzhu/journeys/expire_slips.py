"""逾期: slips that were not paid in time expire with their applications; and are asked for again within 90 days (rulebook §2.5)."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from huzhu.billing import operations as billing
from huzhu.billing import queries
from huzhu.billing.models import PaymentSlip
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries as applications
from huzhu.journeys.approve_enrolment import get_advice
from huzhu.notifications import operations as notifications
from huzhu.shared.actors import Actor

log = logging.getLogger(__name__)


def expire_slips(*, by: Actor, at: datetime) -> list[PaymentSlip]:
    """
    This function will let every slip expire whose time has come, each with its application in one transaction. Run daily; running
    again changes nothing.
    """
    expired = []
    for slip_id in queries.get_slips_past_due(at=at):
        try:
            expired.append(_expire(slip_id=slip_id, by=by, at=at))
        except billing.NotExpiredYet:
            continue
        except Exception:  # one slip that cannot move must not keep the others from it
            log.exception("slip %s could not expire", slip_id)
    return expired


@transaction.atomic
def _expire(*, slip_id: int, by: Actor, at: datetime) -> PaymentSlip:
    slip = billing.expire_slip(slip_id=slip_id, by=by, at=at)
    enrolment.expire(application_id=slip.application_id, by=by, at=at, slip_number=slip.number)
    return slip


@transaction.atomic
def reissue_slip(*, slip_id: int, by: Actor, at: datetime) -> PaymentSlip:
    """
    This function will ask for the money of an expired slip again, with a new number and due date, and tell the employer.

    :raises billing.NotReissuable: if the slip is not the application's last, has not expired, or did so over 90 days ago
    :raises enrolment.PlacesGone: if others have places of gifts by now that it counts on
    :raises TransitionNotAllowed: if the application has not expired
    """
    old = PaymentSlip.objects.select_related("employer", "application").get(pk=slip_id)
    subsidies = applications.get_subsidies(application_id=old.application_id, is_held=False)
    slip = billing.reissue(application_id=old.application_id, subsidies=subsidies, by=by, at=at)
    enrolment.reissue(application_id=old.application_id, expired_on=old.due_on, by=by, at=at)
    notifications.queue_sms(
        "payment_notice",
        to=old.employer.handler_mobile,
        key=f"payment_notice:{slip.number}",
        at=at,
        employer_id=old.employer_id,
        number=old.application.number,
        amount=f"{slip.amount:,.2f}",
        slip=slip.number,
        due=slip.due_on,
        advice=f"原缴款单{old.number}已失效，请勿再用。{get_advice(old.application)}",
    )
    return slip
