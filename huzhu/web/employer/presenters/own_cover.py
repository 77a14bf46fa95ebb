"""
One person's cover through the employer in front, drawn plan by plan: past cover, waiting days, gap, and what is applied for.

Cover through somebody else counts for renewals, so it is drawn where a chain goes on from it, but never said whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.urls import reverse
from django.utils.safestring import SafeString

from huzhu.cover.models import Cover, CoverClass, CoverState
from huzhu.enrolment import queries
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication
from huzhu.enrolment.queries import ArrivalGroup, Outcome
from huzhu.enrolment.states import State
from huzhu.roster.models import RosterEntry
from huzhu.shared.calendar import ONE_DAY
from huzhu.ui import parts, tones
from huzhu.ui.tables import state_tag
from huzhu.web.presenters import arrival

OVER = (State.EFFECTIVE, State.DELETED, State.CANCELLED, State.EXPIRED)
OWN, ELSEWHERE = "本单位保障", "上期保障"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One cover through this employer in words."""

    plan: str
    start: date
    end: date
    shares: int
    cover_class: str
    state: SafeString
    waits_until: date | None
    policy_id: int | None


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One plan with those it renews: the drawing, and what is applied for, if anything."""

    plan: str
    title: str
    drawing: parts.Cover | None
    word: str = ""
    tone: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Application:
    """One application under way that has this person."""

    number: str
    state: str
    url: str


@dataclass(frozen=True, kw_only=True)
class OwnCover:
    """Everything for the page."""

    lanes: list[Lane]
    rows: list[Row]
    applications: list[Application]


@dataclass
class _Chain:
    """Covers that go on from each other, oldest first, and what is planned after them."""

    plan: str
    covers: list[Cover] = field(default_factory=list)
    planned: ArrivalGroup | None = None


def get_own_cover(*, entry: RosterEntry, today: date) -> OwnCover:
    """
    This function will gather a person's cover through the employer of the entry, and what is under way: four statements.
    """
    covers = list(
        Cover.objects.filter(worker_id=entry.worker_id, employer_id=entry.employer_id)
        .select_related("plan")
        .order_by("coverage_start", "pk")
    )
    asked = ApplicationMember.objects.filter(worker_id=entry.worker_id, removed_at__isnull=True)
    under_way = list(
        EnrolmentApplication.objects.filter(employer_id=entry.employer_id, pk__in=asked.values("application_id"))
        .exclude(state__in=OVER)
        .order_by("pk")
    )
    planned: Sequence[ArrivalGroup] = ()
    if under_way:
        planned = queries.forecast_arrival(
            application_ids=[each.pk for each in under_way], day=today, today=today, worker_id=entry.worker_id
        ).groups
    ends = [each.previous_end for each in (*covers, *planned) if each.previous_end]
    begun = dict(
        Cover.objects.filter(worker_id=entry.worker_id, coverage_end__in=ends)
        .order_by("coverage_end", "-coverage_start")
        .values_list("coverage_end", "coverage_start")
    )
    return OwnCover(
        lanes=[_lane(chain, begun, today) for chain in _chain_up(covers, planned)],
        rows=[_row(cover, today) for cover in reversed(covers)],
        applications=[
            Application(
                number=each.number,
                state=str(each.get_state_display()),
                url=reverse("employer:application", args=[each.pk]),
            )
            for each in under_way
        ],
    )


def _chain_up(covers: Sequence[Cover], planned: Sequence[ArrivalGroup]) -> list[_Chain]:
    """Covers by plan, a plan that renews another with it; what is planned at the end of its chain, or alone."""
    chains: list[_Chain] = []
    for cover in covers:
        name = str(cover.plan)
        chain = _find(chains, name, cover.previous_end)
        if chain is None:
            chain = _Chain(plan=name)
            chains.append(chain)
        chain.plan = name
        chain.covers.append(cover)
    for group in planned:
        chain = _find([each for each in chains if each.planned is None], group.plan, group.previous_end)
        if chain is None:
            chain = _Chain(plan=group.plan)
            chains.append(chain)
        chain.planned, chain.plan = group, group.plan
    return chains


def _find(chains: Sequence[_Chain], plan: str, previous_end: date | None) -> _Chain | None:
    for chain in chains:
        if chain.plan == plan or (previous_end and chain.covers and chain.covers[-1].coverage_end == previous_end):
            return chain
    return None


def _lane(chain: _Chain, begun: Mapping[date, date], today: date) -> Lane:
    if chain.planned is None:
        *past, last = chain.covers
        waits = max(last.full_from, last.added_full_from)
        drawing = parts.Cover(
            planned=parts.Span(start=last.coverage_start, end=last.coverage_end, label=OWN),
            past=_past(past, last.previous_end, begun),
            waiting_until=waits if waits > last.coverage_start else None,
            today=today,
        )
        return Lane(plan=chain.plan, title=f"{chain.plan}：{last.state_on(today).label}", drawing=drawing)
    group = chain.planned
    word, tone = arrival.WORDS[group.outcome]
    drawn = None if group.outcome == Outcome.LEFT_OUT else arrival.draw(group, today=today)
    if drawn is not None:
        drawn = replace(drawn, past=_past(chain.covers, group.previous_end, begun))
    return Lane(
        plan=chain.plan,
        title=f"{chain.plan}：申请办理中，若今天到账",
        drawing=drawn,
        word=word,
        tone=tone,
        note=arrival.tell_note(group),
    )


def _past(covers: Sequence[Cover], previous_end: date | None, begun: Mapping[date, date]) -> list[parts.Span]:
    """
    Own earlier cover; with the cover the chain goes on from, where that was not taken here.

    :param begun: when the cover began that ends on a day
    """
    spans = [parts.Span(start=each.coverage_start, end=each.coverage_end, label=OWN) for each in covers]
    last = max((span.end for span in spans), default=None)
    if previous_end in begun and (last is None or previous_end > last):
        spans.append(parts.Span(start=begun[previous_end], end=previous_end, label=ELSEWHERE))
    return spans


def _row(cover: Cover, today: date) -> Row:
    state, waits = cover.state_on(today), max(cover.full_from, cover.added_full_from)
    return Row(
        plan=str(cover.plan),
        start=cover.coverage_start,
        end=cover.coverage_end,
        shares=cover.share_count,
        cover_class=str(CoverClass(cover.cover_class).label),
        state=state_tag(str(state.label), tone="waits" if state == CoverState.WAITING else tones.get_tone(state)),
        waits_until=waits - ONE_DAY if waits > cover.coverage_start else None,
        policy_id=cover.policy_id,
    )
