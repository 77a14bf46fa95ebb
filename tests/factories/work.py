"""Work of several kinds in one county, and the staff it waits for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from huzhu.accounts.models import Branch, StaffPost
from huzhu.employers.models import Registration
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import SHANGHAI
from huzhu.work import operations as work
from huzhu.work.models import Deputy
from tests.factories import billing as money
from tests.factories.accounts import BranchFactory, StaffPostFactory, office_actor
from tests.factories.employers import RegistrationFactory

MONDAY = dt.datetime(2025, 8, 11, 9, tzinfo=SHANGHAI)
TODAY = MONDAY.date()


@dataclass
class Office:
    """A province, a city with a county, and a sister city."""

    province: Branch
    city: Branch
    county: Branch
    sister: Branch


def office() -> Office:
    """The tree."""
    province = money.root()
    city, sister = (BranchFactory(parent=province, level="city") for _ in range(2))
    return Office(province, city, BranchFactory(parent=city, level="county"), sister)


def post(branch: Branch, *roles: str, name: str = "", mobile: str = "") -> StaffPost:
    """A colleague's place."""
    words = {"user__name": name} if name else {}
    if mobile:
        words["user__mobile"] = mobile
    return StaffPostFactory(branch=branch, roles=list(roles), **words)


def staff(branch: Branch, *roles: str, name: str = "", mobile: str = "") -> Actor:
    """A colleague, acting."""
    return office_actor(post(branch, *roles, name=name, mobile=mobile))


def registration(branch: Branch, *, at: dt.datetime = MONDAY, **fields: object) -> Registration:
    """A registration that has waited since then."""
    return RegistrationFactory(branch=branch, submitted_at=at, **fields)


def registrations(branch: Branch, count: int) -> None:
    """Many at once, by one insert."""
    Registration.objects.bulk_create(RegistrationFactory.build_batch(count, branch=branch, submitted_at=MONDAY))


def appoint(principal: StaffPost, deputy: StaffPost, *, first_on: dt.date, last_on: dt.date) -> Deputy:
    """A colleague in somebody's stead, appointed by that one."""
    by = replace(office_actor(principal), proven_at=MONDAY)
    return work.appoint_deputy(
        principal_id=principal.user_id,
        deputy_id=deputy.user_id,
        first_on=first_on,
        last_on=last_on,
        reason="年休假",
        by=by,
        at=MONDAY,
    )
