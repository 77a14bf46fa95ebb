"""增员: an application that adds people to a policy during its term. Its plan, version and shares are those of the policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from huzhu.enrolment.models import ApplicationPlan, EnrolmentApplication
from huzhu.enrolment.operations.drafting import create_draft
from huzhu.enrolment.operations.flow import changed
from huzhu.enrolment.operations.submitting import recheck
from huzhu.enrolment.states import State
from huzhu.shared.actors import Actor

UNDER_WAY = (State.AWAITING_FORM, State.FIRST_REVIEW, State.SECOND_REVIEW, State.AWAITING_PAYMENT)


@dataclass(frozen=True, kw_only=True)
class EndorsedPolicy:
    """
    The policy people are added to: what they join, and `common_end` where joiners end with the policy. Whoever came to the employer
    since `issued_at`, or on `issued_on` or later, is proposed.
    """

    policy_id: int
    number: str
    plan_version_id: int
    share_count: int
    common_end: date | None
    issued_at: datetime
    issued_on: date


@transaction.atomic
def begin_addition(*, employer_id: int, policy: EndorsedPolicy, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will begin an application that adds people to a policy, with those in service who came since and are neither on
    it nor on their way to it, and check it. Whoever was taken off the list of one of the policy's applications (本次不参保) stays
    outside.

    :raises permissions.NotPermitted: if this person may not enrol for the employer
    """
    application = create_draft(employer_id=employer_id, by=by, at=at)
    application.endorsed_policy_id, application.endorsed_policy_number = policy.policy_id, policy.number
    application.save(update_fields=["endorsed_policy_id", "endorsed_policy_number"])
    plan = ApplicationPlan.objects.create(
        application=application,
        plan_version_id=policy.plan_version_id,
        share_count=policy.share_count,
        common_end=policy.common_end,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            PROPOSE,
            {
                "application": application.pk,
                "plan": plan.pk,
                "employer": employer_id,
                "policy": policy.policy_id,
                "issued_at": policy.issued_at,
                "issued_on": policy.issued_on,
                "under_way": list(UNDER_WAY),
            },
        )
        proposed = cursor.rowcount
    changed(
        application,
        "begin_addition",
        label="增员",
        by=by,
        at=at,
        details={"policy": policy.number, "proposed": proposed},
    )
    if proposed:
        recheck(application, at=at)
    return application


PROPOSE = """
INSERT INTO enrolment_applicationmember (application_id, application_plan_id, worker_id, entry_id, name, name_initials,
    number_masked, gender, born_on, mobile, job_category, employment_form, department, share_count, contribution_amount,
    planned_class, left_out_reason)
SELECT plan.application_id, plan.id, entry.worker_id, entry.id, entry.name, entry.name_initials, document.number_masked,
    entry.gender, entry.born_on, entry.mobile, entry.job_category, entry.employment_form, entry.department, plan.share_count,
    plan.share_count * version.contribution_amount, '', ''
FROM enrolment_applicationplan AS plan
JOIN plans_planversion AS version ON version.id = plan.plan_version_id
JOIN roster_rosterentry AS entry ON entry.employer_id = %(employer)s AND entry.status = 'in_service'
JOIN roster_workerdocument AS document ON document.id = entry.document_id
WHERE plan.id = %(plan)s AND plan.application_id = %(application)s
  AND (version.gender = '' OR version.gender = entry.gender)
  AND (entry.entered_at > %(issued_at)s OR entry.joined_on >= %(issued_on)s)
  AND entry.worker_id NOT IN (SELECT held.worker_id FROM cover_cover AS held WHERE held.policy_id = %(policy)s)
  AND entry.worker_id NOT IN (
      SELECT asked.worker_id FROM enrolment_applicationmember AS asked
      JOIN enrolment_enrolmentapplication AS under_way ON under_way.id = asked.application_id
      WHERE under_way.endorsed_policy_id = %(policy)s AND under_way.state = ANY (%(under_way)s)
        AND asked.removed_at IS NULL)
  AND entry.worker_id NOT IN (
      SELECT off.worker_id FROM enrolment_applicationmember AS off
      JOIN enrolment_enrolmentapplication AS before ON before.id = off.application_id
      WHERE off.removed_at IS NOT NULL AND before.employer_id = %(employer)s
        AND (before.endorsed_policy_id = %(policy)s OR before.id IN (
            SELECT held.application_id FROM cover_cover AS held WHERE held.policy_id = %(policy)s)))
"""
