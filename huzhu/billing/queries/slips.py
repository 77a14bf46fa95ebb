"""Questions about slips: their plans and dates, which wait to be settled, which are past due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import F

from huzhu.billing.models import BankStatement, PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.cover import rules as cover
from huzhu.shared.calendar import local_date


@dataclass(frozen=True, kw_only=True)
class SlipLine:
    """One plan on a slip: all members' shares, contribution in yuan, and the last arrival that breaks nothing."""

    plan_name: str
    share_count: int
    member_count: int
    unit_price: Decimal
    amount: Decimal
    reference_on: date | None
    latest_arrival_on: date | None


_PLANS = """
SELECT p.application_id, plan.name, plan.variant, p.reference_on, v.contribution_amount, v.renewal_grace_days,
    count(m.id), coalesce(sum(m.share_count), 0), coalesce(sum(m.contribution_amount), 0),
    min(m.previous_end) FILTER (WHERE m.planned_class = 'renewal')
FROM enrolment_applicationplan p
JOIN plans_planversion v ON v.id = p.plan_version_id
JOIN plans_plan plan ON plan.id = v.plan_id
LEFT JOIN enrolment_applicationmember m ON m.application_plan_id = p.id AND m.removed_at IS NULL
WHERE p.application_id = ANY(%(applications)s)
GROUP BY p.id, p.application_id, plan.id, plan.name, plan.variant, p.reference_on, v.contribution_amount, v.renewal_grace_days
ORDER BY p.application_id, plan.id
"""


def _get_lines(slips: Sequence[PaymentSlip]) -> dict[int, list[SlipLine]]:
    """The plans of several slips by application, in one query; people who do not renew can break no chain."""
    with connection.cursor() as cursor:
        cursor.execute(_PLANS, {"applications": [slip.application_id for slip in slips]})
        rows = cursor.fetchall()
    lines: dict[int, list[SlipLine]] = {}
    for application_id, name, variant, reference_on, price, grace, members, shares, amount, previous_end in rows:
        lines.setdefault(application_id, []).append(
            SlipLine(
                plan_name=f"{name}（{variant}）" if variant else name,
                share_count=shares,
                member_count=members,
                unit_price=price,
                amount=amount,
                reference_on=reference_on,
                latest_arrival_on=_latest_arrival(previous_end, grace, reference_on),
            )
        )
    return lines


def _latest_arrival(previous_end: date | None, grace: int, reference_on: date | None) -> date | None:
    """The last arrival that neither breaks a renewal nor misses the reference date; None where nothing can be missed."""
    safe = previous_end and cover.latest_safe_arrival(
        previous_end=previous_end, grace_days=grace, reference_on=reference_on
    )
    days = [day for day in (safe, reference_on) if day]
    return min(days) if days else None


def get_slip_lines(*, slip: PaymentSlip) -> list[SlipLine]:
    """
    This function will list the plans a slip is for, with what they cost and until when money is safely in time.
    """
    return _get_lines([slip]).get(slip.application_id, [])


def get_latest_safe_arrivals(*, slips: Sequence[PaymentSlip]) -> dict[int, date]:
    """
    This function will give, by slip id, the last day on which money may arrive without breaking a renewal or missing a reference
    date, for those slips that have such a day. One query.
    """
    if not slips:
        return {}
    lines = _get_lines(slips)
    latest = {
        slip.pk: [line.latest_arrival_on for line in lines.get(slip.application_id, []) if line.latest_arrival_on]
        for slip in slips
    }
    return {slip_id: min(days) for slip_id, days in latest.items() if days}


def get_slips_to_settle() -> list[int]:
    """
    This function will list the slips whose money is all there and that are not paid yet, oldest first.
    """
    waiting = PaymentSlip.objects.filter(state__in=[SlipState.OPEN, SlipState.EXPIRED], allocated_amount=F("amount"))
    return list(waiting.order_by("id").values_list("id", flat=True))


def get_slips_past_due(*, at: datetime) -> list[int]:
    """
    This function will list the open slips whose due date is past and for which no money has arrived, oldest first.
    """
    late = PaymentSlip.objects.filter(state=SlipState.OPEN, due_on__lt=local_date(at), allocated_amount=0)
    return list(late.exclude(proposals__is_open=True).order_by("due_on", "id").values_list("id", flat=True))


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
