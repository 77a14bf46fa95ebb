"""What each sponsor is asked for (应收补贴): for people whose slip was made or who are covered, as far as somebody sees them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from huzhu.enrolment.models import EnrolmentApplication, Subsidy
from huzhu.enrolment.states import State
from huzhu.shared.actors import Actor

ASKED = (State.AWAITING_PAYMENT, State.EFFECTIVE)  # the ledger asks from the slip on, or from the second approval
NOTHING = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class Receivable:
    """What one sponsor is asked for, in all or for one campaign: for people covered, and for people whose slip is not paid yet."""

    key: int
    name: str
    campaigns: int
    applications: int
    people: int
    effective: Decimal
    awaiting: Decimal

    @property
    def amount(self) -> Decimal:
        """All of it, as it stands in the ledger."""
        return self.effective + self.awaiting


def get_receivables(*, actor: Actor) -> list[Receivable]:
    """
    This function will tell what each sponsor is asked for, in one query.
    """
    return _sum(_get_asked(actor), "campaign__sponsor__pk", "campaign__sponsor__name")


def get_by_campaign(*, actor: Actor, sponsor_name: str) -> list[Receivable]:
    """
    This function will tell what one sponsor is asked for by each campaign, in one query.
    """
    return _sum(_get_asked(actor).filter(campaign__sponsor__name=sponsor_name), "campaign__pk", "campaign__name")


def get_by_application(*, actor: Actor, sponsor_name: str) -> QuerySet[Subsidy, Any]:
    """
    This function will give, newest first, the applications a sponsor is asked for, once for each campaign, with people and amount.
    """
    rows = _get_asked(actor).filter(campaign__sponsor__name=sponsor_name)
    return (
        rows.values(
            "application_id",
            "campaign_id",
            "application__number",
            "application__state",
            "application__employer__name",
            "campaign__name",
        )
        .annotate(people=Count("pk"), amount=Sum("amount"))
        .order_by("-application_id", "campaign_id")
    )


def _get_asked(actor: Actor) -> QuerySet[Subsidy]:
    seen = EnrolmentApplication.objects.visible_to(actor).filter(state__in=ASKED)
    return Subsidy.objects.filter(application__in=seen, held_at__isnull=False)


def _sum(rows: QuerySet[Subsidy], key: str, name: str) -> list[Receivable]:
    sums = (
        rows.values(key, name)
        .annotate(
            campaigns=Count("campaign", distinct=True),
            applications=Count("application", distinct=True),
            people=Count("pk"),
            effective=Sum("amount", filter=Q(application__state=State.EFFECTIVE), default=NOTHING),
            awaiting=Sum("amount", filter=Q(application__state=State.AWAITING_PAYMENT), default=NOTHING),
        )
        .order_by(name, key)
    )
    return [
        Receivable(
            key=row[key],
            name=row[name],
            campaigns=row["campaigns"],
            applications=row["applications"],
            people=row["people"],
            effective=row["effective"],
            awaiting=row["awaiting"],
        )
        for row in sums
    ]
