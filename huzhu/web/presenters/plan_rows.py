"""The plans of an application with people, money and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Q, Sum

from huzhu.cover.models import CoverClass
from huzhu.enrolment.models import ApplicationPlan, EnrolmentApplication


@dataclass(frozen=True, kw_only=True)
class PlanRow:
    """One plan with its people by class."""

    name: str
    price: Decimal
    term_months: int
    share_count: int
    others: int  # people with other shares than everybody
    people: int
    amount: Decimal
    subsidy: Decimal
    is_gift_only: bool
    reference_on: date | None
    first: int
    renewal: int
    lapse: int

    @property
    def payable(self) -> Decimal:
        """What is left to pay in this plan."""
        return self.amount - self.subsidy


def get_plan_rows(*, application: EnrolmentApplication) -> list[PlanRow]:
    """
    This function will give the plans with people by class, in one statement.
    """
    staying = Q(members__removed_at__isnull=True)

    def of(cover_class: str) -> Count:
        return Count("members", filter=staying & Q(members__planned_class=cover_class))

    plans = (
        ApplicationPlan.objects.filter(application=application)
        .select_related("plan_version__plan")
        .annotate(
            people=Count("members", filter=staying),
            others=Count("members", filter=staying & ~Q(members__share_count=F("share_count"))),
            amount=Sum("members__contribution_amount", filter=staying, default=Decimal("0.00")),
            subsidy=Sum("members__subsidy_amount", filter=staying, default=Decimal("0.00")),
            first=of(CoverClass.FIRST),
            renewal=of(CoverClass.RENEWAL),
            lapse=of(CoverClass.LAPSE),
        )
    )
    return [
        PlanRow(
            name=str(plan.plan_version.plan),
            price=plan.plan_version.contribution_amount,
            term_months=plan.plan_version.term_months,
            share_count=plan.share_count,
            others=plan.others,
            people=plan.people,
            amount=plan.amount,
            subsidy=plan.subsidy,
            is_gift_only=plan.is_gift_only,
            reference_on=plan.reference_on,
            first=plan.first,
            renewal=plan.renewal,
            lapse=plan.lapse,
        )
        for plan in plans
    ]
