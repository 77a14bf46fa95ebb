"""
The date engine's cases by name (rulebook §4): what happened before, when the money came, and what follows.

Figures of every plan here: first 30, renewal 5, lapsed 20 waiting days, so that none can be taken for another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from huzhu.cover.rules import WaitingFigures

FIGURES = WaitingFigures(first=30, renewal=5, lapsed=20)


def day(text: str) -> date:
    return date.fromisoformat(text)


@dataclass(frozen=True, kw_only=True)
class Before:
    """Earlier cover: plan, first day, exclusive end, shares, through the own employer or another."""

    start: str
    end: str
    code: str = "HOSP25"
    shares: int = 1
    is_own: bool = True


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case and its answer; `full` and `added` are the days on which the old and the added part wait no longer."""

    reference: str | None = None
    arrived: tuple[str, ...]
    issued: str = "2024-01-02"
    credit: str | None = None
    before: tuple[Before, ...] = field(default_factory=tuple)
    code: str = "HOSP25"
    shares: int = 1
    months: int = 12
    grace: int = 0
    start: str
    end: str
    cover_class: str
    full: str
    added: str = ""
    moved: bool = False
    refused: str = ""

    @property
    def added_on(self) -> date:
        return day(self.added or self.full)


def ended(on: str, *, code: str = "HOSP25", shares: int = 1, is_own: bool = True) -> tuple[Before, ...]:
    """A year of earlier cover until a day."""
    return (Before(start=f"{int(on[:4]) - 1}-01-15", end=on, code=code, shares=shares, is_own=is_own),)


OWN, OTHER = ended("2025-09-01"), ended("2025-09-01", is_own=False)

