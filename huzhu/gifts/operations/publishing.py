"""The second person's part: publish or send back; and closing what is published."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.gifts import permissions
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.operations.drafting import check
from huzhu.gifts.operations.moving import CampaignConflict, CampaignRefused, lock_campaign, move
from huzhu.gifts.states import GIFT_CAMPAIGN, CampaignAction
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.work import operations as work


@transaction.atomic
def publish(*, campaign_id: int, revision: int, by: Actor, at: datetime) -> GiftCampaign:
    """
    This function will publish a proposed campaign.

    :param revision: of the campaign that was on the screen
    :raises permissions.NotPermitted: if the actor may not, or proposed it
    :raises FiguresRefused: if the plan changed since so that it makes no campaign
    :raises CampaignRefused: if its window is over
    :raises CampaignConflict: if it was changed meanwhile
    :raises AlreadyClaimed: if a colleague has taken it on
    :raises TransitionNotAllowed: if it is not proposed any more
    """
    campaign = lock_campaign(campaign_id)
    permissions.check(by, "gift_campaign.publish", campaign)
    GIFT_CAMPAIGN.next_state(CampaignAction.PUBLISH, state=campaign.state)
    work.check_free(campaign, by=by)
    if campaign.revision != revision:
        raise CampaignConflict
    check(campaign)
    if campaign.closes_on < local_date(at):
        raise CampaignRefused(f"活动截止日期 {campaign.closes_on} 已过，请退回，由提交人修改后再提交。")
    two_persons.sign(campaign, by=by)
    campaign.decided_at, campaign.decided_by_name = at, by.name
    return move(campaign, CampaignAction.PUBLISH, by=by, at=at)


@transaction.atomic
def send_back(*, campaign_id: int, reason: str, by: Actor, at: datetime) -> GiftCampaign:
    """
    This function will return a proposed campaign to whoever prepares it.

    :raises permissions.NotPermitted: if the actor may not, or proposed it
    :raises CampaignRefused: without a reason
    :raises AlreadyClaimed: if a colleague has taken it on
    :raises TransitionNotAllowed: if it is not proposed any more
    """
    campaign = lock_campaign(campaign_id)
    permissions.check(by, "gift_campaign.send_back", campaign)
    GIFT_CAMPAIGN.next_state(CampaignAction.SEND_BACK, state=campaign.state)
    work.check_free(campaign, by=by)
    if not reason.strip():
        raise CampaignRefused("请填写退回原因：哪一处、应如何修改。")
    two_persons.sign(campaign, by=by)
    campaign.decided_at, campaign.decided_by_name, campaign.return_reason = at, by.name, reason.strip()[:200]
    return move(campaign, CampaignAction.SEND_BACK, by=by, at=at, reason=campaign.return_reason)


@transaction.atomic
def close(*, campaign_id: int, reason: str, by: Actor, at: datetime) -> GiftCampaign:
    """
    This function will close a published campaign to new people at once.

    :raises permissions.NotPermitted: if the actor may not
    :raises CampaignRefused: without a reason
    :raises TransitionNotAllowed: if it is not published
    """
    campaign = lock_campaign(campaign_id)
    permissions.check(by, "gift_campaign.close", campaign)
    if not reason.strip():
        raise CampaignRefused("请填写结束原因，如名额用完、文件名称和文号。")
    campaign.closed_at, campaign.closed_by_name, campaign.close_reason = at, by.name, reason.strip()[:200]
    return move(campaign, CampaignAction.CLOSE, by=by, at=at, reason=campaign.close_reason)
