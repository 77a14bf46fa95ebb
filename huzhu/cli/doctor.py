"""`huzhu doctor`: does what must always hold still hold in this installation?"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import connection

from huzhu.audit import closing, walls
from huzhu.billing import queries as billing

# Each gives rows only if something is wrong. Times are passed in.
CHECKS: dict[str, str] = {
    "cover_without_policy": "SELECT c.id::text FROM cover_cover c WHERE c.application_id IS NOT NULL "
    "AND NOT EXISTS (SELECT FROM policies_policy p WHERE p.id = c.policy_id AND p.plan_id = c.plan_id "
    "AND EXISTS (SELECT FROM policies_policyversion v WHERE v.policy_id = p.id AND v.application_id = c.application_id)) LIMIT 20",
    "policy_counts_its_members": "SELECT p.number FROM policies_policy p LEFT JOIN LATERAL (SELECT count(*) AS people, "
    "coalesce(sum(c.contribution_amount), 0) AS amount FROM cover_cover c WHERE c.policy_id = p.id) m ON true "
    "WHERE m.people <> p.member_count OR m.amount <> p.contribution_amount LIMIT 20",
    "policy_is_its_latest_version": "SELECT p.number FROM policies_policy p LEFT JOIN LATERAL (SELECT v.* "
    "FROM policies_policyversion v WHERE v.policy_id = p.id ORDER BY v.number DESC LIMIT 1) v ON true "
    "WHERE (v.member_count, v.contribution_amount, v.coverage_start, v.coverage_end) IS DISTINCT FROM "
    "(p.member_count, p.contribution_amount, p.coverage_start, p.coverage_end) OR v.number <> (SELECT count(*) "
    "FROM policies_policyversion w WHERE w.policy_id = p.id) LIMIT 20",
    "cover_over_the_share_limit": "SELECT a.worker_id::text FROM cover_cover a "
    "JOIN plans_planversion v ON v.id = a.plan_version_id "
    "JOIN cover_cover b ON b.worker_id = a.worker_id AND b.plan_id = a.plan_id AND b.coverage_start <= a.coverage_start "
    "AND b.coverage_end > a.coverage_start GROUP BY a.id, a.worker_id, v.max_shares "
    "HAVING sum(b.share_count) > v.max_shares LIMIT 20",
    "reviewed_by_two_persons": "SELECT number FROM enrolment_enrolmentapplication WHERE state IN ('awaiting_payment', 'effective') "
    "AND (first_reviewed_by_person = '' OR first_reviewed_by_person = second_reviewed_by_person OR first_reviewed_for_person IN "
    "(second_reviewed_by_person, nullif(second_reviewed_for_person, ''))) LIMIT 20",
    "jobs_that_failed": "SELECT id || ' ' || task_name FROM procrastinate_jobs WHERE status = 'failed' LIMIT 20",
    "jobs_that_wait_too_long": "SELECT id || ' ' || task_name FROM procrastinate_jobs WHERE status IN ('todo', 'doing') "
    "AND coalesce(scheduled_at, (SELECT min(at) FROM procrastinate_events e WHERE e.job_id = procrastinate_jobs.id)) "
    "< %(long_ago)s LIMIT 20",
    "messages_not_sent": "SELECT id || ' ' || template FROM notifications_smsmessage WHERE state = 'failed' "
    "OR (state = 'queued' AND coalesce(not_before, queued_at) < %(long_ago)s) LIMIT 20",
    "changed_outside_the_program": "SELECT c.written_at::text || ' ' || c.login_role || ' ' || c.act || ' ' || c.table_name || ' ' "
    "|| c.row_id FROM audit_rowchange c WHERE c.written_at > %(lately)s AND NOT EXISTS (SELECT FROM audit_auditevent e "
    "WHERE e.transaction = c.transaction AND e.written_at = c.written_at) ORDER BY c.id LIMIT 20",
    "policies_without_document": "SELECT p.number || ' ' || v.number FROM policies_policyversion v "
    "JOIN policies_policy p ON p.id = v.policy_id WHERE v.document_id IS NULL AND v.made_at < %(long_ago)s LIMIT 20",
}
LONG = timedelta(hours=1)
LATELY = timedelta(days=7)


def examine(*, at: datetime, since: date | None = None) -> dict[str, list[str]]:
    """
    This function will ask every check and return its rows by name; all empty is healthy.

    :param since: from which day on the hash chain of the trace is read again; all of it when left out
    """
    answers: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for name, sql in CHECKS.items():
            cursor.execute(sql, {"long_ago": at - LONG, "lately": at - LATELY})
            answers[name] = [row[0] for row in cursor.fetchall()]
    broken = billing.get_broken_invariants()
    for invariant in billing.get_money_invariants():
        answers[invariant.name] = [str(words) for _, words in broken.get(invariant.name, [])]
    answers["walls_that_do_not_stand"] = walls.get_missing()
    answers["trace_was_altered"] = list(closing.verify(at=at, since=since))
    return answers
