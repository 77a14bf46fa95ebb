"""账号成员: asking to be let in, roles, leaving."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huzhu.accounts.models import Session
from huzhu.employers import operations, permissions
from huzhu.employers.models import JoinRequest, Membership
from huzhu.notifications.models import SmsMessage
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories.accounts import NOON, StaffPostFactory, applicant
from tests.factories.employers import EmployerFactory, JoinRequestFactory, MembershipFactory, employer_actor

LATER = NOON + timedelta(hours=1)
pytestmark = pytest.mark.django_db


def accept(request, by, roles=("handler",)):
    return operations.accept_join(join_request_id=request.pk, roles=roles, by=by, at=LATER)


class TestAsking:
    def test_tells_the_owners_only(self):
        owner = MembershipFactory()
        MembershipFactory(employer=owner.employer, viewer=True)
        request = operations.ask_to_join(employer_id=owner.employer_id, name="陈小玲", by=applicant(), at=NOON)
        assert request.mobile == "13800138000"
        assert SmsMessage.objects.get(template="join_requested").mobile == owner.user.mobile

    def test_once_is_enough(self):
        employer = EmployerFactory()
        operations.ask_to_join(employer_id=employer.pk, name="陈小玲", by=applicant(), at=NOON)
        with pytest.raises(operations.JoinRefused, match="无需重复"):
            operations.ask_to_join(employer_id=employer.pk, name="陈小玲", by=applicant(), at=NOON)

    def test_a_member_is_told_to_sign_in(self):
        membership = MembershipFactory()
        by = applicant(mobile=membership.user.mobile)
        with pytest.raises(operations.JoinRefused, match="已是该单位账号的成员"):
            operations.ask_to_join(employer_id=membership.employer_id, name="陈小玲", by=by, at=NOON)


class TestAnswering:
    def test_the_owner_lets_somebody_in_with_the_chosen_roles(self):
        owner = MembershipFactory()
        request = JoinRequestFactory(employer=owner.employer)
        membership = accept(request, employer_actor(owner), roles=["finance", "handler"])
        assert membership.roles == ["handler", "finance"]
        assert membership.user.login_name == request.mobile
        assert SmsMessage.objects.get(template="join_accepted").mobile == request.mobile

    def test_one_person_may_be_a_member_of_several_employers(self):
        first = MembershipFactory()
        owner = MembershipFactory()
        second = accept(JoinRequestFactory(employer=owner.employer, mobile=first.user.mobile), employer_actor(owner))
        assert second.user == first.user

    def test_others_may_not(self):
        owner = MembershipFactory()
        request = JoinRequestFactory(employer=owner.employer)
        handler = MembershipFactory(employer=owner.employer, handler=True)
        for by in (employer_actor(handler), employer_actor(MembershipFactory()), applicant()):
            with pytest.raises(permissions.NotPermitted):
                accept(request, by)

    def test_staff_above_the_employer_stay_out(self):
        owner = MembershipFactory()
        post = StaffPostFactory(branch=owner.employer.branch)
        request = JoinRequestFactory(employer=owner.employer, mobile=post.user.mobile)
        with pytest.raises(operations.JoinRefused, match="工作人员"):
            accept(request, employer_actor(owner))
        request.refresh_from_db()
        assert request.state == "asked"

    def test_a_refusal_needs_a_reason_and_is_told(self):
        owner = MembershipFactory()
        request = JoinRequestFactory(employer=owner.employer)
        by = employer_actor(owner)
        with pytest.raises(operations.JoinRefused, match="原因"):
            operations.refuse_join(join_request_id=request.pk, reason=" ", by=by, at=LATER)
        operations.refuse_join(join_request_id=request.pk, reason="非本单位人员", by=by, at=LATER)
        assert "非本单位人员" in SmsMessage.objects.get(template="join_refused").body

    def test_an_answer_is_given_once(self):
        owner = MembershipFactory()
        request = JoinRequestFactory(employer=owner.employer)
        accept(request, employer_actor(owner))
        with pytest.raises(TransitionNotAllowed):
            accept(JoinRequest.objects.get(), employer_actor(owner))
        assert Membership.objects.filter(user__mobile=request.mobile).count() == 1


class TestRolesAndLeaving:
    def test_new_roles_end_the_sessions(self):
        owner, other = MembershipFactory(), MembershipFactory()
        other.employer = owner.employer
        other.save()
        Session.objects.create(session_key="k", session_data="", expire_date=NOON, user_id=other.user_id)
        operations.change_roles(membership_id=other.pk, roles=["viewer"], by=employer_actor(owner), at=LATER)
        other.refresh_from_db()
        assert other.roles == ["viewer"]
        assert not Session.objects.exists()

    def test_the_last_owner_stays(self):
        owner = MembershipFactory()
        with pytest.raises(operations.JoinRefused, match="至少要有一位"):
            operations.end_membership(membership_id=owner.pk, by=employer_actor(owner), at=LATER)
        with pytest.raises(operations.JoinRefused, match="至少要有一位"):
            operations.change_roles(membership_id=owner.pk, roles=["viewer"], by=employer_actor(owner), at=LATER)

    def test_somebody_who_left_may_come_back(self):
        owner = MembershipFactory()
        gone = MembershipFactory(employer=owner.employer, handler=True)
        operations.end_membership(membership_id=gone.pk, by=employer_actor(owner), at=LATER)
        request = JoinRequestFactory(employer=owner.employer, mobile=gone.user.mobile)
        assert accept(request, employer_actor(owner)).pk != gone.pk
