"""The password under a lock per account, and the second factor."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from huzhu.accounts import operations, signing_in
from huzhu.audit.models import AuditEvent
from tests.factories.accounts import NOON, PASSWORD, StaffPostFactory, UserFactory, office_actor

GUESSES = 40


def try_password(login_name, password=PASSWORD, address="127.0.0.1"):
    request = RequestFactory().post("/login/", REMOTE_ADDR=address)
    return signing_in.check_password(request=request, login_name=login_name, password=password, at=timezone.now())


@pytest.mark.django_db
class TestPassword:
    def test_opens_by_login_name_in_any_case(self):
        user = UserFactory(staff=True, login_name="reg01")
        assert try_password(" REG01 ") == user

    def test_answers_the_same_for_unknown_names_and_wrong_passwords(self):
        UserFactory(login_name="13800138000", mobile="13800138000")
        answers = []
        for name in ("13800138000", "13800138001"):
            with pytest.raises(signing_in.SignInRefused) as refusal:
                try_password(name, "not the password")
            answers.append(str(refusal.value))
        assert len(set(answers)) == 1
        assert AuditEvent.objects.filter(event="accounts.sign_in_refused").count() == 2

    @pytest.mark.parametrize("trait", [{}, {"without_password": True}, {"is_active": False}, None])
    def test_hashes_once_whether_or_not_there_is_such_an_account(self, trait, monkeypatch):
        name = UserFactory(**trait).login_name if trait is not None else "nobody"
        hashed = []
        preferred = hashers.get_hasher()
        encode = type(preferred).encode
        monkeypatch.setattr(type(preferred), "encode", lambda *a, **k: hashed.append(1) or encode(*a, **k))
        with pytest.raises(signing_in.SignInRefused):
            try_password(name, "not the password")
        assert len(hashed) == 1

    def test_five_failures_lock_even_the_right_password(self):
        user = UserFactory()
        for _ in range(5):
            with pytest.raises(signing_in.SignInRefused):
                try_password(user.login_name, "wrong")
        with pytest.raises(signing_in.LockedOut, match="30分钟"):
            try_password(user.login_name)

    def test_another_account_at_the_same_address_is_not_locked(self):
        user, colleague = UserFactory(), UserFactory()
        for _ in range(6):
            with pytest.raises(signing_in.SignInRefused):
                try_password(user.login_name, "wrong")
        assert try_password(colleague.login_name) == colleague

    def test_an_address_that_tries_many_names_is_locked(self, monkeypatch):
        monkeypatch.setattr(signing_in, "MOST_FAILURES_PER_ADDRESS", 3)
        user = UserFactory()
        for number in range(3):
            with pytest.raises(signing_in.SignInRefused):
                try_password(f"guess{number}", address="10.0.0.9")
        with pytest.raises(signing_in.LockedOut):
            try_password(user.login_name, address="10.0.0.9")
        assert try_password(user.login_name, address="10.0.0.8") == user


class TestManyGuessesAtOnce:
    """Forty guesses started together; what counts is how many passwords are really compared."""

    def count_comparisons(self, monkeypatch) -> int:
        user = UserFactory()
        compared, barrier = [], threading.Barrier(GUESSES)
        hasher = hashers.get_hasher()
        verify = type(hasher).verify

        def slow_verify(self, password, encoded):
            compared.append(password)
            time.sleep(0.02)
            return verify(self, password, encoded)

        monkeypatch.setattr(type(hasher), "verify", slow_verify)

        def guess(number):
            try:
                barrier.wait(20)
                try_password(user.login_name, f"guess {number}")
            except signing_in.SignInRefused:
                pass
            finally:
                connection.close()

        threads = [threading.Thread(target=guess, args=(number,)) for number in range(GUESSES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return len(compared)

    def test_only_five_are_compared(self, own_database, monkeypatch):
        assert self.count_comparisons(monkeypatch) == 5

    def test_without_the_lock_more_are(self, own_database, monkeypatch):
        monkeypatch.setattr(operations, "lock_account", lambda login_name: None)
        assert self.count_comparisons(monkeypatch) > 5


@pytest.mark.django_db
class TestSecondFactor:
    def token(self, device: TOTPDevice) -> str:
        totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
        totp.time = time.time()
        return f"{totp.token():06}"

    def check(self, post, token):
        return signing_in.check_second_factor(user=post.user, token=token, at=NOON, by=office_actor(post))

    def test_the_first_right_token_confirms_the_scanned_authenticator(self):
        post = StaffPostFactory()
        device = signing_in.begin_enrolment(user=post.user)
        assert signing_in.needs_enrolment(user=post.user)

        assert self.check(post, self.token(device)) == "authenticator"
        assert not signing_in.needs_enrolment(user=post.user)
        assert AuditEvent.objects.filter(event="accounts.enrol_factor").exists()

    def test_a_token_opens_once(self):
        post = StaffPostFactory()
        device = TOTPDevice.objects.create(user=post.user, confirmed=True)
        token = self.token(device)
        assert self.check(post, token) == "authenticator"
        with pytest.raises(signing_in.FactorRefused):
            self.check(post, token)

    @pytest.mark.parametrize("token", ["", "000000", "abcdef", "12345"])
    def test_wrong_tokens_are_refused(self, token):
        post = StaffPostFactory()
        TOTPDevice.objects.create(user=post.user, confirmed=True)
        with pytest.raises(signing_in.FactorRefused):
            self.check(post, token)

    def test_another_unconfirmed_authenticator_opens_nothing_once_one_is_confirmed(self):
        post = StaffPostFactory()
        TOTPDevice.objects.create(user=post.user, confirmed=True)
        stolen = TOTPDevice.objects.create(user=post.user, confirmed=False)
        with pytest.raises(signing_in.FactorRefused):
            self.check(post, self.token(stolen))

    def test_the_fixed_factor_opens_in_the_demonstration_only(self, settings):
        post = StaffPostFactory()
        with pytest.raises(signing_in.FactorRefused):
            self.check(post, "000000")
        settings.DEMO = True
        assert self.check(post, "000000") == "demo"


@pytest.mark.parametrize(
    ("is_staff", "idle_minutes", "hours"),
    [(True, 15, 8), (False, 30, 12)],
)
def test_a_session_ends_by_the_clock(is_staff, idle_minutes, hours):
    second, idle, whole = timedelta(seconds=1), timedelta(minutes=idle_minutes), timedelta(hours=hours)

    def is_over(*, began, seen):
        return signing_in.is_session_over(is_staff=is_staff, began=NOON - began, seen=NOON - seen, at=NOON)

    assert not is_over(began=idle, seen=idle - second)
    assert is_over(began=idle + second, seen=idle + second)
    assert not is_over(began=whole - second, seen=second)
    assert is_over(began=whole + second, seen=second)
