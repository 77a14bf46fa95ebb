"""What a campaign may say, and what its places cost: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from huzhu.gifts.states import CampaignKind

Figures = Mapping[str, Any]
LEAST_AGE, HIGHEST_AGE = 16, 100
MOST_PLACES = 10_000_000


class FiguresRefused(ValueError):
    """A campaign cannot say this; `problems` tells each by its field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("；".join(problems.values()))
        self.problems = dict(problems)


class NotOffered(StrEnum):
    """Why a campaign is not open to an employer on a day."""

    CLOSED = "closed"
    NOT_BEGUN = "not_begun"
    OVER = "over"
    OTHER_BRANCH = "other_branch"
    OTHER_KIND = "other_kind"
    NO_QUOTA = "no_quota"


def find_why_not_offered(
    *,
    is_published: bool,
    opens_on: date,
    closes_on: date,
    day: date,
    is_of_branch: bool,
    is_of_kind: bool,
    is_allotted: bool,
) -> NotOffered | None:
    """
    This function will tell why a campaign is not open to an employer on a day; nothing if it is.

    :param is_allotted: whether places were allotted to the employer or a branch above it, or to nobody in particular
    """
    reasons = [
        (not is_published, NotOffered.CLOSED),
        (day < opens_on, NotOffered.NOT_BEGUN),
        (day > closes_on, NotOffered.OVER),
        (not is_of_branch, NotOffered.OTHER_BRANCH),
        (not is_of_kind, NotOffered.OTHER_KIND),
        (not is_allotted, NotOffered.NO_QUOTA),
    ]
    return next((reason for applies, reason in reasons if applies), None)


def get_places_left(
    *, person_count: int | None, taken: int, budget: Decimal, spent: Decimal, per_person: Decimal
) -> int:
    """
    This function will tell how many people may still join: what is left of the quota and of the budget, whichever is less.

    :param person_count: of the quota; None where the budget alone is the limit
    """
    by_budget = get_places(budget=max(Decimal(0), budget - spent), per_person=per_person)
    return by_budget if person_count is None else max(0, min(person_count - taken, by_budget))


@dataclass(frozen=True, kw_only=True)
class QuotaLine:
    """So many people of a branch's subtree (named by its code) or of an employer (by its 统一社会信用代码)."""

    code: str
    person_count: int


def get_amount_per_person(kind: str, *, amount: Decimal | None, contribution: Decimal) -> Decimal:
    """
    This function will tell what the sponsor pays for a person: a gift is one whole share, a subsidy its own amount.
    """
    return contribution if kind == CampaignKind.GIFT or amount is None else amount


def get_places(*, budget: Decimal, per_person: Decimal) -> int:
    """
    This function will tell for how many people a budget suffices.
    """
    return int(budget // per_person) if per_person > 0 else 0


def check_figures(figures: Figures, *, contribution: Decimal, is_gift_plan: bool) -> None:
    """
    This function will pass figures that make a campaign.

    :param contribution: of one share of the plan
    :param is_gift_plan: whether the plan may be given (可作赠送计划)
    :raises FiguresRefused: for any other, each problem at its field
    """
    problems: dict[str, str] = {}
    for name, words in _find_problems(figures, contribution, is_gift_plan):
        problems.setdefault(name, words)
    if problems:
        raise FiguresRefused(problems)


def _find_problems(figures: Figures, contribution: Decimal, is_gift_plan: bool) -> Iterable[tuple[str, str]]:
    for name, words in (("name", "活动名称"), ("sponsor_id", "出资单位"), ("basis", "文件依据")):
        if not str(figures[name]).strip():
            yield name, f"请填写{words}。"
    yield from _find_money_problems(figures, contribution, is_gift_plan)
    if figures["closes_on"] < figures["opens_on"]:
        yield "closes_on", f"截止日期不能早于开始日期 {figures['opens_on']}。"
    least, most = figures["min_age"], figures["max_age"]
    for name, age in (("min_age", least), ("max_age", most)):
        if age is not None and not LEAST_AGE <= age <= HIGHEST_AGE:
            yield name, f"年龄须为 {LEAST_AGE} 至 {HIGHEST_AGE} 周岁，不限的请留空。"
    if least is not None and most is not None and least > most:
        yield "max_age", f"最高年龄不能小于最低年龄 {least} 周岁。"


def _find_money_problems(figures: Figures, contribution: Decimal, is_gift_plan: bool) -> Iterable[tuple[str, str]]:
    amount = figures["amount_per_person"]
    if figures["kind"] == CampaignKind.GIFT:
        if not is_gift_plan:
            yield "plan_id", "该计划未设为“可作赠送计划”，请改选计划，或改为补贴。"
        if amount is not None:
            yield "amount_per_person", f"赠送按计划每份 {contribution} 元由出资单位承担，此项请留空。"
    elif amount is None or amount <= 0:
        yield "amount_per_person", "请填写每人补贴金额。"
    elif amount >= contribution:
        yield "amount_per_person", f"补贴须少于每份保障费 {contribution} 元；全额承担的请选“赠送一份”。"
    per_person = get_amount_per_person(figures["kind"], amount=amount, contribution=contribution)
    if figures["budget_amount"] <= 0:
        yield "budget_amount", "预算须大于 0。"
    elif per_person > 0 and get_places(budget=figures["budget_amount"], per_person=per_person) < 1:
        yield "budget_amount", f"预算不够一人（每人 {per_person} 元）。"


def check_quotas(lines: Iterable[QuotaLine], *, budget: Decimal, per_person: Decimal) -> None:
    """
    This function will pass quotas that the budget can pay.

    :raises FiguresRefused: if a place is named twice, has nobody, or all together cost more than the budget
    """
    lines = list(lines)
    codes = [line.code for line in lines]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise FiguresRefused({"quotas": f"{'、'.join(twice)} 填写了不止一行，请合并。"})
    if wrong := [line.code for line in lines if not 1 <= line.person_count <= MOST_PLACES]:
        raise FiguresRefused({"quotas": f"{'、'.join(wrong)} 的名额须为 1 以上的整数。"})
    total = sum(line.person_count for line in lines)
    if total * per_person > budget:
        places = get_places(budget=budget, per_person=per_person)
        raise FiguresRefused(
            {"quotas": f"名额合计 {total} 人，预算只够 {places} 人（每人 {per_person} 元），请减少名额。"}
        )