CASES = {
    # -------------------------------------------------- the table of the rulebook
    "rulebook 1: no reference": Case(
        arrived=("2025-08-11",), start="2025-08-12", end="2026-08-12", cover_class="first", full="2025-09-11"),
    "rulebook 2: early, reference on the end": Case(
        reference="2025-09-01", arrived=("2025-08-11",), before=OWN,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "rulebook 3: the day before the reference": Case(
        reference="2025-09-01", arrived=("2025-08-31",), before=OWN,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "rulebook 4: on the reference": Case(
        reference="2025-09-01", arrived=("2025-09-01",), before=OWN,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "rulebook 5: past the reference": Case(
        reference="2025-09-01", arrived=("2025-09-05",), before=OWN,
        start="2025-09-06", end="2026-09-06", cover_class="lapse", full="2025-09-26"),
    "rulebook 6: the rest comes late": Case(
        reference="2025-09-01", arrived=("2025-08-20", "2025-09-03"),
        start="2025-09-04", end="2026-09-04", cover_class="first", full="2025-10-04"),
    "rulebook 7: a leap day": Case(
        arrived=("2024-02-28",), start="2024-02-29", end="2025-02-28", cover_class="first", full="2024-03-30"),
    "rulebook 8: moved": Case(
        arrived=("2025-08-11",), before=OWN, moved=True,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    # -------------------------------------------------- arrival
    "two parts in the other order": Case(
        arrived=("2025-09-03", "2025-08-20"),
        start="2025-09-04", end="2026-09-04", cover_class="first", full="2025-10-04"),
    "three parts, the last decides": Case(
        arrived=("2025-08-01", "2025-08-05", "2025-08-06"),
        start="2025-08-07", end="2026-08-07", cover_class="first", full="2025-09-06"),
    "both parts on one day": Case(
        arrived=("2025-08-05", "2025-08-05"),
        start="2025-08-06", end="2026-08-06", cover_class="first", full="2025-09-05"),
    "the last part on the reference": Case(
        reference="2025-09-01", arrived=("2025-08-20", "2025-09-01"), before=OWN,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "a part a day past the reference": Case(
        reference="2025-09-01", arrived=("2025-08-20", "2025-09-02"), before=OWN,
        start="2025-09-03", end="2026-09-03", cover_class="lapse", full="2025-09-23"),
    "value date before the slip": Case(
        arrived=("2025-08-01",), issued="2025-08-10",
        start="2025-08-11", end="2026-08-11", cover_class="first", full="2025-09-10"),
    "value date before the slip, slip past the end": Case(
        arrived=("2025-08-30",), issued="2025-09-01", before=OWN,
        start="2025-09-02", end="2026-09-02", cover_class="lapse", full="2025-09-22"),
    "posted late: only the value date counts": Case(
        arrived=("2025-08-31",), issued="2025-08-15", before=OWN,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "posted late with a reference": Case(
        reference="2025-09-01", arrived=("2025-09-01",), issued="2025-08-15", before=OWN,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "all gifted: the day of approval": Case(
        arrived=(), issued="2025-08-11",
        start="2025-08-12", end="2026-08-12", cover_class="first", full="2025-09-11"),
    "credit balance, the day it was asked for": Case(
        arrived=(), issued="2025-08-11", credit="2025-08-15",
        start="2025-08-16", end="2026-08-16", cover_class="first", full="2025-09-15"),
    "credit balance before the rest": Case(
        arrived=("2025-08-18",), issued="2025-08-11", credit="2025-08-15",
        start="2025-08-19", end="2026-08-19", cover_class="first", full="2025-09-18"),
    "credit balance after the lines": Case(
        arrived=("2025-08-12",), issued="2025-08-11", credit="2025-08-31", before=OWN,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "credit balance asked for a day too late": Case(
        arrived=("2025-08-12",), issued="2025-08-11", credit="2025-09-01", before=OWN,
        start="2025-09-02", end="2026-09-02", cover_class="lapse", full="2025-09-22"),
    # -------------------------------------------------- reference dates of first enrolments
    "reference tomorrow, money today": Case(
        reference="2025-08-12", arrived=("2025-08-11",),
        start="2025-08-12", end="2026-08-12", cover_class="first", full="2025-09-11"),
    "reference half a year ahead": Case(
        reference="2026-02-07", arrived=("2025-08-11",),
        start="2026-02-07", end="2027-02-07", cover_class="first", full="2026-03-09"),
    "reference and money on one day": Case(
        reference="2025-08-12", arrived=("2025-08-12",),
        start="2025-08-12", end="2026-08-12", cover_class="first", full="2025-09-11"),
    "money a day past the reference": Case(
        reference="2025-08-12", arrived=("2025-08-13",),
        start="2025-08-14", end="2026-08-14", cover_class="first", full="2025-09-13"),
    # -------------------------------------------------- months and leap days
    "a month from 31 January": Case(
        arrived=("2025-01-30",), months=1, start="2025-01-31", end="2025-02-28", cover_class="first", full="2025-03-02"),
    "a month from 31 January of a leap year": Case(
        arrived=("2024-01-30",), months=1, start="2024-01-31", end="2024-02-29", cover_class="first", full="2024-03-01"),
    "six months from 31 August": Case(
        reference="2025-08-31", arrived=("2025-08-01",), months=6,
        start="2025-08-31", end="2026-02-28", cover_class="first", full="2025-09-30"),
    "three years from a leap day": Case(
        arrived=("2024-02-28",), months=36, start="2024-02-29", end="2027-02-28", cover_class="first", full="2024-03-30"),
    "four years from a leap day": Case(
        arrived=("2024-02-28",), months=48, start="2024-02-29", end="2028-02-29", cover_class="first", full="2024-03-30"),
    "money on a leap day": Case(
        arrived=("2024-02-29",), start="2024-03-01", end="2025-03-01", cover_class="first", full="2024-03-31"),
    "reference on a leap day": Case(
        reference="2028-02-29", arrived=("2028-02-01",),
        start="2028-02-29", end="2029-02-28", cover_class="first", full="2028-03-30"),
    "renewal of a clamped end": Case(
        arrived=("2025-02-01",), before=ended("2025-02-28"), moved=True,
        start="2025-02-28", end="2026-02-28", cover_class="renewal", full="2025-03-05"),
    "moved onto a leap day": Case(
        arrived=("2028-01-10",), before=ended("2028-02-29"), moved=True,
        start="2028-02-29", end="2029-02-28", cover_class="renewal", full="2028-03-05"),
    "over the year's end": Case(
        arrived=("2025-12-31",), start="2026-01-01", end="2027-01-01", cover_class="first", full="2026-01-31"),
    # -------------------------------------------------- renewal, lapse, moved starts
    "paid on the last covered day": Case(
        arrived=("2025-08-31",), before=OWN,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "paid on the first bare day": Case(
        arrived=("2025-09-01",), before=OWN,
        start="2025-09-02", end="2026-09-02", cover_class="lapse", full="2025-09-22"),
    "too early a reference is moved": Case(
        reference="2025-07-01", arrived=("2025-06-01",), before=OWN, moved=True,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "late past the reference and still moved": Case(
        reference="2025-07-01", arrived=("2025-07-15",), before=OWN, moved=True,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "reference a day past the end": Case(
        reference="2025-09-02", arrived=("2025-08-01",), before=OWN,
        start="2025-09-02", end="2026-09-02", cover_class="lapse", full="2025-09-22"),
    "reference before the end, money after it": Case(
        reference="2025-08-20", arrived=("2025-09-03",), before=OWN,
        start="2025-09-04", end="2026-09-04", cover_class="lapse", full="2025-09-24"),
    "cover that ended years ago": Case(
        arrived=("2025-08-11",), before=ended("2015-01-01"),
        start="2025-08-12", end="2026-08-12", cover_class="lapse", full="2025-09-01"),
    "the latest of several covers counts": Case(
        arrived=("2025-08-11",), before=(*ended("2020-01-01"), *ended("2022-05-01"), *ended("2025-08-12")),
        start="2025-08-12", end="2026-08-12", cover_class="renewal", full="2025-08-17"),
    # -------------------------------------------------- grace
    "grace of a day saves a day": Case(
        arrived=("2025-09-01",), before=OWN, grace=1,
        start="2025-09-02", end="2026-09-02", cover_class="renewal", full="2025-09-07"),
    "grace of a day does not save two": Case(
        arrived=("2025-09-02",), before=OWN, grace=1,
        start="2025-09-03", end="2026-09-03", cover_class="lapse", full="2025-09-23"),
    "the last day of thirty": Case(
        arrived=("2025-09-30",), before=OWN, grace=30,
        start="2025-10-01", end="2026-10-01", cover_class="renewal", full="2025-10-06"),
    "the first day past thirty": Case(
        arrived=("2025-10-01",), before=OWN, grace=30,
        start="2025-10-02", end="2026-10-02", cover_class="lapse", full="2025-10-22"),
    "reference on the last day of grace": Case(
        reference="2025-10-01", arrived=("2025-10-01",), before=OWN, grace=30,
        start="2025-10-01", end="2026-10-01", cover_class="renewal", full="2025-10-06"),
    "reference past the grace": Case(
        reference="2025-10-02", arrived=("2025-08-01",), before=OWN, grace=30,
        start="2025-10-02", end="2026-10-02", cover_class="lapse", full="2025-10-22"),
    "late within the grace": Case(
        reference="2025-09-01", arrived=("2025-09-05",), before=OWN, grace=30,
        start="2025-09-06", end="2026-09-06", cover_class="renewal", full="2025-09-11"),
    "grace over a leap day": Case(
        arrived=("2024-02-28",), before=ended("2024-02-28"), grace=1,
        start="2024-02-29", end="2025-02-28", cover_class="renewal", full="2024-03-05"),
    "grace does not delay a moved start": Case(
        arrived=("2025-08-11",), before=OWN, grace=30, moved=True,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "grace is nothing to a first enrolment": Case(
        arrived=("2025-08-11",), grace=30,
        start="2025-08-12", end="2026-08-12", cover_class="first", full="2025-09-11"),
    # -------------------------------------------------- more and fewer shares
    "renewal with more shares: the added wait as first": Case(
        code="CI25-A", shares=3, months=36, arrived=("2025-08-31",), before=ended("2025-09-01", code="CI25-A"),
        start="2025-09-01", end="2028-09-01", cover_class="renewal", full="2025-09-06", added="2025-10-01"),
    "renewal with fewer shares": Case(
        code="CI25-A", shares=1, months=36, arrived=("2025-08-31",), before=ended("2025-09-01", code="CI25-A", shares=4),
        start="2025-09-01", end="2028-09-01", cover_class="renewal", full="2025-09-06"),
    "moved with more shares": Case(
        code="CI25-A", shares=2, months=36, arrived=("2025-08-01",), before=ended("2025-09-01", code="CI25-A"),
        moved=True, start="2025-09-01", end="2028-09-01", cover_class="renewal", full="2025-09-06", added="2025-10-01"),
    "lapsed with more shares: all wait alike": Case(
        code="CI25-A", shares=3, months=36, arrived=("2025-09-10",), before=ended("2025-09-01", code="CI25-A"),
        start="2025-09-11", end="2028-09-11", cover_class="lapse", full="2025-10-01"),
    "more shares within the grace": Case(
        code="CI25-A", shares=2, months=36, grace=30, arrived=("2025-09-10",), before=ended("2025-09-01", code="CI25-A"),
        start="2025-09-11", end="2028-09-11", cover_class="renewal", full="2025-09-16", added="2025-10-11"),
    "two earlier covers add up": Case(
        code="CI25-A", shares=3, months=36, arrived=("2025-08-31",),
        before=(*ended("2025-09-01", code="CI25-A"), *ended("2025-09-01", code="CI25-A", shares=2)),
        start="2025-09-01", end="2028-09-01", cover_class="renewal", full="2025-09-06"),
    "shares stand in where there are no lump sums": Case(
        code="CASH25", shares=3, arrived=("2025-08-31",), before=ended("2025-09-01", code="CASH25"),
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06", added="2025-10-01"),
    # -------------------------------------------------- chains
    "the closed predecessor": Case(
        arrived=("2025-08-31",), before=ended("2025-09-01", code="HOSP06"),
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06", added="2025-09-06"),
    "the predecessor moves the start": Case(
        arrived=("2025-08-01",), before=ended("2025-09-01", code="HOSP06"), moved=True,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "a predecessor that paid less per share": Case(
        code="CI25-A", shares=2, months=36, arrived=("2025-08-31",), before=ended("2025-09-01", code="MED06-A", shares=2),
        start="2025-09-01", end="2028-09-01", cover_class="renewal", full="2025-09-06", added="2025-10-01"),
    "the other plan of the exclusive group": Case(
        code="CI25-A", shares=1, months=36, arrived=("2025-08-31",), before=ended("2025-09-01", code="CI25-B"),
        start="2025-09-01", end="2028-09-01", cover_class="renewal", full="2025-09-06"),
    "to the richer plan of the group": Case(
        code="CI25-B", shares=1, months=36, arrived=("2025-08-31",), before=ended("2025-09-01", code="CI25-A", shares=2),
        start="2025-09-01", end="2028-09-01", cover_class="renewal", full="2025-09-06", added="2025-10-01"),
    "an unrelated plan is no chain": Case(
        arrived=("2025-08-31",), before=ended("2025-09-01", code="ACC25"),
        start="2025-09-01", end="2026-09-01", cover_class="first", full="2025-10-01"),
    "an unrelated plan does not move the start": Case(
        arrived=("2025-08-01",), before=ended("2025-09-01", code="ACC25"),
        start="2025-08-02", end="2026-08-02", cover_class="first", full="2025-09-01"),
    # -------------------------------------------------- another employer
    "renewal after a change of employer": Case(
        arrived=("2025-08-31",), before=OTHER,
        start="2025-09-01", end="2026-09-01", cover_class="renewal", full="2025-09-06"),
    "lapse after a change of employer": Case(
        arrived=("2025-09-05",), before=OTHER,
        start="2025-09-06", end="2026-09-06", cover_class="lapse", full="2025-09-26"),
    "another employer's cover does not move, it refuses": Case(
        arrived=("2025-08-11",), before=OTHER,
        start="2025-08-12", end="2026-08-12", cover_class="first", full="2025-09-11", refused="already_covered"),
    "another employer's cover with shares to spare": Case(
        code="CI25-A", shares=2, months=36, arrived=("2025-08-11",),
        before=ended("2025-09-01", code="CI25-A", shares=3, is_own=False),
        start="2025-08-12", end="2028-08-12", cover_class="first", full="2025-09-11"),
    "another employer's rival plan refuses": Case(
        code="CI25-A", months=36, arrived=("2025-08-11",), before=ended("2025-09-01", code="CI25-B", is_own=False),
        start="2025-08-12", end="2028-08-12", cover_class="first", full="2025-09-11", refused="exclusive_plan"),
    "own cover moves, another's before it is followed": Case(
        code="CI25-A", months=36, arrived=("2025-08-11",),
        before=(*ended("2025-09-01", code="CI25-A"), *ended("2025-08-20", code="CI25-A", is_own=False)), moved=True,
        start="2025-09-01", end="2028-09-01", cover_class="renewal", full="2025-09-06"),
    # -------------------------------------------------- far ahead
    "own cover ends 180 days ahead: moved": Case(
        arrived=("2025-08-11",), before=ended("2026-02-07"), moved=True,
        start="2026-02-07", end="2027-02-07", cover_class="renewal", full="2026-02-12"),
    "own cover ends 181 days ahead: refused": Case(
        arrived=("2025-08-11",), before=ended("2026-02-08"), moved=True,
        start="2026-02-08", end="2027-02-08", cover_class="renewal", full="2026-02-13", refused="already_covered"),
    "a late arrival brings it near enough": Case(
        arrived=("2025-08-12",), before=ended("2026-02-08"), moved=True,
        start="2026-02-08", end="2027-02-08", cover_class="renewal", full="2026-02-13"),
}  # fmt: skip
