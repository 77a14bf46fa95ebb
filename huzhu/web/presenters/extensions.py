"""延迟缴款 in words: what the present due date and the new one mean for everybody's cover, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from huzhu.billing import queries
from huzhu.billing.models import PaymentExtension, PaymentSlip
from huzhu.enrolment.queries import ArrivalForecast, Outcome, forecast_arrival
from huzhu.web.presenters import arrival
from huzhu.web.presenters.arrival import Described, PlanPart


@dataclass(frozen=True, kw_only=True)
class PlanPair:
    """One plan under both days."""

    name: str
    before: PlanPart | None
    after: PlanPart | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Money on the present due date and on the new one: verdicts, and every kind of people of each plan."""

    before: Described
    after: Described
    plans: list[PlanPair]
    worse: str  # what the later day costs beyond the present one; empty if nothing
    latest_safe_on: date | None
    latest_safe_people: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """One request with its reason in words."""

    extension: PaymentExtension
    reason: str


def compare(*, slip: PaymentSlip, new_due_on: date, today: date) -> Comparison:
    """
    This function will say what it means if the money of an open slip comes on the new day instead of the present due date. A day
    that is past counts as today. Two statements, whatever the number of people.
    """
    days = (max(slip.due_on, today), max(new_due_on, today))
    before, after = (forecast_arrival(application_ids=[slip.application_id], day=day, today=today) for day in days)
    told = [arrival.describe(each, today=today, is_one=False, names=False) for each in (before, after)]
    parts = [{part.name: part for part in each.plans} for each in told]
    return Comparison(
        before=told[0],
        after=told[1],
        plans=[
            PlanPair(name=name, before=parts[0].get(name), after=parts[1].get(name))
            for name in dict.fromkeys([*parts[0], *parts[1]])
        ],
        worse=_tell_worse(before, after),
        latest_safe_on=after.latest_safe_on,
        latest_safe_people=after.latest_safe_people,
    )


def get_rows(*, slip: PaymentSlip) -> list[Row]:
    """
    This function will list what was asked about a slip's due date, the latest first.
    """
    return [Row(extension=each, reason=queries.tell_extension_reason(each)) for each in slip.extensions.order_by("-pk")]


def _tell_worse(before: ArrivalForecast, after: ArrivalForecast) -> str:
    words = {
        Outcome.LOST: "人断保、须重新计算免责期",
        Outcome.BARE: "人续保前有几天没有保障",
        Outcome.LEFT_OUT: "人不能承保",
    }
    more = [
        f"{after.counts[each] - before.counts[each]:,} {told}"
        for each, told in words.items()
        if after.counts[each] > before.counts[each]
    ]
    return f"比按现缴款期限缴款多 {'，'.join(more)}。" if more else ""
