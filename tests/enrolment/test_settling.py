"""What money does to an application, and what the other side is told."""

from __future__ import annotations

import datetime as dt

import pytest

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.permissions import NotPermitted
from huzhu.notifications.models import SmsMessage
from huzhu.shared.actors import system_actor
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories import enrolment as make

pytestmark = pytest.mark.django_db


def settle(case, by=None, left_out=(), start=make.TOMORROW):
    return enrolment.settle(
        application_id=case.id,
        left_out=dict(left_out),
        earliest_start=start,
        by=by or make.cashier(),
        at=make.NOON,
    )


def test_settling_tells_the_employer_once_and_marks_who_was_left_out():
    case = make.application("awaiting_payment", people_count=2)
    member = case.application.members.first()
    settle(case, left_out={member.pk: "already_covered"})
    assert (case.refresh().state, case.application.effective_at) == ("effective", make.NOON)
    member.refresh_from_db()
    assert member.left_out_reason == "already_covered"
    message = SmsMessage.objects.get(template="enrolment_effective")
    assert case.application.number in message.body
    assert "190.00元" in message.body
    assert "2025-08-12" in message.body


def test_with_everybody_left_out_no_success_is_told():
    case = make.application("awaiting_payment")
    settle(case, start=None)
    assert not SmsMessage.objects.filter(template="enrolment_effective").exists()


@pytest.mark.parametrize("state", ["draft", "awaiting_form", "first_review"])
def test_nothing_else_can_be_settled(state):
    case = make.application(state)
    with pytest.raises(TransitionNotAllowed):
        settle(case)


def test_only_cashiers_and_the_program_settle():
    case = make.application("awaiting_payment")
    for actor in (make.handler(case.employer), make.reviewer(), make.registrar()):
        with pytest.raises(NotPermitted):
            settle(case, by=actor)
    settle(case, by=system_actor())


def test_without_a_second_approval_nothing_becomes_effective_for_free():
    case = make.application("second_review")
    with pytest.raises(NotPermitted, match="尚未复审"):
        settle(case, by=make.reviewer())


class TestWithdrawn:
    def test_back_to_draft_everything_can_be_corrected_and_reviewed_anew(self):
        case = make.application("awaiting_payment")
        by = make.handler(case.employer, roles=("finance",))
        enrolment.withdraw_to_draft(application_id=case.id, reason="人数有误", by=by, at=make.NOON)
        application = case.refresh()
        assert (application.state, application.first_reviewed_by_person, application.form_code) == ("draft", "", "")
        assert application.checked_at is None
        make.advance(case, "awaiting_payment")

    def test_or_ended(self):
        case = make.application("awaiting_payment")
        enrolment.cancel(application_id=case.id, reason="不再参保", by=make.handler(case.employer), at=make.NOON)
        assert case.refresh().state == "cancelled"


class TestExpiry:
    def expired(self):
        case = make.application("awaiting_payment")
        enrolment.expire(application_id=case.id, by=system_actor(), at=make.NOON, slip_number="JK1")
        return case

    def test_the_employer_is_told(self):
        case = self.expired()
        assert case.refresh().state == "expired"
        assert "JK1" in SmsMessage.objects.get(template="slip_expired").body

    @pytest.mark.parametrize(("days", "works"), [(90, True), (91, False)])
    def test_a_new_slip_within_ninety_days(self, days, works):
        case = self.expired()
        at = make.NOON + dt.timedelta(days=days)
        if works:
            enrolment.reissue(application_id=case.id, expired_on=make.TODAY, by=make.cashier(), at=at)
            assert case.refresh().state == "awaiting_payment"
        else:
            with pytest.raises(enrolment.ReissueTooLate, match="90天"):
                enrolment.reissue(application_id=case.id, expired_on=make.TODAY, by=make.cashier(), at=at)
