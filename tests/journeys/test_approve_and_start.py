"""The two journeys across apps: second approval → slip and SMS; money → cover and policies. Both or neither, always."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connections

from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentSlip, SocietyAccount
from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.permissions import NotPermitted
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.journeys.start_cover import start_cover
from huzhu.notifications.models import SmsMessage
from huzhu.policies import operations as policies
from huzhu.policies.models import Policy
from huzhu.shared.check_characters import ALPHABET
from huzhu.shared.numbering import is_valid_number
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories import enrolment as make
from tests.factories import plans


@pytest.fixture
def payee():
    SocietyAccount.objects.create(
        number="3602000109200123456", bank="icbc", bank_name="工商银行", holder="互助会", is_payee=True
    )


def approve(case, **kwargs):
    return approve_enrolment(application_id=case.id, by=make.reviewer(), at=make.NOON, **kwargs)


def start(case, arrival_on=make.TODAY, by=None):
    return start_cover(application_id=case.id, arrival_on=arrival_on, by=by or make.cashier(), at=make.NOON)


@pytest.mark.django_db
class TestApprove:
    def test_freezes_makes_the_slip_and_tells_the_employer(self, payee):
        case = make.application("second_review")
        approved = approve(case)
        assert case.refresh().state == "awaiting_payment"
        slip = PaymentSlip.objects.get(application=case.application)
        assert approved.slip == slip
        assert slip.amount == case.application.contribution_amount == make.money("190.00")
        message = SmsMessage.objects.get(template="payment_notice")
        for word in (case.application.number, slip.number, "190.00", "2025-08-26"):
            assert word in message.body

    def test_no_slip_no_approval(self, payee, monkeypatch):
        case = make.application("second_review")
        monkeypatch.setattr(billing, "issue_slip", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            approve(case)
        assert case.refresh().state == "second_review"
        assert case.application.second_reviewed_by_person == ""
        assert case.application.reviews.filter(stage=2).count() == 0
        assert not SmsMessage.objects.filter(template="payment_notice").exists()

    def test_no_account_to_pay_into_no_approval(self):
        case = make.application("second_review")
        with pytest.raises(billing.NoPayeeAccount):
            approve(case)
        assert case.refresh().state == "second_review"

    def test_those_who_renew_are_told_by_when_the_money_has_to_be_there(self, payee):
        employer = make.an_employer()
        entries = make.people(employer, 2)
        make.cover_of(entries[0], plans.version("HOSP25"), start=dt.date(2024, 8, 20))
        approve(make.application("second_review", employer=employer, entries=entries))
        body = SmsMessage.objects.get(template="payment_notice").body
        assert "最晚到账日2025-08-19，晚于此日1人断保" in body

    def test_what_blocks_by_now_stops_it_and_the_reviewer_can_see_it(self, payee):
        case = make.application("second_review")
        make.cover_of(
            make.also_at(case.entries[0], make.an_employer()), plans.version("HOSP25"), start=dt.date(2025, 8, 1)
        )
        with pytest.raises(enrolment.StillBlocked):
            approve(case)
        assert case.refresh().state == "second_review"
        assert case.codes() == {"already_covered": 1}
        assert not PaymentSlip.objects.exists()

    def test_nothing_to_pay_means_cover_at_once(self):
        version = plans.version("HOSP25", contribution_amount=0)
        case = make.application("second_review")
        approved = approve(case)
        assert case.refresh().state == "effective"
        assert approved.slip is None
        assert (approved.started.covered, approved.started.earliest_start) == (2, make.TOMORROW)
        assert Policy.objects.get().plan == version.plan
        assert SmsMessage.objects.filter(template="enrolment_given").count() == 1

    def test_nothing_to_pay_and_no_cover_no_approval(self, monkeypatch):
        plans.version("HOSP25", contribution_amount=0)
        case = make.application("second_review")
        monkeypatch.setattr(policies, "issue_policies", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            approve(case)
        assert (case.refresh().state, case.application.second_reviewed_by_person) == ("second_review", "")
        assert not Cover.objects.exists()

    def test_the_same_person_twice_is_refused(self, payee):
        case = make.application("second_review")
        with pytest.raises(NotPermitted):
            approve_enrolment(application_id=case.id, by=make.reviewer(person=make.registrar().person), at=make.NOON)
        assert not PaymentSlip.objects.exists()


@pytest.mark.django_db
class TestStart:
    def test_covers_policies_and_application_together(self):
        case = make.application("awaiting_payment", people_count=3, choices=[("HOSP25", 1), ("ACC25", 1)])
        started = start(case)
        assert (started.covered, started.left_out, started.left_out_amount) == (6, 0, 0)
        assert started.earliest_start == make.TOMORROW
        assert case.refresh().state == "effective"
        issued = list(Policy.objects.order_by("plan__code"))
        assert [policy.plan.code for policy in issued] == ["ACC25", "HOSP25"]
        for policy in issued:
            covers = Cover.objects.filter(policy_id=policy.pk)
            assert (covers.count(), policy.member_count, policy.share_count) == (3, 3, 1)
            assert policy.contribution_amount == sum(cover.contribution_amount for cover in covers)
            assert (policy.coverage_start, policy.coverage_end) == (make.TOMORROW, dt.date(2026, 8, 12))
            assert is_valid_number(policy.number, "BD")
            assert len(policy.verify_code) >= 17  # of 31 characters: more than 80 bits
            assert set(policy.verify_code) <= set(ALPHABET)
        assert issued[0].verify_code != issued[1].verify_code

    def test_the_arrival_and_reference_date_decide_not_the_day_of_booking(self):
        case = make.application("awaiting_payment", references=dt.date(2025, 9, 1))
        assert start(case, arrival_on=dt.date(2025, 9, 5)).earliest_start == dt.date(2025, 9, 6)

    @pytest.mark.parametrize("step", ["issue_policies", "reserve_policies"])
    def test_no_policy_no_cover(self, monkeypatch, step):
        case = make.application("awaiting_payment")
        monkeypatch.setattr(policies, step, lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            start(case)
        assert case.refresh().state == "awaiting_payment"
        assert not Cover.objects.exists()
        assert not Policy.objects.exists()

    def test_no_effect_no_cover(self, monkeypatch):
        case = make.application("awaiting_payment")
        monkeypatch.setattr(enrolment, "settle", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            start(case)
        assert not Cover.objects.exists()
        assert not Policy.objects.exists()

    def test_starting_twice_starts_once(self):
        case = make.application("awaiting_payment")
        start(case)
        with pytest.raises(TransitionNotAllowed):
            start(case)
        assert Cover.objects.count() == 2

    def test_who_was_settled_elsewhere_first_is_left_out_with_the_money(self):
        employer, other = make.an_employer(), make.an_employer()
        entries = make.people(employer, 3)
        late = make.application("awaiting_payment", employer=employer, entries=entries)
        early = make.application("awaiting_payment", employer=other, entries=[make.also_at(entries[0], other)])
        assert start(early).covered == 1

        started = start(late)

        assert (started.covered, started.left_out, started.left_out_amount) == (2, 1, make.money("95.00"))
        assert late.application.members.get(entry=entries[0]).left_out_reason == "already_covered"
        assert Policy.objects.get(employer=employer).member_count == 2

    def test_with_everybody_left_out_there_is_no_policy(self):
        employer, other = make.an_employer(), make.an_employer()
        entries = make.people(employer, 1)
        late = make.application("awaiting_payment", employer=employer, entries=entries)
        start(make.application("awaiting_payment", employer=other, entries=[make.also_at(entries[0], other)]))
        started = start(late)
        assert (started.covered, started.left_out, started.earliest_start) == (0, 1, None)
        assert late.refresh().state == "effective"
        assert not Policy.objects.filter(employer=employer).exists()


def test_two_employers_settled_at_the_same_moment_cover_a_person_once(own_database):
    employer, other = make.an_employer(), make.an_employer()
    entries = make.people(employer, 20)
    cases = [
        make.application("awaiting_payment", employer=employer, entries=entries),
        make.application(
            "awaiting_payment", employer=other, entries=[make.also_at(entry, other) for entry in reversed(entries)]
        ),
    ]
    barrier, results = threading.Barrier(2), []

    def run(case):
        try:
            barrier.wait(timeout=20)
            results.append(start(case))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(case,)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted((result.covered, result.left_out) for result in results) == [(0, 20), (20, 0)]
    assert Cover.objects.count() == 20
    assert {case.refresh().state for case in cases} == {"effective"}
