"""
The effective date: when cover starts, when it ends and what it counts as (rulebook §4).

Periods are half-open `[start, end)`; days are Asia/Shanghai dates. *Previous end* is the exclusive end of the latest
cover in the person's chain, bound policies included.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from huzhu.shared.calendar import ONE_DAY, add_months

MOST_DAYS_AHEAD = 180


class CoverClass(StrEnum):
    """
    How a period follows on earlier cover of the chain: 首次参保, 续保, 断保.
    """

    FIRST = "first"
    RENEWAL = "renewal"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverPeriod:
    """
    A person's cover in one plan: first day, first day without cover, class. Empty where no day is left before a common end.
    """

    start: date
    end: date
    cover_class: CoverClass

    @property
    def last_day(self) -> date:
        return self.end - ONE_DAY

    @property
    def is_empty(self) -> bool:
        return self.end <= self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFigures:
    """
    The waiting days a plan sets for each class.
    """

    first: int
    renewal: int
    lapsed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTier:
    """
    A part of the lump sums of a cover and the days it waits.
    """

    amount: Decimal
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCover:
    """
    Earlier cover of a person in the chain of a plan: its days, its amount in yuan, and whether it runs through the employer
    that asks.
    """

    start: date
    end: date
    amount: Decimal
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCover:
    """
    A person's next cover, with what it follows on and the days its parts wait.
    """

    period: CoverPeriod
    previous_end: date | None
    tiers: tuple[WaitingTier, ...]
    is_moved: bool
    is_too_far_ahead: bool

    @property
    def gap_days(self) -> int:
        """The days without cover between the earlier cover and this one."""
        return (self.period.start - self.previous_end).days if self.previous_end else 0


class ReferenceDateRefused(ValueError):
    """
    The reference date cannot be taken; the message tells the employer which dates can.
    """


def arrival(*, value_dates: Iterable[date], issued_on: date, credit_requested_on: date | None = None) -> date:
    """
    This function will give the arrival of a slip (§4): the latest of the value dates of all lines allocated to it, the
    day it was issued, and, where credit balance was used, the day the employer asked for that.

    Without a line (everything gifted) it is the day of issue.
    """
    credit_days = [] if credit_requested_on is None else [credit_requested_on]
    return max([issued_on, *value_dates, *credit_days])


def cover_period(
    *,
    reference_on: date | None,
    arrival_on: date,
    term_months: int,
    previous_end: date | None,
    grace_days: int,
    common_end: date | None = None,
) -> CoverPeriod:
    """
    This function will give the period and class of a cover (§4).

    Cover starts on the reference date if the money arrived by then, otherwise on the day after arrival, but never
    before the previous end; it lasts `term_months` months, clamped to the month's end.

    :param common_end: of a policy whose joiners end with it (`mid_term_period` common): the cover ends then, unless a full term
        ends before; where it does not lie after the start there is no day left
    :raises ValueError: if the term is not at least a month or the grace is negative
    """
    if term_months < 1:
        raise ValueError("A term has at least one month.")
    if grace_days < 0:
        raise ValueError("A grace is not negative.")
    start = arrival_on + ONE_DAY if reference_on is None or arrival_on > reference_on else reference_on
    if previous_end is not None:
        start = max(start, previous_end)
    return CoverPeriod(
        start=start,
        end=get_end(start=start, term_months=term_months, common_end=common_end),
        cover_class=_cover_class(start=start, previous_end=previous_end, grace_days=grace_days),
    )


def get_end(*, start: date, term_months: int, common_end: date | None = None) -> date:
    """
    This function will give the first day without cover: a full term after the start, or the common end where that comes first.
    """
    full = add_months(start, term_months)
    return full if common_end is None else min(full, common_end)


def _cover_class(*, start: date, previous_end: date | None, grace_days: int) -> CoverClass:
    if previous_end is None:
        return CoverClass.FIRST
    if start <= previous_end + timedelta(days=grace_days):
        return CoverClass.RENEWAL
    return CoverClass.LAPSE


def planned_cover(
    *,
    held: Iterable[HeldCover],
    reference_on: date | None,
    arrival_on: date,
    term_months: int,
    grace_days: int,
    amount: Decimal,
    figures: WaitingFigures,
    common_end: date | None = None,
) -> PlannedCover:
    """
    This function will give a person's next cover from all earlier cover of the chain (§4).

    The start moves to the end of the cover through the same employer; the class looks back on all cover of the chain that has
    ended by then, through whichever employer, and the waiting days on the amount of that within the grace.
    """
    held = list(held)
    own_end = max((each.end for each in held if each.is_own), default=None)
    unmoved = cover_period(
        reference_on=reference_on, arrival_on=arrival_on, term_months=term_months, previous_end=None, grace_days=0
    ).start
    start = max(unmoved, own_end) if own_end else unmoved
    ended = [each for each in held if each.end <= start]
    previous_end = max((each.end for each in ended), default=None)
    cover_class = _cover_class(start=start, previous_end=previous_end, grace_days=grace_days)
    followed = sum((each.amount for each in ended if each.end + timedelta(days=grace_days) >= start), Decimal(0))
    return PlannedCover(
        period=CoverPeriod(
            start=start,
            end=get_end(start=start, term_months=term_months, common_end=common_end),
            cover_class=cover_class,
        ),
        previous_end=previous_end,
        tiers=waiting_split(cover_class=cover_class, amount=amount, previous_amount=followed, figures=figures),
        is_moved=start > unmoved,
        is_too_far_ahead=own_end is not None and is_too_far_ahead(previous_end=own_end, judged_on=arrival_on),
    )


def is_too_far_ahead(*, previous_end: date, judged_on: date, most_days_ahead: int = MOST_DAYS_AHEAD) -> bool:
    """
    This function will tell whether earlier cover runs so long past the day of judging that a new cover is refused
    (`already_covered`) instead of moved to its end (§4).
    """
    return previous_end > judged_on + timedelta(days=most_days_ahead)


def latest_safe_arrival(*, previous_end: date, grace_days: int, reference_on: date | None = None) -> date | None:
    """
    This function will give the last day on which money may arrive without breaking the chain (`gap_risk`, §3 and §4),
    or None where the reference date itself lies past the grace, so that paying early cannot help.
    """
    last_start = previous_end + timedelta(days=grace_days)
    if reference_on is None:
        return last_start - ONE_DAY
    if reference_on > last_start:
        return None
    return max(reference_on, last_start - ONE_DAY)


def waiting_days(*, cover_class: CoverClass, figures: WaitingFigures) -> int:
    """
    This function will give the waiting days of a class (§4). For more shares on renewal see `waiting_split`.
    """
    match cover_class:
        case CoverClass.FIRST:
            return figures.first
        case CoverClass.RENEWAL:
            return figures.renewal
        case CoverClass.LAPSE:
            return figures.lapsed


def waiting_split(
    *, cover_class: CoverClass, amount: Decimal, previous_amount: Decimal, figures: WaitingFigures
) -> tuple[WaitingTier, ...]:
    """
    This function will split a cover's amount (shares × lump sums per share, yuan) by waiting days (§4): on renewal the
    amount up to the previous one waits the renewal days, what exceeds it waits as a first enrolment.

    Parts of nothing are left out, but there is always one part. Together they are the whole amount.

    :raises ValueError: if an amount is negative
    """
    if amount < 0 or previous_amount < 0:
        raise ValueError("An amount of cover is not negative.")
    whole = WaitingTier(amount=amount, days=waiting_days(cover_class=cover_class, figures=figures))
    if cover_class is not CoverClass.RENEWAL or amount <= previous_amount:
        return (whole,)
    added = WaitingTier(amount=amount - previous_amount, days=figures.first)
    if previous_amount == 0:
        return (added,)
    return (WaitingTier(amount=previous_amount, days=figures.renewal), added)


def waiting_ends_on(*, start: date, days: int) -> date:
    """
    This function will give the first day on which the waiting period `[start, end)` no longer holds.
    """
    return start + timedelta(days=days)


def check_reference_date(*, reference_on: date, submitted_on: date, most_days_ahead: int = MOST_DAYS_AHEAD) -> None:
    """
    This function will pass a reference date that lies after the day of submitting and at most `most_days_ahead` days
    ahead of it (§4).

    :raises ReferenceDateRefused: for any other, naming the dates that can be chosen
    """
    earliest, latest = submitted_on + ONE_DAY, submitted_on + timedelta(days=most_days_ahead)
    if earliest <= reference_on <= latest:
        return
    reason = "必须晚于提交日" if reference_on < earliest else f"最多可提前 {most_days_ahead} 天设置"
    raise ReferenceDateRefused(
        f"业务参考日期 {reference_on} 不可用：{reason}（提交日 {submitted_on}）。"
        f"请选择 {earliest} 至 {latest} 之间的日期。"
    )


def default_reference_on(
    *, previous_end: date | None, submitted_on: date, most_days_ahead: int = MOST_DAYS_AHEAD
) -> date | None:
    """
    This function will give the reference date offered for a renewal: the previous end (§4), or None where there is
    none or it could not be chosen.
    """
    if previous_end is None:
        return None
    try:
        check_reference_date(reference_on=previous_end, submitted_on=submitted_on, most_days_ahead=most_days_ahead)
    except ReferenceDateRefused:
        return None
    return previous_end
