"""操作记录 of an employer: its own people's acts, nobody else's; by person and day; pages by key; always as many queries."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.audit import operations as audit
from huzhu.employers.models import Membership
from huzhu.shared.actors import Actor, Side
from huzhu.web import keyset
from tests.factories.accounts import NOON
from tests.factories.employers import MembershipFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
URL = "employer:own-trace"


@pytest.fixture
def owner() -> Membership:
    return MembershipFactory(roles=["owner"])


@pytest.fixture
def client(owner) -> Client:
    client = Client()
    client.force_login(owner.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def act(
    label: str, member: Membership, *, side: Side = Side.EMPLOYER, at: dt.datetime = NOON, employer=None, by_id=None
):
    by = Actor(user_id=by_id or member.user_id, name=member.user.name, person=member.user.mobile, side=side)
    subject = employer or member.employer
    audit.record("roster.change", label=label, subject=subject, by=by, at=at, employer_id=subject.pk)


def read(client: Client, **query: object) -> str:
    return client.get(reverse(URL), query).content.decode()


def test_own_people_only(client, owner):
    colleague = MembershipFactory(employer=owner.employer, roles=["viewer"])
    stranger = MembershipFactory(roles=["owner"])
    act("本人办理", owner)
    act("同事办理", colleague)
    act("外单位办理", stranger)
    act("同一人在外单位办理", owner, employer=stranger.employer)
    act("外单位的人对本单位办理", stranger, employer=owner.employer)
    act("互助会办理", owner, side=Side.OFFICE)
    page = read(client)
    assert "本人办理" in page
    assert "同事办理" in page
    for foreign in ("外单位办理", "同一人在外单位", "外单位的人", "互助会办理", stranger.user.name):
        assert foreign not in page


def test_by_person_and_day(client, owner):
    colleague = MembershipFactory(employer=owner.employer, roles=["viewer"])
    act("本人办理", owner)
    act("同事办理", colleague, at=NOON - dt.timedelta(days=1))
    assert "同事办理" not in read(client, person=owner.user_id)
    assert "本人办理" not in read(client, day=f"{NOON - dt.timedelta(days=1):%Y-%m-%d}")
    assert "同事办理" in read(client, day=f"{NOON - dt.timedelta(days=1):%Y-%m-%d}")


def test_a_foreign_person_is_no_choice_and_says_so(client, owner):
    stranger = MembershipFactory()
    act("外单位办理", stranger)
    page = read(client, person=stranger.user_id)
    assert "没有使用" in page
    assert "外单位办理" not in page


def test_older_ones_are_a_page_away(client, owner, monkeypatch):
    monkeypatch.setattr(keyset.get_page, "__kwdefaults__", {"limit": 2})
    for number in range(3):
        act(f"第{number}件", owner)
    first = read(client)
    assert "第0件" not in first
    assert "下一页" in first


def test_always_as_many_queries(client, owner):
    act("一件", owner)
    few = count_queries(lambda: read(client))
    for number in range(30):
        act(f"第{number}件", owner)
    assert count_queries(lambda: read(client)) == few


@pytest.mark.parametrize("role", ["handler", "finance", "viewer"])
def test_for_administrators_only(owner, role):
    member = MembershipFactory(employer=owner.employer, roles=[role])
    client = Client()
    client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse(URL)).status_code == 404


def test_the_members_page_leads_there(client):
    assert reverse(URL) in client.get(reverse("employer:members")).content.decode()
