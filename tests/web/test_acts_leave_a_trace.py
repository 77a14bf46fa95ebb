"""The acts no other page test takes to their end, each one driven; and the watching itself, which must be able to fail."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from huzhu.audit import operations as audit
from huzhu.audit.models import AuditEvent
from huzhu.notifications import operations as notifications
from huzhu.notifications.models import SmsMessage
from huzhu.roster.models import InsuranceRoster
from tests.factories import enrolment as make
from tests.factories.accounts import NOON, StaffPostFactory
from tests.factories.employers import GroupLinkFactory, MembershipFactory, RegistrationFactory
from tests.web import traced

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("event", flat=True))


class TestDriven:
    @pytest.mark.parametrize(("act", "is_confirmed"), [("refuse", False), ("end", True)])
    def test_answering_a_link(self, act, is_confirmed):
        link = GroupLinkFactory(confirmed=is_confirmed)
        member = MembershipFactory(employer=link.subsidiary, roles=["owner"])
        signed_in(member.user).post(reverse(f"employer:group-link-{act}", args=[link.pk]))
        assert events()[-1] == f"group_link.{act}"

    def test_rejecting_a_registration(self):
        post = StaffPostFactory(registrar=True)
        registration = RegistrationFactory(branch=post.branch)
        signed_in(post.user).post(
            reverse("office:registration-reject", args=[registration.pk]), {"round": 1, "reason": "资料不实"}
        )
        assert events()[-1] == "registration.reject"

    @time_machine.travel(make.NOON, tick=False)
    def test_checking_again_and_taking_another_list(self):
        employer = make.an_employer(headcount=12, women_headcount=0)
        case = make.application(employer=employer)
        client = signed_in(MembershipFactory(employer=employer, handler=True).user)
        client.post(reverse("employer:wizard-members-check", args=[case.id]))
        assert events()[-1] == "enrolment.precheck"
        listed = InsuranceRoster.objects.get(employer=employer)
        client.post(reverse("employer:wizard-proofs-list-use", args=[case.id]), {"list": listed.pk})
        assert events()[-1] == "enrolment.attach_insurance_roster"

    def test_reading_messages(self):
        member = MembershipFactory(roles=["owner"])
        notifications.post_notice(key="a", employer_id=member.employer_id, title="公告", at=NOON)
        client = signed_in(member.user)
        client.post(reverse("employer:messages-read"))
        client.post(reverse("employer:messages-read"))
        assert events().count("notifications.read") == 1

    @pytest.mark.parametrize("page", ["register", "progress", "join", "password"])
    def test_asking_for_a_code(self, client, page):
        member = MembershipFactory()
        client.post(reverse(f"public:{page}-code"), {"mobile": member.user.mobile, "name": member.user.mobile})
        assert events()[-1] == "accounts.send_code"
        body = SmsMessage.objects.latest("id").body
        assert re.search(r"\d{6}", body)[0] not in str(AuditEvent.objects.values_list("details", "reason", "changes"))

    def test_another_code_for_a_new_device(self, client):
        member = MembershipFactory()
        member.user.set_password("a password long enough")
        member.user.save()
        client.post(
            reverse("public:login"), {"login_name": member.user.login_name, "password": "a password long enough"}
        )
        sent = events().count("accounts.send_code")
        with time_machine.travel(timezone.now() + timedelta(seconds=61)):
            client.post(reverse("public:login-second-code"))
        assert events().count("accounts.send_code") == sent + 1


class TestWatching:
    """The twin: a view that writes silently is caught."""

    @pytest.fixture(autouse=True)
    def _acts_leave_a_trace(self):
        """Not watched a second time: this one is silent on purpose."""

    def test_a_silent_act_is_caught(self, monkeypatch):
        member = MembershipFactory(roles=["owner"])
        notifications.post_notice(key="a", employer_id=member.employer_id, title="公告", at=NOON)
        monkeypatch.setattr(audit, "record", lambda *args, **more: None)
        with traced.watching() as untraced:
            signed_in(member.user).post(reverse("employer:messages-read"))
        assert untraced == ["employer:messages-read: notifications_notice"]

    def test_every_route_that_is_said_to_read_exists(self):
        assert set(traced.get_writing_routes()) >= traced.READS

    @pytest.mark.parametrize(
        ("sql", "table"),
        [
            ('INSERT INTO "cover_cover" VALUES (1)', "cover_cover"),
            ("UPDATE cover_cover SET a = 1", "cover_cover"),
            ("WITH found AS (SELECT 1) INSERT INTO cover_cover SELECT 1", "cover_cover"),
            ("SELECT * FROM cover_cover FOR UPDATE", None),
        ],
    )
    def test_what_counts_as_writing(self, sql, table):
        found = traced.WRITES.match(sql)
        assert (found and found[2]) == table
