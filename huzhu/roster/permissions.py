"""Rows of the policy table: who may read, keep and look closely at a roster."""

from __future__ import annotations

from huzhu.accounts import policy
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import EMPLOYER_ENROLLERS, EMPLOYER_READERS, SYSTEM
from huzhu.shared.actors import Actor, Side

__all__ = ["NotPermitted", "check", "may"]


def own_employer(by: Actor, employer_id: int) -> str:
    """the own employer's"""
    is_own = by.side == Side.SYSTEM or by.employer_id == employer_id
    return "" if is_own else "不能查看或维护其他单位的职工名册。"


policy.declare(
    act(
        "roster.keep",
        "维护职工名册",
        {*EMPLOYER_ENROLLERS, SYSTEM},
        "只有单位管理员和经办人可以维护职工名册。",
        scope=own_employer,
    ),
    act(
        "roster.reveal",
        "查看和导出完整证件号码",
        EMPLOYER_ENROLLERS,
        "只有单位管理员和经办人可以查看完整证件号码。",
        scope=own_employer,
        shows=("document",),
    ),
    act(
        "roster.read",
        "查看和导出职工名册",
        {*EMPLOYER_READERS, SYSTEM},
        "您的角色不能查看职工名册。",
        scope=own_employer,
    ),
)
