"""Every role × (no factor, a wrong one, an old one, one used twice at once): security.md §1."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from huzhu.accounts import codes, signing_in
from huzhu.accounts.roles import EmployerRole, StaffRole
from huzhu.notifications.models import SmsMessage
from tests.factories.accounts import NOON, PASSWORD, StaffPostFactory, office_actor
from tests.factories.employers import MembershipFactory, employer_actor

ROLES = [*StaffRole.values, *EmployerRole.values]
THREADS = 8


class Person:
    """Somebody with one role who is about to show the second factor."""

    def __init__(self, role: str) -> None:
        self.is_staff = role in StaffRole.values
        made = StaffPostFactory(roles=[role]) if self.is_staff else MembershipFactory(roles=[role])
        self.user, self.by = made.user, office_actor(made) if self.is_staff else employer_actor(made)
        if self.is_staff:
            TOTPDevice.objects.create(user=self.user, confirmed=True)
        self.home = reverse("office:account" if self.is_staff else "employer:account")

    def get_factor(self, client: Client) -> str:
        """What opens now: the authenticator's token, or the code sent to the mobile."""
        if self.is_staff:
            device = TOTPDevice.objects.get(user=self.user)
            totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
            totp.time = time.time()
            return f"{totp.token():06}"
        return re.search(r"验证码(\d{6})", SmsMessage.objects.filter(mobile=self.user.mobile).latest("id").body)[1]

    def show_password(self, client: Client) -> None:
        client.post(reverse("public:login"), {"login_name": self.user.login_name, "password": PASSWORD})

    def is_in(self, client: Client) -> bool:
        return client.get(self.home).status_code == 200


def show(client: Client, token: str) -> int:
    return client.post(reverse("public:login-second"), {"token": token}).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
class TestEveryRole:
    def test_the_right_one_opens(self, role, client):
        person = Person(role)
        person.show_password(client)
        assert show(client, person.get_factor(client)) == 302
        assert person.is_in(client)

    @pytest.mark.parametrize("token", ["", "000000x"])
    def test_none_and_a_wrong_one_do_not(self, role, client, token):
        person = Person(role)
        person.show_password(client)
        assert not person.is_in(client)
        assert show(client, token) == 422
        assert not person.is_in(client)

    def test_an_old_one_does_not(self, role, client):
        person = Person(role)
        with time_machine.travel(NOON, tick=False) as clock:
            person.show_password(client)
            old = person.get_factor(client)
            clock.shift(timedelta(minutes=5, seconds=30))
            assert show(client, old) == 422
            assert not person.is_in(client)


@pytest.mark.parametrize("role", ["registrar", "handler"])
def test_one_factor_shown_by_eight_at_once_opens_once(own_database, role):
    """By kind of factor: the roles of one side share the operation."""
    person = Person(role)
    if not person.is_staff:
        codes.send_mobile_code(mobile=person.user.mobile, purpose=codes.Purpose.DEVICE, at=NOON, asked_by="here")
    factor, opened, barrier = person.get_factor(Client()), [], threading.Barrier(THREADS)

    def run():
        barrier.wait(20)
        try:
            if person.is_staff:
                signing_in.check_second_factor(user=person.user, token=factor, at=NOON, by=person.by)
            else:
                purpose = codes.Purpose.DEVICE
                signing_in.check_sent_code(
                    user=person.user, code=factor, purpose=purpose, asked_by="here", at=NOON, by=person.by
                )
            opened.append(True)
        except signing_in.FactorRefused:
            opened.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(opened) == [False] * (THREADS - 1) + [True]
    connection.close()
