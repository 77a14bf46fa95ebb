"""What money does to an application: settled, withdrawn, expired, asked for again. Called by the journeys that move the money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from huzhu.enrolment import permissions
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.operations import places
from huzhu.enrolment.operations.flow import lock, move
from huzhu.enrolment.operations.places import PlacesGone
from huzhu.enrolment.operations.submitting import clear_reviews
from huzhu.enrolment.states import WORKFLOW, Action, State
from huzhu.notifications import operations as notifications
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY, local_date

DAYS_TO_REISSUE = 90


class ReissueTooLate(Exception):
    """The slip expired too long ago; the employer has to apply anew."""


def lock_for_settlement(*, application_id: int, by: Actor) -> EnrolmentApplication:
    """
    This function will lock an application that is about to be settled, before anything is made of it.

    :raises TransitionNotAllowed: if it neither waits for money nor was approved without any to pay
    :raises permissions.NotPermitted: if this person may not settle it
    """
    application = lock(application_id)
    action = _settling_action(application)
    WORKFLOW.next_state(action, state=application.state)
    permissions.check(by, f"enrolment.{action}", application)
    if action == Action.SETTLE_FREE and application.second_reviewed_at is None:
        raise permissions.NotPermitted("该申请尚未复审通过，不能生效。")
    return application


@transaction.atomic
def settle(
    *,
    application_id: int,
    left_out: Mapping[int, str],
    earliest_start: date | None,
    by: Actor,
    at: datetime,
) -> EnrolmentApplication:
    """
    This function will end an application as effective (已生效), mark the people left out, whose places of gifts others may have,
    and tell the employer.

    :param left_out: reason by member
    :param earliest_start: first day of cover; None when everybody was left out, then no success is told
    :raises TransitionNotAllowed: if it neither waits for money nor was approved without any to pay
    :raises permissions.NotPermitted: if this person may not settle it
    """
    application = lock_for_settlement(application_id=application_id, by=by)
    action = _settling_action(application)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrolment_applicationmember AS member SET left_out_reason = gone.reason "
            "FROM unnest(%(members)s::bigint[], %(reasons)s::text[]) AS gone (id, reason) "
            "WHERE member.id = gone.id AND member.application_id = %(application)s",
            {"application": application.pk, "members": list(left_out), "reasons": list(left_out.values())},
        )
    places.release(application, member_ids=left_out)
    application.effective_at = at
    move(application, action, by=by, at=at, details={"left_out": len(left_out)})
    if earliest_start is not None:
        notifications.queue_sms(
            WORKFLOW.steps[action].tells,
            to=application.employer.handler_mobile,
            key=f"{WORKFLOW.steps[action].tells}:{application.pk}",
            at=at,
            employer_id=application.employer_id,
            number=application.number,
            amount=f"{application.payable_amount or application.contribution_amount:,.2f}",
            start=earliest_start,
        )
    return application


def _settling_action(application: EnrolmentApplication) -> Action:
    return Action.SETTLE_FREE if application.state == State.SECOND_REVIEW else Action.SETTLE


@transaction.atomic
def withdraw_to_draft(*, application_id: int, reason: str, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will take an approved application back to draft to be corrected (撤单并修改); the caller cancels its slip.

    :raises TransitionNotAllowed: if the application does not wait for money
    :raises permissions.NotPermitted: if this person may not
    """
    application = lock(application_id)
    permissions.check(by, "enrolment.withdraw_to_draft", application)
    WORKFLOW.next_state(Action.WITHDRAW_TO_DRAFT, state=application.state)
    clear_reviews(application)
    application.form_code, application.checked_at = "", None
    move(application, Action.WITHDRAW_TO_DRAFT, by=by, at=at, reason=reason)
    return application


@transaction.atomic
def cancel(*, application_id: int, reason: str, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will end an approved application as cancelled (撤单); the caller cancels its slip.

    :raises TransitionNotAllowed: if the application does not wait for money
    :raises permissions.NotPermitted: if this person may not
    """
    application = lock(application_id)
    permissions.check(by, "enrolment.cancel", application)
    move(application, Action.CANCEL, by=by, at=at, reason=reason)
    return application


@transaction.atomic
def expire(*, application_id: int, by: Actor, at: datetime, slip_number: str) -> EnrolmentApplication:
    """
    This function will let an application expire whose slip was not paid in time (逾期未缴), and tell the employer.

    :raises TransitionNotAllowed: if the application does not wait for money
    :raises permissions.NotPermitted: if it is not the program itself
    """
    application = lock(application_id)
    permissions.check(by, "enrolment.expire", application)
    move(application, Action.EXPIRE, by=by, at=at, reason="逾期未缴款")
    notifications.queue_sms(
        WORKFLOW.steps[Action.EXPIRE].tells,
        to=application.employer.handler_mobile,
        key=f"slip_expired:{slip_number}",
        at=at,
        employer_id=application.employer_id,
        slip=slip_number,
    )
    return application


@transaction.atomic
def reissue(*, application_id: int, expired_on: date | None, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will let an expired application wait for money again, with the places of its gifts; the caller issues the new
    slip and tells the employer. Of money in time, people whose place has gone are left out when it is settled.

    :param expired_on: when the old slip was due; None when its money turned up in time after all, then no day is too late
    :raises PlacesGone: if somebody else has places of gifts by now that a new slip would count on
    :raises ReissueTooLate: more than 90 days after its slip expired
    :raises TransitionNotAllowed: if the application has not expired
    :raises permissions.NotPermitted: if this person is no cashier
    """
    application = lock(application_id)
    permissions.check(by, "enrolment.reissue", application)
    WORKFLOW.next_state(Action.REISSUE, state=application.state)
    if expired_on is not None and local_date(at) > expired_on + timedelta(days=DAYS_TO_REISSUE):
        raise ReissueTooLate(f"缴款单已逾期超过{DAYS_TO_REISSUE}天，请单位重新申请参保。")
    if expired_on is not None and application.plans.filter(common_end__lte=local_date(at) + ONE_DAY).exists():
        raise ReissueTooLate("增员的保单即将到期，已没有保障期，请单位在续保时一并参保。")
    lost = places.hold_again(application, at=at, is_new_slip=expired_on is not None)
    if lost and expired_on is not None:
        raise PlacesGone(
            f"缴款单逾期后，{len(lost)}人次的赠送或补贴名额已被使用或活动已结束，不能按原金额重新生成缴款单，请单位重新申请参保。"
        )
    places.leave_out_lost(application, member_ids=lost)
    move(application, Action.REISSUE, by=by, at=at)
    return application
