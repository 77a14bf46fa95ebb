"""Running all rules over an application: some twenty statements, whatever the number of people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from huzhu.cover import operations as cover
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.precheck import funding
from huzhu.enrolment.precheck.facts import PLAN_FACTS, SAID
from huzhu.enrolment.precheck.freezing import Frozen, freeze
from huzhu.enrolment.precheck.gathering import gathered, get_params
from huzhu.enrolment.precheck.reasons import FILL_SLOTS
from huzhu.enrolment.precheck.registry import PERSON, PLAN, RULES, VERSIONS
from huzhu.shared.calendar import local_date


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How many findings a run recorded, by code, and, where asked for, the facts it looked at."""

    counts: dict[str, int]
    frozen: Frozen | None = None


def check(*, application_id: int, at: datetime, is_final: bool, refreshes: bool, freezes: bool = False) -> Verdict:
    """
    This function will judge every person and plan of an application anew: planned periods, findings, proof slots, totals.

    It runs inside the caller's transaction, on an application the caller has locked.

    :param is_final: at submitting and reviewing: a job category still unknown counts as over age (rulebook §3, category_unknown)
    :param refreshes: while the list may still be edited, people are taken over from the roster as it stands now
    :param freezes: give the facts and findings of this run back, to be kept with what is decided by them
    """
    employer_id = EnrolmentApplication.objects.values_list("employer_id", flat=True).get(pk=application_id)
    cover.follow_bindings(employer_id=employer_id, at=at)  # whoever joined the roster since the binding
    params = get_params(application_id=application_id, day=local_date(at), is_final=is_final)
    if refreshes:
        funding.take_back(application_id=application_id)
    with gathered(params, refreshes=refreshes) as cursor, funding.judged(cursor, params, at=at, plans_anew=refreshes):
        cursor.execute(FIND, params)
        counts = dict(cursor.fetchall())
        cursor.execute(_keep_sql(refreshes=refreshes), params)
        cursor.execute(TOTALS, {**params, "checked_at": at, "rule_versions": json.dumps(VERSIONS)})
        frozen = freeze(cursor, params) if freezes else None
    with connection.cursor() as cursor:
        cursor.execute(SLOTS, params)
        cursor.execute(FILL_SLOTS, params)
    return Verdict(counts=counts, frozen=frozen)


def _keep_sql(*, refreshes: bool) -> str:
    """
    What was planned for whom, on the rows of those for whom it is not what they say already; with it what the roster says now.
    """
    columns = {
        "planned_start": "f.coverage_start",
        "planned_end": "f.coverage_end",
        "planned_class": "f.cover_class",
        "previous_end": "f.previous_end",
        **{name: f"f.{name}" for name in ("is_over_age", "is_category_needed", "is_on_list")},
        "contribution_amount": "f.contribution_amount",  # of a common end it follows the planned start
    }
    roster = ""
    if refreshes:
        columns |= {name: f"entry.{name}" for name in SAID} | {"number_masked": "f.number_masked"}
        columns |= {"share_count": "f.share_count"}
        roster = "JOIN roster_rosterentry AS entry ON entry.id = f.entry_id"
    assignments = ", ".join(f"{name} = {value}" for name, value in columns.items())
    return (
        f"UPDATE enrolment_applicationmember AS member SET {assignments} "
        f"FROM {PERSON} AS f {roster} WHERE f.is_stale AND member.id = f.member_id"
    )


_RECORDED = [rule for rule in RULES if rule.is_recorded]
_STRIKES = " OR ".join(f"({rule.condition})" for rule in _RECORDED if rule.facts == PERSON)

_FINDING = (
    *("application_id", "application_plan_id", "member_id", "code", "severity", "rule_version", "proof_kind", "inputs"),
    "is_for_reviewers",
)
_KEPT = ", ".join(_FINDING)

# Most people give no rule cause: they are passed over once instead of once for every rule. What was found before and is found again
# stays as it is: the same in every word, since one rule may strike a person in a plan twice (two gifts).
FIND = f"""
WITH {PLAN} AS MATERIALIZED ({PLAN_FACTS}),
struck AS MATERIALIZED (SELECT * FROM {PERSON} AS f WHERE {_STRIKES}),
found ({_KEPT}) AS MATERIALIZED (
    {" UNION ALL ".join(rule.sql(of="struck" if rule.facts == PERSON else rule.facts) for rule in _RECORDED)}
),
compared AS MATERIALIZED (
    SELECT {", ".join(f"found.{name}" for name in _FINDING)}, old.id AS old_id
    FROM found
    FULL JOIN (SELECT * FROM enrolment_finding WHERE application_id = %(application)s) AS old
      ON coalesce(old.member_id, 0) = coalesce(found.member_id, 0)
     AND coalesce(old.application_plan_id, 0) = coalesce(found.application_plan_id, 0)
     AND {" AND ".join(f"old.{name} = found.{name}" for name in _FINDING[3:])}
),
gone AS (DELETE FROM enrolment_finding AS old USING compared WHERE old.id = compared.old_id AND compared.code IS NULL),
made AS (INSERT INTO enrolment_finding ({_KEPT}) SELECT {_KEPT} FROM compared WHERE old_id IS NULL)
SELECT code, count(*) FROM found GROUP BY code ORDER BY code
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
SET checked_at = %(checked_at)s, rule_versions = %(rule_versions)s::jsonb, member_count = known.people,
    contribution_amount = total.amount, subsidy_amount = paid.amount
FROM (SELECT count(DISTINCT worker_id) AS people FROM checked_person) AS known,
     (SELECT coalesce(sum(contribution_amount), 0) AS amount FROM checked_member) AS total,
     (SELECT coalesce(sum(amount), 0) AS amount FROM enrolment_subsidy WHERE application_id = %(application)s) AS paid
WHERE application.id = %(application)s
"""
