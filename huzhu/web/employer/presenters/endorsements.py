"""批改 in the words and fields of its pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict

from huzhu.policies.endorsements import OnPolicy
from huzhu.roster.models import EmploymentStatus

REASON, LEFT_ON = "reason-", "left_on-"


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What the clerk typed for one person, as typed."""

    reason: str
    left_on: str


@dataclass(frozen=True, kw_only=True)
class RemovalRow:
    """One person who may be recorded as having left, with the fields of the row."""

    person: OnPolicy
    is_ticked: bool
    is_proposed: bool
    by_roster: str
    reason: str
    left_on: str
    problem: str

    @property
    def reason_name(self) -> str:
        """The name of the field of the reason."""
        return f"{REASON}{self.person.cover_id}"

    @property
    def left_on_name(self) -> str:
        """The name of the field of the day."""
        return f"{LEFT_ON}{self.person.cover_id}"


def read(posted: QueryDict) -> dict[int, Typed]:
    """
    This function will read reason and day by person.
    """
    found: dict[int, Typed] = {}
    for name in posted:
        text = name.removeprefix(REASON)
        if name.startswith(REASON) and text.isascii() and text.isdigit() and len(text) < 19:
            left_on = posted.get(f"{LEFT_ON}{text}", "").strip()[:20]
            found[int(text)] = Typed(reason=posted.get(name, "")[:20], left_on=left_on)
    return found


def get_rows(
    *,
    proposed: Sequence[OnPolicy],
    found: Sequence[OnPolicy],
    ticked: set[int] | None,
    typed: Mapping[int, Typed],
    problems: Mapping[int | None, str],
    today: date,
) -> list[RemovalRow]:
    """
    This function will give the rows of the form: those who have left by the roster first, then who was looked for.

    :param ticked: as posted; None while nothing is, then everybody proposed is ticked
    """
    rows, seen = [], set()
    by_roster = {person.cover_id for person in proposed}
    for person in (*proposed, *found):
        if person.cover_id in seen:
            continue
        seen.add(person.cover_id)
        is_proposed = person.cover_id in by_roster
        known = Typed(
            reason=person.status if is_proposed and person.status else "",
            left_on=person.left_on.isoformat() if person.left_on else "",
        )
        each = typed.get(person.cover_id, known)
        is_new = is_proposed and person.cover_id not in typed  # left the roster since the page was opened
        rows.append(
            RemovalRow(
                person=person,
                is_ticked=is_proposed if ticked is None or is_new else person.cover_id in ticked,
                is_proposed=is_proposed,
                by_roster=_tell(person),
                reason=each.reason,
                left_on=each.left_on,
                problem=problems.get(person.cover_id, ""),
            )
        )
    return rows


def _tell(person: OnPolicy) -> str:
    if person.status is None:
        return "不在名册"
    label = str(EmploymentStatus(person.status).label)
    return f"{label} {person.left_on}" if person.left_on else label
