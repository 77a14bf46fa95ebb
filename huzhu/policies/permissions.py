"""Rows of the policy table: who may send back the stamped 参保确认书, and see full numbers of its people."""

from __future__ import annotations

from huzhu.accounts import policy, scope
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import EMPLOYER_ENROLLERS, EMPLOYER_PAYERS
from huzhu.cover.permissions import REVEALERS
from huzhu.policies.models import Policy
from huzhu.shared.actors import Actor, Side

__all__ = ["NotPermitted", "check", "may"]

ENROLLERS = "只有本单位的单位管理员或经办人可以办理增员和减员。"
PAYERS = "只有本单位的单位管理员、经办人或单位财务可以上传盖章参保确认书。"


def own_policy(by: Actor, found: Policy) -> str:
    """the own employer's"""
    return "" if by.employer_id == found.employer_id else PAYERS


def own_to_endorse(by: Actor, found: Policy) -> str:
    """the own employer's"""
    return "" if by.employer_id == found.employer_id else ENROLLERS


def own_or_of_subtree(by: Actor, found: Policy) -> str:
    """the own employer's, or employers of the own subtree"""
    is_own = by.side == Side.EMPLOYER and by.employer_id == found.employer_id
    return "" if is_own or scope.includes(by, found.employer.branch) else "该保单不在您的办理范围内。"


policy.declare(
    act("policy.confirm", "上传盖章参保确认书", EMPLOYER_PAYERS, PAYERS, scope=own_policy),
    act("policy.remove_members", "减员", EMPLOYER_ENROLLERS, ENROLLERS, scope=own_to_endorse),
    act(
        "policy.reveal",
        "查看被保障人完整证件号码",
        REVEALERS | EMPLOYER_ENROLLERS,
        "您的角色不能查看完整证件号码，请由单位管理员、经办人、受理员或审核人员办理。",
        scope=own_or_of_subtree,
        shows=("document",),
    ),
)
