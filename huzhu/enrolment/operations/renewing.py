"""Who is enrolled in a renewal: today's people against those of the old policies, one statement however many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from huzhu.enrolment.operations.flow import changed, lock_editable
from huzhu.shared.actors import Actor


@dataclass(frozen=True, kw_only=True)
class RenewedPeople:
    """How many people a renewal begins with: those of the old policies who are in service, and those who came since."""

    kept: int
    joined: int


@transaction.atomic
def enrol_for_renewal(
    *, application_id: int, sources: Sequence[tuple[int, int]], by: Actor, at: datetime
) -> RenewedPeople:
    """
    This function will enrol everybody in service who is on an old policy in the plan that renews it, and those who are on none of
    the old policies in every plan that takes their gender.

    Somebody whom the employer took off the list of an old application (本次不参保) stays outside. Where a plan leaves shares to
    each person, those of the old policy stay.

    :param sources: (plan version of the application, old policy)
    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    with connection.cursor() as cursor:
        cursor.execute(
            ENROL,
            {
                "application": application.pk,
                "employer": application.employer_id,
                "versions": [version for version, _ in sources],
                "policies": [policy for _, policy in sources],
            },
        )
        kept, joined = cursor.fetchone()
    changed(application, "renew_people", label="续保导入人员", by=by, at=at, details={"kept": kept, "joined": joined})
    return RenewedPeople(kept=kept, joined=joined)


ENROL = """
WITH source AS MATERIALIZED (
    SELECT plan.id AS plan_id, plan.share_count, version.contribution_amount, version.uniform_shares, version.max_shares,
           version.gender, old.policy_id
    FROM unnest(%(versions)s::bigint[], %(policies)s::bigint[]) AS old (version_id, policy_id)
    JOIN enrolment_applicationplan AS plan ON plan.plan_version_id = old.version_id AND plan.application_id = %(application)s
    JOIN plans_planversion AS version ON version.id = plan.plan_version_id
), held AS MATERIALIZED (
    SELECT source.plan_id, cover.worker_id, max(cover.share_count) AS share_count
    FROM source JOIN cover_cover AS cover ON cover.policy_id = source.policy_id AND cover.employer_id = %(employer)s
    GROUP BY source.plan_id, cover.worker_id
), outside AS MATERIALIZED (
    SELECT worker_id FROM held
    UNION
    SELECT member.worker_id FROM enrolment_applicationmember AS member
    WHERE member.removed_at IS NOT NULL AND NOT member.lacks_gift AND member.application_id IN (
        SELECT cover.application_id FROM cover_cover AS cover WHERE cover.policy_id = ANY (%(policies)s::bigint[]))
), wanted AS (
    SELECT DISTINCT ON (plan.plan_id, entry.worker_id) plan.*, held.share_count AS held_count, entry.id AS entry_id,
           entry.worker_id, entry.name, entry.name_initials, document.number_masked, entry.gender AS own_gender, entry.born_on,
           entry.mobile, entry.job_category, entry.employment_form, entry.department
    FROM roster_rosterentry AS entry
    JOIN roster_workerdocument AS document ON document.id = entry.document_id
    CROSS JOIN (SELECT DISTINCT plan_id, share_count, contribution_amount, uniform_shares, max_shares, gender FROM source) AS plan
    LEFT JOIN held ON held.plan_id = plan.plan_id AND held.worker_id = entry.worker_id
    WHERE entry.employer_id = %(employer)s AND entry.status = 'in_service'
      AND (plan.gender = '' OR plan.gender = entry.gender)
      AND (held.worker_id IS NOT NULL OR entry.worker_id NOT IN (SELECT worker_id FROM outside))
    ORDER BY plan.plan_id, entry.worker_id, entry.id DESC
), written AS (
    INSERT INTO enrolment_applicationmember (application_id, application_plan_id, worker_id, entry_id, name, name_initials,
        number_masked, gender, born_on, mobile, job_category, employment_form, department, share_count, contribution_amount,
        planned_class, left_out_reason)
    SELECT %(application)s, plan_id, worker_id, entry_id, name, name_initials, number_masked, own_gender, born_on, mobile,
        job_category, employment_form, department, shares.count, shares.count * contribution_amount, '', ''
    FROM wanted CROSS JOIN LATERAL (
        SELECT CASE WHEN uniform_shares OR held_count IS NULL THEN wanted.share_count
                    ELSE least(held_count, max_shares) END AS count) AS shares
    ON CONFLICT (application_plan_id, worker_id) DO NOTHING
    RETURNING worker_id
)
SELECT count(DISTINCT worker_id) FILTER (WHERE worker_id IN (SELECT worker_id FROM held)),
       count(DISTINCT worker_id) FILTER (WHERE worker_id NOT IN (SELECT worker_id FROM held))
FROM written
"""
