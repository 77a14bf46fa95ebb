"""Gifts and subsidies as an employer chooses them: who pays, for whom, how much, how many places are left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from huzhu.enrolment.queries import Open
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.states import CampaignKind, Once
from huzhu.roster.models import JobCategory
from huzhu.ui.values import money_text


@dataclass(frozen=True, kw_only=True)
class GiftCard:
    """One campaign that is open to the employer."""

    pk: int
    name: str
    sponsor: str
    kind: str
    is_gift: bool
    plan: str
    pays: str
    price: Decimal
    per_person: Decimal
    for_whom: str
    closes_on: date
    left: int
    is_chosen: bool

    @property
    def is_used_up(self) -> bool:
        """Whether nobody more can join, and it was not chosen before."""
        return not self.left and not self.is_chosen


def get_cards(*, offers: Sequence[Open], chosen: Collection[int]) -> list[GiftCard]:
    """
    This function will turn the campaigns open to an employer into cards.
    """
    return [_card(each, each.offer.campaign.pk in chosen) for each in offers]


def _card(each: Open, is_chosen: bool) -> GiftCard:
    campaign = each.offer.campaign
    price = each.version.contribution_amount
    is_gift = campaign.kind == CampaignKind.GIFT
    rest = money_text(price - each.per_person)
    return GiftCard(
        pk=campaign.pk,
        name=campaign.name,
        sponsor=campaign.sponsor_id,
        kind=campaign.get_kind_display(),
        is_gift=is_gift,
        plan=str(campaign.plan),
        pays="每人 1 份，全额承担" if is_gift else f"每份另缴 {rest} 元",
        price=price,
        per_person=each.per_person,
        for_whom=_tell_whom(campaign),
        closes_on=campaign.closes_on,
        left=each.left,
        is_chosen=is_chosen,
    )


def _tell_whom(campaign: GiftCampaign) -> str:
    words = []
    if campaign.gender:
        words.append(f"{campaign.get_gender_display()}职工")
    if campaign.min_age is not None:
        words.append(f"{campaign.min_age} 周岁以上")
    if campaign.max_age is not None:
        words.append(f"{campaign.max_age} 周岁以下（含）")
    if campaign.job_categories:
        words.append("、".join(str(JobCategory(each).label) for each in campaign.job_categories))
    if campaign.is_first_only:
        words.append("首次参加本计划的职工")
    if campaign.once == Once.EVER:
        words.append("以前没有受赠过的职工")
    return "，".join(words) or "全体参保人员"
