"""An employer goes to another branch: its open applications stay, and what the old branch had taken on is free for the new one."""

from __future__ import annotations

import pytest

from huzhu.audit.models import AuditEvent
from huzhu.employers import operations as employers
from huzhu.employers.models import Employer
from huzhu.enrolment import permissions
from huzhu.enrolment.queries import get_work_list
from huzhu.journeys import transfer_employer as journey
from huzhu.work import operations as work
from huzhu.work.models import Assignment, End
from tests.factories import billing as money
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.employers import EmployerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return money.root()


@pytest.fixture
def cities(province):
    return [BranchFactory(parent=province, level="city") for _ in range(2)]


@pytest.fixture
def application(cities):
    return money.approved_application(owner=EmployerFactory(branch=cities[0]), state="first_review")


def take(application, post) -> Assignment:
    return work.claim(kind="first_reviews", record_id=application.pk, by=office_actor(post), at=NOON)


def transfer(application, *, to, by) -> None:
    journey.request(
        employer_id=application.employer_id, to_branch_id=to.pk, reason="单位迁址", by=office_actor(by), at=NOON
    )


def test_open_applications_go_before_the_new_branchs_reviewer_and_leave_the_old_ones(application, province, cities):
    old, new = (StaffPostFactory(branch=city, registrar=True) for city in cities)
    take(application, old)
    transfer(application, to=cities[1], by=StaffPostFactory(branch=province, registrar=True))
    application.refresh_from_db()
    assert application.state == "first_review"
    assert list(get_work_list(actor=office_actor(new), stage=1)) == [application]
    assert not get_work_list(actor=office_actor(old), stage=1).exists()
    with pytest.raises(permissions.NotPermitted):
        permissions.check_may_review(application=application, by=office_actor(old))
    assert take(application, new).assignee_id == new.user_id
    assert Assignment.objects.get(assignee_id=old.user_id).end == End.HANDED_BACK
    assert AuditEvent.objects.filter(event="work.free", subject_id=str(application.pk)).count() == 1


def test_who_stands_above_both_keeps_what_they_have(application, province, cities):
    above = StaffPostFactory(branch=province, registrar=True)
    take(application, above)
    transfer(application, to=cities[1], by=above)
    assert Assignment.objects.live().get().assignee_id == above.user_id


def test_without_the_freeing_the_new_branch_would_wait_for_the_old_one(application, province, cities, monkeypatch):
    """The twin: the name of somebody who cannot see it any more would hold it."""
    monkeypatch.setattr(work, "free_stranded", lambda **_: 0)
    old, new = (StaffPostFactory(branch=city, registrar=True) for city in cities)
    take(application, old)
    transfer(application, to=cities[1], by=StaffPostFactory(branch=province, registrar=True))
    with pytest.raises(work.AlreadyClaimed):
        take(application, new)


def test_both_or_neither(application, cities, monkeypatch):
    by, receiver = (StaffPostFactory(branch=city, registrar=True) for city in cities)
    asked = employers.request_transfer(
        employer_id=application.employer_id, to_branch_id=cities[1].pk, reason="单位迁址", by=office_actor(by), at=NOON
    )
    monkeypatch.setattr(work, "free_stranded", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        journey.accept(transfer_id=asked.pk, by=office_actor(receiver), at=NOON)
    asked.refresh_from_db()
    assert asked.state == "requested"
    assert Employer.objects.get(pk=application.employer_id).branch == cities[0]
