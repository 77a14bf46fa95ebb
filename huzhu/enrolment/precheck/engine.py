"""Running all rules over an application: eight statements at most, whatever the number of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from huzhu.cover import operations as cover
from huzhu.cover.queries import MOST_DAYS_AHEAD, period_sql
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.precheck.facts import APPLICATION_FACTS, NAME_PATTERNS, PERSON_FACTS, PLAN_FACTS
from huzhu.enrolment.precheck.reasons import FILL_SLOTS
from huzhu.enrolment.precheck.registry import APPLICATION, PERSON, PLAN, RULES
from huzhu.enrolment.rules import DAYS_TO_REVIEW_AND_PAY
from huzhu.shared.calendar import ONE_DAY, local_date


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How many findings a run made, by code."""

    counts: dict[str, int]


def check(*, application_id: int, at: datetime, is_final: bool, refreshes: bool) -> Verdict:
    """
    This function will judge every person and plan of an application anew: planned periods, findings, proof slots, totals.

    It runs inside the caller's transaction, on an application the caller has locked.

    :param is_final: at submitting and reviewing: a job category still unknown counts as over age (rulebook §3, category_unknown)
    :param refreshes: while the list may still be edited, people are taken over from the roster as it stands now
    """
    params = _params(application_id=application_id, day=local_date(at), is_final=is_final)
    employer_id = EnrolmentApplication.objects.values_list("employer_id", flat=True).get(pk=application_id)
    cover.follow_bindings(employer_id=employer_id, at=at)  # whoever joined the roster since the binding
    with connection.cursor() as cursor:
        cursor.execute(_plan_periods(refreshes=refreshes), params)
        cursor.execute("DELETE FROM enrolment_finding WHERE application_id = %(application)s", params)
        cursor.execute(FIND, params)
        counts = dict(cursor.fetchall())
        cursor.execute(SLOTS, params)
        cursor.execute(FILL_SLOTS, params)
        cursor.execute(TOTALS, {**params, "checked_at": at})
    return Verdict(counts=counts)


def _params(*, application_id: int, day: date, is_final: bool) -> dict[str, Any]:
    return {
        "application": application_id,
        "today": day,
        "tomorrow": day + ONE_DAY,
        "most_days_ahead": MOST_DAYS_AHEAD,
        "payment_expected_by": day + timedelta(days=DAYS_TO_REVIEW_AND_PAY),
        "is_final": is_final,
        **NAME_PATTERNS,
    }


_COPIED = ["name", "name_initials", "gender", "born_on", "mobile", "job_category", "employment_form", "department"]


def _plan_periods(*, refreshes: bool) -> str:
    """
    Everybody's planned period and class (rulebook §4) as if the money came today; with it, if wanted, what the roster says now.

    All of it is gathered once, before the join with the rows to change: with statistics of emptier tables the planner would work
    it out anew for every pair of rows, minutes for two hundred people.
    """
    columns = {
        "planned_start": "timed.coverage_start",
        "planned_end": "timed.coverage_end",
        "planned_class": "timed.cover_class",
        "previous_end": "timed.previous_end",
    }
    taken_over = joins = ""
    if refreshes:
        sources = {name: f"entry.{name}" for name in _COPIED}
        sources |= {"number_masked": "document.number_masked"}
        taken_over = "".join(f", {value} AS {name}" for name, value in sources.items())
        columns |= {name: f"timed.{name}" for name in (*sources, "share_count", "contribution_amount")}
        joins = (
            "JOIN roster_rosterentry AS entry ON entry.id = member.entry_id "
            "JOIN roster_workerdocument AS document ON document.id = entry.document_id "
        )
    source = f"""
        SELECT member.id AS member_id, member.worker_id, application.employer_id, plan.plan_version_id, plan.reference_on,
               %(today)s::date AS arrival_on, plan.share_count,
               plan.share_count * sold.contribution_amount AS contribution_amount{taken_over}
        FROM enrolment_applicationmember AS member
        JOIN enrolment_enrolmentapplication AS application ON application.id = member.application_id
        JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
        JOIN plans_planversion AS sold ON sold.id = plan.plan_version_id
        {joins}
        WHERE member.application_id = %(application)s AND member.removed_at IS NULL
    """
    assignments = ", ".join(f"{name} = {value}" for name, value in columns.items())
    before = ", ".join(f"member.{name}" for name in columns)
    return (
        f"WITH timed AS MATERIALIZED ({period_sql(source)}) "
        f"UPDATE enrolment_applicationmember AS member SET {assignments} FROM timed "
        f"WHERE member.id = timed.member_id AND ({before}) IS DISTINCT FROM ({', '.join(columns.values())})"
    )


FIND = f"""
WITH {APPLICATION} AS MATERIALIZED ({APPLICATION_FACTS}),
{PERSON} AS MATERIALIZED ({PERSON_FACTS}),
{PLAN} AS MATERIALIZED ({PLAN_FACTS}),
made AS (
    INSERT INTO enrolment_finding (application_id, application_plan_id, member_id, code, severity, rule_version, proof_kind,
        inputs, is_for_reviewers)
    {" UNION ALL ".join(rule.sql() for rule in RULES)}
    RETURNING code
)
SELECT code, count(*) FROM made GROUP BY code ORDER BY code
"""

# Slots of kinds no longer asked for stay, unneeded, with their files.
SLOTS = """
INSERT INTO enrolment_proofslot (application_id, kind, person_count, is_needed)
SELECT %(application)s, kinds.kind, count(DISTINCT member.worker_id), count(finding.id) > 0
FROM (
    SELECT proof_kind AS kind FROM enrolment_finding WHERE application_id = %(application)s AND proof_kind <> ''
    UNION SELECT kind FROM enrolment_proofslot WHERE application_id = %(application)s
) AS kinds
LEFT JOIN enrolment_finding AS finding ON finding.application_id = %(application)s AND finding.proof_kind = kinds.kind
LEFT JOIN enrolment_applicationmember AS member ON member.id = finding.member_id
GROUP BY kinds.kind
ON CONFLICT (application_id, kind) DO UPDATE SET person_count = excluded.person_count, is_needed = excluded.is_needed
"""

TOTALS = """
UPDATE enrolment_enrolmentapplication AS application
SET checked_at = %(checked_at)s, member_count = total.people, contribution_amount = total.amount
FROM (
    SELECT count(DISTINCT worker_id) AS people, coalesce(sum(contribution_amount), 0) AS amount
    FROM enrolment_applicationmember WHERE application_id = %(application)s AND removed_at IS NULL
) AS total
WHERE application.id = %(application)s
"""
