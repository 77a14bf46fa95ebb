"""A plan version in the society's words, for papers and pages alike."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from huzhu.plans.models import PlanVersion

BASES = {"in_scope_self_pay": "政策范围内个人自付", "out_of_scope_self_pay": "自费"}


def describe_benefit(benefit: Mapping[str, Any]) -> str:
    """
    This function will say in one sentence what a benefit pays.

    :raises ValueError: for a kind of benefit nobody has described
    """
    match benefit["kind"]:
        case "lump_sum":
            return f"确诊或发生后每份给付 {_money(benefit['amount_yuan'])} 元"
        case "graded_lump_sum":
            return f"按伤残等级比例给付，每份最高 {_money(benefit['amount_yuan'])} 元"
        case "daily":
            words = f"每份每住院日 {_money(benefit['daily_yuan'])} 元，每人每期最多 {benefit['max_days']} 天"
            return words + (f"，扣除 {benefit['deductible_days']} 天" if benefit.get("deductible_days") else "")
        case "ratio":
            return _describe_ratio(benefit)
    raise ValueError(f"unknown kind of benefit: {benefit['kind']}")


def describe_waiting(version: PlanVersion) -> str:
    """
    This function will say in one sentence how long the waiting period is for whom.
    """
    first, lapsed, renewal = version.waiting_days_first, version.waiting_days_lapsed, version.waiting_days_renewal
    if not (first or lapsed or renewal):
        return "本计划无免责期。"
    if first == lapsed:
        begun = f"首次参保、断保后参保的免责期为{first}天"
    else:
        begun = f"首次参保的免责期为{first}天，断保后参保的免责期为{lapsed}天"
    return f"{begun}；按期续保" + (f"的免责期为{renewal}天。" if renewal else "无免责期。")


def _describe_ratio(benefit: Mapping[str, Any]) -> str:
    ratios, base = benefit["ratio_by_claim_no"], BASES[benefit["base"]]
    parts = [f"第 {number} 次按 {ratio:.0%}" for number, ratio in enumerate(ratios, start=1)]
    words = f"{base}费用的 {ratios[0]:.0%}" if len(set(ratios)) == 1 else f"{base}费用：" + "、".join(parts)
    if benefit.get("max_claims_per_term"):
        words += f"，保障期内最多 {benefit['max_claims_per_term']} 次"
    if benefit.get("cap_yuan_per_term"):
        words += f"，累计不超过 {_money(benefit['cap_yuan_per_term'])} 元"
    return words


def _money(amount: object) -> str:
    return f"{Decimal(str(amount)):,.2f}"


FLAGS = {
    "once_per_term": "每期限给付一次",
    "ends_benefit": "给付后本计划责任终止",
    "ends_coverage": "给付后保障终止",
}
