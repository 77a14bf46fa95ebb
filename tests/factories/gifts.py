"""Campaigns made to measure, by the operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from huzhu.accounts.models import Branch
from huzhu.gifts import operations as gifts
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.rules import QuotaLine
from huzhu.shared.actors import Actor, Side
from tests.factories.accounts import ALWAYS
from tests.factories.plans import version


def figures(branch: Branch, *, at: dt.datetime, **others: Any) -> dict[str, Any]:
    """What a campaign says where a test says nothing else: a free share of the hospital plan for everybody of a branch."""
    sold = version("HOSP25")
    return {
        "name": "新业态劳动者关爱行动",
        "kind": "gift",
        "sponsor_id": "佛山市总工会",
        "basis": "佛工〔2025〕12 号",
        "branch_id": branch.pk,
        "plan_id": sold.plan_id,
        "amount_per_person": None,
        "budget_amount": sold.contribution_amount * 1000,
        "opens_on": at.date(),
        "closes_on": at.date() + dt.timedelta(days=60),
        "once": "campaign",
        "employer_kinds": [],
        "gender": "",
        "min_age": None,
        "max_age": None,
        "job_categories": [],
        "is_first_only": False,
    } | others


def subsidy(amount: str = "15.00", **others: Any) -> dict[str, Any]:
    """The figures that make a subsidy of a campaign."""
    return {"kind": "subsidy", "amount_per_person": Decimal(amount), **others}


def drafted(
    branch: Branch, *, by: Actor, at: dt.datetime, quotas: Sequence[QuotaLine] = (), **others: Any
) -> GiftCampaign:
    """A campaign that is being written."""
    return gifts.draft_campaign(figures=figures(branch, at=at, **others), quotas=quotas, by=by, at=at)


def proposed(branch: Branch, *, by: Actor, at: dt.datetime, **others: Any) -> GiftCampaign:
    """A campaign that waits for a second person."""
    draft = drafted(branch, by=by, at=at, **others)
    return gifts.propose(campaign_id=draft.pk, revision=draft.revision, by=by, at=at)


def published(branch: Branch, *, by: Actor, second: Actor, at: dt.datetime, **others: Any) -> GiftCampaign:
    """A campaign that two persons have published."""
    waiting = proposed(branch, by=by, at=at, **others)
    return gifts.publish(campaign_id=waiting.pk, revision=waiting.revision, by=second, at=at)


def running(branch: Branch, *, at: dt.datetime, **others: Any) -> GiftCampaign:
    """A campaign that is open to the employers of a branch, published by two of its product managers."""
    first, second = (_manager(branch, person=person) for person in ("13900000031", "13900000032"))
    return published(branch, by=first, second=second, at=at, **others)


def close(campaign: GiftCampaign, *, at: dt.datetime) -> None:
    """A campaign that takes nobody new from now on."""
    by = _manager(campaign.branch, person="13900000031")
    gifts.close(campaign_id=campaign.pk, reason="经费用完", by=by, at=at)


def _manager(branch: Branch, *, person: str) -> Actor:
    return Actor(
        user_id=9000 + int(person[-3:]),
        name=f"产品{person[-2:]}",
        person=person,
        side=Side.OFFICE,
        roles=frozenset({"product_manager"}),
        branch_path=branch.path,
        proven_at=ALWAYS,
    )
