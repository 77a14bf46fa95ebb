"""Rows of the policy table: who may send back the stamped 参保确认书."""

from __future__ import annotations

from huzhu.accounts import policy
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import EMPLOYER_PAYERS
from huzhu.policies.models import Policy
from huzhu.shared.actors import Actor

__all__ = ["NotPermitted", "check", "may"]

PAYERS = "只有本单位的单位管理员、经办人或单位财务可以上传盖章参保确认书。"


def own_policy(by: Actor, found: Policy) -> str:
    """the own employer's"""
    return "" if by.employer_id == found.employer_id else PAYERS


policy.declare(act("policy.confirm", "上传盖章参保确认书", EMPLOYER_PAYERS, PAYERS, scope=own_policy))
