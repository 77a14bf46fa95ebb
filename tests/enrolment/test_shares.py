"""份数 of single people: only where the plan leaves them to each, and then through to slip, cover and policy."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from huzhu.audit.models import AuditEvent
from huzhu.billing.models import PaymentSlip, SocietyAccount
from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import papers, queries
from huzhu.enrolment.models import ApplicationMember
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.journeys.start_cover import start_cover
from huzhu.policies.models import Policy
from tests.factories import enrolment as make
from tests.factories import plans
from tests.factories.accounts import StaffPostFactory, office_actor

pytestmark = pytest.mark.django_db
PRICE = Decimal(95)


@pytest.fixture
def free():
    """HOSP25 in a version that leaves up to three shares to each person, published by two people."""
    by, second = [office_actor(StaffPostFactory(branch=make.province(), product_manager=True)) for _ in range(2)]
    return plans.published(
        "HOSP25", by=by, second=second, at=make.NOON - dt.timedelta(days=1), valid_from=make.TODAY,
        uniform_shares=False, max_shares=3,
    )  # fmt: skip


def drafted(version, people_count: int = 3, shares: int = 1) -> make.Case:
    employer = make.an_employer()
    entries = make.people(employer, people_count)
    make.insurance_list(employer, entries)
    by = make.handler(employer)
    draft = enrolment.create_draft(employer_id=employer.pk, by=by, at=make.NOON)
    enrolment.set_plans(application_id=draft.pk, choices=[(version.pk, shares)], by=by, at=make.NOON)
    enrolment.add_from_roster(application_id=draft.pk, by=by, at=make.NOON)
    enrolment.run_precheck(application_id=draft.pk, by=by, at=make.NOON)
    return make.Case(application=draft, employer=employer, entries=entries, versions=[version])


def set_shares(case: make.Case, members: list[ApplicationMember], shares: int) -> int:
    return enrolment.set_shares(
        application_id=case.id,
        member_ids=[member.pk for member in members],
        share_count=shares,
        by=make.handler(case.employer),
        at=make.NOON,
    )


def members(case: make.Case) -> list[ApplicationMember]:
    return list(case.application.members.order_by("worker_id"))


def shares(case: make.Case) -> list[int]:
    return [member.share_count for member in members(case)]


class TestSetting:
    def test_one_person_has_others_than_everybody_and_costs_it(self, free):
        case = drafted(free)
        assert set_shares(case, members(case)[:1], 3) == 1
        assert shares(case) == [3, 1, 1]
        assert [member.contribution_amount for member in members(case)] == [3 * PRICE, PRICE, PRICE]
        assert case.refresh().contribution_amount == 5 * PRICE
        assert case.application.checked_at is None  # what was found before is out of date

    def test_the_precheck_leaves_them(self, free):
        case = drafted(free)
        set_shares(case, members(case)[:1], 3)
        enrolment.run_precheck(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
        assert shares(case) == [3, 1, 1]
        assert case.refresh().contribution_amount == 5 * PRICE

    def test_the_twin_a_plan_of_uniform_shares_is_set_right_by_the_precheck(self):
        case = make.application(people_count=2)
        ApplicationMember.objects.filter(pk=members(case)[0].pk).update(share_count=2)
        enrolment.run_precheck(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
        assert shares(case) == [1, 1]

    def test_marked_people_in_bulk_leave_a_trace_with_the_number(self, free):
        case = drafted(free)
        assert set_shares(case, members(case)[:2], 2) == 2
        event = AuditEvent.objects.get(event="enrolment.set_shares")
        assert event.details["rows"] == 2
        assert event.details["shares"] == 2

    def test_whoever_has_them_already_is_not_counted(self, free):
        case = drafted(free)
        set_shares(case, members(case)[:1], 2)
        assert set_shares(case, members(case), 2) == 2

    def test_people_off_the_list_or_of_others_are_left_alone(self, free):
        case, other = drafted(free), drafted(free)
        gone = members(case)[0]
        enrolment.remove_members(
            application_id=case.id, member_ids=[gone.pk], by=make.handler(case.employer), at=make.NOON
        )
        assert set_shares(case, [gone, *members(other)], 2) == 0
        assert shares(case) == [1, 1, 1]
        assert shares(other) == [1, 1, 1]

    def test_whoever_comes_back_brings_their_shares(self, free):
        case = drafted(free)
        by = make.handler(case.employer)
        one = members(case)[0]
        set_shares(case, [one], 3)
        for act in (enrolment.remove_members, enrolment.restore_members):
            act(application_id=case.id, member_ids=[one.pk], by=by, at=make.NOON)
        assert shares(case) == [3, 1, 1]


class TestRefusing:
    @pytest.mark.parametrize("count", [0, 4, -1])
    def test_beyond_the_plans_limit(self, free, count):
        case = drafted(free)
        with pytest.raises(enrolment.SharesRefused, match="每人可选1至3份"):
            set_shares(case, members(case)[:1], count)
        assert shares(case) == [1, 1, 1]

    def test_a_plan_of_uniform_shares_says_why(self):
        case = make.application(people_count=2, choices=[("CI25-A", 1)])
        with pytest.raises(enrolment.SharesRefused, match="每人份数相同，不能单独修改"):
            set_shares(case, members(case)[:1], 2)
        assert shares(case) == [1, 1]

    def test_one_row_of_such_a_plan_stops_all(self, free):
        case = drafted(free)
        enrolment.set_plans(
            application_id=case.id, choices=[(free.pk, 1), (plans.version("ACC25").pk, 1)],
            by=make.handler(case.employer), at=make.NOON,
        )  # fmt: skip
        with pytest.raises(enrolment.SharesRefused, match="每人份数相同"):
            set_shares(case, members(case), 2)
        assert set(shares(case)) == {1}

    def test_once_submitted(self, free):
        case = make.advance(drafted(free), "awaiting_form")
        with pytest.raises(enrolment.NotEditable):
            set_shares(case, members(case)[:1], 2)


class TestChangingThePlansShares:
    def test_those_who_have_as_many_as_everybody_go_with_them(self, free):
        case = drafted(free)
        set_shares(case, members(case)[:1], 3)
        enrolment.set_plans(
            application_id=case.id, choices=[(free.pk, 2)], by=make.handler(case.employer), at=make.NOON
        )
        assert shares(case) == [3, 2, 2]
        assert case.refresh().contribution_amount == 7 * PRICE

    def test_where_shares_are_uniform_everybody_goes(self):
        case = make.application(people_count=2, choices=[("CI25-A", 1)])
        version = plans.version("CI25-A")
        enrolment.set_plans(
            application_id=case.id, choices=[(version.pk, 2)], by=make.handler(case.employer), at=make.NOON
        )
        assert shares(case) == [2, 2]


def test_the_share_limit_is_held_against_the_persons_own_shares(free):
    case, other = drafted(free), make.an_employer()
    entry = case.entries[0]
    make.cover_of(make.also_at(entry, other), free, start=dt.date(2025, 8, 1))  # one share elsewhere
    set_shares(case, members(case), 2)
    enrolment.run_precheck(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
    assert case.codes() == {}
    set_shares(case, members(case)[:1], 3)
    enrolment.run_precheck(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
    (finding,) = case.application.findings.filter(code="already_covered")
    assert (finding.member_id, finding.inputs["requested"]) == (members(case)[0].pk, 3)


def test_form_slip_cover_and_policy_have_each_persons_shares(free):
    SocietyAccount.objects.create(
        number="3602000109200123456", bank="icbc", bank_name="工商银行", holder="互助会", is_payee=True
    )
    case = drafted(free)
    set_shares(case, members(case)[:1], 3)
    make.advance(case, "second_review")
    (line,) = papers.get_content(application=case.refresh(), at=make.NOON).lines
    assert (line.share_count, line.amount) == (5, 5 * PRICE)
    at = make.NOON + dt.timedelta(days=1)
    approve_enrolment(application_id=case.id, by=make.reviewer(), at=at)
    slip = PaymentSlip.objects.get(application=case.application)
    assert slip.amount == 5 * PRICE
    start_cover(application_id=case.id, arrival_on=at.date(), by=make.cashier(), at=at)
    covers = Cover.objects.order_by("worker_id").values_list("share_count", "contribution_amount")
    assert list(covers) == [(3, 3 * PRICE), (1, PRICE), (1, PRICE)]
    assert Policy.objects.get().contribution_amount == 5 * PRICE
    assert queries.get_summary(application=case.refresh()).amount == 5 * PRICE
