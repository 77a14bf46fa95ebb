"""What browsers are told, by class of route: cookies, caches, policies; what production adds."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import StaffPostFactory
from tests.factories.employers import MembershipFactory
from tests.web.test_sign_in import sign_in_member, sign_in_staff

pytestmark = pytest.mark.django_db
PAGES = {
    "public": ["public:login", "public:register", "public:password", "public:help", "public:verify-start"],
    "employer": ["employer:home", "employer:account", "employer:profile", "employer:roster"],
    "office": ["office:home", "office:account", "office:account-recovery-codes", "office:registrations"],
}


@pytest.fixture(params=PAGES)
def pages(request):
    client = Client()
    if request.param == "employer":
        sign_in_member(client, MembershipFactory())
    if request.param == "office":
        sign_in_staff(client, StaffPostFactory(registrar=True))
    return client, request.param, [client.get(reverse(name)) for name in PAGES[request.param]]


def test_every_page_carries_the_policies(pages):
    for answer in pages[2]:
        assert answer.status_code == 200
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http:" not in policy
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_pages_of_signed_in_people_and_forms_are_kept_by_no_cache(pages):
    _, side, answers = pages
    for answer in answers if side != "public" else answers[:3]:
        assert "no-store" in answer["Cache-Control"], answer.request["PATH_INFO"]


def test_cookies_are_bound_to_the_host_and_shut_to_scripts(pages):
    client, _, _ = pages
    cookies = [cookie for cookie in client.cookies.values() if cookie.value]
    names = {cookie.key for cookie in cookies} - {"messages"}
    assert names
    assert all(name.startswith("__Host-") for name in names)
    for cookie in cookies:
        assert cookie["secure"], cookie.key
        assert cookie["httponly"], cookie.key
        assert cookie["samesite"] == "Lax", cookie.key
        assert cookie["path"] == "/", cookie.key
        assert not cookie["domain"], cookie.key


def test_htmx_keeps_no_history_runs_no_code_and_asks_nobody_else(pages):
    for answer in pages[2]:
        config = json.loads(re.search(r'<meta name="htmx-config" content=\'([^\']+)\'', answer.content.decode())[1])
        assert config["historyCacheSize"] == 0
        assert config["allowEval"] is config["allowScriptTags"] is config["includeIndicatorStyles"] is False
        assert config["selfRequestsOnly"] is True


def test_signing_out_clears_what_the_browser_keeps():
    client = Client()
    sign_in_member(client, MembershipFactory())
    assert client.post(reverse("public:logout"))["Clear-Site-Data"] == '"cache", "storage"'


def test_production_redirects_plain_http_and_says_so_for_a_year(settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31536000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    assert Client().get(reverse("public:login"))["Location"].startswith("https://")
    answer = Client().get(reverse("public:login"), secure=True)
    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
