"""Campaigns as a product manager reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from huzhu.accounts.policy import Verdict as May
from huzhu.employers.models import EmployerKind
from huzhu.enrolment.queries import Places, get_taken
from huzhu.gifts import permissions
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.rules import get_amount_per_person, get_places
from huzhu.gifts.states import CampaignAction, CampaignState
from huzhu.roster.models import JobCategory
from huzhu.shared.actors import Actor
from huzhu.ui.values import money_text


@dataclass(frozen=True, kw_only=True)
class PlaceRow:
    """One quota, or the whole campaign: places in all, reserved, used, left."""

    name: str
    code: str
    count: int
    places: Places

    @property
    def left(self) -> int:
        """How many more people may join."""
        return max(0, self.count - self.places.taken)


GROUPS = {"open": "进行中", "preparing": "准备中", "over": "已结束"}


@dataclass(frozen=True, kw_only=True)
class CampaignRow:
    """One campaign of the list: what is paid per person, for how many people at most."""

    campaign: GiftCampaign
    per_person: Decimal
    places: int
    standing: str
    tone: str
    group: str
    taken: int

    @property
    def left(self) -> int:
        """How many more people may join."""
        return max(0, self.places - self.taken)


@dataclass(frozen=True, kw_only=True)
class Group:
    """One of the tabs over the list."""

    key: str
    label: str
    count: int
    is_shown: bool


def get_group(key: str) -> str:
    """
    This function will give the group to show: what stands open unless another is asked for.
    """
    return key if key in GROUPS else "open"


def get_row(campaign: GiftCampaign, *, day: date, taken: int = 0) -> CampaignRow:
    """
    This function will tell where a campaign of `queries.get_campaigns` stands on a day.
    """
    price = campaign.contribution or Decimal(0)  # type: ignore[attr-defined]  # annotated
    per_person = get_amount_per_person(campaign.kind, amount=campaign.amount_per_person, contribution=price)
    standing, tone, group = _stand(campaign, day)
    return CampaignRow(
        campaign=campaign,
        per_person=per_person,
        # Quotas never cost more than the budget; without any the budget alone says how many.
        places=campaign.quota_places or get_places(budget=campaign.budget_amount, per_person=per_person),  # type: ignore[attr-defined]
        standing=standing,
        tone=tone,
        group=group,
        taken=taken,
    )


def get_places_of(campaign: GiftCampaign, *, row: CampaignRow) -> tuple[list[PlaceRow], PlaceRow]:
    """
    This function will count the places of each quota, and of the whole campaign, as they stand now. Two queries.
    """
    taken = get_taken(campaign_ids=[campaign.pk])
    quotas = [
        PlaceRow(
            name=f"{quota.branch}（含下级）" if quota.branch else quota.employer.name if quota.employer else "",
            code=quota.code,
            count=quota.person_count,
            places=taken.get((campaign.pk, quota.pk), Places()),
        )
        for quota in campaign.quotas.select_related("branch", "employer")
    ]
    whole = Places(
        reserved=sum(each.reserved for each in taken.values()),
        used=sum(each.used for each in taken.values()),
        amount=sum((each.amount for each in taken.values()), Decimal("0.00")),
    )
    return quotas, PlaceRow(name="", code="", count=row.places, places=whole)


def _stand(campaign: GiftCampaign, day: date) -> tuple[str, str, str]:
    state = CampaignState(campaign.state)
    if state in (CampaignState.CLOSED, CampaignState.DISCARDED):
        return str(state.label), "quiet", "over"
    if state != CampaignState.PUBLISHED:
        tone = {CampaignState.PROPOSED: "waits", CampaignState.RETURNED: "warns"}.get(state, "info")
        return str(state.label), tone, "preparing"
    if day > campaign.closes_on:
        return "已到期", "quiet", "over"
    return ("进行中", "done", "open") if day >= campaign.opens_on else ("未开始", "info", "open")


def get_rows(campaigns: Iterable[GiftCampaign], *, day: date) -> list[CampaignRow]:
    """
    This function will tell where each campaign stands on a day.
    """
    found = list(campaigns)
    taken: dict[int, int] = {}
    for (campaign_id, _), places in get_taken(campaign_ids=[campaign.pk for campaign in found]).items():
        taken[campaign_id] = taken.get(campaign_id, 0) + places.taken
    return [get_row(campaign, day=day, taken=taken.get(campaign.pk, 0)) for campaign in found]


def count_groups(rows: Iterable[CampaignRow], *, shown: str) -> list[Group]:
    """
    This function will count the campaigns of each group.
    """
    groups = [row.group for row in rows]
    return [
        Group(key=key, label=label, count=groups.count(key), is_shown=key == shown) for key, label in GROUPS.items()
    ]


def get_sections(campaign: GiftCampaign) -> list[tuple[str, list[tuple[str, str]]]]:
    """
    This function will tell what a campaign says, in sections.
    """
    price = campaign.contribution or Decimal(0)  # type: ignore[attr-defined]  # annotated
    is_gift = campaign.amount_per_person is None
    pays = f"每人一份，全额 {money_text(price)} 元" if is_gift else f"每人 {money_text(campaign.amount_per_person)} 元"
    rest = "无" if is_gift else f"每份另缴 {money_text(price - (campaign.amount_per_person or 0))} 元"
    return [
        (
            "出资",
            [
                ("方式", campaign.get_kind_display()),
                ("保障计划", str(campaign.plan)),
                ("出资单位承担", pays),
                ("单位或个人", rest),
                ("预算", f"{money_text(campaign.budget_amount)} 元"),
                ("文件依据", campaign.basis),
            ],
        ),
        (
            "对象",
            [
                ("活动机构", f"{campaign.branch}（含下级）"),
                ("单位性质", _name(EmployerKind, campaign.employer_kinds)),
                ("岗位", _name(JobCategory, campaign.job_categories)),
                ("性别", campaign.get_gender_display() if campaign.gender else "不限"),
                ("年龄", _tell_ages(campaign.min_age, campaign.max_age)),
                ("仅限首次参保", "是" if campaign.is_first_only else "否"),
                ("参加次数", campaign.get_once_display()),
            ],
        ),
    ]


def _name(kinds: type[EmployerKind] | type[JobCategory], chosen: Iterable[str]) -> str:
    return "、".join(str(kinds(each).label) for each in chosen) or "不限"


def _tell_ages(least: int | None, most: int | None) -> str:
    if least is None and most is None:
        return "按计划的参保年龄"
    if least is None:
        return f"{most} 周岁以下（含）"
    return f"{least} 周岁以上" if most is None else f"{least}–{most} 周岁"


def get_acts(campaign: GiftCampaign, *, actor: Actor) -> dict[str, May]:
    """
    This function will tell which acts the actor may take on a campaign as it stands, each with the words it is refused with.
    """
    acts = {action.value: permissions.may(actor, f"gift_campaign.{action}", campaign) for action in CampaignAction}
    drafts = permissions.may(actor, "gift_campaign.draft", campaign)
    return acts | {"edit": drafts if campaign.is_editable else May("不在起草中。")}
