"""Places of campaigns and what sponsors pay: how many are left, and whom an application's money is asked from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Q, Sum

from huzhu.accounts.models import Branch
from huzhu.employers.models import Employer
from huzhu.enrolment.models import ApplicationMember, ApplicationPlan, ChosenCampaign, EnrolmentApplication, Subsidy
from huzhu.enrolment.states import State
from huzhu.gifts import queries as gifts
from huzhu.gifts.queries import Offer
from huzhu.gifts.rules import get_amount_per_person, get_places_left
from huzhu.plans.models import PlanVersion
from huzhu.plans.queries import get_on_sale

NOTHING = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class Places:
    """The places of a campaign, or of one of its quotas: reserved by applications on their way, used by cover, and their money."""

    reserved: int = 0
    used: int = 0
    amount: Decimal = NOTHING

    @property
    def taken(self) -> int:
        """Reserved and used."""
        return self.reserved + self.used


def get_taken(*, campaign_ids: Iterable[int]) -> dict[tuple[int, int | None], Places]:
    """
    This function will count the places that are held, by campaign and quota. One query.
    """
    rows = (
        Subsidy.objects.filter(campaign_id__in=list(campaign_ids), held_at__isnull=False)
        .values("campaign_id", "quota_id")
        .annotate(
            used=Count("pk", filter=Q(application__state=State.EFFECTIVE)),
            count=Count("pk"),
            amount=Sum("amount"),
        )
        .order_by()
    )
    return {
        (row["campaign_id"], row["quota_id"]): Places(
            reserved=row["count"] - row["used"], used=row["used"], amount=row["amount"]
        )
        for row in rows
    }


def get_left(*, offers: Sequence[Offer], prices: Mapping[int, Decimal]) -> dict[int, int]:
    """
    This function will count the places left to an employer in each campaign that is open to it. One query.

    :param prices: the contribution of one share, by plan
    """
    taken = get_taken(campaign_ids=[offer.campaign.pk for offer in offers])
    left = {}
    for offer in offers:
        campaign, quota = offer.campaign, offer.quota
        contribution = prices.get(campaign.plan_id, NOTHING)
        spent = sum((each.amount for (pk, _), each in taken.items() if pk == campaign.pk), NOTHING)
        here = taken.get((campaign.pk, quota.pk if quota else None), Places())
        left[campaign.pk] = get_places_left(
            person_count=quota.person_count if quota else None,
            taken=here.taken,
            budget=campaign.budget_amount,
            spent=spent,
            per_person=get_amount_per_person(
                campaign.kind, amount=campaign.amount_per_person, contribution=contribution
            ),
        )
    return left


@dataclass(frozen=True, kw_only=True)
class Open:
    """One campaign an employer may choose: the plan version it pays for, how much per person, for how many more people."""

    offer: Offer
    version: PlanVersion
    per_person: Decimal
    left: int
    is_chosen: bool


def get_open_campaigns(*, employer: Employer, branch: Branch, day: date, chosen: Iterable[int] = ()) -> list[Open]:
    """
    This function will give the campaigns an employer may choose on a day: open to it, for a plan it may join. Four queries.

    :param chosen: the campaigns chosen already
    """
    wanted = set(chosen)
    versions = {version.plan_id: version for version in get_on_sale(day=day, branch=branch)}
    offers = [each for each in gifts.get_offers(employer=employer, day=day) if each.campaign.plan_id in versions]
    left = get_left(offers=offers, prices={pk: version.contribution_amount for pk, version in versions.items()})
    return [
        Open(
            offer=offer,
            version=(version := versions[offer.campaign.plan_id]),
            per_person=get_amount_per_person(
                offer.campaign.kind,
                amount=offer.campaign.amount_per_person,
                contribution=version.contribution_amount,
            ),
            left=left[offer.campaign.pk],
            is_chosen=offer.campaign.pk in wanted,
        )
        for offer in offers
    ]


def get_chosen_ids(*, application_id: int) -> list[int]:
    """
    This function will give the campaigns an application asks for, gifts first.
    """
    return list(ChosenCampaign.objects.filter(application_id=application_id).values_list("campaign_id", flat=True))


def get_prices(*, application_id: int) -> dict[int, Decimal]:
    """
    This function will give what one share costs, by plan, in the versions an application asks for.
    """
    plans = ApplicationPlan.objects.filter(application_id=application_id)
    return dict(plans.values_list("plan_version__plan_id", "plan_version__contribution_amount"))


def get_subsidies(*, application_id: int, is_held: bool = True) -> dict[int, Decimal]:
    """
    This function will tell what is asked from each sponsor for an application, by the sponsor's id. One query.

    :param is_held: count only people who hold a place now; otherwise also those who held one before the slip expired
    """
    rows = Subsidy.objects.filter(application_id=application_id)
    if is_held:
        rows = rows.filter(held_at__isnull=False)
    sums = rows.values_list("campaign__sponsor__pk").annotate(amount=Sum("amount")).order_by("campaign__sponsor__pk")
    return dict(sums)


@dataclass(frozen=True, kw_only=True)
class FundingLine:
    """What one campaign pays in an application, for how many people."""

    campaign_id: int
    name: str
    sponsor: str
    kind: str
    plan: str
    people: int
    amount: Decimal


def get_funding(*, application: EnrolmentApplication) -> list[FundingLine]:
    """
    This function will tell what each campaign chosen in an application pays for how many people. Two queries at most.
    """
    chosen = list(ChosenCampaign.objects.filter(application=application).select_related("campaign__plan"))
    if not chosen:
        return []
    rows = Subsidy.objects.filter(application=application, member__removed_at__isnull=True).order_by()
    sums: dict[int, tuple[int, Decimal]] = {}
    for row in rows.values("campaign_id").annotate(people=Count("pk"), amount=Sum("amount")):
        sums[row["campaign_id"]] = (row["people"], row["amount"])
    return [
        FundingLine(
            campaign_id=each.campaign_id,
            name=each.campaign.name,
            sponsor=each.campaign.sponsor_id,
            kind=each.campaign.get_kind_display(),
            plan=str(each.campaign.plan),
            people=sums.get(each.campaign_id, (0, NOTHING))[0],
            amount=sums.get(each.campaign_id, (0, NOTHING))[1],
        )
        for each in chosen
    ]


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """People an application was settled without, and what their employer had paid for them."""

    count: int
    amount: Decimal


def get_left_out(*, application_id: int) -> LeftOut:
    """
    This function will count the people left out at settlement, and what was paid for them, subsidies not counted.
    """
    rows = ApplicationMember.objects.filter(application_id=application_id, removed_at__isnull=True)
    found = rows.exclude(left_out_reason="").aggregate(
        count=Count("pk"), amount=Sum(F("contribution_amount") - F("subsidy_amount"), default=NOTHING)
    )
    return LeftOut(count=found["count"], amount=found["amount"])
