"""Strangers sign in everywhere but on the open routes; what each role finds is the matrix of tests/web/test_rights_matrix.py."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from huzhu.web import access
from tests.factories.accounts import NOON, StaffPostFactory
from tests.factories.employers import MembershipFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
TABLE = access.get_table()


NOBODY = {"IntConverter": "999999999", "UUIDConverter": "00000000-0000-4000-8000-000000000000"}


def _address(name: str) -> str:
    """The address of a route, with ids that no record has where some are asked for."""
    namespace, route = name.split(":")
    resolver = next(one for one in get_resolver().url_patterns if getattr(one, "namespace", "") == namespace)
    pattern = next(one for one in resolver.url_patterns if one.name == route)
    kinds = {word: type(kind).__name__ for word, kind in pattern.pattern.converters.items()}
    values = {word: NOBODY.get(kind, "x" * 24) for word, kind in kinds.items()}
    return reverse(name, kwargs=values)


def _client(user: object) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_sent_to_sign_in_everywhere_but_on_the_open_routes(method: str):
    for name, rule in TABLE.items():
        answer = getattr(Client(), method)(_address(name))
        if rule.side is not None:
            assert answer.status_code == 302, name
            assert answer["Location"].startswith(reverse("public:login")), name


def test_the_open_routes_are_these_and_no_others():
    assert {name.split(":")[0] for name, rule in TABLE.items() if rule.side is None} == {"public"}
    assert {name.split(":")[0] for name, rule in TABLE.items() if rule.side is not None} == {"employer", "office"}


def test_the_middleware_is_what_shuts_them(settings):
    """The twin without the protection: the same request opens the page."""
    name = "office:registrations"
    membership = MembershipFactory(handler=True)
    assert _client(membership.user).get(reverse(name)).status_code == 404
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if not one.endswith("AccessMiddleware")]
    assert _client(membership.user).get(reverse(name)).status_code == 200


def test_a_fragment_asked_for_without_a_session_sends_the_whole_page_to_sign_in():
    answer = Client().get(
        reverse("employer:roster"),
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/employer/roster/"},
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"{reverse('public:login')}?next=/employer/roster/"


def test_a_route_without_a_row_does_not_open(monkeypatch):
    from huzhu.web.middleware import AccessMiddleware

    monkeypatch.setattr(access, "get_table", lambda: {k: v for k, v in TABLE.items() if k != "public:login"})
    assert "public:login" not in AccessMiddleware(lambda request: None).table
    assert Client().get(reverse("public:login")).status_code == 404


def test_who_has_nothing_to_do_yet_is_told_so_on_the_first_page_and_nowhere_else():
    waiting = StaffPostFactory(roles=[]).user
    left = MembershipFactory(ended_at=NOON).user
    for user, home, words in (
        (waiting, "office:home", "还没有角色"),
        (left, "employer:home", "不是任何单位账号的成员"),
    ):
        client = _client(user)
        answer = client.get(reverse(home))
        assert (answer.status_code, words in answer.content.decode()) == (403, True)
        assert client.get(reverse("office:registrations")).status_code == 404
