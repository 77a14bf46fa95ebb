"""The security administrator lifts a lock-out and takes a lost factor away, through the user's page."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from huzhu.accounts import signing_in
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.web.test_sign_in import show_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def post():
    return StaffPostFactory(registrar=True)


@pytest.fixture
def admin(client, post):
    admin = StaffPostFactory(security_admin=True, branch=post.branch)
    client.force_login(admin.user)
    return admin


def test_a_locked_account_is_shown_and_unlocked(client, admin, post):
    stranger = client.__class__()
    for _ in range(6):
        show_password(stranger, post.user.login_name, "wrong")
    assert show_password(stranger, post.user.login_name).status_code == 429
    address = reverse("office:user-unlock", args=[post.user_id])
    assert address in client.get(reverse("office:user", args=[post.user_id])).content.decode()
    assert client.post(address, {"reason": " "}).status_code == 422
    client.post(address, {"reason": "本人来电核实"})
    assert show_password(stranger, post.user.login_name).status_code == 302


def test_a_lost_authenticator_is_taken_away(client, admin, post):
    TOTPDevice.objects.create(user=post.user, confirmed=True)
    address = reverse("office:user-factor", args=[post.user_id])
    assert address in client.get(reverse("office:user", args=[post.user_id])).content.decode()
    client.post(address, {"reason": "手机遗失"})
    assert signing_in.needs_enrolment(user=post.user)


def test_elsewhere_nobody_is_found_and_others_find_no_such_page(client, admin):
    elsewhere = StaffPostFactory(branch=BranchFactory())
    for name in ("office:user-unlock", "office:user-factor"):
        assert client.post(reverse(name, args=[elsewhere.user_id]), {"reason": "x"}).status_code == 404
    client.force_login(StaffPostFactory(system_admin=True, branch=elsewhere.branch).user)
    assert client.post(reverse("office:user-factor", args=[elsewhere.user_id]), {"reason": "x"}).status_code == 404
