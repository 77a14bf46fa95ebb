"""邀请成员: by mobile, once, for seven days."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections

from huzhu.audit.models import AuditEvent
from huzhu.employers import operations, permissions
from huzhu.employers.models import Invitation, Membership
from huzhu.employers.operations import invitations
from huzhu.jobs import employers as jobs
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories.accounts import NOON, StaffPostFactory, applicant
from tests.factories.employers import InvitationFactory, MembershipFactory, employer_actor

LATER = NOON + timedelta(hours=1)
MOBILE = "13800138000"


def invite(owner, *, mobile=MOBILE, name="陈小玲", roles=("handler",), at=NOON):
    return operations.invite(
        employer_id=owner.employer_id, mobile=mobile, name=name, roles=roles, by=employer_actor(owner), at=at
    )


def accept(invitation, *, by=None, at=LATER):
    return operations.accept_invitation(
        invitation_id=invitation.pk, by=by or applicant(mobile=invitation.mobile), at=at
    )


@pytest.mark.django_db
class TestInviting:
    def test_tells_the_person_until_when(self):
        invite(MembershipFactory(), mobile=" 138 0013 8000 ")
        message = SmsMessage.objects.get(template="member_invited")
        assert message.mobile == MOBILE
        assert "11月30日" in message.body

    @pytest.mark.parametrize(
        ("typed", "field"), [({"mobile": "12"}, "mobile"), ({"name": "3"}, "name"), ({"roles": []}, "roles")]
    )
    def test_names_the_field_that_cannot_be(self, typed, field):
        with pytest.raises(operations.InvitationRefused) as refused:
            invite(MembershipFactory(), **typed)
        assert refused.value.field == field

    def test_is_the_owners_alone(self):
        owner = MembershipFactory()
        for by in (MembershipFactory(employer=owner.employer, handler=True), MembershipFactory()):
            with pytest.raises(permissions.NotPermitted):
                operations.invite(
                    employer_id=owner.employer_id,
                    mobile=MOBILE,
                    name="陈小玲",
                    roles=["owner"],
                    by=employer_actor(by),
                    at=NOON,
                )

    def test_a_member_and_somebody_invited_are_not_invited_again(self):
        owner = MembershipFactory()
        with pytest.raises(operations.InvitationRefused, match="已是本单位"):
            invite(owner, mobile=owner.user.mobile)
        invite(owner)
        with pytest.raises(operations.InvitationRefused, match="重新发送"):
            invite(owner)

    def test_strangers_are_not_flooded(self):
        owner = MembershipFactory()
        for number in range(invitations.MOST_PER_DAY):
            invite(owner, mobile=f"138001{number:05}")
        with pytest.raises(operations.InvitationRefused, match="明天再试"):
            invite(owner)
        assert invite(owner, at=NOON + timedelta(days=1))


@pytest.mark.django_db
class TestAnswering:
    def test_the_invited_person_comes_in_with_the_offered_roles(self):
        owner = MembershipFactory()
        membership = accept(invite(owner, roles=["finance", "handler"]))
        assert (membership.employer, membership.roles) == (owner.employer, ["handler", "finance"])
        assert Notice.objects.filter(employer_id=owner.employer_id, title__contains="接受邀请").exists()

    def test_a_person_of_another_employer_is_in_both(self):
        there = MembershipFactory()
        accept(invite(MembershipFactory(), mobile=there.user.mobile))
        assert there.user.memberships.count() == 2

    def test_nobody_else_can_use_it(self):
        invitation = InvitationFactory()
        for by in (applicant(mobile="13900000001"), employer_actor(MembershipFactory())):
            with pytest.raises(permissions.NotPermitted):
                accept(invitation, by=by)

    @pytest.mark.parametrize("act", ["accept", "decline", "withdraw"])
    def test_it_is_used_once(self, act):
        owner = MembershipFactory()
        invitation = invite(owner)
        acts = {
            "accept": lambda: accept(invitation),
            "decline": lambda: operations.decline_invitation(
                invitation_id=invitation.pk, by=applicant(mobile=MOBILE), at=LATER
            ),
            "withdraw": lambda: operations.withdraw_invitation(
                invitation_id=invitation.pk, by=employer_actor(owner), at=LATER
            ),
        }
        acts[act]()
        for other in acts.values():
            with pytest.raises(TransitionNotAllowed):
                other()
        assert Membership.objects.filter(user__mobile=MOBILE).count() == (act == "accept")

    def test_it_expires_to_the_second_and_begins_anew_when_sent_again(self):
        owner = MembershipFactory()
        invitation = invite(owner)
        with pytest.raises(operations.InvitationRefused, match="已过期"):
            accept(invitation, at=NOON + timedelta(days=7))
        operations.invite_again(
            invitation_id=invitation.pk, by=employer_actor(owner), at=NOON + timedelta(days=6, hours=23)
        )
        assert accept(invitation, at=NOON + timedelta(days=13))
        assert SmsMessage.objects.filter(template="member_invited").count() == 2

    def test_staff_above_the_employer_stay_out(self):
        owner = MembershipFactory()
        post = StaffPostFactory(branch=owner.employer.branch)
        with pytest.raises(operations.JoinRefused, match="工作人员"):
            accept(invite(owner, mobile=post.user.mobile))
        assert Invitation.objects.get().state == "invited"

    def test_every_turn_leaves_a_row(self):
        owner = MembershipFactory()
        invitation = invite(owner)
        accept(invitation)
        events = AuditEvent.objects.filter(subject_type="employers.invitation", subject_id=str(invitation.pk))
        assert list(events.order_by("id").values_list("event", "by_person")) == [
            ("invitation.invite", owner.user.mobile),
            ("invitation.accept", MOBILE),
        ]


@pytest.mark.django_db
def test_the_hour_ends_what_nobody_accepted(time_machine):
    waits = InvitationFactory(expires_at=NOON + timedelta(days=7))
    over = InvitationFactory(expires_at=NOON - timedelta(seconds=1))
    time_machine.move_to(NOON)
    jobs.expire(0)
    waits.refresh_from_db()
    over.refresh_from_db()
    assert (waits.state, over.state) == ("invited", "expired")


class TestRace:
    """On a database of its own: forty browsers accept the same invitation."""

    def test_one_invitation_makes_one_member(self, own_database):
        invitation = InvitationFactory()
        refused = []

        def press():
            try:
                accept(invitation)
            except TransitionNotAllowed:
                refused.append(1)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=press) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (Membership.objects.count(), len(refused)) == (1, 11)
