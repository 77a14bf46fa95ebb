"""The beats every operation shares: lock, may they, change of state, trace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from huzhu.audit import operations as audit
from huzhu.enrolment import permissions
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.operations import places
from huzhu.enrolment.states import HOLDS_PLACES, WORKFLOW, Action, State
from huzhu.shared.actors import Actor
from huzhu.work import operations as work

STAGES = {State.FIRST_REVIEW: 1, State.SECOND_REVIEW: 2}


class NotEditable(Exception):
    """The application has left the employer's hands; nothing in it may be changed now."""


def lock(application_id: int) -> EnrolmentApplication:
    """This function will read one application under a row lock that lasts to the end of the transaction."""
    return (
        EnrolmentApplication.objects.select_for_update(of=("self",))
        .select_related("employer__branch")
        .get(pk=application_id)
    )


def lock_editable(application_id: int, *, by: Actor) -> EnrolmentApplication:
    """
    This function will lock an application for somebody who wants to change what it asks for.

    :raises permissions.NotPermitted: if this person may not change it
    :raises NotEditable: if nobody may now
    """
    application = lock(application_id)
    permissions.check(by, "enrolment.fill_in", application)
    if not application.is_editable:
        raise NotEditable(
            f"申请{application.number}当前为“{application.get_state_display()}”，不能修改内容。待回传申请书的，请先点“编辑”。"
        )
    return application


def lock_for_review(application_id: int, *, by: Actor, action: Action | None = None) -> EnrolmentApplication:
    """
    This function will lock an application for somebody who judges it in the review it is in.

    :raises work.AlreadyClaimed: if another reviewer has claimed it
    :raises TransitionNotAllowed: if the action is not open in its state
    :raises permissions.NotPermitted: if this person may not review it
    """
    application = lock(application_id)
    if action is not None:
        WORKFLOW.next_state(action, state=application.state)
    permissions.check_may_review(application=application, by=by)
    work.check_free(application, by=by)
    return application


def move(
    application: EnrolmentApplication,
    action: Action,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> None:
    """
    This function will change the state, save, and leave a trace. The only lines in this app that write `state`.

    :raises TransitionNotAllowed: if the action is not open in the state the application is in
    """
    before = application.state
    application.state = WORKFLOW.next_state(action, state=before)
    application.version += 1
    application.save()
    if before in HOLDS_PLACES and application.state not in HOLDS_PLACES:
        places.release(application)
    work.finish(application, at=at)
    audit.record(
        f"enrolment.{action}",
        subject=application,
        by=by,
        at=at,
        label=str(action.label),
        before=before,
        after=application.state,
        reason=reason,
        details=details,
    )


def changed(
    application: EnrolmentApplication,
    event: str,
    *,
    label: str,
    by: Actor,
    at: datetime,
    details: Mapping[str, object] | None = None,
) -> None:
    """
    This function will finish a change of what an application asks for: totals anew, the precheck out of date, a trace.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"application": application.pk})
    application.refresh_from_db(
        fields=["member_count", "contribution_amount", "subsidy_amount", "checked_at", "version"]
    )
    audit.record(f"enrolment.{event}", subject=application, by=by, at=at, label=label, details=details)


CHANGED = """
UPDATE enrolment_enrolmentapplication AS application
SET checked_at = NULL, version = version + 1, member_count = total.people, contribution_amount = total.amount,
    subsidy_amount = total.subsidies
FROM (
    SELECT count(DISTINCT worker_id) AS people, coalesce(sum(contribution_amount), 0) AS amount,
           coalesce(sum(least(subsidy_amount, contribution_amount)), 0) AS subsidies
    FROM enrolment_applicationmember WHERE application_id = %(application)s AND removed_at IS NULL
) AS total
WHERE application.id = %(application)s
"""
