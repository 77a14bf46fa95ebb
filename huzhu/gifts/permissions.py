"""Rows of the policy table: who may prepare campaigns, publish and close them."""

from __future__ import annotations

from huzhu.accounts import policy, scope
from huzhu.accounts.models import Branch
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.states import GIFT_CAMPAIGN, MANAGERS, CampaignAction
from huzhu.shared.actors import Actor

__all__ = ["NotPermitted", "check", "may"]

MANAGED = "赠送与补贴由产品管理员办理：一人提交，另一人复核发布。"


def of_subtree(by: Actor, record: Branch | GiftCampaign) -> str:
    """the own subtree's"""
    branch = record.branch if isinstance(record, GiftCampaign) else record
    return "" if scope.includes(by, branch) else "该机构不在您的管辖范围内，请由该机构或其上级的产品管理员办理。"


def another_than_proposed(by: Actor, campaign: GiftCampaign) -> str:
    """another person than who proposed"""
    if not by.person:
        return "须由一名产品管理员复核。"
    if who := by.own_among(campaign.proposed_by_person):
        return f"这项活动由{who}提交，须由另一名产品管理员复核；需要修改的请撤回。"
    return ""


policy.declare(
    act("gift_campaign.draft", "起草和修改赠送与补贴", MANAGERS, MANAGED, scope=of_subtree),
    *policy.steps(
        GIFT_CAMPAIGN,
        otherwise=MANAGED,
        scope=of_subtree,
        guards={
            CampaignAction.PUBLISH: (another_than_proposed,),
            CampaignAction.SEND_BACK: (another_than_proposed,),
        },
    ),
)
