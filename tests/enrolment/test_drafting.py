"""Beginning: plans, shares, reference dates, people."""

from __future__ import annotations

import datetime as dt

import pytest

from huzhu.cover.rules import ReferenceDateRefused
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import ApplicationMember
from huzhu.shared.numbering import is_valid_number
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db


def draft(employer=None, **kwargs) -> make.Case:
    return make.application(employer=employer, **kwargs)


def choose(case, *choices, at=make.NOON):
    enrolment.set_plans(
        application_id=case.id,
        choices=[(plans.version(code).pk, shares) for code, shares in choices],
        by=make.handler(case.employer),
        at=at,
    )
    return case.refresh()


def people_of(case, code):
    members = ApplicationMember.objects.filter(application_id=case.id, application_plan__plan_version__plan__code=code)
    return {member.worker_id: (member.share_count, member.contribution_amount) for member in members}


def test_an_application_has_a_number_that_catches_slips():
    first, second = draft().application, draft().application
    assert is_valid_number(first.number, "SQ")
    assert first.number[:10] == "SQ20250811"
    assert first.number != second.number


class TestPlans:
    @pytest.mark.parametrize(
        ("choices", "words"),
        [
            ([], "至少选择一个"),
            ([("HOSP06", 1)], "停止参保"),
            ([("HOSP25", 0)], "每人可选1至1份"),
            ([("CI25-A", 6)], "每人可选1至5份"),
            ([("CI25-A", 1), ("CI25-B", 1)], "互斥"),
            ([("HOSP25", 1), ("HOSP25", 1)], "重复选择"),
        ],
    )
    def test_what_cannot_be_asked_for_is_refused_with_words_and_nothing_is_lost(self, choices, words):
        case = draft()
        with pytest.raises(enrolment.PlansRefused, match=words):
            choose(case, *choices)
        assert len(people_of(case, "HOSP25")) == 2

    def test_a_plan_not_yet_sold_is_refused(self):
        case = draft()
        plans.version("HOSP25", valid_from=dt.date(2025, 8, 12))
        with pytest.raises(enrolment.PlansRefused, match="自 2025-08-12 起开放参保"):
            choose(case, ("HOSP25", 1))
        choose(case, ("HOSP25", 1), at=make.NOON + dt.timedelta(days=1))

    def test_a_plan_that_stays_keeps_people_and_reference_date(self):
        case = draft(choices=[("CI25-A", 1), ("HOSP25", 1)], references=dt.date(2025, 9, 1))
        before = people_of(case, "CI25-A")
        choose(case, ("CI25-A", 3))
        after = people_of(case, "CI25-A")
        assert after.keys() == before.keys()
        assert set(after.values()) == {(3, make.money("240.00"))}
        assert people_of(case, "HOSP25") == {}
        assert case.application.plans.get().reference_on == dt.date(2025, 9, 1)
        assert (case.application.member_count, case.application.contribution_amount) == (2, make.money("480.00"))
        assert case.application.checked_at is None

    def test_a_plan_that_is_added_takes_the_people_it_may_take(self):
        employer = make.an_employer()
        entries = make.people(employer) + make.people(employer, gender="female", job_category="management")
        case = draft(employer, entries=entries)
        choose(case, ("HOSP25", 1), ("ACC25", 1), ("WCI25", 2))
        assert people_of(case, "ACC25").keys() == people_of(case, "HOSP25").keys()
        assert people_of(case, "WCI25").keys() == {entries[1].worker_id}

    def test_somebody_taken_off_the_list_is_not_put_into_an_added_plan(self):
        case = draft()
        gone = case.application.members.first()
        by = make.handler(case.employer)
        enrolment.remove_members(application_id=case.id, member_ids=[gone.pk], by=by, at=make.NOON)
        choose(case, ("HOSP25", 1), ("ACC25", 1))
        assert gone.worker_id not in people_of(case, "ACC25")


class TestPeople:
    def add(self, case, **filters):
        return enrolment.add_from_roster(
            application_id=case.id, by=make.handler(case.employer), at=make.NOON, **filters
        )

    def test_everybody_in_service_joins_every_plan_once(self):
        employer = make.an_employer()
        entries = make.people(employer, 4)
        make.people(make.an_employer(), 2)
        make.people(employer, 1, status="left", left_on=make.TODAY)
        case = draft(employer, entries=entries[:1], choices=[("HOSP25", 1), ("ACC25", 1)])
        added = self.add(case)
        assert (added.added, added.restored, added.skipped, added.not_eligible) == (3, 0, 1, 0)
        assert case.application.members.count() == 8
        assert self.add(case).added == 0

    def test_departments(self):
        employer = make.an_employer()
        entries = make.people(employer, 2) + make.people(employer, 3, department="财务部")
        case = draft(employer, entries=entries[:1])
        assert self.add(case, departments=["财务部"]).added == 3

    def test_another_employers_entries_are_not_taken(self):
        case = draft()
        foreign = make.people(make.an_employer(), 2)
        added = self.add(case, entry_ids=[entry.pk for entry in foreign])
        assert (added.added, added.skipped) == (0, 0)

    def test_people_of_the_last_term(self):
        employer = make.an_employer()
        entries = make.people(employer, 4)
        make.cover_of(entries[1], plans.version("HOSP06"), start=dt.date(2024, 1, 1))
        make.cover_of(entries[2], plans.version("ACC25"), start=dt.date(2024, 1, 1))
        case = draft(employer, entries=entries[:1])
        assert self.add(case, previously_covered=True).added == 1
        assert entries[1].worker_id in people_of(case, "HOSP25")

    def test_the_womens_plan_takes_women(self):
        employer = make.an_employer()
        entries = make.people(employer, 2) + make.people(employer, 3, gender="female")
        case = draft(employer, entries=[], choices=[("WCI25", 1)])
        added = self.add(case, entry_ids=[entry.pk for entry in entries])
        assert (added.added, added.not_eligible) == (3, 2)

    def test_taken_off_and_put_back(self):
        case = draft(people_count=3)
        by, members = make.handler(case.employer), list(case.application.members.values_list("pk", flat=True))
        assert enrolment.remove_members(application_id=case.id, member_ids=members[:2], by=by, at=make.NOON) == 2
        assert case.refresh().member_count == 1
        assert self.add(case).restored == 0  # somebody taken off on purpose does not slip back in with everybody
        named = case.application.members.get(pk=members[0]).entry_id
        assert self.add(case, entry_ids=[named]).restored == 1
        assert enrolment.restore_members(application_id=case.id, member_ids=members, by=by, at=make.NOON) == 1
        assert case.refresh().contribution_amount == make.money("285.00")

    def test_another_applications_people_are_out_of_reach(self):
        case, other = draft(), draft()
        members = list(other.application.members.values_list("pk", flat=True))
        by = make.handler(case.employer)
        assert enrolment.remove_members(application_id=case.id, member_ids=members, by=by, at=make.NOON) == 0


