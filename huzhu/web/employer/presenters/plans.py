"""Plans as an employer chooses them: what each pays in plain words, what it costs, for whom, and which exclude each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from huzhu.plans.models import PlanVersion
from huzhu.ui.values import money_text
from huzhu.web.office.presenters import plans as wording


@dataclass(frozen=True, kw_only=True)
class ShareOption:
    """One choice of the shares chooser with what it costs a person."""

    count: int
    amount: Decimal
    is_chosen: bool

    @property
    def label(self) -> str:
        """The option's words."""
        return f"{self.count} 份 · 每人 {money_text(self.amount)} 元"


@dataclass(frozen=True, kw_only=True)
class PlanCard:
    """One plan on sale, as a card of the first step."""

    version: PlanVersion
    name: str
    is_chosen: bool
    pays: list[dict[str, object]]
    price: Decimal
    term: str
    for_whom: str
    waiting: str
    cap: str
    options: list[ShareOption]
    excludes: list[str]

    @property
    def has_chooser(self) -> bool:
        """Whether there is more than one number of shares to choose from."""
        return len(self.options) > 1


def get_cards(*, versions: Sequence[PlanVersion], chosen: Mapping[int, int]) -> list[PlanCard]:
    """
    This function will turn the plan versions on sale into cards; `chosen` is shares by version id.
    """
    return [_card(version, versions, chosen) for version in versions]


def _card(version: PlanVersion, versions: Sequence[PlanVersion], chosen: Mapping[int, int]) -> PlanCard:
    shares = chosen.get(version.pk, 0)
    rivals = [
        str(other.plan)
        for other in versions
        if version.exclusive_group and other.exclusive_group == version.exclusive_group and other.pk != version.pk
    ]
    return PlanCard(
        version=version,
        name=str(version.plan),
        is_chosen=bool(shares),
        pays=wording.get_benefits(version),
        price=version.contribution_amount,
        term=_term(version.term_months),
        for_whom=_for_whom(version),
        waiting=_waiting(version),
        cap=_cap(version),
        options=[
            ShareOption(count=count, amount=count * version.contribution_amount, is_chosen=count == (shares or 1))
            for count in range(1, version.max_shares + 1)
        ],
        excludes=rivals,
    )


def _term(months: int) -> str:
    years, rest = divmod(months, 12)
    return f"{months} 个月" if rest else f"{years} 年"


def _for_whom(version: PlanVersion) -> str:
    people = f"在职{version.get_gender_display()}职工" if version.gender else "在职职工"
    insured = "，须参加基本医疗保险" if version.requires_medical_insurance else ""
    return f"{version.min_age} 周岁至本人法定退休年龄的{people}{insured}"


def _waiting(version: PlanVersion) -> str:
    if not version.waiting_days_first and not version.waiting_days_lapsed:
        return "无免责期"
    renewal = f"续保 {version.waiting_days_renewal} 天" if version.waiting_days_renewal else "按期续保无"
    first, lapsed = version.waiting_days_first, version.waiting_days_lapsed
    same = f"首次参保或断保 {first} 天" if first == lapsed else f"首次参保 {first} 天，断保 {lapsed} 天"
    return f"{same}，{renewal}"


def _cap(version: PlanVersion) -> str:
    if version.cap_amount is not None:
        return f"{money_text(version.cap_amount)} 元"
    return "；".join(f"{region} {money_text(cap)} 元" for region, cap in version.caps_by_region.items())
