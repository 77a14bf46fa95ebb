"""What every step of a campaign needs: the lock, and the only lines that write `state`."""

from __future__ import annotations

from datetime import datetime

from huzhu.audit import operations as audit
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.states import GIFT_CAMPAIGN, CampaignAction
from huzhu.shared.actors import Actor
from huzhu.work import operations as work


class CampaignRefused(ValueError):
    """This cannot be done with the campaign; the words say what to do."""


class CampaignConflict(ValueError):
    """Somebody else changed the draft meanwhile."""

    def __init__(self) -> None:
        super().__init__("草稿刚被他人修改，未保存您的修改。请在新页面打开最新的草稿，对照后重新填写。")


def lock_campaign(campaign_id: int) -> GiftCampaign:
    """This function will read a campaign and keep everybody else from it to the end of the transaction."""
    rows = GiftCampaign.objects.select_for_update(of=("self",)).select_related("plan", "branch")
    return rows.get(pk=campaign_id)


def move(campaign: GiftCampaign, action: CampaignAction, *, by: Actor, at: datetime, reason: str = "") -> GiftCampaign:
    """
    This function will change the state, save, and leave a trace.

    :raises TransitionNotAllowed: if the step is not open in the state
    """
    before = campaign.state
    campaign.state = GIFT_CAMPAIGN.next_state(action, state=before)
    campaign.save()
    work.finish(campaign, at=at)
    audit.record(
        f"gift_campaign.{action}",
        label=f"{action.label}赠送与补贴",
        subject=campaign,
        by=by,
        at=at,
        before=before,
        after=campaign.state,
        reason=reason,
        details={"name": campaign.name, "plan": campaign.plan.code},
    )
    return campaign
