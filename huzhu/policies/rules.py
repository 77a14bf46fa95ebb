"""When an employer is reminded of a renewal, when one is offered, and with which plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from huzhu.plans.models import PlanVersion
from huzhu.shared.calendar import ONE_DAY

REMINDED_DAYS_BEFORE = (60, 30, 7)
OFFERED_DAYS_BEFORE = REMINDED_DAYS_BEFORE[0]
OFFERED_DAYS_AFTER = 180  # a policy nobody has renewed for so long is enrolled anew


def get_reminder(*, ends_on: date, day: date) -> int | None:
    """
    This function will tell which reminder is due on a day, by the days it is named after: the last one whose day has come, so that
    a day on which nothing ran is made up for. None before the first and from the end on.

    :param ends_on: the first day without cover
    """
    left = (ends_on - day).days
    return min((days for days in REMINDED_DAYS_BEFORE if 0 < left <= days), default=None)


def is_offered(*, first_end: date, last_end: date, day: date) -> bool:
    """
    This function will tell whether a policy may be renewed with one click on a day.

    :param first_end: the earliest end of its people's cover, exclusive; `last_end` the latest
    """
    return (first_end - day).days <= OFFERED_DAYS_BEFORE and (day - last_end).days <= OFFERED_DAYS_AFTER


def is_open_for_additions(*, first_end: date, is_common: bool, day: date) -> bool:
    """
    This function will tell whether people may be added to a policy on a day: during its term as issued, and, where they end with
    it, while a day is left after tomorrow's earliest start.

    :param first_end: the end of the policy as it was issued, exclusive: own full terms of later joiners do not prolong it
    """
    return day + ONE_DAY < first_end if is_common else day < first_end


def get_successors(*, plan_id: int, plan_code: str, on_sale: Iterable[PlanVersion]) -> list[PlanVersion]:
    """
    This function will give the versions that may follow on a plan: its own where it is on sale, otherwise those that renew from it.
    """
    versions = list(on_sale)
    same = [version for version in versions if version.plan_id == plan_id]
    return same or [version for version in versions if plan_code in version.renews_from]


def get_shares(*, shares: int, max_shares: int) -> int:
    """
    This function will give the shares a renewal begins with: those of before, as far as the version allows.
    """
    return max(1, min(shares, max_shares))


def get_reference_end(*, ends: Sequence[date], day: date) -> date | None:
    """
    This function will give the previous end from which the reference date is offered: the earliest that has not passed. Nobody has
    a gap then, since everybody whose own cover ends later starts at that end.
    """
    return min((end for end in ends if end > day), default=None)
