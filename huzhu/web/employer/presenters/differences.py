"""The comparison with a month's list in the words and shapes the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from huzhu.roster.differences import REASONS, SIDES, DifferenceCounts, DifferingPerson, is_newcomer_no_more
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
    rule = REASONS[person.side].get(person.code)
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


def side_tabs(counts: DifferenceCounts, *, listed: InsuranceRoster, current: str) -> list[Tab]:
    """The three sides with how many differ."""
    return [
        Tab(label=label, url=f"?list={listed.pk}&side={side}", current=side == current, count=counts.differing[side])
        for side, label in SIDES.items()
    ]


GUIDANCE = {
    "only_roster": "名册在职、名单里没有。确已退休、离职的，勾选后办理离开；新入职、劳务派遣的说明原因，参保时系统据此判断。",
    "only_list": "名单里有、名册里没有。是本单位在职人员的，请新增或导入名册；已离开的说明原因，计算参保比例时不计入。",
    "name_differs": "证件号码相同、姓名不同。名单正确的，可直接按名单更正名册；名册正确的，写明原因（如曾用名）。",
}
