"""手机扫码上传: a signed address of a few minutes fills one proof slot; forged, late, foreign or used-up ones fill nothing."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.urls import reverse

from huzhu.accounts.models import Session
from huzhu.audit.models import AuditEvent
from huzhu.documents.models import StoredFile
from huzhu.employers.models import Membership
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import rules
from huzhu.enrolment.models import PhoneLink, ProofFile
from huzhu.enrolment.operations import phone_links
from tests.factories import enrolment as make
from tests.factories.employers import MembershipFactory, picture
from tests.factories.enrolment import NOON

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
KIND = "dispatch_proof"
POLL = {"X-Poll": "1", "HX-Request": "true"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def case() -> make.Case:
    case = make.application(people_count=2)
    case.application.proof_slots.create(kind=KIND, person_count=1)
    return case


@pytest.fixture
def clerk(case) -> Client:
    client = Client()
    client.force_login(MembershipFactory(employer=case.employer, handler=True).user, backend=BACKEND)
    return client


def proofs_url(case: make.Case) -> str:
    return reverse("employer:wizard-proofs", args=[case.id])


def open_link(clerk: Client, case: make.Case) -> PhoneLink:
    answer = clerk.post(reverse("employer:wizard-proof-phone", args=[case.id, KIND]))
    assert answer.url == f"{proofs_url(case)}?phone={KIND}#place-{KIND}"
    return PhoneLink.objects.latest("opened_at")


def address_of(link: PhoneLink) -> str:
    return reverse("public:phone-upload", args=[enrolment.get_token(link)])


def send(address: str, *files, **more):
    return Client(HTTP_USER_AGENT="Phone", REMOTE_ADDR="203.0.113.9").post(address, {"photo": list(files)}, **more)


def count_files(case: make.Case) -> int:
    return ProofFile.objects.filter(slot__application=case.application, slot__kind=KIND).count()


class TestTheWay:
    def test_the_slot_shows_a_code_that_a_phone_opens_and_the_desk_sees_what_came(self, clerk, case):
        link = open_link(clerk, case)
        shown = f"{proofs_url(case)}?phone={KIND}"
        page = clerk.get(shown).content.decode()
        assert "<svg" in page
        assert "用手机扫码" in page
        poll = re.search(r'hx-get="([^"]+)" hx-trigger="every 3s"', page)[1].replace("&amp;", "&")
        assert clerk.get(poll, headers=POLL).status_code == 204  # nothing new

        phone = Client().get(address_of(link))
        assert phone.status_code == 200
        assert "no-store" in phone["Cache-Control"]
        text = phone.content.decode()
        assert 'capture="environment"' in text
        assert "劳务派遣人员证明" in text
        for entry in case.entries:
            assert entry.name not in text

        assert send(address_of(link), picture(), picture()).status_code == 302
        assert count_files(case) == 2
        arrived = clerk.get(poll, headers=POLL)
        assert arrived.status_code == 200
        assert "已收到 2 个文件" in arrived.content.decode()

    def test_the_trace_names_who_opened_it_and_the_phones_address(self, clerk, case):
        link = open_link(clerk, case)
        send(address_of(link), picture())
        event = AuditEvent.objects.get(event="enrolment.add_proof")
        assert event.by_name.endswith("（手机扫码）")
        assert event.by_id == link.opened_by_id
        assert str(event.address) == "203.0.113.9"
        assert AuditEvent.objects.filter(event="enrolment.open_phone_link").count() == 1

    def test_polling_keeps_no_session_alive(self, clerk, case, clock):
        open_link(clerk, case)
        session = Session.objects.get()
        Session.objects.update(created_at=NOON, last_seen_at=NOON)
        clock.shift(dt.timedelta(minutes=5))
        clerk.get(f"{proofs_url(case)}?phone={KIND}&seen=0", headers=POLL)
        session.refresh_from_db()
        assert session.last_seen_at == NOON
        clerk.get(proofs_url(case))  # the twin: somebody at the desk does
        session.refresh_from_db()
        assert session.last_seen_at != NOON

    def test_a_phone_with_scripts_is_sent_on(self, clerk, case):
        link = open_link(clerk, case)
        answer = send(address_of(link), picture(), headers={"HX-Request": "true"})
        assert answer["HX-Redirect"] == address_of(link)


class TestShut:
    def test_altered_and_invented_addresses_are_not_there(self, clerk, case):
        link = open_link(clerk, case)
        token = enrolment.get_token(link)
        other = signing.Signer(salt="something.else").sign(link.pk.hex)
        for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), link.pk.hex, other, "x"):
            address = reverse("public:phone-upload", args=[forged])
            assert Client().get(address).status_code == 404
            assert send(address, picture()).status_code == 404
        assert count_files(case) == 0

    def test_the_twin_without_the_signature_opens_to_a_guess(self, clerk, case, monkeypatch):
        link = open_link(clerk, case)
        monkeypatch.setattr(signing.Signer, "unsign", lambda self, value: value.split(":")[0])
        assert send(reverse("public:phone-upload", args=[link.pk.hex]), picture()).status_code == 302
        assert count_files(case) == 1

    def test_it_ends_by_the_clock(self, clerk, case, clock):
        link = open_link(clerk, case)
        clock.shift(dt.timedelta(minutes=rules.PHONE_LINK_MINUTES, seconds=-1))
        assert Client().get(address_of(link)).status_code == 200
        clock.shift(dt.timedelta(seconds=1))
        assert Client().get(address_of(link)).status_code == 410
        answer = send(address_of(link), picture())
        assert answer.status_code == 410
        assert "二维码已失效" in answer.content.decode()
        assert count_files(case) == 0

    def test_the_twin_without_the_clock_takes_it(self, clerk, case, clock, monkeypatch):
        link = open_link(clerk, case)
        clock.shift(dt.timedelta(hours=1))
        monkeypatch.setattr(phone_links, "check_open", lambda link, *, at: None)
        assert send(address_of(link), picture()).status_code == 302
        assert count_files(case) == 1

    def test_submitting_ends_it(self, clerk, case):
        link = open_link(clerk, case)
        enrolment.submit(application_id=case.id, by=make.handler(case.employer), at=NOON)
        assert send(address_of(link), picture()).status_code == 410
        enrolment.edit(application_id=case.id, by=make.handler(case.employer), at=NOON)  # not even after taking it back
        assert send(address_of(link), picture()).status_code == 410
        assert count_files(case) == 0

    def test_the_next_code_ends_the_one_before(self, clerk, case):
        link = open_link(clerk, case)
        open_link(clerk, case)
        assert send(address_of(link), picture()).status_code == 410

    def test_it_ends_when_its_owner_leaves_the_account(self, clerk, case):
        link = open_link(clerk, case)
        Membership.objects.filter(user_id=link.opened_by_id).update(ended_at=NOON)
        assert send(address_of(link), picture()).status_code == 410
        assert not StoredFile.objects.filter(kind="proof", employer_id=case.employer.pk).exists()

    def test_refused_files_count_as_tries_and_store_nothing(self, clerk, case):
        link = open_link(clerk, case)
        answer = send(address_of(link), picture(name="照片.exe"))
        assert answer.status_code == 422
        assert "格式不支持" in answer.content.decode()
        link.refresh_from_db()
        assert (link.try_count, link.file_count) == (1, 0)
        assert count_files(case) == 0
        PhoneLink.objects.update(try_count=rules.MOST_PHONE_TRIES)
        assert send(address_of(link), picture()).status_code == 410

    def test_nobody_opens_codes_without_end(self, clerk, case, monkeypatch):
        monkeypatch.setattr(phone_links, "MOST_PHONE_LINKS_AN_HOUR", 2)
        for _ in range(3):
            answer = clerk.post(reverse("employer:wizard-proof-phone", args=[case.id, KIND]), follow=True)
        assert PhoneLink.objects.count() == 2
        assert "过多" in answer.content.decode()

    def test_another_employer_neither_opens_nor_sees_one(self, clerk, case):
        link = open_link(clerk, case)
        stranger = Client()
        stranger.force_login(MembershipFactory(handler=True).user, backend=BACKEND)
        assert stranger.post(reverse("employer:wizard-proof-phone", args=[case.id, KIND])).status_code == 404
        assert stranger.get(f"{proofs_url(case)}?phone={KIND}").status_code == 404
        assert PhoneLink.objects.get() == link

    def test_a_colleague_sees_no_code_of_somebody_else(self, clerk, case):
        link = open_link(clerk, case)
        colleague = Client()
        colleague.force_login(MembershipFactory(employer=case.employer, handler=True).user, backend=BACKEND)
        assert enrolment.get_token(link) not in colleague.get(f"{proofs_url(case)}?phone={KIND}").content.decode()
