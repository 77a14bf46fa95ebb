"""添加赠送: which gifts and subsidies an application asks for, and the plans that come with a gift."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from huzhu.enrolment import queries
from huzhu.enrolment.models import ChosenCampaign, EnrolmentApplication
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.states import CampaignKind
from huzhu.plans.models import PlanVersion


class GiftsRefused(Exception):
    """These gifts or subsidies cannot be asked for; the message says which and why."""


def find_campaigns(
    application: EnrolmentApplication, *, campaign_ids: Sequence[int] | None, day: date
) -> list[GiftCampaign]:
    """
    This function will give the campaigns an application is to ask for: those it asks for already may stay, others must be open to
    its employer and have places left.

    :param campaign_ids: all that are wanted; None for those it has
    :raises GiftsRefused: if one is not open, or its places are used up
    """
    kept = queries.get_chosen_ids(application_id=application.pk)
    wanted = kept if campaign_ids is None else list(dict.fromkeys(campaign_ids))
    if set(wanted) - set(kept):
        employer = application.employer
        offered = queries.get_open_campaigns(employer=employer, branch=employer.branch, day=day)
        left = {each.offer.campaign.pk: each.left for each in offered}
        for pk in wanted:
            if pk not in kept and pk not in left:
                raise GiftsRefused("所选的赠送或补贴目前不对本单位开放，请刷新页面后重新选择。")
            if pk not in kept and not left[pk]:
                raise GiftsRefused("所选的赠送或补贴名额已用完，请去掉该项，或改选其他活动。")
    return list(GiftCampaign.objects.filter(pk__in=wanted).select_related("plan").order_by("kind", "pk"))


def find_gift_plans(
    campaigns: Sequence[GiftCampaign], *, chosen: Collection[int], on_sale: Collection[PlanVersion]
) -> list[PlanVersion]:
    """
    This function will give the plans that come with gifts because the employer has not chosen them itself.

    :param chosen: the plan versions the employer chose
    :raises GiftsRefused: if a gift's plan is not sold any more, or nobody chose the plan that a subsidy is for
    """
    by_plan = {version.plan_id: version for version in on_sale}
    own = {version.plan_id for version in on_sale if version.pk in chosen}
    given: dict[int, PlanVersion] = {}
    for campaign in campaigns:
        if campaign.plan_id in own or campaign.plan_id in given:
            continue
        if campaign.plan_id not in by_plan:
            raise GiftsRefused(f"“{campaign}”的“{campaign.plan}”已停止参保，请去掉该活动。")
        if campaign.kind != CampaignKind.GIFT:
            raise GiftsRefused(f"“{campaign}”补贴的是“{campaign.plan}”，请同时勾选该计划，或去掉该补贴。")
        given[campaign.plan_id] = by_plan[campaign.plan_id]
    return list(given.values())


def keep_campaigns(application: EnrolmentApplication, campaigns: Sequence[GiftCampaign]) -> None:
    """
    This function will note what an application asks for, in place of what it asked for before.
    """
    ChosenCampaign.objects.filter(application=application).exclude(campaign__in=campaigns).delete()
    ChosenCampaign.objects.bulk_create(
        [ChosenCampaign(application=application, campaign=campaign) for campaign in campaigns], ignore_conflicts=True
    )
