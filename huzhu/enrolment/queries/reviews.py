"""What waits for a reviewer, and what changed since the last submission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Coalesce, TruncDate

from huzhu.accounts import policy, scope
from huzhu.accounts.models import BranchLevel
from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Membership
from huzhu.enrolment.models import ApplicationPlan, EnrolmentApplication, Submission
from huzhu.enrolment.permissions import REVIEW_STATES
from huzhu.enrolment.states import State
from huzhu.parameters import queries as parameters
from huzhu.parameters.rules import SECOND_REVIEW_LEVEL
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import SHANGHAI
from huzhu.work.models import Assignment


def get_work_list(*, actor: Actor, stage: int) -> QuerySet[EnrolmentApplication]:
    """
    This function will give the applications that wait for somebody's first (1) or second (2) review, oldest first.

    Left out is what the two-person rule forbids the same person (rulebook §1); `is_mine` marks those the actor has claimed.
    """
    state = State.FIRST_REVIEW if stage == 1 else State.SECOND_REVIEW
    if not policy.may(actor, f"enrolment.{REVIEW_STATES[state]}"):
        return EnrolmentApplication.objects.none()
    waiting = EnrolmentApplication.objects.visible_to(actor).filter(state=state)
    claims = Assignment.objects.live().filter(subject_type=EnrolmentApplication._meta.label_lower, state=state)
    return (
        leave_out_own(waiting, actor)
        .select_related("employer__branch")
        .annotate(is_mine=Exists(claims.filter(subject_id=OuterRef("pk"), assignee_id__in=actor.user_ids)))
        .order_by("submitted_at", "pk")
    )


def get_listed(*, actor: Actor, stage: int) -> QuerySet[EnrolmentApplication]:
    """
    This function will give what the page of a stage lists: a reviewer's own work too, which opens with the reason why somebody else
    decides on it, but nothing that another level reviews. An auditor sees all of the subtree.
    """
    state = State.FIRST_REVIEW if stage == 1 else State.SECOND_REVIEW
    rows = EnrolmentApplication.objects.visible_to(actor).filter(state=state)
    is_reviewer = bool(policy.may(actor, f"enrolment.{REVIEW_STATES[state]}"))
    return _leave_out_other_levels(rows, actor) if is_reviewer else rows


def leave_out_own(rows: QuerySet[EnrolmentApplication], actor: Actor) -> QuerySet[EnrolmentApplication]:
    """
    This function will leave of applications under review those that `permissions.check_may_review` would let the actor review, as
    far as the two-person rule and the place of the second review go.
    """
    persons = actor.persons
    worked_on = AuditEvent.objects.filter(
        subject_type=EnrolmentApplication._meta.label_lower,
        subject_id=Cast(OuterRef("pk"), models.CharField()),
        by_person__in=persons,
        by_side=Side.EMPLOYER,
    )
    member = Membership.objects.live().filter(employer=OuterRef("employer"), user__mobile__in=persons)
    own = Q(first_reviewed_by_person__in=persons) | Q(first_reviewed_for_person__in=persons)
    return (
        _leave_out_other_levels(rows, actor)
        .exclude(own, state=State.SECOND_REVIEW)
        .exclude(submitted_by_person__in=persons)
        .exclude(created_by_person__in=persons)
        .filter(~Exists(worked_on), ~Exists(member))
    )


def _leave_out_other_levels(rows: QuerySet[EnrolmentApplication], actor: Actor) -> QuerySet[EnrolmentApplication]:
    """Second reviews are the province's; the city's too where its branch was set so on the day of submitting."""
    if scope.is_of_whole_association(actor):
        return rows
    if not scope.is_of_city_or_above(actor):
        return rows.exclude(state=State.SECOND_REVIEW)
    asked_on = TruncDate(Coalesce("submitted_at", "created_at"), tzinfo=SHANGHAI)
    level = parameters.held_by_row(SECOND_REVIEW_LEVEL, day="asked_on", place="employer__branch__path")
    return (
        rows.annotate(asked_on=asked_on)
        .annotate(level=level)
        .exclude(state=State.SECOND_REVIEW, level=BranchLevel.PROVINCE)
    )


@dataclass(frozen=True, kw_only=True)
class PersonChange:
    """One person in one plan that was added, removed or described otherwise since the last submission."""

    kind: str  # added | removed | changed
    plan: str
    name: str
    number_masked: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What changed since an earlier submission; `since` is its number, None where there is no earlier one."""

    since: int | None
    plans: list[tuple[str, str, str]]  # plan, before, after
    people: list[PersonChange]
    people_count: int


