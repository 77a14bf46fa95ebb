"""
The money is there: slip paid, application effective, cover and policies made, receipt right granted, employer told (rulebook §2.5).

One transaction: all of it or none of it. The step after a line was allocated, automatically or by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from huzhu.accounts.models import StaffPost
from huzhu.accounts.roles import StaffRole
from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentSlip
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries as applications
from huzhu.enrolment.states import State
from huzhu.journeys.start_cover import start_cover
from huzhu.notifications import operations as notifications
from huzhu.receipts import operations as receipts
from huzhu.shared.actors import Actor


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What one settlement did: when the money counts as arrived, how many are covered from when, who was left out."""

    slip: PaymentSlip
    arrival_on: date
    covered: int
    left_out: int
    left_out_amount: Decimal
    earliest_start: date | None


@transaction.atomic
def confirm_payment(*, slip_id: int, by: Actor, at: datetime) -> Settled | None:
    """
    This function will settle one fully allocated slip. People whose cover would by now break a limit are left out; their
    contribution goes to the employer's credit balance. None if the slip was settled before: settling again changes nothing.

    :raises billing.NotFullyAllocated: if money is still missing
    :raises TransitionNotAllowed: if slip or application is in no state to be settled
    """
    slip = billing.pay_slip(slip_id=slip_id, by=by, at=at)
    if slip is None:
        return None
    assert slip.arrival_on is not None
    if slip.application.state == State.EXPIRED:  # money in time pays even after expiry, whenever it is found (§2.5)
        application = enrolment.reissue(application_id=slip.application_id, expired_on=None, by=by, at=at)
        if subsidies := applications.get_subsidies(application_id=slip.application_id):
            billing.book_subsidies(application=application, subsidies=subsidies, by=by, at=at)
    started = start_cover(application_id=slip.application_id, arrival_on=slip.arrival_on, by=by, at=at)
    if started.left_out_amount or started.released:
        billing.credit_left_out(slip=slip, amount=started.left_out_amount, subsidies=started.released, by=by, at=at)
    to_receipt = slip.amount - started.left_out_amount
    if to_receipt:
        receipts.grant_right(slip_id=slip.pk, amount=to_receipt, at=at)

    settled = Settled(
        slip=slip,
        arrival_on=slip.arrival_on,
        covered=started.covered,
        left_out=started.left_out,
        left_out_amount=started.left_out_amount,
        earliest_start=started.earliest_start,
    )
    _tell_employer(settled, at=at)
    if settled.left_out:
        _tell_cashiers(settled, at=at)
    return settled


def _tell_employer(settled: Settled, *, at: datetime) -> None:
    """That the application is effective, enrolment has sent by SMS already; the rest is told here."""
    slip, employer, number = settled.slip, settled.slip.employer, settled.slip.application.number
    if settled.earliest_start:
        notifications.post_notice(
            title=f"缴款已确认：{slip.number}",
            body=f"参保申请 {number} 已生效，{settled.covered} 人次自 {settled.earliest_start} 起陆续获得保障，"
            "可下载电子保单并申请开票。",
            key=f"slip_paid:{slip.pk}",
            employer_id=employer.pk,
            at=at,
        )
    if settled.left_out:
        notifications.queue_sms(
            "members_left_out",
            to=employer.handler_mobile,
            key=f"members_left_out:{slip.application_id}",
            at=at,
            employer_id=employer.pk,
            number=number,
            count=settled.left_out,
            amount=f"{settled.left_out_amount:,.2f}",
        )
        notifications.post_notice(
            title=f"{settled.left_out} 人未能承保：{number}",
            body=f"名单和原因见参保申请，已缴的保障费 {settled.left_out_amount:,.2f} 元已转入单位预存款。",
            key=f"members_left_out:{slip.pk}",
            employer_id=employer.pk,
            at=at,
        )


def _tell_cashiers(settled: Settled, *, at: datetime) -> None:
    """A task for the association's cashiers: somebody has a credit balance now."""
    cashiers = StaffPost.objects.filter(roles__contains=[StaffRole.CASHIER], branch__parent=None).order_by("id")
    for user_id in cashiers.values_list("user_id", flat=True):
        notifications.post_notice(
            title=f"单位预存款待处理：{settled.slip.employer.name}",
            body=f"缴款单 {settled.slip.number} 有 {settled.left_out} 人未能承保，"
            f"{settled.left_out_amount:,.2f} 元已转入单位预存款，请联系单位退款或留作下次缴款。",
            key=f"left_out:{settled.slip.pk}:{user_id}",
            user_id=user_id,
            at=at,
        )
