"""Beginning an application: plans, shares and reference dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from huzhu.accounts.models import Branch
from huzhu.audit import operations as audit
from huzhu.cover.rules import check_reference_date
from huzhu.enrolment import permissions
from huzhu.enrolment.models import ApplicationPlan, EnrolmentApplication
from huzhu.enrolment.operations import choosing
from huzhu.enrolment.operations.flow import changed, lock_editable
from huzhu.enrolment.operations.submitting import recheck
from huzhu.enrolment.precheck import funding
from huzhu.parameters import queries as parameters
from huzhu.parameters.rules import REFERENCE_DAYS_AHEAD
from huzhu.plans import queries as plans
from huzhu.plans.models import PlanVersion
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.shared.numbering import make_number

NUMBER_PREFIX = "SQ"


class PlansRefused(Exception):
    """These plans or shares cannot be asked for; the message says which and why."""


@transaction.atomic
def create_draft(*, employer_id: int, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will begin an application (新增参保) for an employer.

    :raises permissions.NotPermitted: if this person may not enrol for the employer
    """
    permissions.check(by, "enrolment.begin", employer_id)
    application = EnrolmentApplication.objects.create(
        number=draw_number(at=at),
        employer_id=employer_id,
        created_at=at,
        created_by_id=by.user_id,
        created_by_person=by.person,
    )
    audit.record("enrolment.create", subject=application, by=by, at=at, label="新增参保", after=application.state)
    return application


def draw_number(*, at: datetime) -> str:
    """This function will give the number of an application that begins now; it is never given again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('enrolment_application_number')")
        return make_number(NUMBER_PREFIX, local_date(at), cursor.fetchone()[0])


@transaction.atomic
def set_plans(
    *,
    application_id: int,
    choices: Sequence[tuple[int, int]],
    by: Actor,
    at: datetime,
    campaign_ids: Sequence[int] | None = None,
) -> EnrolmentApplication:
    """
    This function will set the plans an application asks for and the shares of everybody in each, and its gifts and subsidies. A
    gift of a plan not chosen brings the plan with it: one share, for those who get it as a gift.

    A plan that stays keeps its people and reference date, and the shares of those to whom it leaves them and who have others than
    everybody; a plan that is added takes the people already enrolled in another one,
    also in one that goes, so that exchanging the only plan loses nobody.

    :param choices: (plan version, shares per person)
    :param campaign_ids: the gifts and subsidies asked for; None leaves them as they are
    :raises PlansRefused: if a plan is not on sale, the shares are beyond its limit, or two plans exclude each other
    :raises GiftsRefused: if a gift or subsidy is not open to the employer, or its plan not chosen
    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    if application.is_addition:
        raise PlansRefused(f"增员的计划和份数随保单{application.endorsed_policy_number}，不能更改。")
    day, branch = local_date(at), application.employer.branch
    campaigns = choosing.find_campaigns(application, campaign_ids=campaign_ids, day=day)
    own = [version for version, _ in choices]
    given = choosing.find_gift_plans(campaigns, chosen=own, on_sale=plans.get_on_sale(day=day, branch=branch))
    wanted = [*choices, *((version.pk, 1) for version in given)]
    versions = _check_choices(wanted, day=day, branch=branch)
    params: dict[str, Any] = {
        "application": application.pk,
        "versions": [version for version, _ in wanted],
        "shares": [shares for _, shares in wanted],
        "given": [version.pk for version in given],
    }
    choosing.keep_campaigns(application, campaigns)
    funding.take_back(application_id=application.pk)
    with connection.cursor() as cursor:
        for statement in (DROP_FINDINGS, SHARES_OF_PEOPLE, KEEP_PLANS, PEOPLE_OF_NEW_PLANS, DROP_PEOPLE, DROP_PLANS):
            cursor.execute(statement, params)
    changed(
        application,
        "set_plans",
        label="选择保障计划",
        by=by,
        at=at,
        details={
            "plans": [f"{versions[version].plan} {shares}份" for version, shares in wanted],
            **({"gifts": [str(campaign) for campaign in campaigns]} if campaigns else {}),
        },
    )
    if campaigns and application.member_count:  # so that what is to pay is told at once
        recheck(application, at=at)
    return application


def _check_choices(choices: Sequence[tuple[int, int]], *, day: date, branch: Branch) -> dict[int, PlanVersion]:
    on_sale = {version.pk: version for version in plans.get_on_sale(day=day, branch=branch)}
    if not choices:
        raise PlansRefused("请至少选择一个保障计划。")
    groups: dict[str, PlanVersion] = {}
    seen: set[int] = set()
    for version_id, shares in choices:
        version = on_sale.get(version_id)
        if version is None:
            raise PlansRefused(_tell_why_not(version_id, day=day, branch=branch))
        if not 1 <= shares <= version.max_shares:
            raise PlansRefused(f"“{version.plan}”每人可选1至{version.max_shares}份，所填{shares}份不可用，请修改份数。")
        if version.plan_id in seen:
            raise PlansRefused(f"“{version.plan}”重复选择，请只保留一项。")
        seen.add(version.plan_id)
        rival = groups.setdefault(version.exclusive_group, version) if version.exclusive_group else version
        if rival is not version:
            raise PlansRefused(f"“{rival.plan}”与“{version.plan}”互斥，同一职工只能参加其中一个，请去掉一个。")
    return on_sale


