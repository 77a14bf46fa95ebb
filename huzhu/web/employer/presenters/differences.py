"""The comparison with a month's list in the words and shapes the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from huzhu.roster.differences import ELSEWHERE, REASONS, SIDES, DifferenceCounts, DifferingPerson, is_newcomer_no_more
from huzhu.roster.models import InsuranceRoster, ReasonCode
from huzhu.ui.parts import Tab


@dataclass(frozen=True)
class Row:
    """One person of a side with the reason given. `key_name` and `key` are what the tick of the row posts."""

    person: DifferingPerson
    key_name: str
    key: int
    reason: str
    proof_url: str
    lacks_proof: bool
    is_stale: bool
    carried_from: date | None


def rows(people: Sequence[DifferingPerson], *, listed: InsuranceRoster) -> list[Row]:
    """A page of people."""
    return [_row(person, listed=listed) for person in people]


def _row(person: DifferingPerson, *, listed: InsuranceRoster) -> Row:
    rule = REASONS.get(person.side, {}).get(person.code)
    first = person.first_month
    return Row(
        person=person,
        key_name="lines" if person.entry_id is None else "entries",
        key=person.entry_id or person.line_id or 0,
        reason=ReasonCode(person.code).label if person.code else "",
        proof_url=reverse("employer:file", args=[person.proof_id]) if person.proof_id else "",
        lacks_proof=bool(rule and rule.needs_proof and not person.proof_id),
        is_stale=person.code == ReasonCode.JOINED
        and bool(first and is_newcomer_no_more(first_month=first, month=listed.month)),
        carried_from=first if first and first < listed.month else None,
    )


def side_tabs(
    counts: DifferenceCounts, *, listed: InsuranceRoster, other: InsuranceRoster | None, current: str
) -> list[Tab]:
    """The three sides with how many differ; beside them whom the list of the other kind has."""
    labels = dict(SIDES)
    if other and (counts.elsewhere or current == ELSEWHERE):
        labels[ELSEWHERE] = f"在{other.get_kind_display()}名单"
    return [
        Tab(label=label, url=f"?list={listed.pk}&side={side}", current=side == current, count=counts.of_side(side)[0])
        for side, label in labels.items()
    ]


def get_guidance(side: str, *, other: InsuranceRoster | None) -> str:
    """
    This function will say what to do about the people of a side.
    """
    if side in GUIDANCE:
        return GUIDANCE[side]
    return f"这份名单里没有，但在{get_name(other)}中。两种名单合并计算，这些人不算差异，不必说明原因。"


def get_name(listed: InsuranceRoster | None) -> str:
    """
    This function will name a list by month and kind.
    """
    if listed is None:
        return "另一种名单"
    return f"{listed.month.year}年{listed.month.month}月{listed.get_kind_display()}名单"


def get_only_roster_hint(counts: DifferenceCounts, *, other: InsuranceRoster | None) -> str:
    """
    This function will say below the number of people only on the roster where the others are whom the list lacks.
    """
    if other is None or not counts.elsewhere:
        return "名单里没有"
    return f"另有 {counts.elsewhere:,} 人在{other.get_kind_display()}"


GUIDANCE = {
    "only_roster": "名册在职、名单里没有。确已退休、离职的，勾选后办理离开；新入职、劳务派遣的说明原因，参保时系统据此判断。",
    "only_list": "名单里有、名册里没有。是本单位在职人员的，请新增或导入名册；已离开的说明原因，计算参保比例时不计入。",
    "name_differs": "证件号码相同、姓名不同。名单正确的，可直接按名单更正名册；名册正确的，写明原因（如曾用名）。",
}