def get_diff_to_last_submission(*, application: EnrolmentApplication, limit: int = 200) -> Difference:
    """
    This function will compare plans and people as they stand with the submission before: while it is under review with the one
    before the last, while it may be edited with the last. Three statements.
    """
    waiting = application.state not in (State.DRAFT, State.RETURNED)
    number = application.submission_count - (1 if waiting else 0)
    if number < 1:
        return Difference(since=None, plans=[], people=[], people_count=0)
    snapshot = Submission.objects.filter(application=application, number=number).values("pk", "plans").first()
    if snapshot is None:
        return Difference(since=None, plans=[], people=[], people_count=0)
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE_DIFFERENCE, {"application": application.pk, "submission": snapshot["pk"], "limit": limit})
        rows = cursor.fetchall()
    return Difference(
        since=number,
        plans=_plan_difference(snapshot["plans"], application),
        people=[
            PersonChange(kind=kind, plan=plan, name=name, number_masked=masked, before=before, after=after)
            for kind, plan, name, masked, before, after, _ in rows
        ],
        people_count=rows[0][-1] if rows else 0,
    )


def _plan_difference(before: list[dict[str, Any]], application: EnrolmentApplication) -> list[tuple[str, str, str]]:
    def text(shares: int, reference_on: object) -> str:
        return f"每人{shares}份，业务参考日期{reference_on or '未设置'}"

    old = {plan["name"]: text(plan["shares"], plan["reference_on"]) for plan in before}
    new = {
        str(plan.plan_version.plan): text(plan.share_count, plan.reference_on)
        for plan in ApplicationPlan.objects.filter(application=application).select_related("plan_version__plan")
    }
    return [
        (name, old.get(name, ""), new.get(name, ""))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


PEOPLE_DIFFERENCE = """
WITH old AS (
    SELECT person.* FROM enrolment_submission AS submission
    CROSS JOIN LATERAL jsonb_to_recordset(submission.people)
        AS person (worker bigint, plan text, name text, number text, category text, shares int)
    WHERE submission.id = %(submission)s
), new AS (
    SELECT member.worker_id AS worker,
           plan.name || CASE WHEN plan.variant = '' THEN '' ELSE '（' || plan.variant || '）' END AS plan, member.name,
           member.number_masked AS number, member.job_category AS category, member.share_count AS shares
    FROM enrolment_applicationmember AS member
    JOIN enrolment_applicationplan AS asked ON asked.id = member.application_plan_id
    JOIN plans_planversion AS version ON version.id = asked.plan_version_id
    JOIN plans_plan AS plan ON plan.id = version.plan_id
    WHERE member.application_id = %(application)s AND member.removed_at IS NULL
), changed AS (
    SELECT CASE WHEN old.worker IS NULL THEN 'added' WHEN new.worker IS NULL THEN 'removed' ELSE 'changed' END AS kind,
           coalesce(new.plan, old.plan) AS plan, coalesce(new.name, old.name) AS name, coalesce(new.number, old.number) AS number,
           CASE WHEN old.worker IS NULL THEN ''
                ELSE concat_ws(' ', old.name, old.number, old.category, old.shares || '份') END AS before,
           CASE WHEN new.worker IS NULL THEN ''
                ELSE concat_ws(' ', new.name, new.number, new.category, new.shares || '份') END AS after
    FROM old FULL JOIN new ON new.worker = old.worker AND new.plan = old.plan
    WHERE (old.worker, old.name, old.number, old.category, old.shares)
          IS DISTINCT FROM (new.worker, new.name, new.number, new.category, new.shares)
)
SELECT kind, plan, name, number, before, after, count(*) OVER () FROM changed ORDER BY kind, name, plan LIMIT %(limit)s
"""
