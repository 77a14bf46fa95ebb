"""From draft to the reviewers' desk: precheck, submit, form, recall, delete."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from huzhu.audit import operations as audit
from huzhu.enrolment import permissions, queries
from huzhu.enrolment.models import EnrolmentApplication, Occasion
from huzhu.enrolment.operations import places
from huzhu.enrolment.operations.flow import lock, lock_editable, move
from huzhu.enrolment.operations.judging import settle_refusal
from huzhu.enrolment.operations.keeping import keep_judgement
from huzhu.enrolment.operations.people import attach_latest_rosters
from huzhu.enrolment.operations.proofs import check_file
from huzhu.enrolment.precheck import Verdict, check
from huzhu.enrolment.queries import Missing
from huzhu.enrolment.states import WORKFLOW, Action
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.shared.check_characters import ALPHABET
from huzhu.work.queries import get_live

FORM_CODE_LENGTH = 16


class SubmitRefused(Exception):
    """Something still stops the application; `missing` lists every single thing."""

    def __init__(self, missing: Sequence[Missing]) -> None:
        super().__init__("暂时不能提交：" + "；".join(each.text.rstrip("。") for each in missing) + "。")
        self.missing = list(missing)


@transaction.atomic
def run_precheck(*, application_id: int, by: Actor, at: datetime) -> Verdict:
    """
    This function will run all rules over an application that is being filled in, and count the findings by code.

    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    verdict = recheck(application, at=at)
    audit.record(
        "enrolment.precheck", subject=application, by=by, at=at, label="智能校验", details={"counts": verdict.counts}
    )
    return verdict


def recheck(
    application: EnrolmentApplication, *, at: datetime, is_final: bool = False, freezes: bool = False
) -> Verdict:
    """
    This function will run the precheck on a locked, editable application, with the lists that count by now.
    """
    attach_latest_rosters(application, at=at)
    verdict = check(application_id=application.pk, at=at, is_final=is_final, refreshes=True, freezes=freezes)
    for slot in application.proof_slots.filter(is_refused=True):  # the check may have put in what was given elsewhere
        settle_refusal(slot)
    application.refresh_from_db(fields=["checked_at", "member_count", "contribution_amount", "subsidy_amount"])
    return verdict


def submit(
    *, application_id: int, by: Actor, at: datetime, payable_seen: Decimal | None = None
) -> EnrolmentApplication:
    """
    This function will submit an application (提交): it checks everything once more, keeps what was submitted and what it was judged
    by, takes the places of its gifts and subsidies, and makes a fresh code for the form that is to be printed, stamped and sent
    back.

    When refused, the findings of the last check stay, so that the page shows what is missing.

    :param payable_seen: what was to pay on the page; another amount by now, because places have gone, is looked at first
    :raises SubmitRefused: while findings block, proof is missing, a plan has nobody or a reference date has passed; with the list
    :raises TransitionNotAllowed: if the application is not a draft or returned
    :raises permissions.NotPermitted: if this person may not submit it
    """
    with transaction.atomic():
        application = lock(application_id)
        permissions.check(by, "enrolment.submit", application)
        WORKFLOW.next_state(Action.SUBMIT, state=application.state)
        places.lock_campaigns(application)
        verdict = recheck(application, at=at, is_final=True, freezes=True)
        missing = queries.get_missing(application=application, day=local_date(at))
        if not missing and payable_seen not in (None, application.payable_amount):
            missing = [queries.Missing(kind="payable", text=_tell_changed(application, payable_seen), step="confirm")]
        if not missing:
            _submit(application, by=by, at=at)
            keep_judgement(application, verdict, occasion=Occasion.SUBMIT, at=at)
    if missing:
        raise SubmitRefused(missing)
    return application


def _tell_changed(application: EnrolmentApplication, seen: Decimal | None) -> str:
    return (
        f"赠送或补贴的名额刚有变化，应缴金额由{seen:,.2f}元变为{application.payable_amount:,.2f}元，"
        "请核对人员明细后再次提交"
    )


def _submit(application: EnrolmentApplication, *, by: Actor, at: datetime) -> None:
    application.submitted_at, application.submitted_by_person = at, by.person
    application.submission_count += 1
    application.form_code = "".join(secrets.choice(ALPHABET) for _ in range(FORM_CODE_LENGTH))
    application.sealed_form_id = None
    clear_reviews(application)
    places.hold(application, at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            SNAPSHOT,
            {
                "application": application.pk,
                "number": application.submission_count,
                "at": at,
                "name": by.name,
            },
        )
    move(application, Action.SUBMIT, by=by, at=at, details={"submission": application.submission_count})


