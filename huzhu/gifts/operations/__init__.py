"""Everything that writes campaigns."""

from huzhu.gifts.operations.drafting import (
    FIGURES,
    CampaignConflict,
    change_draft,
    discard,
    draft_campaign,
    propose,
    recall,
)
from huzhu.gifts.operations.moving import CampaignRefused
from huzhu.gifts.operations.publishing import close, publish, send_back
from huzhu.gifts.rules import FiguresRefused

__all__ = [
    "FIGURES",
    "CampaignConflict",
    "CampaignRefused",
    "FiguresRefused",
    "change_draft",
    "close",
    "discard",
    "draft_campaign",
    "propose",
    "publish",
    "recall",
    "send_back",
]
