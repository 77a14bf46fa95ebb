"""Where everything on the cover timeline stands: days become whole drawing units here, the template only draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from huzhu.ui.parts import Cover, Span

WIDTH = 960
LEFT, RIGHT = 12, WIDTH - 12
CROWDED = 60


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A drawn stretch: kind is past, planned, waiting or gap."""

    kind: str
    x: int
    width: int
    label: str
    start: date
    last_day: date


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A drawn day with its label; `anchor` keeps the words inside the picture."""

    kind: str
    x: int
    label: str
    on: date
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Everything the template needs."""

    bars: list[Bar]
    marks: list[Mark]
    ticks: list[Mark]
    gap_days: int


def get_gap(cover: Cover) -> Span | None:
    """
    This function will return the days between the last earlier cover and the planned one, none when they meet.
    """
    ends = [span.end for span in cover.past]
    if not ends or max(ends) >= cover.planned.start:
        return None
    return Span(start=max(ends), end=cover.planned.start, label="断保")


def draw(cover: Cover) -> Drawing:
    """
    This function will place earlier cover, gap, waiting days, planned cover and the days that matter on one line.
    """
    days = [cover.planned.start, cover.planned.end, *(d for span in cover.past for d in (span.start, span.end))]
    days += [d for d in (cover.latest_arrival, cover.today) if d]
    first, last = min(days), max(days)
    scale = (RIGHT - LEFT) / max((last - first).days, 1)

    def x_of(day: date) -> int:
        return round(LEFT + (day - first).days * scale)

    def bar(kind: str, span: Span) -> Bar:
        x = x_of(span.start)
        width = max(x_of(span.end) - x, 4)
        return Bar(
            kind=kind, x=x, width=width, label=span.label, start=span.start, last_day=span.end - timedelta(days=1)
        )

    def mark(kind: str, label: str, day: date) -> Mark:
        x = x_of(day)
        anchor = "start" if x < LEFT + 90 else "end" if x > RIGHT - 90 else "middle"
        return Mark(kind=kind, x=x, label=label, on=day, anchor=anchor)

    gap = get_gap(cover)
    bars = [bar("past", span) for span in cover.past]
    bars += [bar("gap", gap)] if gap else []
    bars.append(bar("planned", cover.planned))
    if cover.waiting_until and cover.waiting_until > cover.planned.start:
        bars.append(bar("waiting", Span(start=cover.planned.start, end=cover.waiting_until, label="免责期")))
    marks = [mark("today", "今天", cover.today)] if cover.today else []
    if marks and cover.latest_arrival and 0 < x_of(cover.latest_arrival) - marks[0].x < CROWDED < marks[0].x:
        marks = [replace(marks[0], anchor="end")]  # the words stay clear of the line of the latest arrival
    marks += [mark("latest", "最晚到账", cover.latest_arrival)] if cover.latest_arrival else []
    years = range(first.year + 1, last.year + 1)
    ticks = [mark("year", str(year), date(year, 1, 1)) for year in years]
    return Drawing(bars=bars, marks=marks, ticks=ticks, gap_days=(gap.end - gap.start).days if gap else 0)