def clear_reviews(application: EnrolmentApplication) -> None:
    """This function will forget the reviewers of an earlier round on the application; their `Review` rows stay."""
    application.first_reviewed_by_person, application.first_reviewed_at = "", None
    application.second_reviewed_by_person, application.second_reviewed_at = "", None
    application.first_reviewed_for_person = application.second_reviewed_for_person = ""


SNAPSHOT = """
INSERT INTO enrolment_submission (application_id, number, submitted_at, submitted_by_name, plans, people)
SELECT %(application)s, %(number)s, %(at)s, %(name)s,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('name', named.name, 'shares', named.share_count,
            'reference_on', named.reference_on) ORDER BY named.id), '[]') FROM named),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('worker', member.worker_id, 'plan', named.name, 'name', member.name,
            'number', member.number_masked, 'category', member.job_category, 'shares', member.share_count)), '[]')
     FROM enrolment_applicationmember AS member JOIN named ON named.id = member.application_plan_id
     WHERE member.removed_at IS NULL)
"""
SNAPSHOT = """
WITH named AS (
    SELECT asked.id, asked.share_count, asked.reference_on,
           plan.name || CASE WHEN plan.variant = '' THEN '' ELSE '（' || plan.variant || '）' END AS name
    FROM enrolment_applicationplan AS asked
    JOIN plans_planversion AS version ON version.id = asked.plan_version_id
    JOIN plans_plan AS plan ON plan.id = version.plan_id
    WHERE asked.application_id = %(application)s
)
""" + SNAPSHOT.lstrip()


@transaction.atomic
def edit(*, application_id: int, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will take a submitted application back to draft before its form was sent (编辑); the printed form is void.

    :raises TransitionNotAllowed: if the application does not wait for its form
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock(application_id)
    permissions.check(by, "enrolment.edit", application)
    application.form_code = ""
    move(application, Action.EDIT, by=by, at=at)
    return application


@transaction.atomic
def send_form(*, application_id: int, file_id: UUID, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will take the photo of the stamped form and hand the application to the first review.

    :raises FileUnknown: if the file is not one of the employer's
    :raises SubmitRefused: if something the application needs has gone missing since; with the list
    :raises TransitionNotAllowed: if the application does not wait for its form
    :raises permissions.NotPermitted: if this person may not submit it
    """
    application = lock(application_id)
    permissions.check(by, "enrolment.send_form", application)
    WORKFLOW.next_state(Action.SEND_FORM, state=application.state)
    check_file(application=application, file_id=file_id)
    if missing := queries.get_missing(application=application):
        raise SubmitRefused(missing)
    application.sealed_form_id = file_id
    application.return_reason, application.return_codes = "", []
    move(application, Action.SEND_FORM, by=by, at=at, details={"file": str(file_id)})
    return application


@transaction.atomic
def recall(*, application_id: int, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will take an application back from the first review (撤回) while no reviewer has claimed it.

    :raises permissions.NotPermitted: if this person may not, or a reviewer has claimed it
    :raises TransitionNotAllowed: if the application is not in the first review
    """
    application = lock(application_id)
    permissions.check(by, "enrolment.recall", application)
    WORKFLOW.next_state(Action.RECALL, state=application.state)
    if get_live(application) is not None:
        raise permissions.NotPermitted("初审人员已开始审核，不能撤回；如需修改，请联系所属代办处退回。")
    application.return_reason, application.form_code = "单位自行撤回", ""
    move(application, Action.RECALL, by=by, at=at)
    return application


@transaction.atomic
def delete(*, application_id: int, by: Actor, at: datetime, reason: str = "") -> EnrolmentApplication:
    """
    This function will delete an application that is not under review (删除); its rows stay for the trace.

    :raises TransitionNotAllowed: if the application is past that
    :raises permissions.NotPermitted: if this person may not delete it
    """
    application = lock(application_id)
    permissions.check(by, "enrolment.delete", application)
    application.form_code = ""
    move(application, Action.DELETE, by=by, at=at, reason=reason)
    return application
