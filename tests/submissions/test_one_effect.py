"""The same form sent fifty times at once: one effect and one answer, at each kind of writing; and the twins without protection."""

from __future__ import annotations

import os
import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.urls import reverse

from huzhu.audit.models import AuditEvent
from huzhu.employers.models import ChangeRequest, Invitation
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.receipts.models import EReceipt
from huzhu.roster.models import RosterImport
from huzhu.shared import locks
from huzhu.submissions.models import SentForm
from huzhu.web import submissions as layer
from tests.factories import billing as money
from tests.factories import enrolment as make
from tests.factories import policies as papers
from tests.factories.accounts import NOON, StaffPostFactory
from tests.factories.employers import MembershipFactory, credit_code, picture
from tests.factories.plans import version
from tests.roster.files.sheets import xlsx
from tests.web.test_employer_facts import typed
from tests.web.test_roster_pages import person, upload

pytestmark = pytest.mark.slow

MANY, ROUNDS = 50, 3


@dataclass(frozen=True)
class Sending:
    """A form ready to be sent: by whom, where, with what (made anew for each post, because files are read once), and its effect."""

    client: Client
    address: str
    body: Callable[[], dict[str, Any]]
    effects: Callable[[], int]
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    def send(self, **more: Any) -> Any:
        """One post, by a client of its own with the same cookies, as a second click is."""
        client = Client(raise_request_exception=False)
        client.cookies = self.client.cookies
        return client.post(self.address, {**self.body(), "form_key": self.key, **more})


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def beginning() -> Sending:
    employer = make.an_employer()
    plan = version("HOSP25")
    client = signed_in(MembershipFactory(employer=employer, handler=True).user)
    body = {f"plan_{plan.pk}": "on", f"shares_{plan.pk}": 1}
    found = EnrolmentApplication.objects.filter(employer=employer)
    return Sending(client, reverse("employer:application-new"), lambda: dict(body), found.count)


def submitting() -> Sending:
    case = make.application()
    client = signed_in(MembershipFactory(employer=case.employer, handler=True).user)
    address = reverse("employer:wizard-submit", args=[case.id])
    return Sending(client, address, lambda: {"is_declared": "on"}, events("enrolment.submit"))


def deciding() -> Sending:
    case = make.application("first_review")
    client = signed_in(StaffPostFactory(branch=make.province(), registrar=True).user)
    address = reverse("office:review-approve", args=[case.id])
    return Sending(client, address, lambda: {"note": ""}, lambda: case.application.reviews.count())


def cancelling_a_slip() -> Sending:
    slip = money.open_slip()
    client = signed_in(MembershipFactory(employer=slip.employer, finance=True).user)
    address = reverse("employer:slip-cancel", args=[slip.pk])
    return Sending(client, address, lambda: {"outcome": "draft", "reason": "名单有误"}, events("billing.cancel_slip"))


def matching() -> Sending:
    slip = money.open_slip()
    line = money.imported(money.transfer("950.00", f"会费 {slip.pk}")).new_ids[0]
    client = signed_in(StaffPostFactory(branch=money.root(), cashier=True).user)
    body = {"slip": slip.pk, f"amount-{slip.pk}": str(slip.amount), "reason": "已电话核实"}
    address = reverse("office:matching-propose", args=[line])
    return Sending(client, address, lambda: dict(body), events("billing.propose_line"))


def importing() -> Sending:
    membership = MembershipFactory(handler=True)
    table = xlsx([person()])
    found = RosterImport.objects.filter(employer=membership.employer)
    address = reverse("employer:roster-import")
    return Sending(signed_in(membership.user), address, lambda: {"file": upload(table), "mode": "good"}, found.count)


def issuing() -> Sending:
    StaffPostFactory(branch=money.root(), cashier_reviewer=True)
    client = signed_in(StaffPostFactory(branch=money.root(), cashier=True).user)
    request = papers.receipt_request(papers.confirmed(papers.policy(members=1)))
    address = reverse("office:receipt-issue", args=[request.pk])
    return Sending(client, address, dict, EReceipt.objects.filter(request=request).count)


def changing() -> Sending:
    membership = MembershipFactory(employer__legal_document_type="resident_id")
    body = {**typed(membership.employer, name="新名称有限公司"), "credit_code": credit_code(77)}
    found = ChangeRequest.objects.filter(employer=membership.employer)
    address = reverse("employer:profile-change")
    return Sending(signed_in(membership.user), address, lambda: {**body, "certificate": picture()}, found.count)


def inviting() -> Sending:
    membership = MembershipFactory()
    body = {"mobile": "13800138000", "name": "陈小玲", "roles": ["handler"]}
    found = Invitation.objects.filter(employer=membership.employer)
    return Sending(signed_in(membership.user), reverse("employer:invite"), lambda: dict(body), found.count)


def announcing() -> Sending:
    client = signed_in(StaffPostFactory(branch=make.province(), registrar=True).user)
    body = {"title": "续保", "body": "正文", "audience": "all"}
    return Sending(client, reverse("office:announcement-new"), lambda: dict(body), events("announcements.write"))


def events(name: str) -> Callable[[], int]:
    """Count the events of a step from now on."""
    before = AuditEvent.objects.filter(event=name).count()
    return lambda: AuditEvent.objects.filter(event=name).count() - before


