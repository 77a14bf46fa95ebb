"""
The society's rules for enrolment applications: participation floor (rulebook §3) and price.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from huzhu.shared.calendar import add_months


@dataclass(frozen=True, slots=True)
class Floor:
    """
    How many people a plan needs from an employer and how many take part.
    """

    needed: int
    joined: int

    @property
    def is_met(self) -> bool:
        return self.joined >= self.needed

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.joined)


def participation_floor(
    *, base: int, joined: int, min_ratio: Decimal, min_headcount: int, all_must_join_below: int
) -> Floor:
    """
    This function will tell how many of `base` people must join a plan and whether `joined` are enough (§3).

    Below `all_must_join_below` everybody must join; otherwise the larger of `min_headcount` and the ratio, rounded up
    to whole people. Certified over-age people are in neither figure.

    :raises ValueError: if a head count is negative or the ratio is not within 0 and 1
    """
    if min(base, joined, min_headcount, all_must_join_below) < 0:
        raise ValueError("A head count is not negative.")
    if not 0 <= min_ratio <= 1:
        raise ValueError("A participation ratio lies within 0 and 1.")
    if base < all_must_join_below:
        return Floor(needed=base, joined=joined)
    by_ratio = int((min_ratio * base).to_integral_value(rounding=ROUND_CEILING))
    return Floor(needed=max(min_headcount, by_ratio), joined=joined)


def contribution_amount(*, share_count: int, contribution_per_share: Decimal) -> Decimal:
    """
    This function will give what one person's shares of one plan cost: shares × contribution, in yuan.

    :raises ValueError: if there is no share or the contribution is negative
    """
    if share_count < 1:
        raise ValueError("Somebody who is enrolled has at least one share.")
    if contribution_per_share < 0:
        raise ValueError("A contribution is not negative.")
    return share_count * contribution_per_share


def begun_months(*, start: date, end: date) -> int:
    """
    This function will count the months from `start` to `end`, exclusive, one that has begun as a whole one; none where nothing lies
    between.
    """
    if end <= start:
        return 0
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(start, months) >= end else months + 1


def mid_term_contribution(*, full_amount: Decimal, start: date, end: date, term_months: int) -> Decimal:
    """
    This function will give what somebody pays who joins a policy during its term and ends with it: the full contribution × begun
    months / term, rounded half up to the cent, and never more than the full one.

    :raises ValueError: if the term is not at least a month or the contribution is negative
    """
    if term_months < 1:
        raise ValueError("A term has at least one month.")
    if full_amount < 0:
        raise ValueError("A contribution is not negative.")
    months = min(begun_months(start=start, end=end), term_months)
    return (full_amount * months / term_months).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


DAYS_TO_REVIEW_AND_PAY = 30
"""How long the way from the check to the money may take: two reviews, then the days a slip may be paid (gap_risk, §3)."""

PHONE_LINK_MINUTES = 10
"""How long a QR code beside a proof slot opens the slot for a phone."""
MOST_PHONE_TRIES = 40
MOST_PHONE_FILES = 20
MOST_PHONE_LINKS_AN_HOUR = 30
"""What one QR code takes in, refused files counted as tries, and how many of them one person opens."""
