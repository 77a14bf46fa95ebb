"""缴款提醒: 5 days and 1 day before a slip is due, by SMS and in the message centre, each once (rulebook §2.5, §2.8)."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from huzhu.billing import operations as billing
from huzhu.billing import queries
from huzhu.enrolment.queries import SafeArrival
from huzhu.notifications import operations as notifications
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date

log = logging.getLogger(__name__)


def remind_of_payment(*, by: Actor, at: datetime) -> int:
    """
    This function will remind every employer of its slips that come due, and return how many were. Run daily; running again reminds
    nobody twice, and a day that was missed is made up for. A later due date is reminded of anew.
    """
    soon = queries.get_slips_due_soon(today=local_date(at))
    latest = queries.get_latest_safe_arrivals(slips=soon)
    reminded = 0
    for slip in soon:
        try:
            reminded += _remind(slip.pk, latest.get(slip.pk), by=by, at=at)
        except Exception:  # one employer that cannot be reached must not keep the others from being reminded
            log.exception("slip %s could not be reminded of", slip.pk)
    return reminded


@transaction.atomic
def _remind(slip_id: int, latest: SafeArrival | None, *, by: Actor, at: datetime) -> bool:
    noted = billing.note_reminder(slip_id=slip_id, by=by, at=at)
    if noted is None:
        return False
    slip, days = noted
    today, key = local_date(at), f"payment_reminder:{slip.pk}:{slip.due_on}:{days}"
    left = (slip.due_on - today).days
    advice = f"最晚到账日{latest.on}，晚于此日{latest.people}人断保。" if latest and latest.on >= today else ""
    amount, when = f"{slip.open_amount:,.2f}", f"还有{left}天" if left else "今天到期"
    notifications.queue_sms(
        "payment_reminder",
        to=slip.employer.handler_mobile,
        key=key,
        at=at,
        employer_id=slip.employer_id,
        slip=slip.number,
        amount=amount,
        due=slip.due_on,
        when=when,
        advice=advice,
    )
    notifications.post_notice(
        title=f"缴款单 {slip.number} {when}",
        body=f"还需缴款 {amount} 元，请于 {slip.due_on}（含）前到账，逾期未到账的缴款单将失效。{advice}"
        "不能按期缴款的，可在缴款单页申请延迟缴款。",
        key=key,
        employer_id=slip.employer_id,
        at=at,
    )
    return True
