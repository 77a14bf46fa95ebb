"""The life of a campaign: drafted, proposed, published by somebody else, closed to new people one day."""

from django.db import models

from huzhu.accounts.roles import StaffRole
from huzhu.shared.workflow import Workflow, step

MANAGERS = frozenset({StaffRole.PRODUCT_MANAGER})


class CampaignState(models.TextChoices):
    DRAFT = "draft", "草稿"
    PROPOSED = "proposed", "待复核"
    RETURNED = "returned", "已退回"
    PUBLISHED = "published", "已发布"
    CLOSED = "closed", "已结束"
    DISCARDED = "discarded", "已作废"


class CampaignAction(models.TextChoices):
    PROPOSE = "propose", "提交复核"
    RECALL = "recall", "撤回"
    SEND_BACK = "send_back", "退回"
    PUBLISH = "publish", "发布"
    CLOSE = "close", "结束"
    DISCARD = "discard", "作废"


class CampaignKind(models.TextChoices):
    """What the sponsor pays for a person."""

    GIFT = "gift", "赠送一份"
    SUBSIDY = "subsidy", "补贴部分费用"


class Once(models.TextChoices):
    """How often a person may take part."""

    CAMPAIGN = "campaign", "本活动内每人一次"
    EVER = "ever", "以前受赠过的不再参加"


EDITABLE = frozenset({CampaignState.DRAFT, CampaignState.RETURNED})
TOLD = frozenset({CampaignState.PUBLISHED, CampaignState.CLOSED})

GIFT_CAMPAIGN = Workflow(
    "gift_campaign",
    states=CampaignState,
    actions=CampaignAction,
    initial=[CampaignState.DRAFT],
    steps={
        CampaignAction.PROPOSE: step(EDITABLE, CampaignState.PROPOSED, by=MANAGERS, waits=False),
        CampaignAction.RECALL: step([CampaignState.PROPOSED], CampaignState.DRAFT, by=MANAGERS, waits=False),
        CampaignAction.SEND_BACK: step(
            [CampaignState.PROPOSED], CampaignState.RETURNED, by=MANAGERS, guard="not_own_work"
        ),
        CampaignAction.PUBLISH: step(
            [CampaignState.PROPOSED], CampaignState.PUBLISHED, by=MANAGERS, guard="not_own_work"
        ),
        CampaignAction.CLOSE: step(
            [CampaignState.PUBLISHED], CampaignState.CLOSED, by=MANAGERS, guard="has_reason", waits=False
        ),
        CampaignAction.DISCARD: step(EDITABLE, CampaignState.DISCARDED, by=MANAGERS, waits=False),
    },
    deadlines={CampaignState.PROPOSED: "gift_days"},
)
