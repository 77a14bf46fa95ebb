"""参数: the pages where one proposes and the other confirms."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.accounts.models import User
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import (
    PAYER_NAME_MUST_MATCH,
    PAYMENT_DAYS,
    REFERENCE_DAYS_AHEAD,
    SECOND_REVIEW_LEVEL,
)
from tests.factories import billing as money
from tests.factories.accounts import StaffPostFactory, office_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return money.root()


@pytest.fixture
def admin(province):
    return office_actor(StaffPostFactory(branch=province, system_admin=True))


@pytest.fixture
def second(province):
    return office_actor(StaffPostFactory(branch=province, cashier_reviewer=True))


def sign_in(by) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=by.user_id), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_one_proposes_the_other_confirms_and_the_history_tells(admin, second):
    url = reverse("office:parameter", args=[PAYMENT_DAYS])
    client, other = sign_in(admin), sign_in(second)
    day = dt.date.today() + dt.timedelta(days=3)  # noqa: DTZ011
    words = {"value": "20", "effective_from": day.isoformat(), "reason": "理事会决议"}
    assert client.post(reverse("office:parameter-change", args=[PAYMENT_DAYS]), words).status_code == 302
    found = ParameterChange.objects.get()
    assert "待复核" in client.get(url).content.decode()
    assert client.post(reverse("office:parameter-confirm", args=[found.pk])).status_code == 403
    assert "去复核" in other.get(reverse("office:parameters")).content.decode()
    other.post(reverse("office:parameter-confirm", args=[found.pk]))
    page = client.get(url).content.decode()
    assert "20 天" in page
    assert "理事会决议" in page


def test_the_other_refuses_with_a_reason(admin, second):
    day = dt.date.today() + dt.timedelta(days=3)  # noqa: DTZ011
    words = {"value": "20", "effective_from": day.isoformat(), "reason": "理事会决议"}
    sign_in(admin).post(reverse("office:parameter-change", args=[PAYMENT_DAYS]), words)
    found, client = ParameterChange.objects.get(), sign_in(second)
    refuse = reverse("office:parameter-refuse", args=[found.pk])
    client.post(refuse, {"reason": ""})
    found.refresh_from_db()
    assert found.state == "proposed"
    assert client.post(refuse, {"reason": "与决议不符"}).status_code == 302
    assert "与决议不符" in client.get(reverse("office:parameter", args=[PAYMENT_DAYS])).content.decode()


def test_a_refusal_keeps_what_was_typed(admin):
    words = {"value": "999", "effective_from": "2099-01-01", "reason": "试"}
    answer = sign_in(admin).post(reverse("office:parameter-change", args=[REFERENCE_DAYS_AHEAD]), words)
    assert answer.status_code == 422
    assert 'value="999"' in answer.content.decode()


def test_the_switch_and_unknown_keys(admin):
    client = sign_in(admin)
    assert client.get(reverse("office:parameter-change", args=[PAYER_NAME_MUST_MATCH])).status_code == 200
    assert client.get(reverse("office:parameter-change", args=[SECOND_REVIEW_LEVEL])).status_code == 200
    assert client.get(reverse("office:parameter", args=["nothing"])).status_code == 404
