"""Questions about campaigns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from huzhu.gifts.models import GiftCampaign
from huzhu.plans.models import PlanVersion
from huzhu.plans.states import TOLD
from huzhu.shared.actors import Actor


def get_campaigns(*, actor: Actor) -> QuerySet[GiftCampaign]:
    """
    This function will give the campaigns somebody may see, each with `quota_count`, `quota_places` and the `contribution` of one
    share of its plan. One query.
    """
    price = get_prices(OuterRef("plan_id"), OuterRef("opens_on")).values("contribution_amount")[:1]
    return (
        GiftCampaign.objects.visible_to(actor)
        .select_related("plan", "branch")
        .annotate(
            quota_count=Count("quotas"),
            quota_places=Coalesce(Sum("quotas__person_count"), 0),
            contribution=Subquery(price),
        )
    )


def get_prices(plan: Any, day: Any) -> QuerySet[PlanVersion]:
    """The version of a plan that is sold, or was sold last, on a day, first; then those sold before."""
    told = PlanVersion.objects.filter(plan=plan, state__in=TOLD)
    return told.exclude(valid_from__gt=day).order_by("-version")


def get_version_on(*, plan_id: int, day: date) -> PlanVersion | None:
    """
    This function will give the version of a plan that people join on a day.
    """
    return get_prices(plan_id, day).first() or PlanVersion.objects.filter(plan_id=plan_id, state__in=TOLD).first()


def get_contribution(*, plan_id: int, day: date) -> Decimal:
    """
    This function will tell what one share of a plan costs on a day; nothing for a plan that was never sold.
    """
    version = get_version_on(plan_id=plan_id, day=day)
    return version.contribution_amount if version else Decimal(0)
