"""经办人交接: by the present handler, or by stamped form and review."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connections

from huzhu.accounts.models import Session
from huzhu.audit.models import AuditEvent
from huzhu.employers import operations, permissions
from huzhu.employers.models import HandOver, Membership
from huzhu.notifications.models import SmsMessage
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories.accounts import NOON, StaffPostFactory, applicant, office_actor
from tests.factories.employers import EmployerFactory, HandOverFactory, MembershipFactory, employer_actor

LATER = NOON + timedelta(hours=1)
NEW = "13800138000"


def the_handler(**account):
    """The owner of an account who is its employer's handler."""
    membership = MembershipFactory(**account)
    membership.employer.handler_mobile = membership.user.mobile
    membership.employer.handler_name = membership.user.name
    membership.employer.save()
    return membership


def offer(handler, *, mobile=NEW, leaves=True, at=NOON):
    return operations.offer_hand_over(
        employer_id=handler.employer_id,
        mobile=mobile,
        name="陈小玲",
        former_leaves=leaves,
        by=employer_actor(handler),
        at=at,
    )


def take(hand_over, *, by=None, at=LATER):
    return operations.take_over(hand_over_id=hand_over.pk, by=by or applicant(mobile=hand_over.mobile), at=at)


def ask(employer, *, mobile=NEW, by=None, leaves=True):
    return operations.ask_hand_over(
        employer_id=employer.pk,
        mobile=mobile,
        name="陈小玲",
        former_leaves=leaves,
        form_id=uuid.uuid4(),
        by=by or applicant(mobile=mobile),
        at=NOON,
    )


def approve(hand_over, post, *, round=1):
    return operations.approve_hand_over(hand_over_id=hand_over.pk, round=round, by=office_actor(post), at=LATER)


@pytest.mark.django_db
class TestByTheHandler:
    def test_the_successor_gets_the_roles_and_the_employer_its_new_contact(self):
        handler = the_handler()
        Session.objects.create(session_key="k", session_data="", expire_date=NOON, user_id=handler.user_id)
        take(offer(handler))
        handler.employer.refresh_from_db()
        handler.refresh_from_db()
        new = Membership.objects.live().get(employer=handler.employer)
        assert (handler.employer.handler_name, handler.employer.handler_mobile) == ("陈小玲", NEW)
        assert (new.user.mobile, new.roles) == (NEW, handler.roles)
        assert handler.ended_at == LATER
        assert not Session.objects.exists()
        assert {message.mobile for message in SmsMessage.objects.filter(template="hand_over_done")} == {
            NEW,
            handler.user.mobile,
        }

    def test_the_one_who_goes_may_stay_a_member(self):
        handler = the_handler()
        take(offer(handler, leaves=False))
        assert Membership.objects.live().filter(employer=handler.employer).count() == 2

    def test_a_member_who_takes_over_keeps_the_own_roles_too(self):
        handler = the_handler(handler=True)
        member = MembershipFactory(employer=handler.employer, finance=True)
        MembershipFactory(employer=handler.employer)
        take(offer(handler, mobile=member.user.mobile), by=employer_actor(member))
        member.refresh_from_db()
        assert member.roles == ["handler", "finance"]

    def test_only_the_handler_offers_and_only_the_successor_takes(self):
        handler = the_handler()
        other_owner = MembershipFactory(employer=handler.employer)
        with pytest.raises(permissions.NotPermitted, match="现任经办人"):
            offer(other_owner)
        hand_over = offer(handler)
        for by in (applicant(mobile="13900000009"), employer_actor(other_owner), employer_actor(handler)):
            with pytest.raises(permissions.NotPermitted):
                take(hand_over, by=by)

    def test_an_offer_expires_and_stands_once(self):
        handler = the_handler()
        hand_over = offer(handler)
        with pytest.raises(operations.HandOverRefused, match="先撤回"):
            offer(handler, mobile="13800138001")
        with pytest.raises(operations.HandOverRefused, match="已过期"):
            take(hand_over, at=NOON + timedelta(days=14))
        assert operations.expire_hand_overs(at=NOON + timedelta(days=14)) == 1
        assert offer(handler, mobile="13800138001", at=NOON + timedelta(days=14))

    def test_to_oneself_is_nothing(self):
        handler = the_handler()
        with pytest.raises(operations.HandOverRefused, match="无需交接") as refused:
            offer(handler, mobile=handler.user.mobile)
        assert refused.value.field == "mobile"

    def test_it_can_be_declined_and_taken_back(self):
        handler = the_handler()
        first = offer(handler)
        operations.decline_hand_over(hand_over_id=first.pk, by=applicant(mobile=NEW), at=LATER)
        second = offer(handler)
        operations.withdraw_hand_over(hand_over_id=second.pk, by=employer_actor(handler), at=LATER)
        for hand_over in (first, second):
            with pytest.raises(TransitionNotAllowed):
                take(hand_over)


