"""
The precheck of 100,000 people in three plans against the plain join that gathers what it looks at, in one run; and its cost per
person from 10,000 to 100,000.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import connection, transaction
from django.utils import timezone

from huzhu.bench import chain, people
from huzhu.cover.queries import conflict_sql, period_sql
from huzhu.demo.employers import ALL_ROUND
from huzhu.demo.seed import found_association
from huzhu.demo.telling import Teller
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.precheck import check
from huzhu.plans.models import PlanVersion
from huzhu.roster import operations as roster
from huzhu.roster.models import InsuranceRosterKind
from huzhu.shared.calendar import local_date

SMALL, LARGE = 10_000, 100_000
TURNS = 3

# What is promised
MOST_SECONDS, MOST_TIMES, GROWTH = 5.0, 2.0, 1.2

# Half of the people held the first of the plans for a year that ended a week from now.
_EARLIER = """
INSERT INTO cover_cover (worker_id, plan_id, plan_version_id, employer_id, application_id, name, name_initials, number_masked,
    share_count, carried_share_count, carried_amount, contribution_amount, coverage_start, coverage_end, cover_class, full_from,
    added_full_from, created_at)
SELECT member.worker_id, version.plan_id, version.id, application.employer_id, NULL, member.name, member.name_initials,
       member.number_masked, 1, 0, 0, version.contribution_amount, %(today)s - 358, %(today)s + 7, 'first', %(today)s - 328,
       %(today)s - 328, now()
FROM enrolment_applicationmember AS member
JOIN enrolment_enrolmentapplication AS application ON application.id = member.application_id
JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
JOIN plans_planversion AS version ON version.id = plan.plan_version_id
WHERE member.application_id = %(application)s AND member.worker_id %% 2 = 0
  AND plan.id = (SELECT min(id) FROM enrolment_applicationplan WHERE application_id = %(application)s)
"""

# What the rules need to know of everybody in every plan, as one plain statement with the joins that settlement uses, written down:
# what roster, documents and lists say, the period by earlier cover, cover in its way, other names and birthdays, namesakes. Nothing
# is judged, compared with what was found before, or kept.
_PEOPLE = """
    SELECT member.id AS member_id, member.application_plan_id, member.worker_id, application.employer_id, plan.plan_version_id,
           version.plan_id, plan.reference_on, plan.common_end, %(today)s::date AS arrival_on, plan.share_count,
           plan.share_count * version.contribution_amount AS contribution_amount, version.max_shares, version.max_age,
           version.gender AS plan_gender, entry.name, entry.name_initials, entry.gender, entry.born_on, entry.mobile,
           entry.job_category, entry.employment_form, entry.department, entry.status, document.number_masked, document.is_valid,
           document.document_type, listed.id IS NOT NULL AS is_listed
    FROM enrolment_applicationmember AS member
    JOIN enrolment_enrolmentapplication AS application ON application.id = member.application_id
    JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
    JOIN plans_planversion AS version ON version.id = plan.plan_version_id
    JOIN roster_rosterentry AS entry ON entry.id = member.entry_id
    JOIN roster_workerdocument AS document ON document.id = entry.document_id
    LEFT JOIN roster_insurancerosterline AS listed ON listed.fingerprint = document.fingerprint AND listed.roster_id = %(list)s
    WHERE member.application_id = %(application)s AND member.removed_at IS NULL
"""
_JOIN = f"""
CREATE TEMPORARY TABLE joined ON COMMIT DROP AS
SELECT timed.*, held.shares AS held_shares, held.until AS held_until, rival.until AS rival_until, differing.other_name,
       stated.other_gender, stated.other_born_on, namesake.people
