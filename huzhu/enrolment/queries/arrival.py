"""
若于某日到账: who of some applications would start when, and what that costs whom (rulebook §4).

One statement over the same SQL that settles (`cover.queries.period_sql`, `conflict_sql`); it writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import connection

from huzhu.cover.queries import CHAINS, MOST_DAYS_AHEAD, conflict_sql, period_sql
from huzhu.cover.rules import CoverClass
from huzhu.shared.calendar import ONE_DAY

MOST_NAMED = 50


class Outcome(StrEnum):
    """What an arrival means for one person in one plan, the gravest first."""

    LEFT_OUT = "left_out"  # no share left, a rival plan, or no day before the common end: not covered at all
    LOST = "lost"  # would be a lapse, though money in time (or another reference date) would keep the renewal
    BARE = "bare"  # renews within the grace, with days without cover before
    LAPSED = "lapsed"  # had lapsed already, whatever is done
    RENEWS = "renews"
    FIRST = "first"


@dataclass(frozen=True, kw_only=True)
class ArrivalGroup:
    """People of one plan for whom an arrival means the same: period, class, earlier cover, outcome."""

    plan: str
    outcome: Outcome
    cover_class: CoverClass
    start: date
    end: date
    previous_start: date | None
    previous_end: date | None
    waiting_days: int
    reference_on: date | None
    is_late: bool  # after the reference date
    is_moved: bool  # to the end of the own cover
    latest_safe_on: date | None
    people: int

    @property
    def gap_days(self) -> int:
        """Days without cover before the start."""
        return (self.start - self.previous_end).days if self.previous_end else 0


@dataclass(frozen=True, kw_only=True)
class NamedPerson:
    """Somebody who would lose something."""

    name: str
    number_masked: str
    plan: str
    outcome: Outcome
    start: date
    previous_end: date | None


@dataclass(frozen=True, kw_only=True)
class ArrivalForecast:
    """What would follow if the money of some applications came on a day."""

    day: date
    people: int
    rows: int
    counts: dict[Outcome, int]  # persons by outcome, over all plans
    moved: int
    late: int
    latest_safe_on: date | None  # over everybody whose chain is not lost yet
    latest_safe_people: int
    groups: list[ArrivalGroup]
    named: list[NamedPerson]  # whoever would lose something; the one person where only one is asked about


def forecast_arrival(
    *,
    application_ids: Sequence[int],
    day: date,
    today: date,
    member_id: int | None = None,
    worker_id: int | None = None,
) -> ArrivalForecast:
    """
    This function will tell what an arrival on a day would mean for everybody of some applications, for one person in one plan, or
    for one person in all of them.

    :param day: the day the money is all there; not before `today` and not before the slip was issued
    """
    params = {
        "applications": list(application_ids),
        "member": member_id,
        "worker": worker_id,
        "day": day,
        "tomorrow": today + ONE_DAY,
        "most_days_ahead": MOST_DAYS_AHEAD,
        "most_named": MOST_NAMED,
    }
    with connection.cursor() as cursor:
        cursor.execute(FORECAST, params)
        totals, groups, named = (json.loads(part) for part in cursor.fetchone())
    return ArrivalForecast(
        day=day,
        people=totals["people"],
        rows=totals["rows"],
        counts={each: totals[each.value] for each in Outcome},
        moved=totals["moved"],
        late=totals["late"],
        latest_safe_on=_day(totals["latest_safe_on"]),
        latest_safe_people=totals["latest_safe_people"],
        groups=[_group(row) for row in groups],
        named=[_named(row) for row in named],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _group(row: dict) -> ArrivalGroup:
    return ArrivalGroup(
        plan=row["plan"],
        outcome=Outcome(row["outcome"]),
        cover_class=CoverClass(row["cover_class"]),
        start=date.fromisoformat(row["start"]),
        end=date.fromisoformat(row["end"]),
        previous_start=_day(row["previous_start"]),
        previous_end=_day(row["previous_end"]),
        waiting_days=row["waiting_days"],
        reference_on=_day(row["reference_on"]),
        is_late=row["is_late"],
        is_moved=row["is_moved"],
        latest_safe_on=_day(row["latest_safe_on"]),
        people=row["people"],
    )


def _named(row: dict) -> NamedPerson:
    return NamedPerson(
        name=row["name"],
        number_masked=row["number_masked"],
        plan=row["plan"],
        outcome=Outcome(row["outcome"]),
        start=date.fromisoformat(row["start"]),
        previous_end=_day(row["previous_end"]),
    )


# The people of the applications, as settlement would take them, with the day that is tried.
SOURCE = """
    SELECT member.id AS member_id, member.worker_id, application.employer_id, plan.plan_version_id, version.plan_id,
           member.share_count, plan.reference_on, %(day)s::date AS arrival_on, plan.common_end, member.name, member.name_initials,
           member.number_masked
    FROM enrolment_applicationmember AS member
    JOIN enrolment_enrolmentapplication AS application ON application.id = member.application_id
    JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
    JOIN plans_planversion AS version ON version.id = plan.plan_version_id
    WHERE member.application_id = ANY (%(applications)s) AND member.removed_at IS NULL
      AND (%(member)s::bigint IS NULL OR member.id = %(member)s)
      AND (%(worker)s::bigint IS NULL OR member.worker_id = %(worker)s)
