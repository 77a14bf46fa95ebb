"""代理: in their days, in both subtrees, never an administrator's power; and two persons wherever two are needed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions
from huzhu.shared.actors import Principal
from huzhu.shared.fresh_factor import FactorStale
from huzhu.shared.trace import Refused
from huzhu.work import operations as work
from huzhu.work import queries
from tests.factories import enrolment as make
from tests.factories import work as desk
from tests.factories.accounts import office_actor
from tests.policy import without_guards

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
TODAY = desk.TODAY


def standing_in(deputy, for_whom):
    """A deputy's actor with the roles of whom they stand in for."""
    principal = Principal(user_id=for_whom.user_id, name=for_whom.name, person=for_whom.person)
    return replace(deputy, roles=for_whom.roles, branch_path=for_whom.branch_path, stands_in_for=principal)


class TestDays:
    @pytest.mark.parametrize(("day", "stands"), [(-1, False), (0, True), (2, True), (3, False)])
    def test_both_included_and_no_other(self, day, stands):
        office = desk.office()
        away, deputy = desk.post(office.city, "registrar"), desk.post(office.city, "cashier")
        made = desk.appoint(away, deputy, first_on=TODAY, last_on=TODAY + 2 * DAY)
        found = queries.get_standing_deputy(deputy_id=made.pk, user_id=deputy.user_id, day=TODAY + day * DAY)
        assert (found is not None) is stands
        assert bool(queries.get_principals(user_id=deputy.user_id, day=TODAY + day * DAY)) is stands

    def test_end_early(self):
        office = desk.office()
        away, deputy = desk.post(office.city, "registrar"), desk.post(office.city, "cashier")
        made = desk.appoint(away, deputy, first_on=TODAY, last_on=TODAY + 2 * DAY)
        work.end_deputy(deputy_id=made.pk, by=office_actor(away), at=desk.MONDAY)
        assert queries.get_standing_deputy(deputy_id=made.pk, user_id=deputy.user_id, day=TODAY) is None

    def test_one_deputy_a_day(self):
        office = desk.office()
        away, first, second = (desk.post(office.city, "registrar") for _ in range(3))
        desk.appoint(away, first, first_on=TODAY, last_on=TODAY + 2 * DAY)
        with pytest.raises(work.DeputyRefused, match="错开日期"):
            desk.appoint(away, second, first_on=TODAY + 2 * DAY, last_on=TODAY + 5 * DAY)
        desk.appoint(away, second, first_on=TODAY + 3 * DAY, last_on=TODAY + 5 * DAY)

    @pytest.mark.parametrize(("first", "last"), [(2, 1), (-3, -1), (0, 200)])
    def test_days_that_cannot_be(self, first, last):
        office = desk.office()
        away, deputy = desk.post(office.city, "registrar"), desk.post(office.city, "cashier")
        with pytest.raises(work.DeputyRefused):
            desk.appoint(away, deputy, first_on=TODAY + first * DAY, last_on=TODAY + last * DAY)


