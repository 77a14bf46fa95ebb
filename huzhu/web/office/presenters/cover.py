"""A person's cover, drawn: one lane per plan on one line of days, with waiting days and gaps; all places are worked out here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.safestring import SafeString

from huzhu.cover.models import Cover, CoverClass, CoverState
from huzhu.policies.models import Policy
from huzhu.shared.calendar import ONE_DAY
from huzhu.ui import tones
from huzhu.ui.tables import state_tag

WIDTH, LABELS, RIGHT = 1060, 190, 12
HEAD, LANE, BAR, FOOT = 26, 52, 26, 24
MARGIN = timedelta(days=30)
LEAST_WIDTH = 4
WORDS_FROM = 96  # a bar so wide carries its shares in words


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A drawn stretch of days: kind is ended, in_force, pending, waiting or gap."""

    kind: str
    x: int
    width: int
    y: int
    height: int
    words: str
    title: str

    @property
    def words_x(self) -> int:
        """Where the words end: at the right end of the bar, away from today's line."""
        return self.x + self.width - 8


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One plan: its name and where it stands."""

    label: str
    y: int
    bars: list[Bar]


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A year that begins, or today."""

    x: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Everything the template needs; numbers are whole drawing units."""

    width: int
    height: int
    left: int
    bottom: int
    lanes: list[Lane]
    years: list[Tick]
    today: Tick
    gaps: list[str]


def draw(covers: Sequence[Cover], *, today: date) -> Drawing:
    """
    This function will place the covers of one person, plan by plan, with what was waited and what was missed.
    """
    gaps = {cover.pk: cover.previous_end for cover in covers if _has_gap(cover)}
    days = [today, *(c.coverage_start for c in covers), *(c.coverage_end for c in covers), *filter(None, gaps.values())]
    first, last = min(days) - MARGIN, max(days) + MARGIN
    scale = (WIDTH - LABELS - RIGHT) / (last - first).days

    def x_of(day: date) -> int:
        return round(LABELS + (day - first).days * scale)

    def bar(kind: str, start: date, end: date, y: int, *, words: str = "", thin: bool = False) -> Bar:
        width = max(x_of(end) - x_of(start), LEAST_WIDTH)
        return Bar(
            kind=kind,
            x=x_of(start),
            width=width,
            y=y + BAR + 2 if thin else y,
            height=6 if thin else BAR,
            words=words if width >= WORDS_FROM else "",
            title=f"{words or LABEL[kind]} {start} 至 {end - ONE_DAY}",
        )

    plans: dict[int, list[Cover]] = {}
    for cover in covers:
        plans.setdefault(cover.plan_id, []).append(cover)
    lanes = []
    for at, held in enumerate(plans.values()):
        y, bars = HEAD + at * LANE, []
        for cover in held:
            if cover.pk in gaps:
                bars.append(bar("gap", gaps[cover.pk], cover.coverage_start, y, words="断保"))
            bars.append(
                bar(kind_of(cover, today), cover.coverage_start, cover.coverage_end, y, words=f"{cover.share_count} 份")
            )
            waits = min(max(cover.full_from, cover.added_full_from), cover.coverage_end)
            if waits > cover.coverage_start:
                bars.append(bar("waiting", cover.coverage_start, waits, y, thin=True))
        lanes.append(Lane(label=str(held[0].plan), y=y, bars=bars))
    bottom = HEAD + len(lanes) * LANE
    return Drawing(
        width=WIDTH,
        height=bottom + FOOT,
        left=LABELS,
        bottom=bottom,
        lanes=lanes,
        years=[Tick(x=x_of(date(y, 1, 1)), label=str(y)) for y in range(first.year + 1, last.year + 1)],
        today=Tick(x=x_of(today), label="今天"),
        gaps=[
            f"{cover.plan}：{gaps[cover.pk]} 至 {cover.coverage_start - ONE_DAY} 断保"
            f" {(cover.coverage_start - gaps[cover.pk]).days} 天，其后重新计算免责期"
            for cover in covers
            if cover.pk in gaps
        ],
    )


LABEL = {"ended": "已到期", "in_force": "保障", "pending": "未生效", "waiting": "免责期", "gap": "断保"}


def _has_gap(cover: Cover) -> bool:
    return cover.cover_class == CoverClass.LAPSE and bool(
        cover.previous_end and cover.previous_end < cover.coverage_start
    )


def kind_of(cover: Cover, today: date) -> str:
    """Ended, in force (waiting or not) or pending."""
    state = cover.state_on(today)
    return "in_force" if state in (CoverState.IN_FORCE, CoverState.WAITING) else str(state)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One cover in words."""

    cover: Cover
    policy: Policy | None
    state: SafeString
    waits_until: date | None
    is_added_only: bool


def get_rows(covers: Sequence[Cover], *, today: date) -> list[Row]:
    """
    This function will tell covers one by one, with their policies, in one statement.
    """
    policies = Policy.objects.in_bulk([cover.policy_id for cover in covers if cover.policy_id])
    return [_row(cover, policies.get(cover.policy_id or 0), today) for cover in covers]


def _row(cover: Cover, policy: Policy | None, today: date) -> Row:
    state, waits = cover.state_on(today), max(cover.full_from, cover.added_full_from)
    return Row(
        cover=cover,
        policy=policy,
        state=state_tag(str(state.label), tone="waits" if state == CoverState.WAITING else tones.get_tone(state)),
        waits_until=waits - ONE_DAY if waits > cover.coverage_start else None,
        is_added_only=cover.added_full_from > cover.full_from,
    )
