"""A plan version in the society's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from huzhu.plans import wording
from huzhu.plans.models import PlanVersion
from huzhu.shared.percent import percent_text
from huzhu.ui.values import money_text


class Figure(NamedTuple):
    """One figure of a plan; `is_assumed` figures wait for the society's confirmation."""

    label: str
    value: str
    is_assumed: bool


def _days(days: int) -> str:
    return f"{days} 天" if days else "无"


# label, value, the catalogue fields behind it
FIGURES: tuple[tuple[str, Callable[[PlanVersion], str], tuple[str, ...]], ...] = (
    ("每份保障费", lambda v: f"{money_text(v.contribution_amount)} 元", ("contribution_amount",)),
    ("每人最多份数", lambda v: f"{v.max_shares} 份", ("max_shares",)),
    ("保障期限", lambda v: f"{v.term_months} 个月", ("term_months",)),
    ("参保年龄", lambda v: f"{v.min_age}–{v.max_age} 周岁，未达本人法定退休年龄", ("min_age", "max_age")),
    ("参保对象", lambda v: f"在职{v.get_gender_display()}职工" if v.gender else "在职职工", ()),
    ("须参加基本医疗保险", lambda v: "是" if v.requires_medical_insurance else "否", ()),
    (
        "参保比例下限",
        lambda v: (
            f"{percent_text(v.min_participation_ratio)}，且不少于 {v.min_headcount} 人；"
            f"{v.all_must_join_below} 人以下单位须全员参保"
        ),
        ("min_participation_ratio", "min_headcount", "all_must_join_below"),
    ),
    ("首次参保免责期", lambda v: _days(v.waiting_days_first), ("waiting_days_first",)),
    ("断保后免责期", lambda v: _days(v.waiting_days_lapsed), ("waiting_days_lapsed",)),
    ("续保免责期", lambda v: _days(v.waiting_days_renewal), ("waiting_days_renewal",)),
    ("续保宽限期", lambda v: _days(v.renewal_grace_days), ("renewal_grace_days",)),
    ("不可同时参保的计划组", lambda v: v.exclusive_group or "无", ("exclusive_group",)),
    ("视同续保的计划", lambda v: "、".join(v.renews_from) or "仅本计划", ()),
    ("可作赠送计划", lambda v: "是" if v.gift_eligible else "否", ()),
    ("申请理赔时限", lambda v: f"{v.claim_limit_days} 天", ("claim_limit_days",)),
    ("每人最高保障金", lambda v: _cap(v), ("cap_amount", "caps_by_region")),
)


def _cap(version: PlanVersion) -> str:
    if version.cap_amount is not None:
        return f"{money_text(version.cap_amount)} 元"
    return "；".join(f"{region} {money_text(cap)} 元" for region, cap in version.caps_by_region.items()) or "按地区另定"


def get_figures(version: PlanVersion) -> list[Figure]:
    """
    This function will list the figures of a plan version, each with whether it is still assumed.
    """
    assumed = set(version.assumed_fields)
    return [Figure(label, value(version), bool(assumed & set(fields))) for label, value, fields in FIGURES]


def get_benefits(version: PlanVersion) -> list[dict[str, object]]:
    """
    This function will tell each benefit of a plan version: name, what is paid in words, diseases, documents.
    """
    return [
        {
            "name": benefit["name"],
            "pays": wording.describe_benefit(benefit),
            "diseases": benefit.get("diseases", []),
            "documents": benefit.get("document_names", []),
        }
        for benefit in version.benefits
    ]