FROM ({period_sql(_PEOPLE)}) AS timed
{conflict_sql("timed")}
LEFT JOIN LATERAL (
    SELECT min(other.name) AS other_name FROM cover_cover AS other
    WHERE other.worker_id = timed.worker_id AND other.name <> timed.name
) AS differing ON true
LEFT JOIN LATERAL (
    SELECT other.gender AS other_gender, other.born_on AS other_born_on FROM roster_rosterentry AS other
    WHERE other.worker_id = timed.worker_id AND other.employer_id <> timed.employer_id
      AND (other.gender, other.born_on) <> (timed.gender, timed.born_on) LIMIT 1
) AS stated ON true
LEFT JOIN (
    SELECT application_plan_id, name, born_on, gender, mobile, count(*) AS people FROM enrolment_applicationmember
    WHERE application_id = %(application)s AND removed_at IS NULL GROUP BY application_plan_id, name, born_on, gender, mobile
) AS namesake USING (application_plan_id, name, born_on, gender, mobile)
"""


@dataclass(frozen=True)
class Measured:
    """Seconds of a precheck: of a new list, of the same list again, and of the plain join."""

    first: float
    again: float
    join: float


def run() -> None:
    """This function will measure the precheck at two sizes and print every promise with its figure."""
    found_association(at=timezone.now() - timedelta(days=500))
    _measure(rows=500, place=960)  # warms caches
    small, large = _measure(rows=SMALL, place=961), _measure(rows=LARGE, place=962)
    print(f"\nprecheck: {LARGE:,} people × {len(ALL_ROUND)} plans, best of {TURNS}")
    print(f"  {'people':>8} {'new list':>9} {'again':>9} {'plain join':>11}")
    for rows, each in ((SMALL, small), (LARGE, large)):
        print(f"  {rows:>8,} {each.first:>7.2f} s {each.again:>7.2f} s {each.join:>9.2f} s")
    _promise("seconds", large.again, MOST_SECONDS)
    _promise("against the plain join", large.again / large.join, MOST_TIMES)
    growth = (large.again / LARGE) / (small.again / SMALL)
    _promise(f"cost per person, {LARGE:,} against {SMALL:,}", growth, GROWTH)


def _promise(name: str, figure: float, most: float) -> None:
    print(f"  {name}: {figure:.2f} (at most {most:.2f}): {'held' if figure <= most else 'NOT HELD'}")


def _measure(*, rows: int, place: int) -> Measured:
    teller = Teller(chain._story(rows, place), now=timezone.now())
    teller.register()
    at = timezone.now()
    application, roster_list = _prepare(teller, rows=rows, first=place * 1_000_000, at=at)
    first = _timed(lambda: _check(application, at=at))
    params = {"application": application, "list": roster_list, "today": local_date(at)}
    joins, again = [], []
    for _ in range(TURNS):
        joins.append(_timed(lambda: _join(params)))
        again.append(_timed(lambda: _check(application, at=at)))
    return Measured(first=first, again=min(again), join=min(joins))


def _prepare(teller: Teller, *, rows: int, first: int, at: datetime) -> tuple[int, int]:
    """A roster, its month's list without every twentieth, and a draft for everybody of whom half were covered before."""
    frame = people.make_people(rows=rows, first=first)
    employer, actor = teller.employer_id, teller.actor
    content = people.write_roster(frame)
    roster.import_roster(employer_id=employer, content=content, file_name="bench.xlsx", by=actor, at=at)
    listed = roster.import_insurance_roster(
        employer_id=employer,
        kind=InsuranceRosterKind.SOCIAL,
        month=local_date(at),
        content=people.write_roster(frame.head(rows // 20 * 19)),
        file_name="list.xlsx",
        by=actor,
        at=at,
    )
    application = enrolment.create_draft(employer_id=employer, by=actor, at=at).pk
    versions = {version.plan.code: version.pk for version in PlanVersion.objects.select_related("plan")}
    choices = [(versions[code], shares) for code, shares in ALL_ROUND]
    enrolment.set_plans(application_id=application, choices=choices, by=actor, at=at)
    enrolment.add_from_roster(application_id=application, by=actor, at=at)
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, {"application": application, "today": local_date(at)})
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("ANALYZE")  # as the server does by itself within a minute
    return application, listed.pk


def _check(application: int, *, at: datetime) -> None:
    with transaction.atomic():
        check(application_id=application, at=at, is_final=False, refreshes=True)


def _join(params: dict[str, Any]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_JOIN, params)


def _timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
