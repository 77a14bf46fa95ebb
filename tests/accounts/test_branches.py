"""The tree of branches: naming, moving, closing, and the database's own guards."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from huzhu.accounts import operations, permissions
from huzhu.accounts.models import Branch, StaffPost
from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Employer
from huzhu.journeys import close_branch as journey
from huzhu.shared.actors import system_actor
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.employers import EmployerFactory, MembershipFactory, RegistrationFactory

pytestmark = pytest.mark.django_db


class Tree:
    """A province with two cities, a county below the first, and the system administrator of all."""

    def __init__(self) -> None:
        self.province = BranchFactory(name="省本级")
        self.city, self.sister = (BranchFactory(parent=self.province, level="city") for _ in range(2))
        self.county = BranchFactory(parent=self.city, level="county", name="越秀代办点")
        self.admin = office_actor(StaffPostFactory(branch=self.province, system_admin=True))
        self.city_admin = office_actor(StaffPostFactory(branch=self.city, system_admin=True))


@pytest.fixture
def tree() -> Tree:
    return Tree()


def make(parent: Branch | None, level: str, by=None, **changes: str) -> Branch:
    words = {"code": "440199", "name": "新代办处"} | changes
    return operations.make_branch(
        parent_id=parent and parent.pk, level=level, by=by or system_actor(), at=NOON, **words
    )


def move(branch: Branch, to: Branch, by, reason: str = "行政区划调整") -> Branch:
    return operations.move_branch(branch_id=branch.pk, parent_id=to.pk, reason=reason, by=by, at=NOON)


def close(branch: Branch, by, reason: str = "机构撤并") -> Branch:
    return journey.close_branch(branch_id=branch.pk, reason=reason, by=by, at=NOON)


class TestMaking:
    @pytest.mark.parametrize(("parent", "level"), [("province", "county"), ("city", "city"), ("county", "county")])
    def test_levels_go_down_one_by_one(self, tree, parent, level):
        with pytest.raises(operations.BranchRefused, match="低一级"):
            make(getattr(tree, parent), level)

    def test_the_database_knows_the_levels_too(self, tree):
        for parent, level in [(tree.province, "county"), (tree.county, "county"), (tree.city, "city")]:
            with pytest.raises(IntegrityError), transaction.atomic():
                Branch.objects.create(parent=parent, level=level, code="X1", name="X", path="x")
        for parent, level in [(None, "city"), (tree.province, "province")]:
            with pytest.raises(IntegrityError), transaction.atomic():
                Branch.objects.create(parent=parent, level=level, code="X1", name="X", path="x")

    def test_a_wrong_path_does_not_survive_the_transaction(self, tree):
        Branch.objects.filter(pk=tree.county.pk).update(path="1.2.")
        with connection.cursor() as cursor, pytest.raises(IntegrityError, match="not that of the tree"):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def test_code_and_name_are_taken_once(self, tree):
        with pytest.raises(operations.BranchRefused, match="已被使用"):
            make(tree.province, "city", code=tree.city.code)
        with pytest.raises(operations.BranchRefused, match="同一上级机构"):
            make(tree.city, "county", name="越秀代办点")
        assert make(tree.sister, "county", name="越秀代办点").level == "county"
        with pytest.raises(operations.BranchRefused, match="2至20位"):
            make(tree.province, "city", code="广州")

    def test_only_inside_the_own_subtree(self, tree):
        assert make(tree.city, "county", by=tree.city_admin).parent == tree.city
        with pytest.raises(permissions.NotPermitted):
            make(tree.sister, "county", by=tree.city_admin, code="440198")


class TestRenaming:
    def test_leaves_old_and_new_in_the_trace(self, tree):
        branch = operations.rename_branch(
            branch_id=tree.county.pk, code=tree.county.code, name="越秀区 代办点", by=tree.city_admin, at=NOON
        )
        assert branch.name == "越秀区 代办点"
        event = AuditEvent.objects.get(event="accounts.rename_branch")
        assert event.details["before"]["name"] == "越秀代办点"

    def test_refuses_others_and_no_change(self, tree):
        with pytest.raises(permissions.NotPermitted):
            operations.rename_branch(branch_id=tree.sister.pk, code="440188", name="甲乙", by=tree.city_admin, at=NOON)
        with pytest.raises(operations.BranchRefused, match="没有变化"):
            operations.rename_branch(
                branch_id=tree.county.pk, code=tree.county.code, name=tree.county.name, by=tree.admin, at=NOON
            )


class TestMoving:
    def test_takes_the_subtree_along(self, tree, django_assert_max_num_queries):
        employer = EmployerFactory(branch=tree.county)
        old, new = (office_actor(StaffPostFactory(branch=city)) for city in (tree.city, tree.sister))
        with django_assert_max_num_queries(16):
            moved = move(tree.county, tree.sister, tree.admin)
        assert moved.path == f"{tree.sister.path}{tree.county.pk}."
        assert moved.parent == tree.sister
        assert not Employer.objects.visible_to(old).exists()
        assert list(Employer.objects.visible_to(new)) == [employer]
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def test_needs_both_parents_in_the_own_subtree(self, tree):
        with pytest.raises(permissions.NotPermitted):
            move(tree.county, tree.sister, tree.city_admin)
        with pytest.raises(permissions.NotPermitted):
            move(tree.city, tree.province, tree.city_admin)

    def test_stays_on_its_level(self, tree):
        with pytest.raises(operations.BranchRefused, match="同级"):
            move(tree.county, tree.province, tree.admin)
        with pytest.raises(operations.BranchRefused, match="已在"):
            move(tree.county, tree.city, tree.admin)
        with pytest.raises(operations.BranchRefused, match="原因"):
            move(tree.county, tree.sister, tree.admin, reason=" ")

    def test_nobody_comes_to_work_above_the_own_employer(self, tree):
        """Rulebook §1: staff may not be members of an employer account in their own subtree."""
        member = MembershipFactory(employer__branch=tree.county)
        StaffPostFactory(branch=tree.sister, user__mobile=member.user.mobile)
        with pytest.raises(operations.BranchRefused, match="管辖自己所在单位"):
            move(tree.county, tree.sister, tree.admin)
        tree.county.refresh_from_db()
        assert tree.county.parent == tree.city

    def test_nor_does_an_employer_move_under_its_own_member(self, tree):
        member = MembershipFactory(employer__branch=tree.county)
        StaffPostFactory(branch=tree.sister, user__mobile=member.user.mobile)
        with pytest.raises(IntegrityError, match="own subtree"), transaction.atomic():
            Employer.objects.update(branch=tree.sister)


class TestClosing:
    def test_an_empty_office_is_closed_and_leaves_the_choices(self, tree):
        close(tree.county, tree.city_admin)
        assert tree.county not in Branch.objects.open()
        assert AuditEvent.objects.get(event="accounts.close_branch").reason == "机构撤并"
        operations.reopen_branch(branch_id=tree.county.pk, reason="恢复", by=tree.city_admin, at=NOON)
        assert tree.county in Branch.objects.open()

    @pytest.mark.parametrize(
        ("make_work", "words"),
        [
            (lambda branch: EmployerFactory(branch=branch), "1 家参保单位"),
            (lambda branch: RegistrationFactory(branch=branch), "1 件单位注册"),
            (lambda branch: RegistrationFactory(branch=branch, returned=True), "1 件单位注册"),
            (lambda branch: StaffPostFactory(branch=branch), "1 名在用的工作人员"),
        ],
    )
    def test_what_is_left_there_keeps_it_open(self, tree, make_work, words):
        make_work(tree.county)
        with pytest.raises(operations.BranchRefused, match=words):
            close(tree.county, tree.admin)
        tree.county.refresh_from_db()
        assert tree.county.closed_at is None

    def test_offices_below_keep_it_open(self, tree):
        with pytest.raises(operations.BranchRefused, match="1 个下级机构"):
            close(tree.city, tree.admin)

    def test_nobody_closes_the_office_they_are_at(self, tree):
        with pytest.raises(permissions.NotPermitted):
            close(tree.city, tree.city_admin)

    def test_nothing_comes_to_a_closed_office(self, tree):
        employer = EmployerFactory(branch=tree.sister)
        close(tree.county, tree.admin)
        tree.county.refresh_from_db()
        for come in (
            lambda: EmployerFactory(branch=tree.county),
            lambda: RegistrationFactory(branch=tree.county),
            lambda: StaffPostFactory(branch=tree.county),
            lambda: Employer.objects.filter(pk=employer.pk).update(branch=tree.county),
            lambda: StaffPost.objects.update(branch=tree.county),
        ):
            with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
                come()

    def test_a_closed_office_takes_no_offices_below(self, tree):
        close(tree.sister, tree.admin)
        with pytest.raises(operations.BranchRefused, match="已停用"):
            make(tree.sister, "county")
        with pytest.raises(operations.BranchRefused, match="已停用"):
            move(tree.county, tree.sister, tree.admin)
