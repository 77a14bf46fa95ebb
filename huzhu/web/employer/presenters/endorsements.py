"""批改 in the words and fields of its pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.http import QueryDict

from huzhu.cover.rules import get_end
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.rules import begun_months, mid_term_contribution
from huzhu.enrolment.states import EDITABLE
from huzhu.journeys.add_members import get_common_end, tell_why_not
from huzhu.policies.endorsements import OnPolicy
from huzhu.policies.models import Policy
from huzhu.roster.models import EmploymentStatus
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY


@dataclass(frozen=True, kw_only=True)
class AdditionOffer:
    """
    What somebody who is added to a policy gets and pays, as if the cover began tomorrow; `why_not` where nobody can be added.
    """

    why_not: str
    starts_on: date
    common_end: date | None
    last_day: date
    term_months: int
    months: int
    full_amount: Decimal
    amount: Decimal
    application: EnrolmentApplication | None  # still with the employer: it is gone on with


def get_addition(policy: Policy, *, by: Actor, today: date) -> AdditionOffer:
    """
    This function will tell what 增员 of a policy means on a day.
    """
    terms, starts_on, common_end = policy.plan_version, today + ONE_DAY, get_common_end(policy)
    full_amount = terms.contribution_amount * policy.share_count
    end = get_end(start=starts_on, term_months=terms.term_months, common_end=common_end)
    months = begun_months(start=starts_on, end=end)
    amount = full_amount
    if common_end is not None:
        amount = mid_term_contribution(full_amount=full_amount, start=starts_on, end=end, term_months=terms.term_months)
    drafts = EnrolmentApplication.objects.visible_to(by).filter(endorsed_policy_id=policy.pk, state__in=EDITABLE)
    return AdditionOffer(
        why_not=tell_why_not(policy, day=today),
        starts_on=starts_on,
        common_end=common_end,
        last_day=end - ONE_DAY,
        term_months=terms.term_months,
        months=min(months, terms.term_months),
        full_amount=full_amount,
        amount=amount,
        application=drafts.order_by("-pk").first(),
    )


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
