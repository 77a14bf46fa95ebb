"""Questions about slips: their plans and dates, which wait to be settled, which are past due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import F

from huzhu.billing.models import BankStatement, PaymentSlip
from huzhu.billing.rules import REMINDERS
from huzhu.billing.states import SlipRequestState, SlipState
from huzhu.enrolment.queries import SafeArrival, get_safe_arrivals
from huzhu.shared.calendar import local_date


@dataclass(frozen=True, kw_only=True)
class SlipLine:
    """
    One plan on a slip: all members' shares, contribution in yuan, the last arrival that breaks no renewal, and whose it breaks.
    """

    plan_name: str
    share_count: int
    member_count: int
    unit_price: Decimal
    amount: Decimal
    reference_on: date | None
    latest_arrival_on: date | None
    latest_arrival_people: int


_PLANS = """
SELECT p.application_id, p.id, plan.name || CASE WHEN plan.variant = '' THEN '' ELSE '（' || plan.variant || '）' END || CASE
        WHEN a.endorsed_policy_id IS NULL THEN '' WHEN p.common_end IS NULL THEN '（增员）' ELSE '（增员，按剩余月数）' END,
    p.reference_on, v.contribution_amount,
    count(m.id), coalesce(sum(m.share_count), 0), coalesce(sum(m.contribution_amount), 0)
FROM enrolment_applicationplan p
JOIN enrolment_enrolmentapplication a ON a.id = p.application_id
JOIN plans_planversion v ON v.id = p.plan_version_id
JOIN plans_plan plan ON plan.id = v.plan_id
LEFT JOIN enrolment_applicationmember m ON m.application_plan_id = p.id AND m.removed_at IS NULL
WHERE p.application_id = ANY(%(applications)s)
GROUP BY p.id, p.application_id, plan.id, plan.name, plan.variant, p.reference_on, v.contribution_amount, a.endorsed_policy_id
ORDER BY p.application_id, plan.id
"""


def get_slip_lines(*, slip: PaymentSlip) -> list[SlipLine]:
    """
    This function will list the plans a slip is for, with what they cost and until when money is safely in time: two queries.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PLANS, {"applications": [slip.application_id]})
        rows = cursor.fetchall()
    safe = get_safe_arrivals(application_ids=[slip.application_id]).plans
    return [
        SlipLine(
            plan_name=name,
            share_count=shares,
            member_count=members,
            unit_price=price,
            amount=amount,
            reference_on=reference_on,
            latest_arrival_on=safe[plan_id].on if plan_id in safe else None,
            latest_arrival_people=safe[plan_id].people if plan_id in safe else 0,
        )
        for _application_id, plan_id, name, reference_on, price, members, shares, amount in rows
    ]


def get_latest_safe_arrivals(*, slips: Sequence[PaymentSlip]) -> dict[int, SafeArrival]:
    """
    This function will give, by slip id, the last day on which money may arrive without breaking a renewal, and how many people
    depend on it, for those slips that have such a day. One query.
    """
    if not slips:
        return {}
    safe = get_safe_arrivals(application_ids=[slip.application_id for slip in slips]).applications
    return {slip.pk: safe[slip.application_id] for slip in slips if slip.application_id in safe}


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """The open slips of some employers: how many, what they are for, and when the first is due."""

    slips: int
    application_ids: list[int]
    earliest_due_on: date | None


def get_awaited(*, employer_ids: Sequence[int]) -> Awaited:
    """
    This function will tell what some employers have still to pay, in one query. It is not scoped: callers name whom may be asked.
    """
    rows = list(
        PaymentSlip.objects.filter(employer_id__in=employer_ids, state=SlipState.OPEN).values_list(
            "application_id", "due_on"
        )
    )
    return Awaited(
        slips=len(rows),
        application_ids=sorted({application_id for application_id, _ in rows}),
        earliest_due_on=min((due_on for _, due_on in rows), default=None),
    )


def get_slips_to_settle() -> list[int]:
    """
    This function will list the slips whose money is all there and that are not paid yet, oldest first.
    """
    waiting = PaymentSlip.objects.filter(state__in=[SlipState.OPEN, SlipState.EXPIRED], allocated_amount=F("amount"))
    return list(waiting.order_by("id").values_list("id", flat=True))


def get_slips_past_due(*, at: datetime) -> list[int]:
    """
    This function will list the open slips whose due date is past, for which no money has arrived and about which nothing is asked,
    oldest first.
    """
    late = PaymentSlip.objects.filter(state=SlipState.OPEN, due_on__lt=local_date(at), allocated_amount=0)
    late = late.exclude(proposals__is_open=True).exclude(extensions__state=SlipRequestState.REQUESTED)
    late = late.exclude(cancellations__state=SlipRequestState.REQUESTED)
    return list(late.order_by("due_on", "id").values_list("id", flat=True))


def get_slips_due_soon(*, today: date) -> list[PaymentSlip]:
    """
    This function will list the open slips that come due within the time of reminders, with their employers. Whoever has asked to
    cancel is left in peace. One query.
    """
    until = today + timedelta(days=max(REMINDERS))
    soon = PaymentSlip.objects.filter(state=SlipState.OPEN, due_on__range=(today, until))
    soon = soon.exclude(cancellations__state=SlipRequestState.REQUESTED)
    return list(soon.select_related("employer").order_by("id"))


def is_due_date_closed(*, slip: PaymentSlip) -> bool:
    """
    This function will tell whether a statement of the slip's account that covers its due date has been closed (§2.5).
    """
    return BankStatement.objects.filter(
        account_id=slip.payee_account_id,
        closed_at__isnull=False,
        first_on__lte=slip.due_on,
        last_on__gte=slip.due_on,
    ).exists()


def is_replaced(*, slip: PaymentSlip) -> bool:
    """
    This function will tell whether a newer slip asks for the money of this one.
    """
    return PaymentSlip.objects.filter(application_id=slip.application_id, pk__gt=slip.pk).exists()