class TestReach:
    def test_only_as_far_as_both_subtrees(self):
        office = desk.office()
        away, deputy = desk.post(office.province, "reviewer", "registrar"), desk.post(office.city, "cashier")
        made = desk.appoint(away, deputy, first_on=TODAY, last_on=TODAY)
        actor = queries.get_actor_for(office_actor(deputy), deputy=made)
        assert actor.branch_path == office.city.path
        assert actor.roles == {"reviewer", "registrar"}
        assert actor.persons == {away.user.mobile, deputy.user.mobile}

    def test_beside_each_other_is_nowhere(self):
        office = desk.office()
        with pytest.raises(Refused, match="没有共同的管辖范围"):
            desk.appoint(
                desk.post(office.city, "registrar"),
                desk.post(office.sister, "registrar"),
                first_on=TODAY,
                last_on=TODAY,
            )

    @pytest.mark.parametrize("power", ["system_admin", "security_admin", "auditor"])
    def test_an_administrators_power_is_never_stood_in_for_nor_beside_it(self, power):
        office = desk.office()
        admin, clerk = desk.post(office.city, power), desk.post(office.city, "registrar")
        for principal, deputy in ((admin, clerk), (clerk, admin)):
            with pytest.raises(Refused, match="代理"):
                desk.appoint(principal, deputy, first_on=TODAY, last_on=TODAY)

    def test_a_role_taken_meanwhile_is_gone_for_the_deputy_too(self):
        office = desk.office()
        away, deputy = desk.post(office.city, "registrar"), desk.post(office.city, "cashier")
        made = desk.appoint(away, deputy, first_on=TODAY, last_on=TODAY)
        away.user.is_active = False
        away.user.save()
        assert queries.get_actor_for(office_actor(deputy), deputy=made) is None

    def test_by_oneself_or_by_the_subtrees_administrator(self):
        office = desk.office()
        away, deputy = desk.post(office.city, "registrar"), desk.post(office.city, "registrar")
        asked = {
            "principal_id": away.user_id, "deputy_id": deputy.user_id, "first_on": TODAY, "last_on": TODAY, "reason": "",
            "at": desk.MONDAY,
        }  # fmt: skip
        for by in (desk.staff(office.city, "registrar"), desk.staff(office.sister, "system_admin")):
            with pytest.raises(Refused):
                work.appoint_deputy(**asked, by=by)
        with pytest.raises(Refused, match="退出代理"):
            work.appoint_deputy(**asked, by=standing_in(office_actor(deputy), office_actor(away)))
        with pytest.raises(FactorStale):
            work.appoint_deputy(**asked, by=replace(office_actor(away), proven_at=None))
        work.appoint_deputy(**asked, by=desk.staff(office.province, "system_admin"))


class TestTwoPersons:
    """First review by B in A's stead: neither A nor B, nor anybody in their stead, gives the second."""

    def reviewed(self):
        case = make.application("first_review")
        away, deputy = make.registrar(person="13900000041"), make.registrar(person="13900000042")
        enrolment.approve_first(application_id=case.id, by=standing_in(deputy, away), at=make.NOON)
        return case

    @pytest.mark.parametrize("person", ["13900000041", "13900000042"])
    def test_neither_gives_the_second(self, person):
        case = self.reviewed()
        with pytest.raises(permissions.NotPermitted, match="复审须由另一人办理"):
            enrolment.approve_second(application_id=case.id, by=make.reviewer(person=person), at=make.NOON)
        assert not queries.get_work(make.reviewer(person=person), wanted=queries.Wanted(), today=make.TODAY).rows

    @pytest.mark.parametrize("person", ["13900000041", "13900000042"])
    def test_nor_does_anybody_in_their_stead(self, person):
        case = self.reviewed()
        other = make.reviewer(person="13900000043")
        with pytest.raises(permissions.NotPermitted, match="您代理的"):
            enrolment.approve_second(
                application_id=case.id, by=standing_in(other, make.reviewer(person=person)), at=make.NOON
            )

    def test_a_third_does(self):
        case = self.reviewed()
        enrolment.approve_second(application_id=case.id, by=make.reviewer(person="13900000043"), at=make.NOON)
        assert case.refresh().state == "awaiting_payment"

    @pytest.mark.parametrize(
        ("by_person", "for_person"),
        [("13900000041", ""), ("13900000042", ""), ("13900000043", "13900000041"), ("13900000043", "13900000042")],
    )
    def test_twin_without_the_permission_meets_the_constraint(self, by_person, for_person, monkeypatch):
        case = self.reviewed()
        without_guards(monkeypatch, "enrolment.approve_second")
        by = make.reviewer(person=by_person)
        if for_person:
            by = standing_in(by, make.reviewer(person=for_person))
        with pytest.raises(IntegrityError), transaction.atomic():
            enrolment.approve_second(application_id=case.id, by=by, at=make.NOON)
