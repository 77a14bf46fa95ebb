"""Refusals are written down, in a transaction of their own; asking whether somebody may is none."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.accounts.permissions import NotPermitted
from huzhu.audit.models import AuditEvent, Result
from huzhu.shared import trace
from tests.factories.accounts import StaffPostFactory
from tests.factories.employers import EmployerFactory, MembershipFactory, RegistrationFactory

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def refuse() -> None:
    raise NotPermitted("只有受理员可以办理。")


class TestWhatIsWritten:
    def test_a_page_of_the_other_side(self):
        member = MembershipFactory(roles=["owner"])
        answer = signed_in(member.user).get(reverse("office:registrations"))
        event = AuditEvent.objects.get(event="web.refused")
        assert answer.status_code == 404
        assert (event.result, event.by_id, event.employer_id) == (Result.REFUSED, member.user_id, member.employer_id)
        assert event.subject_id == "office:registrations"

    def test_a_record_of_somebody_else(self):
        client = signed_in(MembershipFactory(roles=["owner"]).user)
        theirs = MembershipFactory(employer=EmployerFactory())
        assert client.get(reverse("employer:member", args=[theirs.pk])).status_code == 404
        assert AuditEvent.objects.get(event="web.refused").details["membership_id"] == theirs.pk

    def test_an_act_the_rules_do_not_let_them_do(self):
        """The registrar's own wish for an account: the page opens, the operation refuses."""
        post = StaffPostFactory(registrar=True)
        registration = RegistrationFactory(branch=post.branch, handler_mobile=post.user.mobile)
        address = reverse("office:registration-reject", args=[registration.pk])
        signed_in(post.user).post(address, {"round": 1, "reason": "资料不实"})
        event = AuditEvent.objects.get(event="web.refused")
        assert "同一人" in event.reason
        assert event.result == Result.REFUSED
        assert event.trace_id

    def test_nothing_of_strangers_and_nothing_of_addresses_that_are_no_page(self):
        Client().get(reverse("office:registrations"))
        signed_in(MembershipFactory(roles=["owner"]).user).get("/nowhere/")
        assert not AuditEvent.objects.filter(event="web.refused").exists()

    def test_looking_at_what_one_may_not_do_is_no_refusal(self):
        post = StaffPostFactory(registrar=True)
        registration = RegistrationFactory(branch=post.branch, handler_mobile=post.user.mobile)
        assert signed_in(post.user).get(reverse("office:registration", args=[registration.pk])).status_code == 200
        assert not AuditEvent.objects.filter(event="web.refused").exists()


class TestTraceId:
    def test_the_answer_and_the_event_carry_the_same(self):
        client = signed_in(MembershipFactory(roles=["owner"]).user)
        answer = client.get(reverse("office:registrations"))
        assert AuditEvent.objects.get(event="web.refused").trace_id == answer["X-Request-ID"]

    def test_every_request_has_its_own_and_takes_none_from_outside(self):
        answers = [Client().get(reverse("public:login"), headers={"X-Request-ID": "forged"}) for _ in range(2)]
        ids = {answer["X-Request-ID"] for answer in answers}
        assert len(ids) == 2
        assert all(len(each) == 32 for each in ids)


class TestNotes:
    def test_a_refusal_is_noted_by_the_request_that_runs(self):
        with trace.following() as refusals, pytest.raises(NotPermitted):
            refuse()
        assert refusals == ["只有受理员可以办理。"]

    def test_asking_notes_nothing_and_gives_the_words(self):
        with trace.following() as refusals:
            assert trace.why_not(refuse) == "只有受理员可以办理。"
            assert trace.why_not(lambda: None) == ""
        assert refusals == []

    def test_outside_a_request_it_is_only_raised(self):
        with pytest.raises(NotPermitted):
            refuse()
