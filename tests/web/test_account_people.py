"""账号成员 and 经办人交接 through the pages: the employer's, the public ones behind a proven mobile, the registrar's."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from huzhu.employers.models import HandOver, Invitation, Membership
from huzhu.enrolment import operations as enrolment
from huzhu.notifications.models import SmsMessage
from tests.factories.accounts import StaffPostFactory
from tests.factories.employers import (
    EmployerFactory,
    HandOverFactory,
    InvitationFactory,
    MembershipFactory,
    employer_actor,
    picture,
)
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
MOBILE = "13800138000"


@pytest.fixture
def owner(client):
    """The owner and handler of an employer, signed in."""
    membership = MembershipFactory()
    membership.employer.handler_mobile = membership.user.mobile
    membership.employer.save()
    client.force_login(membership.user)
    return membership


def prove(client, page: str, mobile: str) -> None:
    """Prove a mobile on one of the public pages, by the code in the message."""
    client.post(reverse(f"public:{page}-code"), {"mobile": mobile})
    code = re.search(r"验证码(\d{6})", SmsMessage.objects.filter(mobile=mobile).latest("pk").body)[1]
    assert client.post(reverse(f"public:{page}"), {"mobile": mobile, "code": code}).status_code == 302


class TestInviting:
    def test_an_invited_person_comes_in_by_the_mobile_and_chooses_a_password(self, client, owner):
        answer = client.post(
            reverse("employer:invite"), {"mobile": MOBILE, "name": "陈小玲", "roles": ["handler"]}, follow=True
        )
        assert "138****8000" in answer.content.decode()
        client.logout()
        prove(client, "progress", MOBILE)
        page = client.get(reverse("public:progress")).content.decode()
        assert owner.employer.name in page
        assert "接受邀请" in page
        answer = client.post(reverse("public:invitation", args=[Invitation.objects.get().pk]), follow=True)
        assert answer.request["PATH_INFO"] == reverse("public:password")
        assert Membership.objects.get(user__mobile=MOBILE).roles == ["handler"]

    def test_what_was_typed_stays_when_it_is_refused(self, client, owner):
        answer = client.post(reverse("employer:invite"), {"mobile": "12345", "name": "陈小玲", "roles": ["viewer"]})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="12345"' in page
        assert 'value="陈小玲"' in page

    def test_nobody_accepts_for_another_mobile(self, client):
        invitation = InvitationFactory()
        address = reverse("public:invitation", args=[invitation.pk])
        assert client.post(address)["Location"] == reverse("public:progress")
        prove(client, "progress", MOBILE)
        assert client.post(address).status_code == 404
        assert not Membership.objects.exists()

    def test_sending_again_and_taking_back(self, client, owner):
        invitation = InvitationFactory(employer=owner.employer)
        address = reverse("employer:invitation", args=[invitation.pk])
        client.post(address, {"again": "1"})
        assert SmsMessage.objects.filter(template="member_invited").count() == 1
        client.post(address, {"withdraw": "1"})
        invitation.refresh_from_db()
        assert invitation.state == "withdrawn"
        foreign = reverse("employer:invitation", args=[InvitationFactory().pk])
        assert client.post(foreign, {"withdraw": "1"}).status_code == 404

    def test_the_page_takes_the_same_number_of_queries_for_few_and_many(self, client, owner):
        InvitationFactory(employer=owner.employer)
        few = count_queries(lambda: client.get(reverse("employer:members")))
        InvitationFactory.create_batch(20, employer=owner.employer)
        assert count_queries(lambda: client.get(reverse("employer:members"))) == few


class TestHandingOver:
    def test_a_member_takes_over_in_the_portal_and_the_draft_stays(self, client, owner):
        draft = enrolment.create_draft(employer_id=owner.employer_id, by=employer_actor(owner), at=owner.since)
        successor = MembershipFactory(employer=owner.employer, viewer=True)
        client.post(
            reverse("employer:hand-over"),
            {"mobile": successor.user.mobile, "name": successor.user.name, "former_leaves": "True"},
        )
        client.force_login(successor.user)
        assert "确认接任" in client.get(reverse("employer:hand-over")).content.decode()
        client.post(reverse("employer:hand-over-act", args=[HandOver.objects.get().pk]), {"take": "1"})
        client.force_login(successor.user)
        assert client.get(reverse("employer:application", args=[draft.pk])).status_code == 200
        client.force_login(owner.user)
        assert client.get(reverse("employer:application", args=[draft.pk])).status_code == 404

    def test_somebody_new_takes_over_by_the_mobile(self, client, owner):
        client.post(reverse("employer:hand-over"), {"mobile": MOBILE, "name": "陈小玲", "former_leaves": "False"})
        client.logout()
        prove(client, "progress", MOBILE)
        client.post(reverse("public:hand-over-answer", args=[HandOver.objects.get().pk]))
        owner.employer.refresh_from_db()
        assert owner.employer.handler_mobile == MOBILE

    def test_who_is_neither_handler_nor_owner_sees_and_asks_nothing(self, client):
        client.force_login(MembershipFactory(viewer=True).user)
        assert "没有正在办理的交接" in client.get(reverse("employer:hand-over")).content.decode()
        assert client.post(reverse("employer:hand-over"), {"mobile": MOBILE}).status_code == 404

    def test_a_stamped_form_is_decided_by_the_registrar(self, client):
        employer = EmployerFactory()
        prove(client, "hand-over", MOBILE)
        client.post(
            reverse("public:hand-over"),
            {"credit_code": employer.credit_code, "name": "陈小玲", "form": picture("申请表.jpg")},
        )
        hand_over = HandOver.objects.get()
        client.force_login(StaffPostFactory(branch=employer.branch).user)
        assert employer.name in client.get(reverse("office:hand-overs")).content.decode()
        page = client.get(reverse("office:hand-over", args=[hand_over.pk])).content.decode()
        assert MOBILE not in page
        assert client.get(reverse("office:hand-over-form", args=[hand_over.pk])).status_code == 200
        refused = client.post(reverse("office:hand-over-return", args=[hand_over.pk]), {"round": 1, "reason": ""})
        assert refused.status_code == 422
        client.post(reverse("office:hand-over-return", args=[hand_over.pk]), {"round": 1, "reason": "公章不清晰"})
        address = reverse("public:hand-over-mend", args=[hand_over.pk])
        client.logout()
        prove(client, "progress", MOBILE)
        assert "公章不清晰" in client.get(address).content.decode()
        assert client.post(address, {}).status_code == 422
        client.post(address, {"form": picture("申请表2.jpg")})
        client.force_login(StaffPostFactory(branch=employer.branch).user)
        client.post(reverse("office:hand-over-approve", args=[hand_over.pk]), {"round": 2})
        employer.refresh_from_db()
        assert employer.handler_mobile == MOBILE

    def test_a_stamped_form_is_rejected_with_a_reason(self, client):
        form = HandOverFactory(by_form=True)
        client.force_login(StaffPostFactory(branch=form.employer.branch).user)
        reject = reverse("office:hand-over-reject", args=[form.pk])
        assert client.post(reject, {"round": 1, "reason": ""}).status_code == 422
        assert client.post(reject, {"round": 1, "reason": "公章不是该单位的"}).status_code == 302
        form.refresh_from_db()
        assert form.state == "rejected"

    def test_an_owner_puts_a_member_forward_and_the_handler_objects(self, client):
        owner = MembershipFactory()
        handler = MembershipFactory(employer=owner.employer, handler=True)
        owner.employer.handler_mobile = handler.user.mobile
        owner.employer.save()
        client.force_login(owner.user)
        answer = client.post(
            reverse("employer:hand-over"),
            {"mobile": owner.user.mobile, "former_leaves": "True", "form": picture("申请表.jpg")},
        )
        assert answer.status_code == 302
        hand_over = HandOver.objects.get()
        assert (hand_over.state, hand_over.name) == ("pending", owner.user.name)
        client.force_login(handler.user)
        client.post(reverse("employer:hand-over-act", args=[hand_over.pk]), {"words": "本人仍在职"})
        hand_over.refresh_from_db()
        assert hand_over.objection == "本人仍在职"

    def test_forms_of_others_are_not_found(self, client, owner):
        foreign = HandOverFactory(by_form=True)
        assert client.post(reverse("employer:hand-over-act", args=[foreign.pk]), {"words": "x"}).status_code == 404
        client.force_login(StaffPostFactory().user)
        for page in ("hand-over", "hand-over-form"):
            assert client.get(reverse(f"office:{page}", args=[foreign.pk])).status_code == 404
        assert client.post(reverse("office:hand-over-approve", args=[foreign.pk]), {"round": 1}).status_code == 404

    def test_the_papers_can_be_printed(self, client, owner):
        for page in ("public:hand-over-form", "employer:hand-over-form"):
            assert client.get(reverse(page)).content.startswith(b"%PDF")

    def test_the_list_takes_the_same_number_of_queries_for_one_and_for_twenty(self, client):
        post = StaffPostFactory()
        client.force_login(post.user)
        HandOverFactory(by_form=True, employer__branch=post.branch)
        few = count_queries(lambda: client.get(reverse("office:hand-overs")))
        HandOverFactory.create_batch(20, by_form=True, employer__branch=post.branch)
        assert count_queries(lambda: client.get(reverse("office:hand-overs"))) == few
