"""Rows of the policy table: who may do what to an application."""

from __future__ import annotations

from huzhu.accounts import policy, scope
from huzhu.accounts.models import BranchLevel
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import EMPLOYER_ENROLLERS, SYSTEM, StaffRole
from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Membership
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import WORKFLOW, Action, State
from huzhu.parameters import queries as parameters
from huzhu.parameters.rules import SECOND_REVIEW_LEVEL
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import local_date

__all__ = ["REVIEW_STATES", "NotPermitted", "check", "check_may_review", "may", "may_review"]

REVIEW_STATES = {State.FIRST_REVIEW: Action.APPROVE_FIRST, State.SECOND_REVIEW: Action.APPROVE_SECOND}
NOT_IN_REVIEW = "该申请当前不在审核中，请刷新页面后查看最新状态。"
FIRST, SECOND = (Action.APPROVE_FIRST, Action.RETURN_FIRST), (Action.APPROVE_SECOND, Action.RETURN_SECOND)


def check_may_review(*, application: EnrolmentApplication, by: Actor) -> None:
    """
    This function will pass those who may review the application in the stage it is in (rulebook §1).

    :raises NotPermitted: otherwise, also if it is in no review
    """
    action = REVIEW_STATES.get(State(application.state))
    if action is None:
        raise NotPermitted(NOT_IN_REVIEW)
    check(by, f"enrolment.{action}", application)


def may_review(*, application: EnrolmentApplication, by: Actor) -> policy.Verdict:
    """Test if the actor may review the application in the stage it is in."""
    action = REVIEW_STATES.get(State(application.state))
    return policy.Verdict(NOT_IN_REVIEW) if action is None else may(by, f"enrolment.{action}", application)


def own_or_of_subtree(by: Actor, application: EnrolmentApplication) -> str:
    """the own employer's, or employers of the own subtree"""
    is_own = by.side == Side.EMPLOYER and by.employer_id == application.employer_id
    return "" if is_own or scope.includes(by, application.employer.branch) else "该申请不在您的办理范围内。"


def own_employer(by: Actor, employer_id: int) -> str:
    """the own employer's"""
    return "" if by.employer_id == employer_id else "只有参保单位的单位管理员或经办人可以新增参保。"


def of_level(by: Actor, application: EnrolmentApplication) -> str:
    """staff of the province, or of the city where its branch is set so on the day of submitting"""
    if scope.is_of_whole_association(by):
        return ""
    branch, asked_on = application.employer.branch, local_date(application.submitted_at or application.created_at)
    if parameters.get(SECOND_REVIEW_LEVEL, day=asked_on, branch=branch) == BranchLevel.PROVINCE:
        return "复审由省级办理，请由省级复核员审核。"
    return "" if scope.is_of_city_or_above(by) else "复审由市级办理，请由市级复核员审核。"


def another_than_first_review(by: Actor, application: EnrolmentApplication) -> str:
    """another person than who did the first review"""
    reviewers = (application.first_reviewed_by_person, application.first_reviewed_for_person)
    who = by.own_among(*reviewers)
    return f"该申请的初审由{who.removesuffix('本人')}办理，复审须由另一人办理。" if who else ""


def another_than_made(by: Actor, application: EnrolmentApplication) -> str:
    """
    another person than who created, filled in or submitted it; nobody of the employer's account

    Persons are compared (mobile, not account); a deputy counts as two: the one acting and the one stood in for.
    """
    if who := by.own_among(application.created_by_person, application.submitted_by_person):
        return f"该申请由{who}填报或提交，须由另一人审核。"
    if _has_worked_on(application=application, persons=by.persons):
        return "您曾为参保单位办理过该申请，须由另一人审核。"
    members = Membership.objects.filter(employer_id=application.employer_id, ended_at__isnull=True)
    if members.filter(user__mobile__in=by.persons).exists():
        return "您是该参保单位的账号成员，须由另一人审核。"
    return ""


def _has_worked_on(*, application: EnrolmentApplication, persons: frozenset[str]) -> bool:
    return AuditEvent.objects.filter(
        subject_type=application._meta.label_lower,
        subject_id__in=[str(pk) for pk in (application.pk, application.split_from_id) if pk],
        by_person__in=persons,
        by_side=Side.EMPLOYER,
    ).exists()


policy.declare(
    act(
        "enrolment.begin",
        "新增参保",
        EMPLOYER_ENROLLERS,
        "只有参保单位的单位管理员或经办人可以新增参保。",
        scope=own_employer,
    ),
    act(
        "enrolment.fill_in",
        "填写和修改参保申请",
        {*EMPLOYER_ENROLLERS, SYSTEM},
        "只有参保单位的单位管理员或经办人可以修改参保申请。",
        scope=own_or_of_subtree,
    ),
    act(
        "enrolment.split",
        "其余人员先行参保",
        EMPLOYER_ENROLLERS,
        "只有参保单位的单位管理员或经办人可以让其余人员先行参保。",
        scope=own_or_of_subtree,
    ),
    act(
        "enrolment.reveal",
        "查看参保人员完整证件号码",
        {StaffRole.REGISTRAR, StaffRole.REVIEWER},
        "您的角色不能查看完整证件号码，请由受理员或复核员办理。",
        scope=own_or_of_subtree,
        guards=(another_than_made,),
        shows=("document",),
    ),
    *policy.steps(
        WORKFLOW,
        only=FIRST,
        otherwise="只有互助会受理员可以办理“{action}”。",
        scope=own_or_of_subtree,
        guards=dict.fromkeys(FIRST, (another_than_made,)),
    ),
    *policy.steps(
        WORKFLOW,
        only=SECOND,
        otherwise="只有互助会复核员可以办理“{action}”。",
        scope=own_or_of_subtree,
        guards=dict.fromkeys(SECOND, (of_level, another_than_first_review, another_than_made)),
    ),
    *policy.steps(
        WORKFLOW,
        apart=[*FIRST, *SECOND],
        otherwise="您的角色不能办理“{action}”，请联系有权限的人员办理。",
        scope=own_or_of_subtree,
    ),
)
