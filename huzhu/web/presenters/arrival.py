"""若于某日到账 in words and drawings: one verdict, figures, a picture for each kind of people, and who would lose something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from huzhu.cover.rules import waiting_ends_on
from huzhu.enrolment.queries import ArrivalForecast, ArrivalGroup, NamedPerson, Outcome
from huzhu.shared.calendar import ONE_DAY, add_months
from huzhu.ui.parts import Cover, Span
from huzhu.ui.tones import ICONS

PICTURES = 3  # of each plan; whoever is in a smaller group stands in the table
MOST_GROUPS = 20

WORDS = {
    Outcome.LEFT_OUT: ("不能承保", "stops"),
    Outcome.LOST: ("断保", "stops"),
    Outcome.BARE: ("续保，中间有空档", "warns"),
    Outcome.LAPSED: ("此前已断保", "quiet"),
    Outcome.RENEWS: ("续保衔接", "done"),
    Outcome.FIRST: ("首次参保", "info"),
}
LOSSES = (Outcome.LEFT_OUT, Outcome.LOST, Outcome.BARE)
GRAVITY = {outcome: place for place, outcome in enumerate(Outcome)}


@dataclass(frozen=True, kw_only=True)
class Group:
    """One kind of people: the words beside the picture or in the table."""

    group: ArrivalGroup
    word: str
    tone: str
    note: str
    title: str
    drawing: Cover | None

    @property
    def last_day(self) -> date | None:
        """The last covered day of the earlier cover."""
        return self.group.previous_end - ONE_DAY if self.group.previous_end else None


@dataclass(frozen=True, kw_only=True)
class PlanPart:
    """One plan: pictures of its largest groups, the gravest first, and all groups as rows."""

    name: str
    people: int
    pictures: list[Group]
    rows: list[Group]
    more_groups: int
    more_people: int


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of the forecast."""

    label: str
    people: int
    tone: str

    @property
    def words(self) -> str:
        """The figure with its unit."""
        return f"{self.people:,} 人"


@dataclass(frozen=True, kw_only=True)
class Named:
    """Somebody who would lose something, in words."""

    person: NamedPerson
    word: str
    tone: str

    @property
    def last_day(self) -> date | None:
        """The last covered day of the earlier cover."""
        return self.person.previous_end - ONE_DAY if self.person.previous_end else None

    @property
    def is_covered(self) -> bool:
        """Left out means no cover at all."""
        return self.person.outcome != Outcome.LEFT_OUT


@dataclass(frozen=True, kw_only=True)
class Described:
    """The whole answer for the page."""

    day: date
    verdict: str
    tone: str
    figures: list[Figure]
    plans: list[PlanPart]
    named: list[Named]
    unnamed: int
    latest_safe_on: date | None
    latest_safe_people: int
    people: int
    rows: int

    @property
    def icon(self) -> str:
        """The icon of the verdict."""
        return ICONS[self.tone]


def describe(forecast: ArrivalForecast, *, today: date, is_one: bool, names: bool) -> Described:
    """
    This function will put a forecast into words and drawings.

    :param names: whether the people who would lose something may be named here
    """
    verdict, tone = _verdict(forecast, is_one=is_one)
    losing = sum(group.people for group in forecast.groups if group.outcome in LOSSES)
    named = [Named(person=each, word=WORDS[each.outcome][0], tone=WORDS[each.outcome][1]) for each in forecast.named]
    return Described(
        day=forecast.day,
        verdict=verdict,
        tone=tone,
        figures=[] if is_one else _figures(forecast),
        plans=_plans(forecast.groups, today=today, is_one=is_one),
        named=named if names and not is_one else [],
        unnamed=max(0, losing - len(named)) if names and not is_one else 0,
        latest_safe_on=forecast.latest_safe_on,
        latest_safe_people=forecast.latest_safe_people,
        people=forecast.people,
        rows=forecast.rows,
    )


def _verdict(forecast: ArrivalForecast, *, is_one: bool) -> tuple[str, str]:
    counts, who = forecast.counts, "此人" if is_one else "{:,} 人"
    parts = []
    if lost := counts[Outcome.LOST]:
        parts.append(f"{who.format(lost)}断保，须重新计算免责期")
    if bare := counts[Outcome.BARE]:
        parts.append(f"{who.format(bare)}仍算续保，但原保障到期后有几天没有保障")
    if left_out := counts[Outcome.LEFT_OUT]:
        parts.append(f"{who.format(left_out)}届时超过份数上限、已参加互斥计划或原保障到期日过远，不能承保")
    if not forecast.rows:
        return "没有待缴款或填报中的人员。", "quiet"
    if not parts:
        return f"{forecast.day} 足额到账：没有人因此断保。", "done"
    tone = "stops" if lost or left_out else "warns"
    return f"{forecast.day} 足额到账：{'；'.join(parts)}。", tone


