"""Who is enrolled: people from the roster, one statement however many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from huzhu.cover.queries import CHAINS
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, RecordedFinding
from huzhu.enrolment.operations.flow import changed, lock_editable
from huzhu.roster.models import InsuranceRoster, InsuranceRosterKind
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import add_months, local_date


@dataclass(frozen=True, kw_only=True)
class AddedPeople:
    """
    What became of the people asked for: newly enrolled in at least one plan, taken back after 本次不参保, in every plan already,
    how many could not join some plan because of its gender, and how many are on the policy people are added to (增员).
    """

    added: int
    restored: int
    skipped: int
    not_eligible: int
    on_policy: int = 0


ROSTER_OF_KIND: dict[str, str] = {
    InsuranceRosterKind.SOCIAL: "insurance_roster",
    InsuranceRosterKind.MEDICAL: "medical_roster",
}


class InsuranceRosterRefused(Exception):
    """This 社保/医保 list cannot be used for the application; the message says why."""


@transaction.atomic
def add_from_roster(
    *,
    application_id: int,
    by: Actor,
    at: datetime,
    entry_ids: Iterable[int] | None = None,
    departments: Iterable[str] | None = None,
    previously_covered: bool = False,
    include_not_eligible: bool = False,
) -> AddedPeople:
    """
    This function will enrol people of the employer's roster who are in service in every plan of the application.

    Without a filter it takes everybody in service. Somebody taken off the list before comes back only when named by `entry_ids`.
    A plan for one gender takes only that gender.

    :param departments: only people of these departments
    :param previously_covered: only people with earlier cover through this employer in the plan's chain (上期参保人员)
    :param include_not_eligible: take people whom the plan's gender shuts out as well, so that the precheck names them
    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    named = None if entry_ids is None else list(entry_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            ADD,
            {
                "application": application.pk,
                "employer": application.employer_id,
                "policy": application.endorsed_policy_id,
                "entries": named,
                "departments": None if departments is None else list(departments),
                "previously_covered": previously_covered,
                "include_not_eligible": include_not_eligible,
                "restores": named is not None,
            },
        )
        added, restored, asked, not_eligible, on_policy = cursor.fetchone()
    result = AddedPeople(
        added=added,
        restored=restored,
        skipped=asked - added - restored - on_policy,
        not_eligible=not_eligible,
        on_policy=on_policy,
    )
    changed(
        application,
        "add_people",
        label="导入人员",
        by=by,
        at=at,
        details={"added": added, "restored": restored, "skipped": result.skipped},
    )
    return result


def enrol_entries(*, application_id: int, entry_ids: Iterable[int], by: Actor, at: datetime) -> AddedPeople:
    """
    This function will enrol the people a template import put on the roster; the roster import ran before, in the same transaction.

    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    return add_from_roster(application_id=application_id, by=by, at=at, entry_ids=entry_ids)


ADD = f"""
WITH wanted AS MATERIALIZED (
    SELECT plan.id AS plan_id, plan.share_count, version.contribution_amount, entry.id AS entry_id, entry.worker_id, entry.name,
           entry.name_initials, document.number_masked, entry.gender, entry.born_on, entry.mobile, entry.job_category,
           entry.employment_form, entry.department,
           version.gender = '' OR version.gender = entry.gender OR %(include_not_eligible)s AS is_eligible,
           entry.worker_id IN (SELECT held.worker_id FROM cover_cover AS held WHERE held.policy_id = %(policy)s) AS is_on_policy
    FROM roster_rosterentry AS entry
    JOIN roster_workerdocument AS document ON document.id = entry.document_id
    JOIN enrolment_applicationplan AS plan ON plan.application_id = %(application)s
    JOIN plans_planversion AS version ON version.id = plan.plan_version_id
    WHERE entry.employer_id = %(employer)s AND entry.status = 'in_service'
      AND (%(entries)s::bigint[] IS NULL OR entry.id = ANY (%(entries)s::bigint[]))
      AND (%(departments)s::text[] IS NULL OR entry.department = ANY (%(departments)s::text[]))
      AND (NOT %(previously_covered)s OR EXISTS (
            SELECT FROM cover_cover AS held
            JOIN ({CHAINS}) AS chain ON chain.plan_version_id = version.id AND held.plan_id = ANY (chain.plan_ids)
            WHERE held.worker_id = entry.worker_id AND held.employer_id = entry.employer_id))
), written AS (
    INSERT INTO enrolment_applicationmember AS member (application_id, application_plan_id, worker_id, entry_id, name,
        name_initials, number_masked, gender, born_on, mobile, job_category, employment_form, department, share_count,
        contribution_amount, planned_class, left_out_reason)
    SELECT %(application)s, plan_id, worker_id, entry_id, name, name_initials, number_masked, gender, born_on, mobile,
        job_category, employment_form, department, share_count, share_count * contribution_amount, '', ''
    FROM wanted WHERE is_eligible AND NOT is_on_policy
    ON CONFLICT (application_plan_id, worker_id) DO UPDATE
        SET removed_at = NULL, entry_id = excluded.entry_id WHERE member.removed_at IS NOT NULL AND %(restores)s
    RETURNING worker_id, member.xmax = 0 AS is_new
), outcome AS (
    SELECT worker_id, bool_or(is_new) AS is_new FROM written GROUP BY worker_id
)
SELECT (SELECT count(*) FROM outcome WHERE is_new), (SELECT count(*) FROM outcome WHERE NOT is_new),
       (SELECT count(DISTINCT worker_id) FROM wanted), (SELECT count(DISTINCT worker_id) FROM wanted WHERE NOT is_eligible),
       (SELECT count(DISTINCT worker_id) FROM wanted WHERE is_on_policy)
