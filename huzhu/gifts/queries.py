"""Questions about campaigns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from huzhu.accounts import scope
from huzhu.employers.models import Employer
from huzhu.gifts import rules
from huzhu.gifts.models import GiftCampaign, Quota, Sponsor
from huzhu.gifts.rules import NotOffered
from huzhu.gifts.states import CampaignState
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


def get_sponsor_names() -> QuerySet[Sponsor, str]:
    """
    This function will give the full names of all sponsors: public bodies, whichever branch named them first.
    """
    return Sponsor.objects.values_list("name", flat=True)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """
    A campaign as it stands for one employer on a day: the quota its people are counted in, if places were allotted, and why it is
    not open to it; empty if it is.
    """

    campaign: GiftCampaign
    quota: Quota | None
    not_offered: NotOffered | None


def get_offers(*, employer: Employer, day: date, campaign_ids: Iterable[int] | None = None) -> list[Offer]:
    """
    This function will give the campaigns that are open to an employer on a day, gifts first, or tell of certain ones whether they
    are. Two queries.

    :param campaign_ids: the campaigns asked about; without any, all that are open
    """
    above = scope.get_paths_above(employer.branch)
    campaigns = GiftCampaign.objects.select_related("plan", "branch").order_by("kind", "id")
    if campaign_ids is None:
        campaigns = campaigns.filter(
            Q(employer_kinds=[]) | Q(employer_kinds__contains=[employer.kind]),
            state=CampaignState.PUBLISHED,
            opens_on__lte=day,
            closes_on__gte=day,
            branch__path__in=above,
        )
    else:
        campaigns = campaigns.filter(pk__in=list(campaign_ids))
    found = list(campaigns)
    quotas: dict[int, list[Quota]] = {}
    for quota in Quota.objects.filter(campaign__in=found).select_related("branch"):
        quotas.setdefault(quota.campaign_id, []).append(quota)
    offers = [_offer(each, quotas.get(each.pk, []), employer, above, day) for each in found]
    return offers if campaign_ids is not None else [offer for offer in offers if offer.not_offered is None]


def _offer(campaign: GiftCampaign, quotas: list[Quota], employer: Employer, above: list[str], day: date) -> Offer:
    own = [quota for quota in quotas if quota.employer_id == employer.pk]
    near = {quota.branch.path: quota for quota in quotas if quota.branch is not None and quota.branch.path in above}
    nearest = near[max(near, key=len)] if near else None
    counted_in = own[0] if own else nearest
    return Offer(
        campaign=campaign,
        quota=counted_in,
        not_offered=rules.find_why_not_offered(
            is_published=campaign.state == CampaignState.PUBLISHED,
            opens_on=campaign.opens_on,
            closes_on=campaign.closes_on,
            day=day,
            is_of_branch=campaign.branch.path in above,
            is_of_kind=not campaign.employer_kinds or employer.kind in campaign.employer_kinds,
            is_allotted=counted_in is not None or not quotas,
        ),
    )
