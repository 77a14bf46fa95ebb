"""Running all rules over an application: some fifteen statements, whatever the number of people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from huzhu.cover import operations as cover
from huzhu.cover.queries import period_sql
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.precheck.facts import PLAN_FACTS
from huzhu.enrolment.precheck.gathering import gathered, get_params
from huzhu.enrolment.precheck.reasons import FILL_SLOTS
from huzhu.enrolment.precheck.registry import PERSON, PLAN, RULES, VERSIONS
from huzhu.shared.calendar import local_date


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How many findings a run recorded, by code."""

    counts: dict[str, int]


def check(*, application_id: int, at: datetime, is_final: bool, refreshes: bool) -> Verdict:
    """
    This function will judge every person and plan of an application anew: planned periods, findings, proof slots, totals.

    It runs inside the caller's transaction, on an application the caller has locked.

    :param is_final: at submitting and reviewing: a job category still unknown counts as over age (rulebook §3, category_unknown)
    :param refreshes: while the list may still be edited, people are taken over from the roster as it stands now
    """
    params = get_params(application_id=application_id, day=local_date(at), is_final=is_final)
    employer_id = EnrolmentApplication.objects.values_list("employer_id", flat=True).get(pk=application_id)
    cover.follow_bindings(employer_id=employer_id, at=at)  # whoever joined the roster since the binding
    with connection.cursor() as cursor:
        cursor.execute(_plan_periods(refreshes=refreshes), params)
        cursor.execute("DELETE FROM enrolment_finding WHERE application_id = %(application)s", params)
    with gathered(params) as cursor:
        cursor.execute(FIND, params)
        counts = dict(cursor.fetchall())
    with connection.cursor() as cursor:
        cursor.execute(SLOTS, params)
        cursor.execute(FILL_SLOTS, params)
        cursor.execute(TOTALS, {**params, "checked_at": at, "rule_versions": json.dumps(VERSIONS)})
    return Verdict(counts=counts)


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


_RECORDED = [rule for rule in RULES if rule.is_recorded]
_STRIKES = " OR ".join(f"({rule.condition})" for rule in _RECORDED if rule.facts == PERSON)

# Most people give no rule cause: they are passed over once instead of once for every rule.
FIND = f"""
WITH {PLAN} AS MATERIALIZED ({PLAN_FACTS}),
struck AS MATERIALIZED (SELECT * FROM {PERSON} AS f WHERE {_STRIKES}),
made AS (
    INSERT INTO enrolment_finding (application_id, application_plan_id, member_id, code, severity, rule_version, proof_kind,
        inputs, is_for_reviewers)
    {" UNION ALL ".join(rule.sql(of="struck" if rule.facts == PERSON else rule.facts) for rule in _RECORDED)}
    RETURNING code
)
SELECT code, count(*) FROM made GROUP BY code ORDER BY code
"""

SLOTS = """
INSERT INTO enrolment_proofslot (application_id, kind, person_count, is_needed)
SELECT %(application)s, kind, sum(people), bool_or(is_needed)
FROM (
    SELECT finding.proof_kind AS kind, count(DISTINCT member.worker_id) AS people, true AS is_needed
    FROM enrolment_finding AS finding
    LEFT JOIN enrolment_applicationmember AS member ON member.id = finding.member_id
    WHERE finding.application_id = %(application)s AND finding.proof_kind <> '' GROUP BY finding.proof_kind
    UNION ALL SELECT kind, 0, false FROM enrolment_proofslot WHERE application_id = %(application)s
) AS kinds
GROUP BY kind
ON CONFLICT (application_id, kind) DO UPDATE SET person_count = excluded.person_count, is_needed = excluded.is_needed
"""

TOTALS = """
UPDATE enrolment_enrolmentapplication AS application
SET checked_at = %(checked_at)s, rule_versions = %(rule_versions)s::jsonb, member_count = total.people,
    contribution_amount = total.amount
FROM (
    SELECT count(DISTINCT worker_id) AS people, coalesce(sum(contribution_amount), 0) AS amount
    FROM enrolment_applicationmember WHERE application_id = %(application)s AND removed_at IS NULL
) AS total
WHERE application.id = %(application)s
"""
