"""Signing in through the pages: two sides, second factor, new devices, limits, passwords, the demonstration."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from huzhu.accounts import operations as accounts
from huzhu.accounts.models import MobileCode, Session
from huzhu.audit.models import AuditEvent
from huzhu.notifications.models import SmsMessage
from huzhu.shared.actors import system_actor
from tests.factories.accounts import NOON, PASSWORD, StaffPostFactory, UserFactory
from tests.factories.employers import EmployerFactory, MembershipFactory

NEW_PASSWORD = "a much newer long sentence"
pytestmark = pytest.mark.django_db


def show_password(client, login_name, password=PASSWORD, **more):
    return client.post(reverse("public:login"), {"login_name": login_name, "password": password, **more})


def latest_code(mobile):
    return re.search(r"验证码(\d{6})", SmsMessage.objects.filter(mobile=mobile).latest("id").body)[1]


def token_of(user):
    device = TOTPDevice.objects.get(user=user)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    return f"{totp.token():06}"


def sign_in_member(client, membership):
    show_password(client, membership.user.login_name)
    code = latest_code(membership.user.mobile)
    return client.post(reverse("public:login-second"), {"token": code})


def sign_in_staff(client, post):
    show_password(client, post.user.login_name)
    client.get(reverse("public:login-second"))
    return client.post(reverse("public:login-second"), {"token": token_of(post.user)})


@pytest.fixture
def membership():
    return MembershipFactory()


@pytest.fixture
def post():
    return StaffPostFactory(registrar=True)


class TestEmployersPeople:
    def test_a_new_device_asks_for_a_code_and_is_known_afterwards(self, client, membership):
        assert sign_in_member(client, membership).url == reverse("employer:home")
        client.post(reverse("public:logout"))
        assert show_password(client, membership.user.login_name).url == reverse("employer:home")
        assert SmsMessage.objects.count() == 1

    def test_a_device_known_for_one_account_is_new_for_another(self, client, membership):
        sign_in_member(client, membership)
        client.post(reverse("public:logout"))
        other = MembershipFactory()
        assert show_password(client, other.user.login_name).url == reverse("public:login-second")

    def test_a_wrong_code_does_not_open(self, client, membership):
        show_password(client, membership.user.login_name)
        answer = client.post(reverse("public:login-second"), {"token": "abc"})
        assert answer.status_code == 422
        assert client.get(reverse("employer:profile")).status_code == 302

    def test_nobody_gets_in_without_a_place(self, client):
        user = UserFactory()
        answer = show_password(client, user.login_name)
        assert answer.status_code == 422
        assert "不属于任何单位" in answer.content.decode()

    def test_is_led_on_to_where_they_wanted_to_go_and_nowhere_else(self, client, membership):
        sign_in_member(client, membership)
        client.post(reverse("public:logout"))
        wanted = reverse("employer:profile")
        assert show_password(client, membership.user.login_name, next=wanted).url == wanted
        client.post(reverse("public:logout"))
        evil = show_password(client, membership.user.login_name, next="https://evil.example/")
        assert evil.url == reverse("employer:home")

    def test_several_employers_can_be_put_in_front(self, client, membership):
        second = MembershipFactory(user=membership.user)
        client.force_login(membership.user)
        client.post(reverse("employer:switch"), {"employer": second.employer_id})
        assert second.employer.credit_code in client.get(reverse("employer:profile")).content.decode()
        assert client.post(reverse("employer:switch"), {"employer": EmployerFactory().pk}).status_code == 404


class TestStaff:
    def test_scan_an_authenticator_first_and_use_it_from_then_on(self, client, post):
        show_password(client, post.user.login_name)
        page = client.get(reverse("public:login-second")).content.decode()
        assert "data:image/svg+xml" in page
        answer = client.post(reverse("public:login-second"), {"token": token_of(post.user)})
        assert answer.url == reverse("office:account-recovery-codes")
        assert client.post(answer.url).content.decode().count('class="code"') == 10

        client.post(reverse("public:logout"))
        TOTPDevice.objects.update(last_t=-1)
        show_password(client, post.user.login_name)
        assert "data:image/svg+xml" not in client.get(reverse("public:login-second")).content.decode()
        answer = client.post(reverse("public:login-second"), {"token": token_of(post.user)})
        assert answer.url == reverse("office:home")

    def test_a_password_alone_opens_nothing(self, client, post):
        show_password(client, post.user.login_name)
        assert client.get(reverse("office:registrations")).status_code == 302

    def test_the_second_factor_cannot_be_shown_without_the_password(self, client, post):
        answer = client.post(reverse("public:login-second"), {"token": "000000"})
        assert answer.url == reverse("public:login")

    def test_five_wrong_tokens_lead_back_to_the_password(self, client, post):
        show_password(client, post.user.login_name)
        answers = [client.post(reverse("public:login-second"), {"token": "000000"}) for _ in range(5)]
        assert answers[-1].url == reverse("public:login")
        assert client.get(reverse("public:login-second")).url == reverse("public:login")

    def test_a_newer_session_ends_the_older(self, client, post):
        sign_in_staff(client, post)
        assert client.get(reverse("office:registrations")).status_code == 200
        TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0)
        newer = Client()
        sign_in_staff(newer, post)
        assert client.get(reverse("office:registrations")).status_code == 302
        assert newer.get(reverse("office:registrations")).status_code == 200


class TestRefusals:
    def test_the_same_page_for_unknown_names_and_wrong_passwords(self, client, membership):
        pages = []
        for name in (membership.user.login_name, "13099999999"):
            page = show_password(client, name, "not the password")
            text = re.sub(
                r'name="(?:csrfmiddlewaretoken|form_key)" value="[\w-]+"|X-CSRFToken": "\w+"', "", page.content.decode()
            )
            pages.append((page.status_code, text.replace(name, "")))
        assert pages[0] == pages[1]

    def test_what_was_typed_stays_but_the_password_does_not(self, client):
        page = show_password(client, "13099999999", "not the password").content.decode()
        assert 'value="13099999999"' in page
        assert "not the password" not in page

    def test_the_sixth_failure_is_told_to_wait(self, client, membership):
        for _ in range(5):
            show_password(client, membership.user.login_name, "wrong")
        answer = show_password(client, membership.user.login_name)
        assert answer.status_code == 429
        assert "30分钟" in answer.content.decode()


class TestSessions:
    @pytest.mark.parametrize(("side", "minutes"), [("employer", 30), ("office", 15)])
    @pytest.mark.parametrize(("second", "stays"), [(-1, True), (1, False)])
    def test_idle(self, client, membership, post, side, minutes, second, stays):
        address = reverse("employer:profile" if side == "employer" else "office:registrations")
        with time_machine.travel(NOON, tick=False) as clock:
            sign_in_member(client, membership) if side == "employer" else sign_in_staff(client, post)
            clock.shift(timedelta(minutes=10))
            assert client.get(address).status_code == 200
            clock.shift(timedelta(minutes=minutes, seconds=second))
            assert client.get(address).status_code == (200 if stays else 302)
        assert Session.objects.filter(user_id__isnull=False).exists() == stays

    @pytest.mark.parametrize(("seconds", "stays"), [(-1, True), (1, False)])
    def test_absolute(self, client, membership, seconds, stays):
        address = reverse("employer:profile")
        with time_machine.travel(NOON, tick=False) as clock:
            sign_in_member(client, membership)
            for _ in range(28):
                clock.shift(timedelta(minutes=25))
                assert client.get(address).status_code == 200
            clock.shift(timedelta(hours=12) - timedelta(minutes=25 * 28) + timedelta(seconds=seconds))
            assert client.get(address).status_code == (200 if stays else 302)

    def test_a_page_that_polls_keeps_no_session_alive(self, client, membership):
        address = reverse("employer:profile")
        with time_machine.travel(NOON, tick=False) as clock:
            sign_in_member(client, membership)
            for _ in range(3):
                clock.shift(timedelta(minutes=9))
                assert client.get(address, headers={"HX-Request": "true", "HX-Trigger-Name": "poll"}).status_code == 200
            clock.shift(timedelta(minutes=4))
            ended = client.get(address, headers={"HX-Request": "true", "HX-Trigger-Name": "poll"})
            assert ended.headers["HX-Redirect"] == reverse("public:login")
            assert "自动退出" in client.get(reverse("public:login")).content.decode()

    def test_logout_removes_the_session_on_the_server(self, client, membership):
        sign_in_member(client, membership)
        old = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        answer = client.post(reverse("public:logout"))
        assert "cache" in answer.headers["Clear-Site-Data"]
        replay = Client()
        replay.cookies[django_settings.SESSION_COOKIE_NAME] = old
        assert replay.get(reverse("employer:profile")).status_code == 302
        assert AuditEvent.objects.filter(event="accounts.sign_out").exists()

    def test_a_new_password_ends_sessions_and_known_devices(self, client, membership):
        sign_in_member(client, membership)
        accounts.set_password(user_id=membership.user_id, password=NEW_PASSWORD, by=system_actor(), at=NOON)
        assert client.get(reverse("employer:profile")).status_code == 302
        MobileCode.objects.all().delete()
        answer = show_password(client, membership.user.login_name, NEW_PASSWORD)
        assert answer.url == reverse("public:login-second")

    def test_signing_in_changes_the_session_key(self, client, membership):
        client.get(reverse("public:login"))
        show_password(client, membership.user.login_name)
        before = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        client.post(reverse("public:login-second"), {"token": latest_code(membership.user.mobile)})
        assert client.cookies[django_settings.SESSION_COOKIE_NAME].value != before


class TestPasswordByCode:
    def ask(self, client, name):
        return client.post(reverse("public:password-code"), {"mobile": name}, headers={"HX-Request": "true"})

    def prove(self, client, name, mobile):
        self.ask(client, name)
        return client.post(reverse("public:password"), {"mobile": name, "code": latest_code(mobile)}, follow=True)

    def test_the_first_password_after_approval(self, client):
        membership = MembershipFactory(user__without_password=True)
        self.prove(client, membership.user.login_name, membership.user.mobile)
        answer = client.post(reverse("public:password"), {"password": NEW_PASSWORD, "again": NEW_PASSWORD}, follow=True)
        assert "密码已设置" in answer.content.decode()
        assert show_password(client, membership.user.login_name, NEW_PASSWORD).url == reverse("employer:home")

    def test_staff_name_themselves_by_their_login_name(self, client, post):
        self.prove(client, post.user.login_name, post.user.mobile)
        client.post(reverse("public:password"), {"password": NEW_PASSWORD, "again": NEW_PASSWORD})
        assert show_password(client, post.user.login_name, NEW_PASSWORD).url == reverse("public:login-second")

    @pytest.mark.parametrize("stranger", ["13099999999", "no.such.name"])
    def test_strangers_get_the_same_answer_and_no_message(self, client, membership, stranger):
        known = self.ask(client, membership.user.login_name)
        unknown = self.ask(client, stranger)
        assert known.status_code == unknown.status_code == 200
        assert known.content == unknown.content
        assert SmsMessage.objects.count() == 1
        again = [self.ask(client, name) for name in (membership.user.login_name, stranger)]
        assert again[0].content == again[1].content

    @pytest.mark.parametrize(
        ("password", "again", "words"),
        [
            ("short", "short", "12"),
            (NEW_PASSWORD, "another long sentence", "不一致"),
            ("123456789012", "123456789012", ""),
        ],
    )
    def test_weak_or_different_ones_are_refused_and_the_proof_is_kept(self, client, membership, password, again, words):
        self.prove(client, membership.user.login_name, membership.user.mobile)
        answer = client.post(reverse("public:password"), {"password": password, "again": again})
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert client.get(reverse("public:password")).context["person"] == membership.user

    def test_lifts_a_lock_out(self, client, membership):
        for _ in range(6):
            show_password(client, membership.user.login_name, "wrong")
        self.prove(client, membership.user.login_name, membership.user.mobile)
        client.post(reverse("public:password"), {"password": NEW_PASSWORD, "again": NEW_PASSWORD})
        assert show_password(client, membership.user.login_name, NEW_PASSWORD).status_code == 302


class TestDemonstration:
    def test_offers_the_seeded_people_and_signs_them_in_with_one_click(self, client, membership, post, settings):
        settings.DEMO = True
        page = client.get(reverse("public:landing")).content.decode()
        assert membership.employer.name in page
        assert "受理员" in page
        assert client.post(reverse("public:demo-sign-in"), {"user": post.user_id}).url == reverse("office:home")

    def test_the_fixed_factor(self, client, post, settings):
        settings.DEMO = True
        show_password(client, post.user.login_name)
        assert client.post(reverse("public:login-second"), {"token": "000000"}).url == reverse("office:home")

    def test_none_of_it_outside_the_demonstration(self, client, membership, post):
        assert membership.employer.name not in client.get(reverse("public:landing")).content.decode()
        assert client.post(reverse("public:demo-sign-in"), {"user": post.user_id}).status_code == 404
        show_password(client, post.user.login_name)
        assert client.post(reverse("public:login-second"), {"token": "000000"}).status_code == 422
