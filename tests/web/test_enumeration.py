"""Nobody learns whether an account exists: the same answer, and medians less than ten milliseconds apart (security.md §1)."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.backends import ModelBackend
from django.test import Client
from django.urls import reverse

from huzhu.accounts import codes
from huzhu.accounts.models import MobileCode, User
from tests.factories.employers import MembershipFactory, RegistrationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ROUNDS = 15
CLOSEST = 0.010  # seconds
VARYING = re.compile(r'name="(?:csrfmiddlewaretoken|form_key)" value="[\w-]+"|X-CSRFToken": "\w+"')
STRANGER = "13099999999"


def sign_in(name: str):
    return Client().post(reverse("public:login"), {"login_name": name, "password": "not the password"})


def ask_reset(name: str):
    return Client().post(reverse("public:password-code"), {"mobile": name})


def show_reset_code(name: str):
    return Client().post(reverse("public:password"), {"mobile": name, "code": "123456"})


def ask_progress(name: str):
    return Client().post(reverse("public:progress-code"), {"mobile": name})


def show_progress_code(name: str):
    return Client().post(reverse("public:progress"), {"mobile": name, "code": "123456"})


def ask_to_join(name: str):
    return Client().post(reverse("public:join-code"), {"mobile": name})


DOORS = [sign_in, ask_reset, show_reset_code, ask_progress, show_progress_code, ask_to_join]


@pytest.fixture(autouse=True)
def _as_in_production(settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["huzhu.accounts.hashers.ModestArgon2Hasher"]
    settings.AXES_ENABLED = False  # nobody is locked out while we measure
    monkeypatch.setattr(codes, "MOST_PER_ADDRESS", 10_000)


@pytest.fixture
def known():
    membership = MembershipFactory()
    RegistrationFactory(handler_mobile=membership.user.mobile)
    user = membership.user
    user.set_password("correct horse battery staple")
    user.save()
    return user.login_name


def body(answer, name: str) -> tuple[int, str]:
    shown = VARYING.sub("", answer.content.decode())
    return answer.status_code, shown.replace(name, "").replace(f"{name[:3]}****{name[-4:]}", "")


def get_medians(door: Callable, *names: str) -> list[float]:
    """The median time of each, measured in turns so that what the machine does besides falls on all alike."""
    clock = time.process_time  # the work itself: what else a busy machine does would drown ten milliseconds
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            MobileCode.objects.all().delete()
            began = clock()
            door(name)
            times[name].append(clock() - began)
    return [statistics.median(times[name]) for name in names]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_the_same_answer_after_the_same_time(door, known):
    assert body(door(known), known) == body(door(STRANGER), STRANGER)
    for _ in range(3):  # a busy machine may be unlucky once
        there, not_there = get_medians(door, known, STRANGER)
        if abs(there - not_there) < CLOSEST:
            return
    pytest.fail(f"{there * 1000:.1f} ms and {not_there * 1000:.1f} ms")


def test_without_the_same_work_the_time_tells(known, monkeypatch):
    """The twin: where unknown names are not hashed, they answer sooner."""

    def authenticate(self, request, login_name=None, password=None, **more):
        user = User.objects.filter(login_name=login_name).first()
        return user if user and user.check_password(password) else None

    monkeypatch.setattr(ModelBackend, "authenticate", authenticate)
    there, not_there = get_medians(sign_in, known, STRANGER)
    assert there - not_there > CLOSEST
