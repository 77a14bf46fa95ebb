"""Sensitive acts: a second factor of at most five minutes, on the operation itself."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from huzhu.accounts import factors
from huzhu.accounts import operations as accounts
from huzhu.audit.models import AuditEvent
from huzhu.employers import operations as employers
from huzhu.roster import operations as roster
from huzhu.roster.queries import RosterFilter
from huzhu.shared import fresh_factor
from huzhu.shared.actors import Actor, Side, system_actor
from tests.factories.accounts import NOON, StaffPostFactory, office_actor
from tests.factories.employers import JoinRequestFactory, MembershipFactory, employer_actor

ROOT = Path(__file__).resolve().parents[2]
SENSITIVE = {  # security.md §1: whoever adds an act here or takes one away does so knowingly
    "accept_join",
    "appoint_deputy",
    "change_roles",
    "change_staff_person",
    "change_staff_roles",
    "disable_user",
    "enable_user",
    "export_roster",
    "fill_template",
    "invite",
    "make_recovery_codes",
    "move_staff",
    "offer_hand_over",
    "reset_factor",
}


def actor(**changes) -> Actor:
    return Actor(**{"user_id": 1, "name": "甲", "person": "1", "side": Side.OFFICE} | changes)


@fresh_factor.needed()
def act(*, by, at):
    return "done"


@pytest.mark.parametrize(("seconds", "opens"), [(0, True), (299, True), (300, True), (301, False)])
def test_five_minutes(seconds, opens):
    by = actor(proven_at=NOON - timedelta(seconds=seconds))
    if opens:
        assert act(by=by, at=NOON) == "done"
    else:
        with pytest.raises(fresh_factor.FactorStale, match="本人"):
            act(by=by, at=NOON)


def test_without_any_factor_nothing_opens_but_the_program_needs_none():
    for side in (Side.OFFICE, Side.EMPLOYER, Side.PUBLIC):
        with pytest.raises(fresh_factor.FactorStale):
            act(by=actor(side=side), at=NOON)
    assert act(by=system_actor(), at=NOON) == "done"


def test_these_acts_are_sensitive_and_no_others():
    found = set()
    for path in (ROOT / "huzhu").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                marks = [ast.unparse(one) for one in node.decorator_list]
                if any(mark.startswith("fresh_factor.needed(") for mark in marks):
                    assert marks[0].startswith("fresh_factor.needed("), (
                        f"{node.name}: the factor is asked before all else"
                    )
                    found.add(node.name)
    assert found == SENSITIVE


@pytest.mark.django_db
class TestStaleMeansNothingIsWritten:
    """Each sensitive act with a factor one second too old: refused, and not one row of trace or change."""

    def refuse(self, operation, by, **given):
        before = AuditEvent.objects.count()
        stale = replace(by, proven_at=NOON - fresh_factor.LASTS - timedelta(seconds=1))
        with pytest.raises(fresh_factor.FactorStale):
            operation(by=stale, at=NOON, **given)
        assert AuditEvent.objects.count() == before

    def test_roles_of_a_member(self):
        owner = MembershipFactory()
        member = MembershipFactory(employer=owner.employer, handler=True)
        by = employer_actor(owner)
        self.refuse(employers.change_roles, by, membership_id=member.pk, roles=["owner"])
        member.refresh_from_db()
        assert member.roles == ["handler"]
        assert employers.change_roles(membership_id=member.pk, roles=["viewer"], by=by, at=NOON).roles == ["viewer"]

    def test_letting_somebody_in(self):
        owner = MembershipFactory()
        asked = JoinRequestFactory(employer=owner.employer)
        self.refuse(employers.accept_join, employer_actor(owner), join_request_id=asked.pk, roles=["owner"])
        asked.refresh_from_db()
        assert asked.state == "asked"

    def test_inviting_and_handing_over(self):
        owner = MembershipFactory()
        by, given = employer_actor(owner), {"employer_id": owner.employer_id, "mobile": "13800138123", "name": "张新人"}
        self.refuse(employers.invite, by, roles=["owner"], **given)
        self.refuse(employers.offer_hand_over, by, former_leaves=True, **given)

    def test_full_numbers_of_a_roster_but_not_masked_ones(self):
        owner = MembershipFactory()
        by, given = employer_actor(owner), {"employer_id": owner.employer_id, "filters": RosterFilter()}
        self.refuse(roster.export_roster, by, with_numbers=True, reason="自查", **given)
        self.refuse(roster.fill_template, by, reason="自查", **given)
        assert roster.export_roster(by=replace(by, proven_at=None), at=NOON, **given)

    def test_roles_of_staff(self):
        admin = StaffPostFactory(security_admin=True)
        post = StaffPostFactory(branch=admin.branch)
        given = {"user_id": post.user_id, "roles": ["cashier"], "reason": "调岗"}
        self.refuse(accounts.change_staff_roles, office_actor(admin), **given)
        post.refresh_from_db()
        assert post.roles == ["registrar"]

    def test_place_state_and_person_of_staff(self):
        admin = StaffPostFactory(system_admin=True)
        post = StaffPostFactory(branch=admin.branch)
        by, given = office_actor(admin), {"user_id": post.user_id, "reason": "调岗"}
        self.refuse(accounts.move_staff, by, branch_id=post.branch_id, **given)
        self.refuse(accounts.disable_user, by, **given)
        self.refuse(accounts.enable_user, by, **given)
        self.refuse(accounts.change_staff_person, by, name="何丽珊", mobile="", **given)
        post.refresh_from_db()
        assert post.user.is_active

    def test_the_second_factor_of_another(self):
        admin = StaffPostFactory(security_admin=True)
        post = StaffPostFactory(branch=admin.branch)
        self.refuse(factors.reset_factor, office_actor(admin), user_id=post.user_id, reason="遗失")
        self.refuse(factors.make_recovery_codes, office_actor(post))