def _figures(forecast: ArrivalForecast) -> list[Figure]:
    figures = [
        Figure(label=WORDS[each][0], people=forecast.counts[each], tone=WORDS[each][1])
        for each in Outcome
        if forecast.counts[each]
    ]
    if forecast.moved:
        figures.append(Figure(label="顺延到本单位原保障到期日", people=forecast.moved, tone="info"))
    if forecast.late:
        figures.append(Figure(label="晚于业务参考日期", people=forecast.late, tone="warns"))
    return figures


def _plans(groups: Sequence[ArrivalGroup], *, today: date, is_one: bool) -> list[PlanPart]:
    by_plan: dict[str, list[ArrivalGroup]] = {}
    for group in groups:
        by_plan.setdefault(group.plan, []).append(group)
    parts = []
    for name, members in by_plan.items():
        ordered = sorted(members, key=lambda each: (GRAVITY[each.outcome], -each.people, each.start))
        drawn = [_group(each, today=today, is_one=is_one) for each in ordered]
        left = drawn[MOST_GROUPS:]
        parts.append(
            PlanPart(
                name=name,
                people=sum(each.people for each in members),
                pictures=[each for each in drawn if each.drawing][:PICTURES],
                rows=drawn[:MOST_GROUPS],
                more_groups=len(left),
                more_people=sum(each.group.people for each in left),
            )
        )
    return parts


def _group(group: ArrivalGroup, *, today: date, is_one: bool) -> Group:
    word, tone = WORDS[group.outcome]
    who = "" if is_one else f"{group.people:,} 人："
    return Group(
        group=group, word=word, tone=tone, note=tell_note(group), title=f"{who}{word}", drawing=draw(group, today=today)
    )


def tell_note(group: ArrivalGroup) -> str:
    """
    This function will say beside a group what its word leaves out: gap, moved start, late money, waiting days.
    """
    notes = []
    if group.outcome == Outcome.LEFT_OUT:
        notes.append("份数已满、已参加互斥计划或原保障到期日过远，届时不予承保")
    if group.gap_days and group.outcome in (Outcome.LOST, Outcome.BARE):
        notes.append(f"空档 {group.gap_days} 天")
    if group.is_moved:
        notes.append("顺延到原保障到期日")
    if group.is_late:
        notes.append(f"晚于参考日期 {group.reference_on}")
    if group.outcome != Outcome.LEFT_OUT:
        notes.append(f"免责期 {group.waiting_days} 天" if group.waiting_days else "无免责期")
    return "，".join(notes)


def draw(group: ArrivalGroup, *, today: date) -> Cover | None:
    """
    This function will draw what is planned for a group: cover that ended long ago says nothing about it, and who is left out has
    no cover to draw.
    """
    if group.outcome == Outcome.LEFT_OUT:
        return None
    past = []
    if group.previous_end and group.outcome != Outcome.LAPSED:
        start = max(group.previous_start or group.previous_end, add_months(group.previous_end, -12))
        past = [Span(start=min(start, group.previous_end - ONE_DAY), end=group.previous_end, label="上期保障")]
    waits = waiting_ends_on(start=group.start, days=group.waiting_days) if group.waiting_days else None
    return Cover(
        planned=Span(start=group.start, end=group.end, label="本次保障"),
        past=past,
        waiting_until=waits,
        latest_arrival=group.latest_safe_on,
        today=today,
    )


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day worth trying, one click away."""

    label: str
    on: date
    url: str
    current: bool


def get_days(
    forecast: ArrivalForecast, url: str, *, kept: Sequence[tuple[str, str]], today: date, due_on: date | None
) -> list[Day]:
    """
    This function will offer the days that matter: today, the latest safe day and the one after it, the due date.
    """
    wanted = [("今天", today)]
    if forecast.latest_safe_on and forecast.latest_safe_on >= today:
        wanted += [("最晚到账日", forecast.latest_safe_on), ("再晚一天", forecast.latest_safe_on + ONE_DAY)]
    if due_on and due_on >= today:
        wanted.append(("缴款期限", due_on))
    return [
        Day(
            label=label,
            on=day,
            url=f"{url}?{urlencode([('day', day.isoformat()), *kept])}",
            current=day == forecast.day,
        )
        for label, day in wanted
    ]
