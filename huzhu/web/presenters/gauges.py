"""The participation floor of each plan of an application, drawn for both sides of the counter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.precheck.floors import PlanFloor, get_floors
from huzhu.shared.percent import percent_text

GAUGE_WIDTH = 600


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """The participation floor of one plan, drawn."""

    name: str
    base: int
    joined: int
    needed: int
    is_met: bool
    short_words: str
    words: str
    joined_width: str
    needed_x: str


def get_gauges(*, application: EnrolmentApplication, at: datetime) -> list[Gauge]:
    """
    This function will draw the participation floor of each plan, by the same facts as the precheck.
    """
    return [_gauge(floor) for floor in get_floors(application_id=application.pk, at=at)]


def _gauge(floor: PlanFloor) -> Gauge:
    scale = max(floor.base, floor.needed, floor.joined, 1)
    source = "社保/医保名单" if floor.is_from_list else "单位填报"
    staff = "在职女职工" if floor.is_women else "在职职工"
    rule = (
        f"{floor.all_must_join_below} 人以下须全员参保"
        if floor.base < floor.all_must_join_below
        else f"须达到 {percent_text(floor.min_ratio)}，且不少于 {floor.min_headcount} 人"
    )
    return Gauge(
        name=floor.name,
        base=floor.base,
        joined=floor.joined,
        needed=floor.needed,
        is_met=floor.joined >= floor.needed,
        short_words=f"还差 {max(0, floor.needed - floor.joined):,} 人",
        words=f"按{source}，{staff} {floor.base:,} 人；{rule}。超龄人员不计。",
        joined_width=str(round(GAUGE_WIDTH * floor.joined / scale)),
        needed_x=str(min(GAUGE_WIDTH - 1, max(1, round(GAUGE_WIDTH * floor.needed / scale)))),
    )