@pytest.mark.django_db
class TestByForm:
    def test_the_present_handler_hears_of_it_at_once_and_may_object(self):
        handler = the_handler()
        hand_over = ask(handler.employer)
        message = SmsMessage.objects.get(template="hand_over_asked")
        assert message.mobile == handler.user.mobile
        assert "陈小玲" not in message.body
        operations.object_to_hand_over(
            hand_over_id=hand_over.pk, words="本人仍在职，未委托他人", by=employer_actor(handler), at=LATER
        )
        hand_over.refresh_from_db()
        assert (hand_over.objection, hand_over.state) == ("本人仍在职，未委托他人", "pending")
        with pytest.raises(permissions.NotPermitted):
            operations.object_to_hand_over(
                hand_over_id=hand_over.pk, words="x", by=employer_actor(MembershipFactory()), at=LATER
            )

    def test_an_approved_form_unbinds_the_old_handler_and_binds_the_new(self):
        handler = the_handler()
        hand_over = ask(handler.employer)
        approve(hand_over, StaffPostFactory(branch=handler.employer.branch))
        new = Membership.objects.live().get(employer=handler.employer)
        assert (new.user.mobile, new.roles) == (NEW, ["owner", "handler", "liaison", "finance"])

    def test_a_return_is_mended_and_a_stale_page_decides_nothing(self):
        employer = EmployerFactory()
        hand_over, post = ask(employer), StaffPostFactory(branch=employer.branch)
        with pytest.raises(operations.HandOverRefused, match="原因"):
            operations.send_back_hand_over(
                hand_over_id=hand_over.pk, round=1, reason=" ", by=office_actor(post), at=LATER
            )
        operations.send_back_hand_over(
            hand_over_id=hand_over.pk, round=1, reason="公章不清晰。", by=office_actor(post), at=LATER
        )
        assert "公章不清晰" in SmsMessage.objects.get(template="hand_over_returned").body
        with pytest.raises(permissions.NotPermitted):
            operations.resubmit_hand_over(
                hand_over_id=hand_over.pk, form_id=uuid.uuid4(), by=applicant(mobile="13900000008"), at=LATER
            )
        operations.resubmit_hand_over(
            hand_over_id=hand_over.pk, form_id=uuid.uuid4(), by=applicant(mobile=NEW), at=LATER
        )
        with pytest.raises(TransitionNotAllowed):
            approve(hand_over, post, round=1)
        assert approve(hand_over, post, round=2).state == "done"

    def test_the_persons_concerned_decide_nothing(self):
        employer = EmployerFactory()
        hand_over = ask(employer)
        post = StaffPostFactory(branch=employer.branch)
        post.user.mobile = employer.handler_mobile
        post.user.save()
        with pytest.raises(permissions.NotPermitted, match="当事人"):
            approve(hand_over, post)
        with pytest.raises(permissions.NotPermitted, match="管辖范围"):
            approve(hand_over, StaffPostFactory())
        with pytest.raises(permissions.NotPermitted, match="受理员"):
            approve(hand_over, StaffPostFactory(branch=employer.branch, cashier=True))

    def test_a_stranger_asks_for_nobody_else_and_an_owner_for_members_only(self):
        owner = MembershipFactory()
        with pytest.raises(permissions.NotPermitted):
            ask(owner.employer, by=applicant(mobile="13900000007"))
        with pytest.raises(permissions.NotPermitted, match="先邀请"):
            ask(owner.employer, by=employer_actor(owner))
        member = MembershipFactory(employer=owner.employer, viewer=True)
        assert ask(owner.employer, mobile=member.user.mobile, by=employer_actor(owner)).state == "pending"

    def test_when_one_is_done_the_others_fall_away(self):
        handler = the_handler()
        by_form, offered = ask(handler.employer, mobile="13800138001"), offer(handler)
        take(offered)
        by_form.refresh_from_db()
        assert by_form.state == "withdrawn"
        assert AuditEvent.objects.filter(event="hand_over.withdraw", reason="经办人已变更").count() == 1

    def test_somebody_who_is_staff_above_cannot_take_over(self):
        employer = EmployerFactory()
        staff = StaffPostFactory(branch=employer.branch)
        hand_over = ask(employer, mobile=staff.user.mobile)
        with pytest.raises(operations.JoinRefused, match="工作人员"):
            approve(hand_over, StaffPostFactory(branch=employer.branch))
        hand_over.refresh_from_db()
        assert hand_over.state == "pending"


@pytest.mark.django_db
def test_an_account_always_keeps_an_owner():
    """A handler without the owner's role who goes by form leaves an owner behind: the successor becomes one."""
    handler = the_handler(handler=True)
    approve(ask(handler.employer), StaffPostFactory(branch=handler.employer.branch))
    assert Membership.objects.live().filter(employer=handler.employer, roles__contains=["owner"]).exists()


class TestRace:
    """On a database of its own: the handler's successor and the one of a form are settled in the same moment."""

    def test_one_of_two_becomes_the_handler(self, own_database):
        handler = the_handler()
        post = StaffPostFactory(branch=handler.employer.branch)
        offered = offer(handler)
        by_form = HandOverFactory(employer=handler.employer, by_form=True)
        outcomes = []

        def press(act):
            try:
                act()
                outcomes.append("done")
            except (TransitionNotAllowed, operations.HandOverRefused):
                outcomes.append("refused")
            finally:
                connections.close_all()

        acts = [lambda: take(offered), lambda: approve(by_form, post)]
        threads = [threading.Thread(target=press, args=[act]) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["done", "refused"]
        assert HandOver.objects.filter(state="done").count() == 1
        assert Membership.objects.live().filter(employer=handler.employer).count() == 1
