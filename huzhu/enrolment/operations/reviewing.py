"""初审 and 复审: two different people, the same findings, one verdict each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from huzhu.enrolment import queries
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, Finding, Occasion, Review
from huzhu.enrolment.operations.flow import STAGES, lock_for_review, move
from huzhu.enrolment.operations.judging import ReasonNeeded, accept_the_rest, has_accepted_note
from huzhu.enrolment.operations.keeping import keep_judgement
from huzhu.enrolment.precheck import check
from huzhu.enrolment.queries import Missing
from huzhu.enrolment.states import WORKFLOW, Action, State
from huzhu.notifications import operations as notifications
from huzhu.shared.actors import Actor


class StillBlocked(Exception):
    """The rules found something that blocks since the application was submitted; it can only be returned now."""

    def __init__(self, missing: Sequence[Missing]) -> None:
        super().__init__(
            "不能通过：" + "；".join(each.text.rstrip("。") for each in missing) + "。请退回参保单位更正。"
        )
        self.missing = list(missing)


def approve_first(*, application_id: int, by: Actor, at: datetime, reason: str = "") -> EnrolmentApplication:
    """
    This function will pass the first review (初审通过). The rules run once more; their findings stay even when
    they stop the approval.

    :param reason: needed where the participation floor is not met: why the note is accepted (rulebook §3)
    :raises StillBlocked: if something blocks by now
    :raises ReasonNeeded: if the participation floor is not met and no reason is given
    :raises work.AlreadyClaimed: if another reviewer has claimed it
    :raises TransitionNotAllowed: if the application is not in the first review
    :raises permissions.NotPermitted: if this person may not review it
    """
    with transaction.atomic():
        application = lock_for_review(application_id, by=by, action=Action.APPROVE_FIRST)
        missing = _judge(application, reason=reason, at=at)
        if not missing:
            application.first_reviewed_by_person, application.first_reviewed_at = by.person, at
            application.first_reviewed_for_person = by.for_person
            accept_the_rest(application, by=by, at=at, reason=reason)
            _keep_verdict(application, is_approved=True, by=by, at=at, reason=reason)
            move(application, Action.APPROVE_FIRST, by=by, at=at, reason=reason)
    if missing:
        raise StillBlocked(missing)
    return application


def approve_second(*, application_id: int, by: Actor, at: datetime, reason: str = "") -> EnrolmentApplication:
    """
    This function will pass the second review (复审通过), which freezes list and findings. Called by the journey that
    issues the slip.

    An application that costs nothing keeps its state for the moment: settling it (`settle`) follows in the same transaction.

    :param reason: needed where the participation floor is not met: why the note is confirmed (rulebook §3)
    :raises StillBlocked: if something blocks by now
    :raises ReasonNeeded: if the participation floor is not met and no reason is given
    :raises work.AlreadyClaimed: if another reviewer has claimed it
    :raises TransitionNotAllowed: if the application is not in the second review
    :raises permissions.NotPermitted: if this person may not review it
    """
    with transaction.atomic():
        application = lock_for_review(application_id, by=by, action=Action.APPROVE_SECOND)
        missing = _judge(application, reason=reason, at=at)
        if not missing:
            application.second_reviewed_by_person, application.second_reviewed_at = by.person, at
            application.second_reviewed_for_person = by.for_person
            accept_the_rest(application, by=by, at=at, reason=reason)
            _keep_verdict(application, is_approved=True, by=by, at=at, reason=reason)
            if application.payable_amount > 0:
                move(application, Action.APPROVE_SECOND, by=by, at=at, reason=reason)
            else:
                application.save()
    if missing:
        raise StillBlocked(missing)
    return application


@transaction.atomic
def return_for_correction(
    *,
    application_id: int,
    reason_codes: Sequence[str],
    reason: str,
    by: Actor,
    at: datetime,
    member_ids: Iterable[int] = (),
) -> EnrolmentApplication:
    """
    This function will return an application to its employer with reasons (退回), from either review, and tell the employer.

    :param member_ids: the people who need mending; empty when the whole application does
    :raises ReasonNeeded: if no reason is given in words
    :raises work.AlreadyClaimed: if another reviewer has claimed it
    :raises permissions.NotPermitted: if this person may not review it
    """
    application = lock_for_review(application_id, by=by)
    if not reason.strip():
        raise ReasonNeeded("请写明退回原因和需要修改的内容，单位将据此修改。")
    action = Action.RETURN_FIRST if application.state == State.FIRST_REVIEW else Action.RETURN_SECOND
    marked = ApplicationMember.objects.filter(application=application, pk__in=list(member_ids))
    _keep_verdict(
        application,
        is_approved=False,
        by=by,
        at=at,
        reason=reason,
        reason_codes=reason_codes,
        member_ids=list(marked.values_list("pk", flat=True)),
    )
    application.return_reason, application.return_codes = reason, list(reason_codes)
    application.first_reviewed_by_person, application.first_reviewed_at = "", None
    application.first_reviewed_for_person = ""
    application.form_code = ""
    move(application, action, by=by, at=at, reason=reason, details={"codes": list(reason_codes)})
    notifications.queue_sms(
        WORKFLOW.steps[action].tells,
        to=application.employer.handler_mobile,
        key=f"enrolment_returned:{application.pk}:{application.submission_count}",
        at=at,
        employer_id=application.employer_id,
        number=application.number,
        reason=reason,
    )
    return application


@transaction.atomic
def recheck_under_review(*, application_id: int, by: Actor, at: datetime) -> None:
    """
    This function will run the rules again on an application under review, so that its findings are those of now.

    :raises work.AlreadyClaimed: if another reviewer has claimed it
    :raises permissions.NotPermitted: if this person may not review it
    """
    application = lock_for_review(application_id, by=by)
    _check(application, at=at)


def _check(application: EnrolmentApplication, *, at: datetime) -> None:
    """The same rules as at submitting, on the list as submitted; what they looked at is kept as it was then."""
    verdict = check(application_id=application.pk, at=at, is_final=True, refreshes=False, freezes=True)
    keep_judgement(application, verdict, occasion=Occasion(application.state), at=at)


def _judge(application: EnrolmentApplication, *, reason: str, at: datetime) -> list[Missing]:
    """The rules once more, on the list as submitted: what blocks by now."""
    _check(application, at=at)
    application.refresh_from_db(fields=["checked_at", "member_count", "contribution_amount", "subsidy_amount"])
    missing = queries.get_missing(application=application)
    is_below_floor = Finding.objects.filter(application=application, code="participation_floor").exists()
    if is_below_floor and not missing and not reason.strip() and not has_accepted_note(application):
        raise ReasonNeeded("参保比例不足，同意参保的请写明理由。")
    return missing


def _keep_verdict(
    application: EnrolmentApplication,
    *,
    is_approved: bool,
    by: Actor,
    at: datetime,
    reason: str,
    reason_codes: Sequence[str] = (),
    member_ids: Sequence[int] = (),
) -> None:
    assert by.user_id is not None, "reviewers are people with an account"
    Review.objects.create(
        application=application,
        submission=application.submission_count,
        stage=STAGES[State(application.state)],
        is_approved=is_approved,
        reviewer_id=by.user_id,
        reviewer_person=by.person,
        reviewer_name=by.name,
        reviewed_at=at,
        reason_codes=list(reason_codes),
        reason=reason,
        member_ids=list(member_ids),
    )
