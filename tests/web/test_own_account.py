"""账号安全: password, sessions, devices, recovery codes; and the page that asks for the factor before a sensitive act."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from huzhu.accounts import factors, own_sessions
from huzhu.accounts.models import KnownDevice, RecoveryCode, Session
from huzhu.audit.models import AuditEvent
from huzhu.web.own_account.devices import describe
from tests.factories.accounts import NOON, PASSWORD, StaffPostFactory, office_actor
from tests.factories.employers import MembershipFactory
from tests.web.queries import count_queries
from tests.web.test_sign_in import NEW_PASSWORD, latest_code, show_password, sign_in_member, sign_in_staff, token_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def membership():
    return MembershipFactory()


@pytest.fixture
def post():
    return StaffPostFactory(registrar=True)


def page(client, name="employer:account"):
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    return answer.content.decode()


def replayed(key) -> int:
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = key
    return client.get(reverse("employer:account")).status_code


class TestSessions:
    def test_are_listed_and_the_others_end(self, client, membership):
        sign_in_member(client, membership)
        other = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"})
        other.force_login(membership.user)
        Session.objects.filter(pk=other.session.session_key).update(device=other.defaults["HTTP_USER_AGENT"])
        shown = page(client)
        assert "Windows 电脑 · 谷歌浏览器" in shown
        assert shown.count('name="session"') == 1
        assert other.session.session_key not in shown
        name = re.search(r'name="session" value="(\w+)"', shown)[1]
        client.post(reverse("employer:account-sessions-end"), {"session": name})
        assert replayed(other.cookies[django_settings.SESSION_COOKIE_NAME].value) == 302
        assert client.get(reverse("employer:account")).status_code == 200
        assert AuditEvent.objects.filter(event="accounts.end_sessions").exists()

    def test_all_others_end_at_once(self, client, membership):
        sign_in_member(client, membership)
        for _ in range(2):
            Client().force_login(membership.user)
        client.post(reverse("employer:account-sessions-end"), {"others": "1"})
        assert Session.objects.filter(user_id=membership.user_id).count() == 1
        assert client.get(reverse("employer:account")).status_code == 200

    def test_staff_end_theirs(self, client, post):
        sign_in_staff(client, post)
        other = Client()
        other.force_login(post.user)
        assert client.post(reverse("office:account-sessions-end"), {"others": "1"}).status_code == 302
        assert Session.objects.filter(user_id=post.user_id).count() == 1

    def test_those_of_others_stay(self, client, membership):
        stranger = Client()
        stranger.force_login(MembershipFactory().user)
        client.force_login(membership.user)
        name = own_sessions.get_name(stranger.session.session_key)
        client.post(reverse("employer:account-sessions-end"), {"session": name})
        client.post(reverse("employer:account-sessions-end"), {"others": "1"})
        assert stranger.get(reverse("employer:account")).status_code == 200

    def test_a_session_without_a_second_factor_opens_nothing(self, client, membership, settings):
        client.force_login(membership.user)
        session = client.session
        del session["_proof"]
        session.save()
        key = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        assert replayed(key) == 302
        assert not Session.objects.filter(user_id=membership.user_id).exists()

    def test_the_middleware_is_what_shuts_it(self, client, post, settings):
        """The twin without the protection: a session of the password alone opens the page."""
        client.force_login(post.user)
        session = client.session
        del session["_proof"]
        session.save()
        settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "SessionLimits" not in one]
        assert client.get(reverse("office:registrations")).status_code == 200

    def test_the_page_takes_the_same_number_of_queries_for_one_and_for_twenty(self, client, membership):
        client.force_login(membership.user)
        few = count_queries(lambda: client.get(reverse("employer:account")))
        for _ in range(20):
            Client().force_login(membership.user)
        assert count_queries(lambda: client.get(reverse("employer:account"))) == few


class TestDevices:
    def test_is_listed_and_after_forgetting_asks_for_a_code_again(self, client, membership):
        sign_in_member(client, membership)
        device = KnownDevice.objects.get()
        assert "当前" in page(client)
        client.post(reverse("employer:account-device-forget", args=[device.pk]))
        client.post(reverse("public:logout"))
        assert show_password(client, membership.user.login_name).url == reverse("public:login-second")

    def test_that_of_another_is_not_found(self, client, membership):
        sign_in_member(client, membership)
        stranger = Client()
        stranger.force_login(MembershipFactory().user)
        device = KnownDevice.objects.get()
        assert stranger.post(reverse("employer:account-device-forget", args=[device.pk])).status_code == 404
        assert KnownDevice.objects.exists()

    def test_a_cookie_carried_to_another_account_or_changed_is_no_device(self, client, membership):
        sign_in_member(client, membership)
        cookie = client.cookies["__Host-device"].value
        for user, value in ((MembershipFactory().user, cookie), (membership.user, "x" + cookie)):
            other = Client()
            other.cookies["__Host-device"] = value
            assert show_password(other, user.login_name).url == reverse("public:login-second")

    @pytest.mark.parametrize(("days", "known"), [(89, True), (90, False)])
    def test_ninety_idle_days_make_it_new(self, client, membership, days, known):
        sign_in_member(client, membership)
        client.post(reverse("public:logout"))
        KnownDevice.objects.update(last_seen_at=KnownDevice.objects.get().last_seen_at - timedelta(days=days))
        home, second = reverse("employer:home"), reverse("public:login-second")
        assert show_password(client, membership.user.login_name).url == (home if known else second)


class TestPassword:
    def change(self, client, current=PASSWORD, side="employer"):
        given = {"current": current, "password": NEW_PASSWORD, "again": NEW_PASSWORD}
        return client.post(reverse(f"{side}:account-password"), given)

    def test_ends_every_session_this_one_too(self, client, membership):
        sign_in_member(client, membership)
        keys = [client.cookies[django_settings.SESSION_COOKIE_NAME].value]
        other = Client()
        other.force_login(membership.user)
        keys.append(other.cookies[django_settings.SESSION_COOKIE_NAME].value)
        assert self.change(client).url == reverse("public:login")
        assert [replayed(key) for key in keys] == [302, 302]
        assert show_password(client, membership.user.login_name, NEW_PASSWORD).url == reverse("employer:home")

    def test_staff_change_theirs(self, client, post):
        sign_in_staff(client, post)
        assert self.change(client, side="office").url == reverse("public:login")

    def test_needs_the_current_one_and_counts_wrong_ones(self, client, post):
        sign_in_staff(client, post)
        for _ in range(5):
            answer = self.change(client, "wrong", side="office")
            assert answer.status_code == 422
        assert "暂停登录30分钟" in self.change(client, side="office").content.decode()
        assert client.get(reverse("office:account")).status_code == 200


class TestRecoveryCodes:
    def test_are_shown_once(self, client, post):
        sign_in_staff(client, post)
        made = client.post(reverse("office:account-recovery-codes"))
        codes = re.findall(r"\b[A-Z2-9]{5}-[A-Z2-9]{5}\b", made.content.decode())
        assert len(codes) == 10
        assert made["Cache-Control"] == "no-store"
        assert codes[0] not in page(client, "office:account-recovery-codes")

    def test_come_as_a_text_file_too_and_ask_before_they_are_left(self, client, post):
        sign_in_staff(client, post)
        made = client.post(reverse("office:account-recovery-codes"))
        kept = unquote(made.context["file"].removeprefix("data:text/plain;charset=utf-8,"))
        assert kept.splitlines()[3:] == made.context["codes"]
        assert post.user.login_name in kept
        shown = made.content.decode()
        assert f'download="{made.context["file_name"]}"' in shown
        assert "data-shown-once" in shown
        assert "data-kept" in shown
        assert "data-shown-once" not in page(client, "office:account-recovery-codes")

    def test_the_page_of_the_account_reminds_while_there_are_none(self, client, post):
        sign_in_staff(client, post)
        assert "您还没有生成过恢复码" in page(client, "office:account")
        factors.make_recovery_codes(by=office_actor(post), at=NOON)
        assert "note--warns" not in page(client, "office:account")
        RecoveryCode.objects.filter(user=post.user).update(used_at=NOON)
        assert "恢复码已全部用完" in page(client, "office:account")

    def test_one_signs_in_and_says_what_to_do(self, client, post):
        TOTPDevice.objects.create(user=post.user, confirmed=True)
        code = factors.make_recovery_codes(by=office_actor(post), at=NOON)[0]
        show_password(client, post.user.login_name)
        answer = client.post(reverse("public:login-second"), {"token": code}, follow=True)
        assert "恢复码" in answer.content.decode()
        assert "还剩 9 个" in page(client, "office:account")


class TestStepUp:
    """A stale factor: the act is refused, the page asks, and everything typed arrives with the factor."""

    @pytest.fixture
    def stale(self, client, membership):
        """An owner whose code was shown ten minutes ago, about to change a colleague's roles."""
        with time_machine.travel(NOON, tick=False) as clock:
            sign_in_member(client, membership)
            clock.shift(timedelta(minutes=10))
            self.member = MembershipFactory(employer=membership.employer, handler=True)
            self.address = reverse("employer:member", args=[self.member.pk])
            yield clock

    def roles(self):
        self.member.refresh_from_db()
        return self.member.roles

    def fields(self, answer) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', answer.content.decode()):
            if name not in ("csrfmiddlewaretoken", "form_key"):
                found.setdefault(name, []).append(value)
        return found

    def test_leads_through_the_factor_and_finishes_the_act(self, client, membership, stale):
        asked = client.post(self.address, {"roles": ["finance", "viewer"]})
        assert asked.status_code == 422
        assert self.roles() == ["handler"]
        fields = self.fields(asked)
        assert fields["roles"] == ["finance", "viewer"]
        answer = client.post(self.address, fields | {"step_up_token": latest_code(membership.user.mobile)})
        assert answer.status_code == 302
        assert self.roles() == ["finance", "viewer"]
        assert AuditEvent.objects.filter(event="accounts.step_up").exists()

    def test_a_wrong_code_asks_again_and_loses_nothing(self, client, membership, stale):
        fields = self.fields(client.post(self.address, {"roles": ["finance"]}))
        again = client.post(self.address, fields | {"step_up_token": "abcdef"})
        assert again.status_code == 422
        assert self.fields(again) == fields
        assert "验证码不正确" in again.content.decode()
        assert self.roles() == ["handler"]

    def test_is_asked_once_for_five_minutes(self, client, membership, stale):
        fields = self.fields(client.post(self.address, {"roles": ["finance"]}))
        client.post(self.address, fields | {"step_up_token": latest_code(membership.user.mobile)})
        stale.shift(timedelta(minutes=5))
        assert client.post(self.address, {"roles": ["viewer"]}).status_code == 302
        stale.shift(timedelta(seconds=1))
        assert client.post(self.address, {"roles": ["handler"]}).status_code == 422
        assert self.roles() == ["viewer"]

    def test_an_act_that_ends_the_own_session_ends_it(self, client, membership, stale):
        other = MembershipFactory(employer=membership.employer)
        address = reverse("employer:member", args=[membership.pk])
        fields = self.fields(client.post(address, {"roles": ["viewer"]}))
        answer = client.post(address, fields | {"step_up_token": latest_code(membership.user.mobile)})
        assert answer.status_code == 302
        membership.refresh_from_db()
        assert membership.roles == ["viewer"]
        assert other.roles
        assert client.get(reverse("employer:account")).status_code == 302

    def test_a_fragment_gets_the_whole_page(self, client, stale):
        answer = client.post(self.address, {"roles": ["finance"]}, headers={"HX-Request": "true"})
        assert answer["HX-Retarget"] == "body"
        assert "<html" in answer.content.decode()

    def test_another_code_keeps_what_was_typed(self, client, membership, stale):
        fields = self.fields(client.post(self.address, {"roles": ["finance"]}))
        stale.shift(timedelta(seconds=61))
        again = client.post(reverse("employer:account-code"), fields)
        assert self.fields(again)["roles"] == ["finance"]
        answer = client.post(self.address, self.fields(again) | {"step_up_token": latest_code(membership.user.mobile)})
        assert answer.status_code == 302

    def test_the_button_alone_sends_another_code(self, client, membership, stale):
        before = latest_code(membership.user.mobile)
        button = client.post(reverse("employer:account-code"), headers={"HX-Request": "true"})
        assert button.status_code == 200
        assert "<html" not in button.content.decode()
        assert latest_code(membership.user.mobile) != before

    def test_a_code_of_another_browser_does_not_open(self, client, membership, stale):
        fields = self.fields(client.post(self.address, {"roles": ["finance"]}))
        thief = Client()
        thief.force_login(membership.user)
        session = thief.session
        session["_proven_at"] = NOON.isoformat()
        session.save()
        answer = thief.post(self.address, fields | {"step_up_token": latest_code(membership.user.mobile)})
        assert answer.status_code == 422
        assert self.roles() == ["handler"]

    def test_staff_show_a_token(self, client, post):
        with time_machine.travel(NOON, tick=False) as clock:
            sign_in_staff(client, post)
            clock.shift(timedelta(minutes=10))
            address = reverse("office:account-recovery-codes")
            asked = client.post(address)
            assert asked.status_code == 422
            assert "动态口令" in asked.content.decode()
            answer = client.post(address, self.fields(asked) | {"step_up_token": token_of(post.user)})
            assert answer.status_code == 200
            assert len(answer.context["codes"]) == 10

    def test_an_address_elsewhere_is_not_carried(self, client, stale):
        fields = self.fields(client.post(self.address, {"roles": ["finance"]}))
        again = client.post(reverse("employer:account-code"), fields | {"step_up_action": "https://evil.example/"})
        assert "evil.example" not in again.content.decode()


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Windows 电脑 · 谷歌浏览器",
        ),
        ("Mozilla/5.0 (Windows NT 6.1) Chrome/86 Safari/537.36 QIHU 360SE", "Windows 电脑 · 360浏览器"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604", "iPhone · Safari 浏览器"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/99 Mobile Safari MicroMessenger/8.0", "安卓手机 · 微信"),
        ("", "未知设备"),
    ],
)
def test_devices_in_plain_words(user_agent, words):
    assert describe(user_agent) == words
