"""Branches, people, passwords."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from huzhu.accounts import operations, permissions, queries
from huzhu.accounts.models import Branch, Session, User
from huzhu.shared.actors import system_actor
from tests.factories.accounts import NOON, PASSWORD, BranchFactory, StaffPostFactory, UserFactory, office_actor
from tests.factories.employers import EmployerFactory, MembershipFactory

pytestmark = pytest.mark.django_db


def make_staff(**changes):
    values = {"login_name": "reg01", "mobile": "13900139001", "name": "何受理", "roles": ["registrar"]} | changes
    if "branch_id" not in values:
        values["branch_id"] = BranchFactory().pk
    return operations.make_staff(by=values.pop("by", system_actor()), at=NOON, **values)


def make_branch(parent, level, code):
    return operations.make_branch(
        parent_id=parent and parent.pk, level=level, code=code, name=code, by=system_actor(), at=NOON
    )


class TestBranches:
    def test_a_subtree_is_a_prefix(self):
        province = make_branch(None, "province", "GD")
        city = make_branch(province, "city", "GZ")
        county = make_branch(city, "county", "YX")
        assert county.path == f"{province.pk}.{city.pk}.{county.pk}."
        assert queries.get_branches() == [province, city, county]

    def test_levels_go_down(self):
        province = make_branch(None, "province", "GD")
        with pytest.raises(operations.BranchRefused):
            make_branch(province, "province", "GX")
        with pytest.raises(operations.BranchRefused):
            make_branch(None, "city", "GZ")
        assert Branch.objects.count() == 1


class TestMakeUser:
    def test_one_portal_account_per_mobile(self):
        first = operations.make_user(mobile="+86 138 0013 8000", name="李", by=system_actor(), at=NOON)
        again = operations.make_user(mobile="13800138000", name="李", by=system_actor(), at=NOON)
        assert first == again
        assert first.login_name == "13800138000"

    def test_a_staff_account_of_the_same_person_stays_apart(self):
        post = StaffPostFactory()
        portal = operations.make_user(mobile=post.user.mobile, name="李", by=system_actor(), at=NOON)
        assert portal != post.user


class TestMakeStaff:
    def test_has_its_place_and_no_password_yet(self):
        user = make_staff()
        assert user.post.roles == ["registrar"]
        assert not user.has_usable_password()

    def test_the_three_administrators_are_never_one_person(self):
        with pytest.raises(operations.StaffRefused, match="互斥"):
            make_staff(roles=["system_admin", "auditor"])
        assert not User.objects.exists()

    def test_a_member_of_an_employer_below_cannot_become_staff(self):
        membership = MembershipFactory()
        with pytest.raises(operations.StaffRefused, match="成员"):
            make_staff(mobile=membership.user.mobile, branch_id=membership.employer.branch_id)
        assert make_staff(mobile=membership.user.mobile, branch_id=EmployerFactory().branch_id)

    @pytest.mark.parametrize("login_name", ["13800138000", "ab", "有名字", "a b c"])
    def test_names_that_cannot_be(self, login_name):
        with pytest.raises(operations.StaffRefused, match="登录名"):
            make_staff(login_name=login_name)

    def test_only_by_the_system_administrator_of_the_subtree(self):
        own = StaffPostFactory(system_admin=True)
        below = BranchFactory(parent=own.branch, level="city")
        assert make_staff(branch_id=below.pk, roles=[], by=office_actor(own))
        with pytest.raises(permissions.NotPermitted):
            make_staff(login_name="reg02", mobile="13900139002", roles=[], by=office_actor(own))
        registrar = office_actor(StaffPostFactory(registrar=True))
        with pytest.raises(permissions.NotPermitted):
            make_staff(login_name="reg03", branch_id=own.branch_id, roles=[], by=registrar)

    def test_people_give_no_roles_with_the_account(self):
        own = StaffPostFactory(system_admin=True)
        with pytest.raises(permissions.NotPermitted, match="安全管理员授予"):
            make_staff(branch_id=own.branch_id, by=office_actor(own))


class TestPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            "short",
            "password1234",
            "123456789012",
            "huzhu@2026!!",
            "互助会互助会2026年",
            "13912345678a",
            "qwertyuiop123",
        ],
    )
    def test_weak_ones_are_refused(self, password):
        user = UserFactory(mobile="13912345678", without_password=True)
        with pytest.raises(ValidationError):
            operations.set_password(user_id=user.pk, password=password, by=system_actor(), at=NOON)

    @pytest.mark.parametrize(
        "password", [PASSWORD, "春天在越秀山上看花开了一整天", "x" * 40 + "yz!9 and so on until 64 long"]
    )
    def test_good_ones_are_kept_as_a_hash(self, password):
        user = UserFactory(without_password=True)
        operations.set_password(user_id=user.pk, password=password, by=system_actor(), at=NOON)
        user.refresh_from_db()
        assert user.check_password(password)
        assert user.password_changed_at == NOON

    def test_the_hash_of_production_is_argon2_with_a_modest_memory(self):
        from huzhu.accounts.hashers import ModestArgon2Hasher

        encoded = ModestArgon2Hasher().encode(PASSWORD, "saltsaltsalt")
        assert encoded.startswith("argon2$argon2id$v=19$m=32768,t=3,p=1$")

    def test_every_session_ends(self):
        user, other = UserFactory(), UserFactory()
        for owner in (user, user, other):
            Session.objects.create(
                session_key=f"key{Session.objects.count()}", session_data="", expire_date=NOON, user_id=owner.pk
            )
        operations.set_password(user_id=user.pk, password=PASSWORD, by=system_actor(), at=NOON)
        assert list(Session.objects.values_list("user_id", flat=True)) == [other.pk]
