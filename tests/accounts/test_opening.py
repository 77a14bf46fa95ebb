"""The first administrator of a new installation, and accounts nobody uses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import RequestFactory

from huzhu.accounts import opening, operations, signing_in
from huzhu.accounts.models import Branch, Session, User
from huzhu.audit.models import AuditEvent
from huzhu.shared.actors import system_actor
from tests.factories.accounts import NOON, PASSWORD, BranchFactory, StaffPostFactory, UserFactory, office_actor

pytestmark = pytest.mark.django_db


def open_first(at=NOON, **changes):
    given = {"login_name": "admin.li", "mobile": "13900139000", "name": "李工"}
    given |= {"branch_code": "44", "branch_name": "广东省职工保障互助会"} | changes
    return opening.open_first_admin(by=system_actor("命令行"), at=at, **given)


def sign_in(user, password, at):
    request = RequestFactory().post("/login/")
    return signing_in.check_password(request=request, login_name=user.login_name, password=password, at=at)


class TestFirstAdministrator:
    def test_a_fresh_installation_has_no_account_at_all(self):
        assert not User.objects.exists()

    def test_one_account_with_its_province_and_a_password_for_one_day(self):
        user, secret = open_first()
        assert user.post.roles == ["system_admin"]
        assert Branch.objects.get().level == "province"
        assert sign_in(user, secret, NOON + timedelta(hours=23, minutes=59)) == user
        with pytest.raises(signing_in.SignInRefused):
            sign_in(user, secret, NOON + timedelta(hours=24))

    def test_it_opens_nothing_but_the_setting_of_another(self):
        user, _ = open_first()
        assert signing_in.needs_new_password(user=user, at=NOON)
        user = operations.set_password(user_id=user.pk, password=PASSWORD, by=system_actor(), at=NOON)
        assert not signing_in.needs_new_password(user=user, at=NOON + timedelta(days=400))

    def test_may_be_asked_for_again_until_it_was_used_and_no_longer(self):
        first = open_first()
        second = open_first(at=NOON + timedelta(days=2))
        assert first.secret != second.secret
        assert User.objects.count() == 1
        operations.set_password(user_id=first.user.pk, password=PASSWORD, by=system_actor(), at=NOON)
        with pytest.raises(operations.StaffRefused, match="已有"):
            open_first()

    def test_takes_nobody_elses_name(self):
        StaffPostFactory(user__login_name="admin.li")
        with pytest.raises(operations.StaffRefused, match="换一个"):
            open_first()


@pytest.mark.parametrize(("days", "must"), [(89, False), (90, True)])
def test_the_second_profile_asks_for_a_new_password_after_ninety_days(settings, days, must):
    settings.PASSWORD_LASTS_DAYS = 90
    user = UserFactory()
    assert signing_in.needs_new_password(user=user, at=NOON + timedelta(days=days)) == must


class TestIdleAccounts:
    LATER = NOON + timedelta(days=90)

    def close(self, at=LATER):
        return opening.disable_idle_staff(by=system_actor(), at=at)

    def test_ninety_days(self):
        post = StaffPostFactory()
        Session.objects.create(session_key="one", session_data="", expire_date=NOON, user_id=post.user_id)
        assert self.close() == 0
        assert self.close(self.LATER + timedelta(seconds=1)) == 1
        post.user.refresh_from_db()
        assert not post.user.is_active
        assert not Session.objects.exists()
        assert AuditEvent.objects.get(event="accounts.disable_user").reason == "连续90天未登录"

    @pytest.mark.parametrize("field", ["last_login", "password_changed_at", "enabled_at"])
    def test_whatever_was_last_counts(self, field):
        user = StaffPostFactory().user
        User.objects.filter(pk=user.pk).update(**{field: NOON + timedelta(days=1)})
        assert self.close(self.LATER + timedelta(hours=1)) == 0

    def test_clerks_who_come_once_a_year_stay(self):
        user = UserFactory()
        self.close(NOON + timedelta(days=400))
        user.refresh_from_db()
        assert user.is_active

    def test_the_last_who_can_open_accounts_stays(self):
        StaffPostFactory(system_admin=True)
        StaffPostFactory(security_admin=True)
        StaffPostFactory(auditor=True)
        assert self.close(NOON + timedelta(days=400)) == 1

    def test_opening_again_begins_the_days_anew(self):
        branch = BranchFactory()
        post = StaffPostFactory(branch=branch)
        admin = StaffPostFactory(branch=branch, system_admin=True)
        later = NOON + timedelta(days=100)
        User.objects.filter(pk=admin.user_id).update(last_login=later)
        assert self.close(later) == 1
        operations.enable_user(user_id=post.user_id, reason="返岗", by=office_actor(admin), at=later)
        assert self.close(later + timedelta(days=1)) == 0