def _tell_why_not(version_id: int, *, day: date, branch: Branch) -> str:
    wanted = PlanVersion.objects.told().select_related("plan").filter(pk=version_id).first()
    if wanted is None:
        return "没有所选的保障计划，请刷新页面后重新选择。"
    return plans.tell_why_not(wanted, day=day, branch=branch)


DROP_FINDINGS = "DELETE FROM enrolment_finding WHERE application_id = %(application)s"
DROP_PEOPLE = """
DELETE FROM enrolment_applicationmember WHERE application_id = %(application)s AND application_plan_id IN (
    SELECT id FROM enrolment_applicationplan
    WHERE application_id = %(application)s AND plan_version_id <> ALL (%(versions)s::bigint[]))
"""
DROP_PLANS = """
DELETE FROM enrolment_applicationplan
WHERE application_id = %(application)s AND plan_version_id <> ALL (%(versions)s::bigint[])
"""
KEEP_PLANS = """
INSERT INTO enrolment_applicationplan (application_id, plan_version_id, share_count, is_gift_only)
SELECT %(application)s, choice.version, choice.shares, choice.version = ANY (%(given)s::bigint[])
FROM unnest(%(versions)s::bigint[], %(shares)s::int[]) AS choice (version, shares)
ON CONFLICT (application_id, plan_version_id) DO UPDATE
    SET share_count = excluded.share_count, is_gift_only = excluded.is_gift_only
"""
# Before the plans' own shares change: where shares are left to each person, those who have as many as everybody go with them.
SHARES_OF_PEOPLE = """
UPDATE enrolment_applicationmember AS member
SET share_count = choice.shares, contribution_amount = choice.shares * version.contribution_amount
FROM unnest(%(versions)s::bigint[], %(shares)s::int[]) AS choice (version, shares)
JOIN enrolment_applicationplan AS plan ON plan.plan_version_id = choice.version AND plan.application_id = %(application)s
JOIN plans_planversion AS version ON version.id = choice.version
WHERE member.application_plan_id = plan.id AND member.share_count <> choice.shares
  AND (version.uniform_shares OR member.share_count = plan.share_count)
"""
PEOPLE_OF_NEW_PLANS = """
INSERT INTO enrolment_applicationmember (application_id, application_plan_id, worker_id, entry_id, name, name_initials,
    number_masked, gender, born_on, mobile, job_category, employment_form, department, share_count, contribution_amount,
    planned_class, left_out_reason)
SELECT DISTINCT ON (plan.id, member.worker_id) %(application)s, plan.id, member.worker_id, member.entry_id, member.name,
    member.name_initials, member.number_masked, member.gender, member.born_on, member.mobile, member.job_category,
    member.employment_form, member.department, plan.share_count, plan.share_count * version.contribution_amount, '', ''
FROM enrolment_applicationplan AS plan
JOIN plans_planversion AS version ON version.id = plan.plan_version_id
JOIN enrolment_applicationmember AS member
  ON member.application_id = %(application)s AND member.removed_at IS NULL
 AND (version.gender = '' OR version.gender = member.gender)
WHERE plan.application_id = %(application)s AND NOT EXISTS (
    SELECT FROM enrolment_applicationmember AS own WHERE own.application_plan_id = plan.id)
ORDER BY plan.id, member.worker_id, member.id
"""


@transaction.atomic
def set_reference_dates(
    *, application_id: int, dates: Mapping[int, date | None], by: Actor, at: datetime
) -> EnrolmentApplication:
    """
    This function will set or clear the reference date (业务参考日期) of plans, by application plan, and run the precheck again.

    :raises ReferenceDateRefused: if a date is not after today or too far ahead; its message names the dates that can be chosen
    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    today = local_date(at)
    most = parameters.get_number(REFERENCE_DAYS_AHEAD, day=today)
    for reference_on in filter(None, dates.values()):
        check_reference_date(reference_on=reference_on, submitted_on=today, most_days_ahead=most)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrolment_applicationplan AS plan SET reference_on = chosen.reference_on "
            "FROM unnest(%(plans)s::bigint[], %(dates)s::date[]) AS chosen (id, reference_on) "
            "WHERE plan.id = chosen.id AND plan.application_id = %(application)s",
            {"application": application.pk, "plans": list(dates.keys()), "dates": list(dates.values())},
        )
    changed(
        application,
        "set_reference_dates",
        label="设置业务参考日期",
        by=by,
        at=at,
        details={
            str(plan.plan_version.plan): str(plan.reference_on or "未设置")
            for plan in ApplicationPlan.objects.filter(application=application).select_related("plan_version__plan")
        },
    )
    recheck(application, at=at)
    return application


def set_wizard_step(*, application_id: int, step: str, by: Actor) -> None:
    """
    This function will remember where the clerk left the wizard.

    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    with transaction.atomic():
        application = lock_editable(application_id, by=by)
        application.wizard_step = step
        application.save(update_fields=["wizard_step"])
