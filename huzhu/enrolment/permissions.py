"""Who may do what to an application. Every refusal tells the reason in words people can read."""

from __future__ import annotations

from huzhu.accounts import scope
from huzhu.accounts.models import BranchLevel
from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Membership
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import WORKFLOW, Action, State
from huzhu.parameters import queries as parameters
from huzhu.parameters.rules import SECOND_REVIEW_LEVEL
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import local_date
from huzhu.shared.trace import Refused

REVIEW_STATES = {State.FIRST_REVIEW: Action.APPROVE_FIRST, State.SECOND_REVIEW: Action.APPROVE_SECOND}


class NotPermitted(Refused):
    """This person may not do this to this application; the message says why."""


def check_may(*, action: str, application: EnrolmentApplication, by: Actor) -> None:
    """
    This function will pass an actor whose role and scope allow an action of the flow; the state is the flow's own concern.

    :raises NotPermitted: otherwise
    """
    if not WORKFLOW.is_permitted(action, roles=by.roles):
        raise NotPermitted(f"您的角色不能办理“{Action(action).label}”，请联系有权限的人员办理。")
    _check_scope(application=application, by=by)


def check_may_edit(*, application: EnrolmentApplication, by: Actor) -> None:
    """
    This function will pass those who may change plans, people, dates and proofs: the employer's own administrators and handlers.

    :raises NotPermitted: otherwise
    """
    if by.side not in (Side.EMPLOYER, Side.SYSTEM) or not WORKFLOW.is_permitted(Action.DELETE, roles=by.roles):
        raise NotPermitted("只有参保单位的单位管理员或经办人可以修改参保申请。")
    _check_scope(application=application, by=by)


def check_may_create(*, employer_id: int, by: Actor) -> None:
    """
    This function will pass those who may begin an application for an employer: its own administrators and handlers.

    :raises NotPermitted: otherwise
    """
    if by.employer_id != employer_id or not WORKFLOW.is_permitted(Action.SUBMIT, roles=by.roles):
        raise NotPermitted("只有参保单位的单位管理员或经办人可以新增参保。")


def check_may_review(*, application: EnrolmentApplication, by: Actor) -> None:
    """
    This function will pass those who may review the application in the stage it is in.

    The first review is done by staff of the employer's branch or any branch above it, the second by the province. Nobody reviews
    what the same person (by mobile, not by account) created, filled in, submitted or first-reviewed, nor an employer whose account
    the person belongs to (rulebook §1). A deputy counts as two persons: the one acting and the one stood in for.

    :raises NotPermitted: otherwise
    """
    action = REVIEW_STATES.get(State(application.state))
    if action is None:
        raise NotPermitted("该申请当前不在审核中，请刷新页面后查看最新状态。")
    if by.side != Side.OFFICE or not WORKFLOW.is_permitted(action, roles=by.roles):
        who = "受理员" if action == Action.APPROVE_FIRST else "复核员"
        raise NotPermitted(f"只有互助会{who}可以办理“{Action(action).label}”。")
    _check_scope(application=application, by=by)
    if action == Action.APPROVE_SECOND:
        _check_level(application=application, by=by)
    reviewers = (application.first_reviewed_by_person, application.first_reviewed_for_person)
    if action == Action.APPROVE_SECOND and (who := by.own_among(*reviewers)):
        raise NotPermitted(f"该申请的初审由{who.removesuffix('本人')}办理，复审须由另一人办理。")
    if who := by.own_among(application.created_by_person, application.submitted_by_person):
        raise NotPermitted(f"该申请由{who}填报或提交，须由另一人审核。")
    if _has_worked_on(application=application, persons=by.persons):
        raise NotPermitted("您曾为参保单位办理过该申请，须由另一人审核。")
    if Membership.objects.filter(
        employer_id=application.employer_id, user__mobile__in=by.persons, ended_at__isnull=True
    ).exists():
        raise NotPermitted("您是该参保单位的账号成员，须由另一人审核。")


def _check_level(*, application: EnrolmentApplication, by: Actor) -> None:
    """The second review is the province's, or the city's where its branch is set so on the day of submitting (rulebook §1)."""
    if scope.is_of_whole_association(by):
        return
    branch, asked_on = application.employer.branch, local_date(application.submitted_at or application.created_at)
    if parameters.get(SECOND_REVIEW_LEVEL, day=asked_on, branch=branch) == BranchLevel.PROVINCE:
        raise NotPermitted("复审由省级办理，请由省级复核员审核。")
    if not scope.is_of_city_or_above(by):
        raise NotPermitted("复审由市级办理，请由市级复核员审核。")


def _has_worked_on(*, application: EnrolmentApplication, persons: frozenset[str]) -> bool:
    return AuditEvent.objects.filter(
        subject_type=application._meta.label_lower,
        subject_id=str(application.pk),
        by_person__in=persons,
        by_side=Side.EMPLOYER,
    ).exists()


def _check_scope(*, application: EnrolmentApplication, by: Actor) -> None:
    if by.side == Side.EMPLOYER and by.employer_id == application.employer_id:
        return
    if scope.includes(by, application.employer.branch):
        return
    raise NotPermitted("该申请不在您的办理范围内。")