class TestReferenceDates:
    def test_setting_one_runs_the_check_again(self):
        case = draft()
        plan = case.application.plans.get()
        on = dt.date(2025, 9, 1)
        by = make.handler(case.employer)
        enrolment.set_reference_dates(application_id=case.id, dates={plan.pk: on}, by=by, at=make.NOON)
        assert set(case.application.members.values_list("planned_start", flat=True)) == {on}
        assert case.refresh().checked_at == make.NOON
        enrolment.set_reference_dates(application_id=case.id, dates={plan.pk: None}, by=by, at=make.NOON)
        assert set(case.application.members.values_list("planned_start", flat=True)) == {make.TOMORROW}

    @pytest.mark.parametrize("on", [make.TODAY, make.TODAY + dt.timedelta(days=181)])
    def test_a_date_that_cannot_be_is_refused_with_those_that_can(self, on):
        case = draft()
        plan = case.application.plans.get()
        with pytest.raises(ReferenceDateRefused, match="请选择"):
            enrolment.set_reference_dates(
                application_id=case.id, dates={plan.pk: on}, by=make.handler(case.employer), at=make.NOON
            )

    def test_another_applications_plan_stays_as_it_is(self):
        case, other = draft(), draft()
        plan = other.application.plans.get()
        enrolment.set_reference_dates(
            application_id=case.id, dates={plan.pk: dt.date(2025, 9, 1)}, by=make.handler(case.employer), at=make.NOON
        )
        plan.refresh_from_db()
        assert plan.reference_on is None


class TestInsuranceList:
    def test_an_older_or_anothers_list_is_refused(self):
        case = draft()
        old = make.insurance_list(case.employer, case.entries, month=dt.date(2025, 6, 1))
        foreign = make.insurance_list(make.an_employer(), case.entries)
        for roster in (old, foreign):
            with pytest.raises(enrolment.InsuranceRosterRefused, match="当月或上月"):
                enrolment.attach_insurance_roster(
                    application_id=case.id, insurance_roster_id=roster.pk, by=make.handler(case.employer), at=make.NOON
                )

    def test_the_list_that_was_chosen_stays_while_it_is_fresh(self):
        case = draft()
        july = make.insurance_list(case.employer, case.entries[:1], month=dt.date(2025, 7, 1))
        by = make.handler(case.employer)
        enrolment.attach_insurance_roster(application_id=case.id, insurance_roster_id=july.pk, by=by, at=make.NOON)
        enrolment.run_precheck(application_id=case.id, by=by, at=make.NOON)
        assert case.refresh().insurance_roster == july
        assert case.codes() == {"not_on_insurance_list": 1}


@pytest.mark.parametrize("state", ["awaiting_form", "first_review", "second_review", "awaiting_payment"])
def test_nothing_changes_once_it_has_left_the_employers_hands(state):
    case = draft(people_count=1) if state == "draft" else make.application(state, people_count=1)
    by, at = make.handler(case.employer), make.NOON
    member, plan = case.application.members.get(), case.application.plans.get()
    roster = case.application.insurance_roster_id
    for attempt in (
        lambda: enrolment.set_plans(application_id=case.id, choices=[(plan.plan_version_id, 1)], by=by, at=at),
        lambda: enrolment.add_from_roster(application_id=case.id, by=by, at=at),
        lambda: enrolment.remove_members(application_id=case.id, member_ids=[member.pk], by=by, at=at),
        lambda: enrolment.restore_members(application_id=case.id, member_ids=[member.pk], by=by, at=at),
        lambda: enrolment.set_reference_dates(application_id=case.id, dates={}, by=by, at=at),
        lambda: enrolment.attach_insurance_roster(application_id=case.id, insurance_roster_id=roster, by=by, at=at),
        lambda: enrolment.run_precheck(application_id=case.id, by=by, at=at),
        lambda: enrolment.set_wizard_step(application_id=case.id, step="people", by=by),
    ):
        with pytest.raises(enrolment.NotEditable, match="不能修改"):
            attempt()
