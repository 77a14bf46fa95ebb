"""Recovery codes, taking a lost factor away, lifting a lock-out."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from huzhu.accounts import factors, operations, permissions, signing_in
from huzhu.accounts.models import RecoveryCode, Session
from huzhu.audit.models import AuditEvent
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.shared.fresh_factor import FactorStale
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, UserFactory, office_actor
from tests.factories.employers import MembershipFactory, employer_actor


def use(post, code):
    return factors.use_recovery_code(user=post.user, typed=code, by=office_actor(post), at=NOON)


@pytest.mark.django_db
class TestRecoveryCodes:
    def test_ten_that_open_once_each_and_are_kept_as_hashes(self):
        post = StaffPostFactory()
        codes = factors.make_recovery_codes(by=office_actor(post), at=NOON)
        assert len(set(codes)) == 10
        kept = " ".join(RecoveryCode.objects.values_list("code_hash", flat=True))
        assert not [code for code in codes if code.replace("-", "") in kept]
        assert use(post, codes[0].lower().replace("-", " "))
        assert not use(post, codes[0])
        assert factors.count_recovery_codes(user_id=post.user_id) == 9

    def test_using_one_is_told_and_traced(self):
        post = StaffPostFactory()
        use(post, factors.make_recovery_codes(by=office_actor(post), at=NOON)[3])
        assert "还剩9个" in SmsMessage.objects.get(mobile=post.user.mobile).body
        assert Notice.objects.get(user_id=post.user_id).title.endswith("还剩 9 个")
        assert AuditEvent.objects.filter(event="accounts.use_recovery_code", by_id=post.user_id).count() == 1

    def test_new_ones_void_the_old(self):
        post = StaffPostFactory()
        old = factors.make_recovery_codes(by=office_actor(post), at=NOON)
        factors.make_recovery_codes(by=office_actor(post), at=NOON)
        assert not use(post, old[0])
        assert RecoveryCode.objects.count() == 10

    def test_a_code_opens_no_other_account(self):
        post, other = StaffPostFactory(), StaffPostFactory()
        codes = factors.make_recovery_codes(by=office_actor(post), at=NOON)
        assert not use(other, codes[0])

    def test_stands_in_for_the_token_at_the_door(self):
        post = StaffPostFactory()
        TOTPDevice.objects.create(user=post.user, confirmed=True)
        code = factors.make_recovery_codes(by=office_actor(post), at=NOON)[0]
        by = office_actor(post)
        assert signing_in.check_second_factor(user=post.user, token=code, at=NOON, by=by) == "recovery"
        with pytest.raises(signing_in.FactorRefused):
            signing_in.check_second_factor(user=post.user, token=code, at=NOON, by=by)

    def test_making_them_needs_a_fresh_factor_and_a_staff_account(self):
        post = StaffPostFactory()
        with pytest.raises(FactorStale):
            factors.make_recovery_codes(by=replace(office_actor(post), proven_at=NOON), at=NOON + timedelta(minutes=6))
        with pytest.raises(permissions.NotPermitted):
            factors.make_recovery_codes(by=employer_actor(MembershipFactory()), at=NOON)
        assert not RecoveryCode.objects.exists()


def test_one_code_used_twice_at_once_opens_once(own_database):
    post = StaffPostFactory()
    code = factors.make_recovery_codes(by=office_actor(post), at=NOON)[0]
    opened, barrier = [], threading.Barrier(8)

    def run():
        barrier.wait(20)
        opened.append(use(post, code))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(opened) == [False] * 7 + [True]
    connection.close()


@pytest.mark.django_db
class TestTheSecurityAdministrator:
    @pytest.fixture
    def post(self):
        return StaffPostFactory()

    @pytest.fixture
    def admin(self, post):
        return office_actor(StaffPostFactory(security_admin=True, branch=post.branch))

    def test_takes_a_lost_factor_away_and_ends_the_sessions(self, post, admin):
        TOTPDevice.objects.create(user=post.user, confirmed=True)
        factors.make_recovery_codes(by=office_actor(post), at=NOON)
        Session.objects.create(session_key="one", session_data="", expire_date=NOON, user_id=post.user_id)
        factors.reset_factor(user_id=post.user_id, reason="手机遗失", by=admin, at=NOON)
        assert signing_in.needs_enrolment(user=post.user)
        assert not RecoveryCode.objects.exists()
        assert not Session.objects.exists()
        assert AuditEvent.objects.get(event="accounts.reset_factor").reason == "手机遗失"
        assert "重新绑定验证器" in SmsMessage.objects.get(mobile=post.user.mobile).body

    def test_lifts_a_lock_out(self, post, admin):
        def try_wrong():
            request = RequestFactory().post("/login/")
            signing_in.check_password(
                request=request, login_name=post.user.login_name, password="wrong", at=timezone.now()
            )

        for _ in range(5):
            with pytest.raises(signing_in.SignInRefused):
                try_wrong()
        with pytest.raises(signing_in.LockedOut):
            try_wrong()
        factors.unlock(user_id=post.user_id, reason="本人来电核实", by=admin, at=NOON)
        with pytest.raises(signing_in.SignInRefused) as refusal:
            try_wrong()
        assert not isinstance(refusal.value, signing_in.LockedOut)
        assert AuditEvent.objects.filter(event="accounts.unlock").exists()

    @pytest.mark.parametrize("act", [factors.reset_factor, factors.unlock])
    @pytest.mark.parametrize("role", ["system_admin", "auditor", "registrar"])
    def test_nobody_else_does(self, act, role, post):
        other = office_actor(StaffPostFactory(roles=[role], branch=post.branch))
        with pytest.raises(permissions.NotPermitted, match="安全管理员"):
            act(user_id=post.user_id, reason="想试试", by=other, at=NOON)

    @pytest.mark.parametrize("act", [factors.reset_factor, factors.unlock])
    def test_not_the_own_account_not_elsewhere_not_without_a_reason(self, act, post, admin):
        with pytest.raises(permissions.NotPermitted, match="自己"):
            act(user_id=admin.user_id, reason="手机遗失", by=admin, at=NOON)
        elsewhere = StaffPostFactory(branch=BranchFactory())
        with pytest.raises(permissions.NotPermitted, match="管辖"):
            act(user_id=elsewhere.user_id, reason="手机遗失", by=admin, at=NOON)
        with pytest.raises(operations.StaffRefused, match="原因"):
            act(user_id=post.user_id, reason=" ", by=admin, at=NOON)

    def test_helps_portal_accounts_wherever_they_are(self, admin):
        member = UserFactory()
        factors.unlock(user_id=member.pk, reason="来电核实", by=admin, at=NOON)
        assert AuditEvent.objects.filter(event="accounts.unlock", subject_id=str(member.pk)).exists()

    def test_resetting_needs_a_fresh_factor(self, post, admin):
        TOTPDevice.objects.create(user=post.user, confirmed=True)
        stale = replace(admin, proven_at=NOON - timedelta(minutes=5, seconds=1))
        with pytest.raises(FactorStale):
            factors.reset_factor(user_id=post.user_id, reason="手机遗失", by=stale, at=NOON)
        assert not signing_in.needs_enrolment(user=post.user)
