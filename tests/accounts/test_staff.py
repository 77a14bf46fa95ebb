"""Staff accounts: three separate powers, nobody changes the own account, sessions end with every change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from huzhu.accounts import operations, permissions
from huzhu.accounts.models import KnownDevice, Session, StaffPost
from huzhu.audit.models import AuditEvent
from huzhu.notifications.models import SmsMessage
from huzhu.shared.identity.mobile import masked_mobile
from huzhu.work.queries import get_staff_actor
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.employers import MembershipFactory

pytestmark = pytest.mark.django_db


class Office:
    """A province with a city, the administrators of both, and a registrar of the city who is signed in."""

    def __init__(self) -> None:
        self.province = BranchFactory()
        self.city, self.sister = (BranchFactory(parent=self.province, level="city") for _ in range(2))
        self.system = office_actor(StaffPostFactory(branch=self.province, system_admin=True))
        self.security_post = StaffPostFactory(branch=self.province, roles=["security_admin"])
        self.security = office_actor(self.security_post)
        self.auditor = office_actor(StaffPostFactory(branch=self.province, auditor=True))
        self.city_security = office_actor(StaffPostFactory(branch=self.city, roles=["security_admin"]))
        self.post = StaffPostFactory(branch=self.city)
        Session.objects.create(session_key="k", session_data="", expire_date=NOON, user_id=self.post.user_id)

    def give(self, *roles: str, by=None, post: StaffPost | None = None, reason: str = "岗位调整"):
        user_id = (post or self.post).user_id
        return operations.change_staff_roles(
            user_id=user_id, roles=roles, reason=reason, by=by or self.security, at=NOON
        )

    def move(self, branch, *, by=None, reason: str = "人员调动"):
        return operations.move_staff(
            user_id=self.post.user_id, branch_id=branch.pk, reason=reason, by=by or self.system, at=NOON
        )

    def disable(self, post=None, *, by=None, reason: str = "离岗"):
        user_id = (post or self.post).user_id
        return operations.disable_user(user_id=user_id, reason=reason, by=by or self.system, at=NOON)

    def enable(self, post=None):
        return operations.enable_user(user_id=(post or self.post).user_id, reason="返岗", by=self.system, at=NOON)


@pytest.fixture
def office() -> Office:
    return Office()


class TestRoles:
    def test_the_security_administrator_gives_and_takes_them(self, office):
        assert office.give("registrar", "reviewer").roles == ["registrar", "reviewer"]
        event = AuditEvent.objects.get(event="accounts.change_roles")
        assert event.details == {"before": ["registrar"], "after": ["registrar", "reviewer"]}
        assert not Session.objects.exists()
        assert "受理员、复核员" in SmsMessage.objects.get(template="staff_roles_changed").body
        assert office.give().roles == []

    @pytest.mark.parametrize("who", ["system", "auditor"])
    def test_no_other_power_does(self, office, who):
        with pytest.raises(permissions.NotPermitted, match="安全管理员"):
            office.give("reviewer", by=getattr(office, who))

    def test_only_in_the_own_subtree(self, office):
        office.give("reviewer", by=office.city_security)
        office.move(office.sister)
        with pytest.raises(permissions.NotPermitted, match="管辖范围"):
            office.give("registrar", by=office.city_security)

    def test_nobody_changes_the_own_roles(self, office):
        with pytest.raises(permissions.NotPermitted, match="自己"):
            office.give("auditor", post=office.security_post)

    def test_administrators_do_nothing_else(self, office):
        for roles in (["system_admin", "auditor"], ["security_admin", "registrar"]):
            with pytest.raises(operations.StaffRefused, match="互斥"):
                office.give(*roles)

    def test_refuses_no_reason_no_change_and_unknown_roles(self, office):
        with pytest.raises(operations.StaffRefused, match="原因"):
            office.give("reviewer", reason=" ")
        with pytest.raises(operations.StaffRefused, match="没有变化"):
            office.give("registrar")
        with pytest.raises(operations.StaffRefused, match="清单"):
            office.give("king")

    def test_the_first_security_administrator_is_named_by_the_system_administrator(self, office):
        with pytest.raises(permissions.NotPermitted):
            office.give("security_admin", by=office.system)
        StaffPost.objects.filter(roles=["security_admin"]).update(roles=[])
        with pytest.raises(permissions.NotPermitted):
            office.give("reviewer", by=office.system)
        assert office.give("security_admin", by=office.system).roles == ["security_admin"]

    def test_somebody_stays_who_can_give_roles(self, office):
        other = StaffPost.objects.get(user_id=office.city_security.user_id)
        office.disable(other)
        with pytest.raises(operations.StaffRefused, match="只剩这一名"):
            office.disable(office.security_post)
        third = StaffPostFactory(branch=office.province, roles=["security_admin"])
        office.disable(office.security_post)
        with pytest.raises(operations.StaffRefused, match="只剩这一名"):
            office.give("registrar", post=third)


class TestPlace:
    def test_a_move_ends_the_sessions_and_is_told_in_the_trace(self, office):
        assert office.move(office.sister).branch == office.sister
        assert not Session.objects.exists()
        event = AuditEvent.objects.get(event="accounts.move_staff")
        assert (event.before, event.after, event.reason) == (office.city.name, office.sister.name, "人员调动")

    def test_only_by_the_system_administrator_of_both(self, office):
        city_admin = office_actor(StaffPostFactory(branch=office.city, system_admin=True))
        for by in (office.security, city_admin):
            with pytest.raises(permissions.NotPermitted):
                office.move(office.sister, by=by)

    def test_not_above_the_own_employer_and_not_to_a_closed_office(self, office):
        member = MembershipFactory(employer__branch=office.sister)
        member.user.mobile = office.post.user.mobile
        member.user.save()
        with pytest.raises(operations.StaffRefused, match="成员"):
            office.move(office.sister)
        closed = BranchFactory(parent=office.province, level="city", closed_at=NOON)
        with pytest.raises(operations.StaffRefused, match="已停用"):
            office.move(closed)


class TestClosing:
    def test_a_closed_account_has_no_sessions_and_can_be_opened_again(self, office):
        assert not office.disable().is_active
        assert not Session.objects.exists()
        with pytest.raises(operations.StaffRefused, match="已经停用"):
            office.disable()
        assert office.enable().is_active
        with pytest.raises(operations.StaffRefused, match="无需启用"):
            office.enable()

    def test_not_the_own_one_and_not_without_reason(self, office):
        own = StaffPost.objects.get(user_id=office.system.user_id)
        with pytest.raises(permissions.NotPermitted, match="自己"):
            office.disable(own)
        with pytest.raises(permissions.NotPermitted):
            office.disable(by=office.security)
        with pytest.raises(operations.StaffRefused, match="原因"):
            office.disable(reason="")

    def test_who_became_a_member_of_an_employer_below_does_not_come_back(self, office):
        office.disable()
        MembershipFactory(employer__branch=office.city, user__mobile=office.post.user.mobile)
        with pytest.raises(operations.StaffRefused, match="成员"):
            office.enable()
        office.post.user.refresh_from_db()
        assert not office.post.user.is_active


class TestPerson:
    def change(self, office, *, name="何丽珊", mobile="", by=None, reason="本人换号"):
        return operations.change_staff_person(
            user_id=office.post.user_id, name=name, mobile=mobile, reason=reason, by=by or office.system, at=NOON
        )

    def test_another_mobile_ends_the_sessions_and_tells_both(self, office):
        old = office.post.user.mobile
        KnownDevice.objects.create(
            user=office.post.user, mark="m", device="Chrome", first_seen_at=NOON, last_seen_at=NOON
        )
        user = self.change(office, mobile="138 1234 5678")
        assert (user.name, user.mobile, user.former_mobiles) == ("何丽珊", "13812345678", [old])
        assert not Session.objects.exists()
        assert not KnownDevice.objects.exists()
        told = SmsMessage.objects.filter(template="staff_mobile_changed")
        assert set(told.values_list("mobile", flat=True)) == {old, "13812345678"}
        event = AuditEvent.objects.get(event="accounts.change_person")
        assert event.changes["mobile"] == [masked_mobile(old), "138****5678"]
        assert old not in str(event.changes)

    def test_a_name_alone_tells_nobody_by_message(self, office):
        self.change(office, name="何丽珊")
        assert not SmsMessage.objects.filter(template="staff_mobile_changed").exists()

    def test_no_second_account_of_one_person(self, office):
        other = StaffPostFactory(branch=office.sister)
        with pytest.raises(operations.StaffRefused, match="另一工作人员账号"):
            self.change(office, mobile=other.user.mobile)

    def test_nobody_comes_to_stand_above_the_own_employer(self, office):
        membership = MembershipFactory(employer__branch=office.city)
        with pytest.raises(operations.StaffRefused, match="单位账号"):
            self.change(office, mobile=membership.user.mobile)
        office.post.user.refresh_from_db()
        assert office.post.user.mobile != membership.user.mobile

    def test_needs_a_reason_a_name_and_a_difference(self, office):
        own = office.post.user.name
        for words, given in (
            ("原因", {"name": "何丽珊", "reason": " "}),
            ("姓名须为", {"name": "何"}),
            ("没有变化", {"name": own}),
        ):
            with pytest.raises(operations.StaffRefused, match=words):
                self.change(office, **given)

    def test_not_by_the_security_administrator_nor_on_the_own_account(self, office):
        with pytest.raises(permissions.NotPermitted):
            self.change(office, by=office.security)
        with pytest.raises(permissions.NotPermitted, match="自己"):
            self.change(office, by=replace(office.system, user_id=office.post.user_id))

    def test_what_was_done_under_the_old_mobile_stays_the_same_persons(self, office):
        """Another mobile is no way round the two-person rule."""
        old = office.post.user.mobile
        self.change(office, mobile="13812345678")
        actor = get_staff_actor(user_id=office.post.user_id)
        assert actor.persons == {old, "13812345678"}
        assert actor.own_among(old) == "您本人"
        assert not replace(actor, former=frozenset()).own_among(old)  # the twin