"""


@transaction.atomic
def remove_members(*, application_id: int, member_ids: Iterable[int], by: Actor, at: datetime) -> int:
    """
    This function will take people off the list (本次不参保) and return how many rows it took; `restore_members` undoes it. Whoever
    is in no plan any more does not come back by a gift either, when a place becomes free.

    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    wanted = list(member_ids)
    members = ApplicationMember.objects.filter(application=application, pk__in=wanted, removed_at__isnull=True)
    RecordedFinding.objects.filter(application=application, member_id__in=wanted).delete()
    count = members.update(removed_at=at)
    rows = ApplicationMember.objects.filter(application=application)
    staying = rows.filter(removed_at__isnull=True).values("worker_id")
    gone = rows.filter(lacks_gift=True, worker_id__in=rows.filter(pk__in=wanted).values("worker_id"))
    gone.exclude(worker_id__in=staying).update(lacks_gift=False)
    changed(application, "remove_people", label="本次不参保", by=by, at=at, details={"rows": count})
    return count


@transaction.atomic
def restore_members(*, application_id: int, member_ids: Iterable[int], by: Actor, at: datetime) -> int:
    """
    This function will put people back on the list they were taken off and return how many rows it put back.

    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    members = ApplicationMember.objects.filter(
        application=application, pk__in=list(member_ids), removed_at__isnull=False
    )
    count = members.update(removed_at=None)
    changed(application, "restore_people", label="撤销删除", by=by, at=at, details={"rows": count})
    return count


@transaction.atomic
def attach_insurance_roster(
    *, application_id: int, insurance_roster_id: int, by: Actor, at: datetime
) -> EnrolmentApplication:
    """
    This function will compare the application with a 社保 or 省直医保 list of the employer: of this month or the month before, in
    the place of another of that kind. It stays chosen until a list of that kind is uploaded.

    :raises InsuranceRosterRefused: if the list is another employer's or of another month
    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    roster = current_rosters(application, day=local_date(at)).filter(pk=insurance_roster_id).first()
    if roster is None:
        raise InsuranceRosterRefused("请使用本单位当月或上月的社保（省直医保）名单；较早的名单请重新下载后上传。")
    attach_latest_rosters(application, at=at)
    setattr(application, ROSTER_OF_KIND[roster.kind], roster)
    _keep_choice(application, "attach_insurance_roster", "选用社保/医保名单", roster, by=by, at=at)
    return application


@transaction.atomic
def set_aside_insurance_roster(
    *, application_id: int, insurance_roster_id: int, by: Actor, at: datetime
) -> EnrolmentApplication:
    """
    This function will leave one of the two lists out of account, until another of that kind is uploaded.

    :raises InsuranceRosterRefused: if it is not one of the lists that count, or the only one
    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    attach_latest_rosters(application, at=at)
    roster = next((each for each in application.insurance_rosters if each.pk == insurance_roster_id), None)
    if roster is None or len(application.insurance_rosters) == 1:
        raise InsuranceRosterRefused("至少要保留一份名单；名单有误的，请上传正确的名单替换。")
    setattr(application, ROSTER_OF_KIND[roster.kind], None)
    _keep_choice(application, "set_aside_insurance_roster", "不使用社保/医保名单", roster, by=by, at=at)
    return application


def _keep_choice(
    application: EnrolmentApplication, event: str, label: str, roster: InsuranceRoster, *, by: Actor, at: datetime
) -> None:
    application.lists_chosen_at = at
    application.save(update_fields=[*ROSTER_OF_KIND.values(), "lists_chosen_at"])
    details = {"kind": roster.kind, "month": str(roster.month)}
    changed(application, event, label=label, by=by, at=at, details=details)


def attach_latest_rosters(application: EnrolmentApplication, *, at: datetime) -> None:
    """
    This function will have the newest list of each kind count on a locked, editable application, unless the employer chose
    another and uploaded none of that kind since.
    """
    lists = list(current_rosters(application, day=local_date(at)))
    chosen_at = application.lists_chosen_at
    before = {field: getattr(application, f"{field}_id") for field in ROSTER_OF_KIND.values()}
    for kind, field in ROSTER_OF_KIND.items():
        of_kind = [each for each in lists if each.kind == kind]
        stands = before[field] in {None, *(each.pk for each in of_kind)}
        if not (chosen_at and stands and all(each.uploaded_at <= chosen_at for each in of_kind)):
            setattr(application, field, of_kind[0] if of_kind else None)
    if before != {field: getattr(application, f"{field}_id") for field in before}:
        application.save(update_fields=list(before))


def current_rosters(application: EnrolmentApplication, *, day: date) -> QuerySet[InsuranceRoster]:
    """The employer's 社保/医保 lists of this month and the month before, newest first."""
    this_month = day.replace(day=1)
    return (
        InsuranceRoster.objects.filter(
            employer_id=application.employer_id, month__in=[this_month, add_months(this_month, -1)]
        )
        .defer("errors")
        .order_by("-month", "-pk")
    )
