"""Gifts and subsidies in the demo: one that runs, one that subsidises, one that waits for a second person, one being written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from huzhu.accounts.models import Branch
from huzhu.demo import office
from huzhu.demo.employers import Stage
from huzhu.demo.telling import Teller
from huzhu.gifts import operations as gifts
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.rules import QuotaLine
from huzhu.gifts.states import CampaignKind, Once
from huzhu.plans.models import Plan
from huzhu.shared.calendar import ONE_DAY, local_date

GIVEN, SUBSIDISED = "佛山禅城建筑有限公司", "广州市海珠区餐饮有限公司"


def use_campaigns(tellers: Sequence[Teller], *, now: datetime) -> None:
    """
    This function will have one employer enrolled as a gift, with nothing to pay, and one wait to pay what a subsidy leaves.
    """
    by_name = {teller.story.name: teller for teller in tellers}
    running = {row.plan.code: row for row in GiftCampaign.objects.select_related("plan").filter(state="published")}
    at = now - timedelta(days=8)
    by_name[GIVEN].enrol_with_gifts(plans=(), gifts=[running["CI25-A"].pk], at=at, until=Stage.EFFECTIVE)
    by_name[SUBSIDISED].enrol_with_gifts(
        plans=(("HOSP25", 1),), gifts=[running["HOSP25"].pk], at=at, until=Stage.AWAITING_PAYMENT
    )


def prepare_campaigns(*, now: datetime) -> None:
    """
    This function will leave a gift of Foshan with places of its districts and a subsidy of Guangzhou running, a gift of the
    province waiting, a draft, and one that was closed when its places were used up.
    """
    today = local_date(now)
    foshan = _draft(
        "CI25-A",
        branch="4406",
        at=now - timedelta(days=30),
        opens_on=today - 28 * ONE_DAY,
        name="民营企业职工互助保障赠送",
        sponsor_id="佛山市总工会",
        basis="佛工〔2026〕21 号",
        budget_amount=Decimal(1_000_000),
        employer_kinds=["enterprise"],
        is_first_only=True,
        quotas=[
            QuotaLine(code="440605", person_count=5000),
            QuotaLine(code="440606", person_count=4500),
            QuotaLine(code="4406", person_count=60),
        ],
    )
    _publish(foshan, at=now - timedelta(days=29))
    subsidy = _draft(
        "HOSP25",
        branch="4401",
        at=now - timedelta(days=25),
        opens_on=today - 20 * ONE_DAY,
        name="住院医疗互助会员补贴",
        sponsor_id="广州市总工会",
        basis="穗工〔2026〕8 号",
        kind=CampaignKind.SUBSIDY,
        amount_per_person=Decimal("15.00"),
        budget_amount=Decimal(10_000_000),
    )
    _publish(subsidy, at=now - timedelta(days=22))
    waiting = _draft(
        "ACC25",
        branch="44",
        at=now - timedelta(days=3),
        opens_on=today + 10 * ONE_DAY,
        name="一线工人意外保障赠送",
        sponsor_id="广东省总工会",
        basis="粤工〔2026〕30 号",
        budget_amount=Decimal(3_000_000),
        job_categories=["worker"],
        max_age=59,
        once=Once.EVER,
    )
    _propose(waiting, at=now - timedelta(days=2))
    _draft("HOSP25", branch="4403", at=now - timedelta(days=1), opens_on=today + 30 * ONE_DAY)
    done = _draft(
        "HOSP25",
        branch="4420",
        at=now - timedelta(days=90),
        opens_on=today - 88 * ONE_DAY,
        name="快递员关爱赠送",
        sponsor_id="中山市总工会",
        basis="中工〔2026〕5 号",
        budget_amount=Decimal(114_000),
        quotas=[QuotaLine(code="4420", person_count=1200)],
    )
    _publish(done, at=now - timedelta(days=89))
    by = office.get_actor("chanpin")
    gifts.close(campaign_id=done.pk, reason="1,200 个名额已用完", by=by, at=now - timedelta(days=15))


def _draft(code: str, *, branch: str, at: datetime, opens_on: date, **others: Any) -> GiftCampaign:
    quotas = others.pop("quotas", [])
    figures = {
        "name": "新业态劳动者关爱行动",
        "kind": CampaignKind.GIFT,
        "sponsor_id": "深圳市总工会",
        "basis": "征求意见稿",
        "branch_id": Branch.objects.get(code=branch).pk,
        "plan_id": Plan.objects.get(code=code).pk,
        "amount_per_person": None,
        "budget_amount": Decimal(500_000),
        "opens_on": opens_on,
        "closes_on": opens_on + 120 * ONE_DAY,
        "once": Once.CAMPAIGN,
        "employer_kinds": [],
        "gender": "",
        "min_age": None,
        "max_age": None,
        "job_categories": [],
        "is_first_only": False,
    } | others
    return gifts.draft_campaign(figures=figures, quotas=quotas, by=office.get_actor("chanpin"), at=at)


def _propose(campaign: GiftCampaign, *, at: datetime) -> None:
    by = office.get_actor("chanpin")
    gifts.propose(campaign_id=campaign.pk, revision=campaign.revision, by=by, at=at)


def _publish(campaign: GiftCampaign, *, at: datetime) -> None:
    _propose(campaign, at=at)
    second = office.get_actor("chanpin-fuhe")
    gifts.publish(campaign_id=campaign.pk, revision=campaign.revision, by=second, at=at + timedelta(hours=5))
