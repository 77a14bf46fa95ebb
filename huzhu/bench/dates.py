"""若于某日到账 for 10,000 people of one application, against the plain join it needs, measured in the same run."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from huzhu.cover import operations as cover
from huzhu.cover.models import Cover
from huzhu.demo.employers import HOSPITAL, Stage, Story
from huzhu.demo.seed import found_association
from huzhu.demo.telling import Teller
from huzhu.enrolment import queries
from huzhu.shared.calendar import local_date

PEOPLE = 10_000
LIMIT_MS = 300
ROUNDS = 15

# What has to be read in any case: everybody of the list with plan, version and all earlier cover.
PLAIN_JOIN = """
    SELECT count(*), count(held.id), max(held.coverage_end)
    FROM enrolment_applicationmember AS member
    JOIN enrolment_enrolmentapplication AS application ON application.id = member.application_id
    JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
    JOIN plans_planversion AS version ON version.id = plan.plan_version_id
    LEFT JOIN cover_cover AS held ON held.worker_id = member.worker_id
    WHERE member.application_id = %s AND member.removed_at IS NULL
"""

# Nine of ten have cover of the same plan that ends in two weeks.
COVER_SOURCE = """
    SELECT member.id AS member_id, member.worker_id, application.employer_id, application.id AS application_id,
           NULL::bigint AS policy_id, version.plan_id, plan.plan_version_id, member.name, member.name_initials,
           member.number_masked, member.share_count, member.contribution_amount, NULL::date AS reference_on,
           NULL::date AS common_end, %(arrival_on)s::date AS arrival_on
    FROM enrolment_applicationmember AS member
    JOIN enrolment_enrolmentapplication AS application ON application.id = member.application_id
    JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
    JOIN plans_planversion AS version ON version.id = plan.plan_version_id
    WHERE member.application_id = %(application)s AND member.id %% 10 <> 0
"""


def run() -> None:
    """This function will enrol 10,000 people of whom most have cover, and forecast arrivals in time and too late."""
    now = timezone.now()
    found_association(at=now - timedelta(days=500))
    story = Story(
        "测试单位950", "enterprise", "91", "440106", "44", PEOPLE, "测试员", Stage.EFFECTIVE, HOSPITAL, "", 950
    )
    teller = Teller(story, now=now)
    teller.register()
    teller.keep_roster()
    earlier = cover.Source(
        sql=COVER_SOURCE,
        params={"application": _draft(teller), "arrival_on": local_date(now) - timedelta(days=350)},
    )
    cover.create_covers(source=earlier, at=now)
    application_id = _draft(teller)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cover_cover")
        cursor.execute("ANALYZE enrolment_applicationmember")
    covered = Cover.objects.filter(employer_id=teller.employer_id).count()
    today = local_date(now)

    def ask(days: int) -> queries.ArrivalForecast:
        return queries.forecast_arrival(application_ids=[application_id], day=today + timedelta(days=days), today=today)

    def join() -> None:
        with connection.cursor() as cursor:
            cursor.execute(PLAIN_JOIN, [application_id])
            cursor.fetchone()

    in_time, late = ask(0), ask(60)
    plain = _median_ms(join)
    forecast = _median_ms(lambda: ask(60))
    print(f"\ndates: 若于某日到账, one application of {in_time.people:,} people, {covered:,} earlier covers")
    print(f"  plain join   {plain:>8.1f} ms")
    print(f"  forecast     {forecast:>8.1f} ms   {forecast / plain:.1f} × the join   limit {LIMIT_MS} ms")
    lost = queries.Outcome.LOST
    print(f"  in time {in_time.counts[lost]:,} lose their renewal, sixty days on {late.counts[lost]:,}")
    if forecast > LIMIT_MS:
        raise SystemExit(f"the forecast took {forecast:.0f} ms, more than {LIMIT_MS} ms")


def _draft(teller: Teller) -> int:
    teller.draft()
    if teller.application is None:
        raise RuntimeError("there is no draft")
    return teller.application.pk


def _median_ms(act) -> float:
    act()
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)
