"""参保比例 beside the list: the figures of the check, as the list stands at this moment."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests.factories import enrolment as make
from tests.factories.employers import MembershipFactory
from tests.factories.enrolment import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def test_it_follows_who_is_taken_off_and_put_back():
    employer = make.an_employer(headcount=3)
    case = make.application(employer=employer, people_count=3)
    clerk = Client()
    user = MembershipFactory(employer=employer, handler=True).user
    clerk.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def joined(answer) -> list[int]:
        return [gauge.joined for gauge in answer.context["gauges"]]

    page = clerk.get(reverse("employer:wizard-members", args=[case.id]))
    assert joined(page) == [3]
    assert "已达到" in page.content.decode()

    taken = case.application.members.first().pk
    url = reverse("employer:wizard-members-remove", args=[case.id])
    page = clerk.post(url, {"members": [taken]}, follow=True)
    assert joined(page) == [2]
    assert "还差 1 人" in page.content.decode()

    page = clerk.post(reverse("employer:wizard-members-restore", args=[case.id]), {"act": "last"}, follow=True)
    assert joined(page) == [3]
