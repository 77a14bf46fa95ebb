"""What of the campaigns waits for the office (工作台)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.states import GIFT_CAMPAIGN, CampaignState
from huzhu.shared.actors import Actor
from huzhu.work.kinds import WorkKind, declare


def _not_own(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return rows.exclude(proposed_by_person__in=actor.persons)


declare(
    WorkKind(
        key="gift_campaigns",
        label="赠送与补贴复核",
        flow=GIFT_CAMPAIGN,
        state=CampaignState.PROPOSED,
        model=GiftCampaign,
        since="proposed_at",
        number="plan__code",
        title="name",
        branch="branch__name",
        page="office:gift",
        argument="campaign_id",
        verb="复核",
        badge="gift_campaigns",
        leaves_out=_not_own,
        act="gift_campaign.publish",
        starts=("gift_campaign.propose",),
        related=("branch",),
    )
)
