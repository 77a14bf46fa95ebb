"""Preparing a campaign: drafted, edited, proposed, taken back, discarded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.audit import operations as audit
from huzhu.employers.models import Employer
from huzhu.gifts import permissions, queries
from huzhu.gifts.models import GiftCampaign, Quota, Sponsor
from huzhu.gifts.operations.moving import CampaignConflict, CampaignRefused, lock_campaign, move
from huzhu.gifts.rules import FiguresRefused, QuotaLine, check_figures, check_quotas, get_amount_per_person
from huzhu.gifts.states import CampaignAction
from huzhu.shared.actors import Actor

FIGURES = (
    "name",
    "kind",
    "sponsor_id",
    "basis",
    "branch_id",
    "plan_id",
    "amount_per_person",
    "budget_amount",
    "opens_on",
    "closes_on",
    "once",
    "employer_kinds",
    "gender",
    "min_age",
    "max_age",
    "job_categories",
    "is_first_only",
)


@transaction.atomic
def draft_campaign(*, figures: Mapping[str, Any], quotas: Sequence[QuotaLine], by: Actor, at: datetime) -> GiftCampaign:
    """
    This function will begin a campaign.

    :param figures: by name, all of `FIGURES`
    :raises permissions.NotPermitted: if the branch is not of the actor's subtree
    :raises FiguresRefused: if this makes no campaign; each problem at its field
    """
    permissions.check(by, "gift_campaign.draft", Branch.objects.get(pk=figures["branch_id"]))
    campaign = GiftCampaign(drafted_at=at, drafted_by_name=by.name, **{name: figures[name] for name in FIGURES})
    rows = _check(campaign, quotas)
    _keep_sponsor(campaign)
    campaign.save()
    _replace_quotas(campaign, rows)
    audit.record(
        "gift_campaign.draft",
        label="起草赠送与补贴",
        subject=campaign,
        by=by,
        at=at,
        after=campaign.state,
        details={"name": campaign.name, "quotas": _tell(quotas)},
    )
    return campaign


@transaction.atomic
def change_draft(
    *,
    campaign_id: int,
    revision: int,
    figures: Mapping[str, Any],
    quotas: Sequence[QuotaLine],
    by: Actor,
    at: datetime,
) -> GiftCampaign:
    """
    This function will change what a draft says.

    :param revision: of the draft that was on the screen
    :param figures: by name, all of `FIGURES`
    :raises permissions.NotPermitted: if the actor may not, or the new branch is not of the actor's subtree
    :raises CampaignRefused: if it is not being written any more
    :raises CampaignConflict: if somebody else changed it meanwhile
    :raises FiguresRefused: if this makes no campaign; each problem at its field
    """
    campaign = lock_campaign(campaign_id)
    permissions.check(by, "gift_campaign.draft", campaign)
    permissions.check(by, "gift_campaign.draft", Branch.objects.get(pk=figures["branch_id"]))
    if not campaign.is_editable:
        raise CampaignRefused("该活动已提交复核或已发布，不能修改。要修改请先撤回，或另建活动。")
    if campaign.revision != revision:
        raise CampaignConflict
    changes = audit.get_changes(campaign, {name: figures[name] for name in FIGURES})
    before = get_quota_lines(campaign)
    for name in FIGURES:
        setattr(campaign, name, figures[name])
    rows = _check(campaign, quotas)
    if list(quotas) != before:
        changes["quotas"] = (_tell(before), _tell(quotas))
    if not changes:
        return campaign
    campaign.revision += 1
    _keep_sponsor(campaign)
    campaign.save()
    _replace_quotas(campaign, rows)
    audit.record("gift_campaign.change", label="修改赠送与补贴草稿", subject=campaign, by=by, at=at, changes=changes)
    return campaign


@transaction.atomic
def propose(*, campaign_id: int, revision: int, by: Actor, at: datetime) -> GiftCampaign:
    """
    This function will hand a draft to a second person.

    :raises permissions.NotPermitted: if the actor may not
    :raises CampaignConflict: if somebody else changed it meanwhile
    :raises FiguresRefused: if it makes no campaign, because the plan changed since
    :raises TransitionNotAllowed: if it is not being written any more
    """
    campaign = lock_campaign(campaign_id)
    permissions.check(by, "gift_campaign.propose", campaign)
    if campaign.revision != revision:
        raise CampaignConflict
    check(campaign)
    campaign.proposed_at, campaign.proposed_by_id = at, by.user_id
    campaign.proposed_by_name, campaign.proposed_by_person = by.name, by.person
    campaign.decided_at, campaign.decided_by_id, campaign.decided_by_name = None, None, ""
    campaign.decided_by_person = campaign.decided_for_person = campaign.return_reason = ""
    return move(campaign, CampaignAction.PROPOSE, by=by, at=at)


@transaction.atomic
def recall(*, campaign_id: int, by: Actor, at: datetime) -> GiftCampaign:
    """
    This function will take a proposed campaign back to be written on.

    :raises permissions.NotPermitted: if the actor may not
    :raises TransitionNotAllowed: if it is not proposed any more
    """
    campaign = lock_campaign(campaign_id)
    permissions.check(by, "gift_campaign.recall", campaign)
    return move(campaign, CampaignAction.RECALL, by=by, at=at)


@transaction.atomic
def discard(*, campaign_id: int, by: Actor, at: datetime) -> GiftCampaign:
    """
    This function will give up a draft.

    :raises permissions.NotPermitted: if the actor may not
    :raises TransitionNotAllowed: if it is not being written any more
    """
    campaign = lock_campaign(campaign_id)
    permissions.check(by, "gift_campaign.discard", campaign)
    return move(campaign, CampaignAction.DISCARD, by=by, at=at)


def check(campaign: GiftCampaign) -> None:
    """
    This function will pass a campaign that can be published as it stands.

    :raises FiguresRefused: for any other
    """
    _check(campaign, get_quota_lines(campaign))


def get_quota_lines(campaign: GiftCampaign) -> list[QuotaLine]:
    """This function will give the quotas of a campaign as they are typed."""
    return [
        QuotaLine(code=row.code, person_count=row.person_count)
        for row in campaign.quotas.select_related("branch", "employer")
    ]


def _check(campaign: GiftCampaign, quotas: Sequence[QuotaLine]) -> list[Quota]:
    """Everything that makes a campaign; the rows of its quotas, not yet saved."""
    version = queries.get_version_on(plan_id=campaign.plan_id, day=campaign.opens_on)
    if version is None:
        raise FiguresRefused({"plan_id": "该计划尚未发布，不能用于赠送或补贴。"})
    price = version.contribution_amount
    figures = {name: getattr(campaign, name) for name in FIGURES}
    check_figures(figures, contribution=price, is_gift_plan=version.gift_eligible)
    per_person = get_amount_per_person(campaign.kind, amount=campaign.amount_per_person, contribution=price)
    check_quotas(quotas, budget=campaign.budget_amount, per_person=per_person)
    return _find_places(campaign, quotas)


def _find_places(campaign: GiftCampaign, quotas: Sequence[QuotaLine]) -> list[Quota]:
    """The branches and employers that the codes name, all of the subtree of the campaign's branch. Three queries."""
    codes = [line.code for line in quotas]
    place = Branch.objects.get(pk=campaign.branch_id)
    branches = {each.code: each for each in Branch.objects.filter(code__in=codes) if _is_within(each, place)}
    inside = Employer.objects.filter(scope.within_any([place.path], branch="branch"), credit_code__in=codes)
    employers = {each.credit_code: each for each in inside}
    if unknown := [code for code in codes if code not in branches and code not in employers]:
        raise FiguresRefused(
            {"quotas": f"活动机构辖区内没有编码或统一社会信用代码为 {'、'.join(unknown)} 的机构或单位，请核对。"}
        )
    return [
        Quota(branch=branches.get(line.code), employer=employers.get(line.code), person_count=line.person_count)
        for line in quotas
    ]


def _is_within(branch: Branch, place: Branch) -> bool:
    return place.path in scope.get_paths_above(branch)


def _keep_sponsor(campaign: GiftCampaign) -> None:
    """A sponsor named for the first time is a sponsor from now on."""
    Sponsor.objects.get_or_create(name=campaign.sponsor_id)


def _replace_quotas(campaign: GiftCampaign, rows: list[Quota]) -> None:
    campaign.quotas.all().delete()
    for row in rows:
        row.campaign = campaign
    Quota.objects.bulk_create(rows)


def _tell(quotas: Sequence[QuotaLine]) -> str:
    return "；".join(f"{line.code} {line.person_count}" for line in quotas)