"""

# A renewal is lost where the class is a lapse although cover starting tomorrow would still have been one.
_JUDGED = f"""
    SELECT timed.*, plan.name || CASE WHEN plan.variant = '' THEN '' ELSE '（' || plan.variant || '）' END AS plan,
           timed.reference_on IS NOT NULL AND timed.arrival_on > timed.reference_on AS is_late,
           timed.own_end IS NOT NULL AND timed.coverage_start = timed.own_end AND timed.own_end > CASE
               WHEN timed.reference_on IS NULL OR timed.arrival_on > timed.reference_on THEN timed.arrival_on + 1
               ELSE timed.reference_on END AS is_moved,
           CASE timed.cover_class WHEN 'first' THEN version.waiting_days_first WHEN 'lapse' THEN version.waiting_days_lapsed
               ELSE version.waiting_days_renewal END AS waiting_days,
           CASE WHEN timed.previous_end + timed.grace_days < %(tomorrow)s THEN NULL
                WHEN timed.reference_on IS NULL THEN timed.previous_end + timed.grace_days - 1
                WHEN timed.reference_on <= timed.previous_end + timed.grace_days
                    THEN greatest(timed.reference_on, timed.previous_end + timed.grace_days - 1) END AS latest_safe_on,
           CASE WHEN timed.own_end > timed.arrival_on + %(most_days_ahead)s OR timed.coverage_end <= timed.coverage_start
                  OR coalesce(held.shares, 0) + timed.share_count > version.max_shares OR rival.until IS NOT NULL THEN 'left_out'
                WHEN timed.cover_class = 'lapse' AND timed.previous_end + timed.grace_days >= %(tomorrow)s THEN 'lost'
                WHEN timed.cover_class = 'lapse' THEN 'lapsed'
                WHEN timed.cover_class = 'first' THEN 'first'
                WHEN timed.coverage_start > timed.previous_end THEN 'bare'
                ELSE 'renews' END AS outcome,
           before.coverage_start AS previous_start
    FROM timed
    JOIN plans_planversion AS version ON version.id = timed.plan_version_id
    JOIN plans_plan AS plan ON plan.id = timed.plan_id
    JOIN chain ON chain.plan_version_id = timed.plan_version_id
    {conflict_sql("timed")}
    LEFT JOIN LATERAL (
        SELECT min(past.coverage_start) AS coverage_start FROM cover_cover AS past
        WHERE past.worker_id = timed.worker_id AND past.coverage_end = timed.previous_end AND past.plan_id = ANY (chain.plan_ids)
    ) AS before ON true
"""

_TOTALS = ", ".join(
    f"'{each.value}', count(DISTINCT worker_id) FILTER (WHERE outcome = '{each.value}')" for each in Outcome
)

FORECAST = f"""
WITH source AS MATERIALIZED ({SOURCE}),
timed AS MATERIALIZED ({period_sql("SELECT * FROM source")}),
chain AS MATERIALIZED ({CHAINS}),
judged AS MATERIALIZED ({_JUDGED}),
safe AS MATERIALIZED (SELECT min(latest_safe_on) AS latest_safe_on FROM judged WHERE outcome <> 'left_out'),
grouped AS (
    SELECT plan, plan_id, outcome, cover_class, coverage_start, coverage_end, previous_end, waiting_days, reference_on, is_late,
           is_moved, latest_safe_on, min(previous_start) AS previous_start, count(*) AS people
    FROM judged
    GROUP BY plan, plan_id, outcome, cover_class, coverage_start, coverage_end, previous_end, waiting_days, reference_on, is_late,
             is_moved, latest_safe_on
),
named AS (
    SELECT * FROM judged WHERE outcome IN ('left_out', 'lost', 'bare') OR %(member)s::bigint IS NOT NULL
    ORDER BY name_initials, member_id LIMIT %(most_named)s
)
SELECT (SELECT jsonb_build_object('people', count(DISTINCT worker_id), 'rows', count(*), {_TOTALS},
            'moved', count(DISTINCT worker_id) FILTER (WHERE is_moved AND outcome <> 'left_out'),
            'late', count(DISTINCT worker_id) FILTER (WHERE is_late AND outcome <> 'left_out'),
            'latest_safe_on', (SELECT latest_safe_on FROM safe),
            'latest_safe_people', count(DISTINCT worker_id) FILTER (
                WHERE outcome <> 'left_out' AND latest_safe_on = (SELECT latest_safe_on FROM safe)))::text
        FROM judged),
       (SELECT coalesce(jsonb_agg(jsonb_build_object('plan', plan, 'outcome', outcome, 'cover_class', cover_class,
            'start', coverage_start, 'end', coverage_end, 'previous_start', previous_start, 'previous_end', previous_end,
            'waiting_days', waiting_days, 'reference_on', reference_on, 'is_late', is_late, 'is_moved', is_moved,
            'latest_safe_on', latest_safe_on, 'people', people)
            ORDER BY plan_id, people DESC, coverage_start, previous_end), '[]')::text
        FROM grouped),
       (SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'number_masked', number_masked, 'plan', plan,
            'outcome', outcome, 'start', coverage_start, 'previous_end', previous_end)
            ORDER BY name_initials, member_id), '[]')::text
        FROM named)
"""