KINDS = [
    beginning,
    submitting,
    deciding,
    cancelling_a_slip,
    matching,
    importing,
    issuing,
    changing,
    inviting,
    announcing,
]
# What nothing else keeps from happening twice: no state that moves on, no constraint.
UNGUARDED = [importing, announcing]


def at_once(sending: Sending, count: int) -> list[Any]:
    """So many posts of one form, started together; one such crowd at a time, for each post takes a connection."""
    with psycopg.connect(os.environ["HUZHU_TEST_SERVER_URL"], autocommit=True) as turn:
        turn.execute("SELECT pg_advisory_lock(4712)")
        return _at_once(sending, count)


def _at_once(sending: Sending, count: int) -> list[Any]:
    answers: list[Any] = [None] * count
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=60)
            answers[number] = sending.send()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return answers


@pytest.fixture(autouse=True)
def _noon(own_database, request):
    """Enrolment has days of its own: what may be chosen then."""
    with time_machine.travel(make.NOON if "submitting" in request.node.name else NOON, tick=False):
        yield


@pytest.mark.parametrize("kind", KINDS)
def test_fifty_at_once_have_one_effect_and_one_answer(kind):
    for _ in range(ROUNDS):
        before = SentForm.objects.count()
        sending = kind()
        answers = at_once(sending, MANY)
        assert Counter(answer.status_code for answer in answers).keys() <= {200, 302, 409}
        assert sending.effects() == 1
        done = {(answer.status_code, answer.get("Location")) for answer in answers if answer.status_code != 409}
        assert len(done) == 1
        (again,) = {(answer.status_code, answer.get("Location")) for answer in [sending.send()]}
        assert {again} == done
        assert sending.effects() == 1
        assert SentForm.objects.count() == before + 1


@pytest.mark.parametrize("kind", UNGUARDED)
def test_without_the_protection_it_happens_more_than_once(kind, monkeypatch):
    """The twin: the same posts with the layer off."""
    monkeypatch.setattr(layer, "read_form", lambda request: None)
    sending = kind()
    at_once(sending, 8)
    assert sending.effects() > 1


def test_without_the_locks_the_unique_row_still_holds(monkeypatch):
    """The second wall: two that both believe to be first; the later one is rolled back with its effect."""
    monkeypatch.setattr(layer.submissions, "lock", lambda form: None)
    sending = importing()
    answers = at_once(sending, 8)
    assert sending.effects() == 1
    assert {answer.status_code for answer in answers} <= {302, 409}


def test_without_lock_and_row_it_happens_more_than_once(monkeypatch):
    """The twin of both walls."""
    monkeypatch.setattr(layer.submissions, "lock", lambda form: None)
    monkeypatch.setattr(layer.submissions, "keep", lambda form, **more: None)
    sending = importing()
    at_once(sending, 8)
    assert sending.effects() > 1


def test_what_runs_is_told_to_the_third(monkeypatch):
    """One runs, one waits for it, the third is told at once, with everything it typed."""
    sending, go, is_running, is_next = inviting(), threading.Event(), threading.Event(), threading.Event()
    written, take = layer.submissions.has_written, locks.lock
    answers: dict[str, Any] = {}

    def slow() -> bool:
        is_running.set()
        go.wait(timeout=20)
        return written()

    def lock(*parts: object) -> None:
        if parts[0] == "submission":
            is_next.set()
        take(*parts)

    def run(name: str) -> None:
        try:
            answers[name] = sending.send()
        finally:
            connections.close_all()

    monkeypatch.setattr(layer.submissions, "has_written", slow)
    monkeypatch.setattr(locks, "lock", lock)
    first, second = (threading.Thread(target=run, args=(name,)) for name in ("first", "second"))
    first.start()
    assert is_running.wait(timeout=20)
    second.start()
    assert is_next.wait(timeout=20)
    third = sending.send()
    go.set()
    first.join(timeout=30)
    second.join(timeout=30)
    page = third.content.decode()
    assert third.status_code == 409
    for text in ("正在办理，请稍候", "不会重复办理", 'name="mobile" value="13800138000"', sending.key, "查看办理结果"):
        assert text in page
    assert answers["first"].status_code == 302
    assert answers["second"].status_code in (302, 409)
    assert sending.effects() == 1


def test_a_crash_after_the_effect_leaves_neither(monkeypatch):
    sending = beginning()
    with monkeypatch.context() as broken:
        broken.setattr(layer.submissions, "keep", lambda form, **more: 1 / 0)
        assert sending.send().status_code == 500
    assert sending.effects() == 0
    assert sending.send().status_code == 302
    assert sending.effects() == 1


def test_another_content_under_the_same_key_is_shown_and_can_be_sent():
    sending = inviting()
    first = sending.send()
    other = sending.send(name="陈大玲", mobile="13800138001")
    page = other.content.decode()
    assert other.status_code == 422
    for text in (
        "已经提交过一次",
        "按现在的内容再提交一次",
        'name="name" value="陈大玲"',
        f'href="{first["Location"]}"',
    ):
        assert text in page
    assert sending.effects() == 1
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.split("<h1", 1)[1]))
    assert fields["form_key"] != sending.key
    assert sending.client.post(sending.address, fields).status_code == 302
    assert sending.effects() == 2
