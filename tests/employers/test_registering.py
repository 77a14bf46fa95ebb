"""注册: taken in, corrected, decided; the account that comes of it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from huzhu.accounts.models import User
from huzhu.audit.models import AuditEvent
from huzhu.audit.reveals import Why
from huzhu.employers import operations, permissions, queries, rules
from huzhu.employers.models import LEGAL_DOCUMENT, Employer, Membership, Registration
from huzhu.employers.states import REGISTRATION, RegistrationAction, RegistrationState
from huzhu.notifications.models import SmsMessage
from huzhu.shared import seals
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, UserFactory, applicant, office_actor
from tests.factories.employers import (
    EmployerFactory,
    MembershipFactory,
    RegistrationFactory,
    credit_code,
    entry,
    resident_number,
)

LATER = NOON + timedelta(hours=1)


def registrar_of(registration: Registration):
    return office_actor(StaffPostFactory(registrar=True, branch=registration.branch))


def approve(registration, by=None):
    return operations.approve_registration(
        registration_id=registration.pk, round=registration.round, by=by or registrar_of(registration), at=LATER
    )


OPEN = {
    "pending": {"approve", "send_back", "reject"},
    "returned": {"resubmit"},
    "approved": set(),
    "rejected": set(),
}


@pytest.mark.parametrize("state", RegistrationState)
def test_only_these_actions_are_open(state):
    assert {action for action in RegistrationAction if REGISTRATION.allows(action, state=state)} == OPEN[state]


@pytest.mark.django_db
class TestRegister:
    def test_waits_for_the_registrar_with_the_verified_mobile(self):
        registration = operations.register(entry=entry(), by=applicant(mobile="13800138000"), at=NOON)

        assert registration.state == RegistrationState.PENDING
        assert registration.handler_mobile == "13800138000"
        assert AuditEvent.objects.get(event="registration.register").subject_id == str(registration.pk)

    def test_seals_the_legal_representatives_number(self):
        registration = operations.register(entry=entry(), by=applicant(), at=NOON)
        registration.refresh_from_db()

        assert resident_number().encode() not in bytes(registration.legal_document)
        opened = seals.open_seal(registration.legal_document, place=LEGAL_DOCUMENT, seal_id=registration.seal_id)
        assert opened == resident_number()
        assert registration.legal_document_masked == f"4401{'*' * 10}{resident_number()[-4:]}"

    def test_names_every_field_that_cannot_be(self):
        wrong = entry(credit_code="914401MA5CNF2E6Z", name="机", headcount=5, women_headcount=6, handler_name="李123")
        with pytest.raises(operations.EntryRefused) as refusal:
            operations.register(entry=wrong, by=applicant(), at=NOON)
        assert set(refusal.value.problems) == {"credit_code", "name", "women_headcount", "handler_name"}
        assert not Registration.objects.exists()

    def test_one_wrong_character_in_the_credit_code_is_caught(self):
        code = credit_code(77)
        with pytest.raises(operations.EntryRefused, match="校验位"):
            operations.register(entry=entry(credit_code=code[:-2] + "9" + code[-1]), by=applicant(), at=NOON)

    def test_an_old_legal_representative_is_welcome(self):
        number = resident_number("44010619400101123")
        registration = operations.register(entry=entry(legal_document=number), by=applicant(), at=NOON)
        assert registration.state == RegistrationState.PENDING

    def test_a_registered_code_offers_the_existing_account(self):
        employer = EmployerFactory()
        with pytest.raises(operations.AlreadyRegistered, match="申请加入") as refusal:
            operations.register(entry=entry(credit_code=employer.credit_code), by=applicant(), at=NOON)
        assert refusal.value.employer == employer

    def test_a_registration_under_way_is_shown_to_its_own_applicant_only(self):
        registration = RegistrationFactory()
        own = applicant(mobile=registration.handler_mobile)
        for by, expected in ((own, registration), (applicant(), None)):
            with pytest.raises(operations.AlreadyRegistered) as refusal:
                operations.register(entry=entry(credit_code=registration.credit_code), by=by, at=NOON)
            assert refusal.value.registration == expected

    def test_a_rejected_code_may_register_again(self):
        rejected = RegistrationFactory(rejected=True)
        again = operations.register(entry=entry(credit_code=rejected.credit_code), by=applicant(), at=NOON)
        assert again.state == RegistrationState.PENDING


@pytest.mark.django_db
class TestApprove:
    def test_makes_employer_account_membership_and_message_together(self):
        registration = RegistrationFactory()
        employer = approve(registration)

        registration.refresh_from_db()
        user = User.objects.get(login_name=registration.handler_mobile)
        assert (registration.state, registration.employer) == ("approved", employer)
        assert Membership.objects.get(user=user).roles == ["owner", "handler", "liaison", "finance"]
        assert not user.has_usable_password()
        message = SmsMessage.objects.get(template="registration_approved")
        assert message.mobile == registration.handler_mobile
        assert seals.open_seal(employer.legal_document, place=LEGAL_DOCUMENT, seal_id=employer.seal_id)

    def test_uses_the_portal_account_the_person_has(self):
        registration = RegistrationFactory()
        user = UserFactory(mobile=registration.handler_mobile)
        employer = approve(registration)
        assert employer.memberships.get().user == user

    def test_nothing_is_left_when_the_message_cannot_be_queued(self, monkeypatch):
        registration = RegistrationFactory()
        by = registrar_of(registration)
        monkeypatch.setattr("huzhu.notifications.operations.queue_sms", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            approve(registration, by=by)
        registration.refresh_from_db()
        assert registration.state == RegistrationState.PENDING
        assert not Employer.objects.exists()
        assert not Membership.objects.exists()

    def test_refuses_the_applicant_in_another_account(self):
        registration = RegistrationFactory()
        post = StaffPostFactory(branch=registration.branch, user__mobile=registration.handler_mobile)
        with pytest.raises(permissions.NotPermitted, match="自己提交"):
            approve(registration, by=office_actor(post))

    @pytest.mark.parametrize("role", ["reviewer", "cashier", "auditor", "system_admin"])
    def test_refuses_other_roles(self, role):
        registration = RegistrationFactory()
        with pytest.raises(permissions.NotPermitted, match="受理员"):
            approve(registration, by=office_actor(StaffPostFactory(roles=[role], branch=registration.branch)))

    def test_refuses_staff_of_another_branch_and_admits_those_above(self):
        province = BranchFactory()
        city, other = (BranchFactory(parent=province, level="city") for _ in range(2))
        registration = RegistrationFactory(branch=city)
        with pytest.raises(permissions.NotPermitted, match="管辖"):
            approve(registration, by=office_actor(StaffPostFactory(branch=other)))
        assert approve(registration, by=office_actor(StaffPostFactory(branch=province))).branch == city

    def test_refuses_a_submission_the_registrar_has_not_seen(self):
        registration = RegistrationFactory(round=2)
        with pytest.raises(TransitionNotAllowed):
            operations.approve_registration(
                registration_id=registration.pk, round=1, by=registrar_of(registration), at=LATER
            )
        assert not Employer.objects.exists()

    def test_refuses_a_handler_who_is_staff_above(self):
        registration = RegistrationFactory()
        StaffPostFactory(reviewer=True, branch=registration.branch, user__mobile=registration.handler_mobile)
        with pytest.raises(operations.JoinRefused, match="工作人员"):
            approve(registration)
        assert not Employer.objects.exists()

    def test_the_database_refuses_staff_as_members_of_their_own_subtree(self):
        post = StaffPostFactory()
        user = UserFactory(mobile=post.user.mobile)
        employer = EmployerFactory(branch=BranchFactory(parent=post.branch, level="city"))
        with pytest.raises(IntegrityError, match="own subtree"), transaction.atomic():
            MembershipFactory(user=user, employer=employer)
        elsewhere = MembershipFactory(user=user, employer=EmployerFactory())
        assert elsewhere.pk


@pytest.mark.django_db
class TestReturnAndResubmit:
    def send_back(self, registration, **reasons):
        return operations.send_back_registration(
            registration_id=registration.pk,
            round=registration.round,
            field_reasons=reasons,
            by=registrar_of(registration),
            at=LATER,
        )

    def test_keeps_the_reason_of_each_field_and_tells_them(self):
        registration = self.send_back(RegistrationFactory(), name="与证书不一致", certificate="影像不清晰", kind=" ")
        assert registration.field_reasons == {"name": "与证书不一致", "certificate": "影像不清晰"}
        body = SmsMessage.objects.get(template="registration_returned").body
        assert "单位名称：与证书不一致；统一社会信用代码证影像：影像不清晰" in body

    def test_refuses_without_any_reason(self):
        registration = RegistrationFactory()
        with pytest.raises(operations.EntryRefused, match="退回原因"):
            self.send_back(registration, name="  ")

    def test_the_applicant_corrects_and_it_waits_again(self):
        registration = RegistrationFactory(returned=True)
        corrected = entry(credit_code=registration.credit_code, name="佛山市纺织有限公司", legal_document="")
        before = bytes(registration.legal_document)

        resubmitted = operations.resubmit(
            registration_id=registration.pk, entry=corrected, by=applicant(mobile=registration.handler_mobile), at=LATER
        )

        assert (resubmitted.state, resubmitted.round, resubmitted.field_reasons) == ("pending", 2, {})
        assert resubmitted.name == "佛山市纺织有限公司"
        assert bytes(resubmitted.legal_document) == before

    def test_each_return_is_told(self):
        registration = self.send_back(RegistrationFactory(), name="与证书不一致")
        by = applicant(mobile=registration.handler_mobile)
        again = entry(credit_code=registration.credit_code)
        registration = operations.resubmit(registration_id=registration.pk, entry=again, by=by, at=LATER)
        self.send_back(registration, name="仍不一致")
        assert SmsMessage.objects.filter(template="registration_returned").count() == 2

    def test_refuses_somebody_else(self):
        registration = RegistrationFactory(returned=True)
        with pytest.raises(permissions.NotPermitted):
            operations.resubmit(registration_id=registration.pk, entry=entry(), by=applicant(), at=LATER)

    def test_refuses_what_was_not_returned(self):
        registration = RegistrationFactory()
        by = applicant(mobile=registration.handler_mobile)
        again = entry(credit_code=registration.credit_code)
        with pytest.raises(TransitionNotAllowed):
            operations.resubmit(registration_id=registration.pk, entry=again, by=by, at=LATER)

    def test_a_rejection_frees_the_code_and_says_why(self):
        registration = RegistrationFactory()
        operations.reject_registration(
            registration_id=registration.pk, round=1, reason="不在受理范围", by=registrar_of(registration), at=LATER
        )
        assert "不在受理范围" in SmsMessage.objects.get(template="registration_rejected").body
        assert operations.register(entry=entry(credit_code=registration.credit_code), by=applicant(), at=LATER)

    def test_a_look_at_a_full_number_is_noted(self):
        registration = RegistrationFactory()
        shown = operations.reveal_registration(
            registration_id=registration.pk,
            field="legal_document",
            why=Why(reason="check"),
            by=registrar_of(registration),
            at=LATER,
        )
        assert shown == resident_number()
        assert AuditEvent.objects.get(event="registration.reveal").details == {"field": "legal_document"}


class TestTwoAtOnce:
    def race(self, registration, posts):
        barrier, outcomes = threading.Barrier(len(posts)), []

        def run(by):
            try:
                barrier.wait(10)
                approve(registration, by=by)
                outcomes.append("approved")
            except (TransitionNotAllowed, IntegrityError) as refusal:
                outcomes.append(type(refusal).__name__)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(office_actor(post),)) for post in posts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return sorted(outcomes)

    def test_two_registrars_approve_and_one_employer_comes_of_it(self, own_database):
        registration = RegistrationFactory()
        posts = [StaffPostFactory(branch=registration.branch) for _ in range(2)]

        assert self.race(registration, posts) == ["TransitionNotAllowed", "approved"]
        assert Employer.objects.count() == Membership.objects.count() == 1
        assert SmsMessage.objects.filter(template="registration_approved").count() == 1

    def test_without_the_lock_the_second_is_only_stopped_by_the_database(self, own_database, monkeypatch):
        registration = RegistrationFactory()
        posts = [StaffPostFactory(branch=registration.branch) for _ in range(2)]
        both_have_read = threading.Barrier(2)

        def read_only(registration_id):
            found = Registration.objects.select_related("branch").get(pk=registration_id)
            both_have_read.wait(10)
            return found

        monkeypatch.setattr("huzhu.employers.operations.registering._lock", read_only)
        assert self.race(registration, posts) == ["IntegrityError", "approved"]


@pytest.mark.django_db
class TestLookalikes:
    def test_finds_names_that_differ_a_little_and_no_others(self):
        close = EmployerFactory(name="广州市明光机械制造有限公司")
        EmployerFactory(name="广州市白云食品有限公司")
        found = queries.get_lookalikes(name="广州明光机械制造公司")
        assert [each.employer for each in found] == [close]
        assert found[0].percent > 60

    def test_words_of_every_company_tell_nothing(self):
        assert rules.likeness(["广州", "有限", "公司"], ["广州", "有限", "公司"]).share == 0
