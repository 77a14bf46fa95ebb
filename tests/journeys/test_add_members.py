"""增员: people join a policy during its term; the others' cover stays; own or common end, slip, next version, receipts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from huzhu.billing.models import PaymentSlip
from huzhu.billing.queries import get_slip_lines
from huzhu.cli import doctor
from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions
from huzhu.enrolment import queries as applications
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication
from huzhu.enrolment.papers import get_content
from huzhu.enrolment.precheck.floors import get_floors
from huzhu.journeys.add_members import AdditionRefused, add_members
from huzhu.journeys.remove_members import remove_members
from huzhu.plans.models import PlanVersion
from huzhu.policies import operations as policies
from huzhu.policies import papers, renewals, versions
from huzhu.policies.models import Policy
from huzhu.policies.operations import Leaving
from huzhu.receipts import operations as receipts
from huzhu.receipts import queries as receipt_queries
from huzhu.shared.actors import system_actor
from tests.factories import additions
from tests.factories import enrolment as make
from tests.factories import policies as policy_factory
from tests.factories.additions import noon
from tests.factories.employers import EmployerFactory
from tests.factories.flows import move

pytestmark = pytest.mark.django_db
OCTOBER = noon("2025-10-09")


@pytest.fixture(autouse=True)
def _october():
    with time_machine.travel(OCTOBER, tick=False):
        yield


def members_of(application: EnrolmentApplication) -> dict[int, ApplicationMember]:
    rows = ApplicationMember.objects.filter(application=application, removed_at=None)
    return {row.worker_id: row for row in rows}


def codes(application: EnrolmentApplication) -> set[str]:
    return set(application.findings.exclude(severity="info").values_list("code", flat=True))


def covers(policy: Policy, application: EnrolmentApplication) -> list[Cover]:
    return list(Cover.objects.filter(policy_id=policy.pk, application_id=application.pk).order_by("pk"))


class TestDraft:
    def test_takes_plan_version_and_shares_of_the_policy_and_who_came_since(self):
        policy = additions.issued()
        new = additions.joined(policy, 2)
        make.people(policy.employer, 1)  # was there before and not enrolled
        draft = additions.begun(policy, at=OCTOBER)
        [plan] = draft.plans.all()
        assert (draft.endorsed_policy_id, draft.endorsed_policy_number) == (policy.pk, policy.number)
        assert (plan.plan_version_id, plan.share_count) == (policy.plan_version_id, policy.share_count)
        assert set(members_of(draft)) == {entry.worker_id for entry in new}
        assert draft.wizard_step == "members"
        assert codes(draft) == {"participation_floor"}  # of whom was there before and is on no policy

    def test_others_can_be_added_but_nobody_who_is_on_the_policy(self):
        policy = additions.issued()
        [before] = make.people(policy.employer, 1)
        draft = additions.begun(policy, at=OCTOBER)
        assert (draft.member_count, draft.wizard_step) == (0, "people")
        added = enrolment.add_from_roster(application_id=draft.pk, by=make.handler(policy.employer), at=OCTOBER)
        assert (added.added, added.on_policy, added.skipped) == (1, 2, 0)
        assert set(members_of(draft)) == {before.worker_id}

    def test_who_was_left_out_on_purpose_is_not_proposed_again(self):
        policy = additions.issued()
        [new] = additions.joined(policy)
        draft = additions.begun(policy, at=OCTOBER)
        by = make.handler(policy.employer)
        enrolment.remove_members(
            application_id=draft.pk, member_ids=[members_of(draft)[new.worker_id].pk], by=by, at=OCTOBER
        )
        enrolment.delete(application_id=draft.pk, by=by, at=OCTOBER)
        assert additions.begun(policy, at=OCTOBER).member_count == 0

    def test_who_is_on_the_way_to_the_policy_already_is_not_proposed_again(self):
        policy = additions.issued()
        additions.joined(policy)
        additions.reviewed(policy, at=OCTOBER)
        [later] = additions.joined(policy)
        assert set(members_of(additions.begun(policy, at=OCTOBER))) == {later.worker_id}

    @pytest.mark.parametrize(("day", "is_over"), [("2026-08-11", False), ("2026-08-12", True)])
    def test_a_draft_that_outlived_the_term_is_not_submitted(self, day, is_over):
        policy = additions.issued()
        additions.joined(policy)
        draft = additions.begun(policy, at=OCTOBER)
        missing = applications.get_missing(application=draft, day=dt.date.fromisoformat(day))
        assert ("policy_over" in {each.kind for each in missing}) == is_over

    def test_one_that_is_still_with_the_employer_is_gone_on_with(self):
        policy = additions.issued()
        by = make.handler(policy.employer)
        first = add_members(policy_id=policy.pk, by=by, at=OCTOBER)
        again = add_members(policy_id=policy.pk, by=by, at=OCTOBER)
        assert (first.is_new, again.is_new) == (True, False)
        assert first.application == again.application

    def test_plans_cannot_be_exchanged(self):
        policy = additions.issued()
        draft = additions.begun(policy, at=OCTOBER)
        with pytest.raises(enrolment.PlansRefused, match="随保单"):
            enrolment.set_plans(
                application_id=draft.pk,
                choices=[(policy.plan_version_id, 1)],
                by=make.handler(policy.employer),
                at=OCTOBER,
            )

    @pytest.mark.parametrize(("is_common", "last"), [(False, "2026-08-11"), (True, "2026-08-10")])
    def test_begins_during_the_term_only(self, is_common, last):
        policy = additions.issued(is_common=is_common)
        by, day = make.handler(policy.employer), dt.date.fromisoformat(last)
        with pytest.raises(AdditionRefused):
            add_members(policy_id=policy.pk, by=by, at=noon(day + dt.timedelta(days=1)))
        assert add_members(policy_id=policy.pk, by=by, at=noon(day)).is_new

    def test_strangers_and_readers_may_not(self):
        policy = additions.issued()
        for by in (make.handler(EmployerFactory()), make.handler(policy.employer, roles=("viewer", "finance"))):
            with pytest.raises(permissions.NotPermitted):
                add_members(policy_id=policy.pk, by=by, at=OCTOBER)
        assert not EnrolmentApplication.objects.filter(endorsed_policy_id=policy.pk).exists()


class TestOwnPeriod:
    def test_full_term_full_contribution_and_the_next_version(self):
        policy = additions.issued()
        before = list(Cover.objects.order_by("pk").values())
        new = additions.joined(policy, 2)
        application = additions.added(policy, at=OCTOBER)
        added = covers(policy, application)
        assert {cover.worker_id for cover in added} == {entry.worker_id for entry in new}
        assert {(cover.coverage_start, cover.coverage_end) for cover in added} == {
            (dt.date(2025, 10, 10), dt.date(2026, 10, 10))
        }
        assert {cover.contribution_amount for cover in added} == {Decimal("95.00")}
        assert list(Cover.objects.order_by("pk").values())[: len(before)] == before

        policy, version = additions.get(policy), versions.get_version(policy=policy)
        assert Policy.objects.count() == 1
        assert (version.number, version.cause, version.application_id) == (2, "members_added", application.pk)
        assert (version.added_count, version.member_count, version.added_amount) == (2, 4, Decimal("190.00"))
        assert version.contribution_amount == policy.contribution_amount == Decimal("380.00")
        assert (policy.member_count, policy.coverage_end) == (4, dt.date(2026, 10, 10))
        assert version.effective_on == dt.date(2025, 10, 10)
        assert application.state == "effective"
        assert all(
            rows == [] for name, rows in doctor.examine(at=OCTOBER).items() if "policy" in name or "cover" in name
        )

    def test_the_paper_lists_everybody_and_says_who_was_added(self):
        policy = additions.issued()
        [new] = additions.joined(policy)
        additions.added(policy, at=OCTOBER)
        second = papers.describe_policy(policy=additions.get(policy))
        assert [change.as_row(1)[1:3] for change in second.changes] == [["增员", new.name]]
        assert (len(second.members), second.version, second.contribution) == (3, 2, Decimal("285.00"))
        assert second.slip_number.endswith("等2张")
        first = papers.describe_policy(policy=additions.get(policy), version=policy.versions.get(number=1))
        assert (len(first.members), first.changes, first.contribution) == (2, [], Decimal("190.00"))

    def test_a_plan_that_is_closed_still_takes_people_onto_its_policies(self):
        policy = additions.issued()
        additions.joined(policy)
        move(PlanVersion.objects.get(pk=policy.plan_version_id), "closed", at=OCTOBER)
        assert additions.added(policy, at=OCTOBER).state == "effective"

    def test_people_on_the_policy_count_for_the_floor(self):
        policy = additions.issued(people=3)
        additions.joined(policy)
        draft = additions.begun(policy, at=OCTOBER)
        [floor] = get_floors(application_id=draft.pk, at=OCTOBER)
        assert (floor.base, floor.joined) == (4, 4)

    def test_who_has_left_counts_neither_way(self):
        policy = additions.issued(people=3)
        gone = Cover.objects.filter(policy_id=policy.pk).first()
        remove_members(
            policy_id=policy.pk,
            leaving=[Leaving(cover_id=gone.pk, reason="left", left_on=dt.date(2025, 9, 30))],
            by=make.handler(policy.employer),
            at=OCTOBER,
        )
        additions.joined(policy)
        draft = additions.begun(policy, at=OCTOBER)
        [floor] = get_floors(application_id=draft.pk, at=OCTOBER)
        assert (floor.base, floor.joined) == (3, 3)

    def test_of_two_additions_the_first_paid_covers_a_person_and_the_second_gives_the_money_back(self):
        policy = additions.issued()
        [new] = additions.joined(policy)
        first = additions.reviewed(policy, at=OCTOBER)
        second = additions.reviewed(policy, at=OCTOBER, everybody=True)
        slips = [additions.approved(application, at=OCTOBER) for application in (first, second)]
        for slip in slips:
            additions.pay(slip, at=OCTOBER)
        assert Cover.objects.filter(worker=new.worker, policy_id=policy.pk).count() == 1
        assert members_of(second)[new.worker_id].left_out_reason == "already_covered"
        assert list(policy.versions.values_list("number", flat=True)) == [1, 2]  # nobody came: no version

    def test_who_came_onto_the_policy_meanwhile_blocks_with_words(self):
        policy = additions.issued()
        additions.joined(policy)
        draft = additions.begun(policy, at=OCTOBER)
        case = make.Case(application=draft, employer=policy.employer, entries=[], versions=[])
        make.advance(case, "awaiting_form", at=OCTOBER)
        additions.added(policy, at=OCTOBER, everybody=True)
        enrolment.edit(application_id=draft.pk, by=make.handler(policy.employer), at=OCTOBER)
        enrolment.run_precheck(application_id=draft.pk, by=make.handler(policy.employer), at=OCTOBER)
        assert "on_policy_already" in codes(draft)


class TestCommonEnd:
    def test_ends_with_the_policy_for_the_begun_months(self):
        policy = additions.issued(is_common=True)
        additions.joined(policy, 2)
        application = additions.added(policy, at=OCTOBER)
        for cover in covers(policy, application):
            assert (cover.coverage_start, cover.coverage_end) == (dt.date(2025, 10, 10), policy.coverage_end)
            assert cover.contribution_amount == Decimal("87.08")  # 95 × 11 / 12, the eleventh month has begun
        slip = PaymentSlip.objects.get(application=application)
        [line] = get_slip_lines(slip=slip)
        assert (slip.amount, line.amount) == (Decimal("174.16"), Decimal("174.16"))
        assert line.plan_name.endswith("（增员，按剩余月数）")
        [line] = get_content(application=application, at=OCTOBER).lines
        assert (line.amount, line.plan_name[-7:]) == (Decimal("174.16"), "（按剩余月数）")
        assert additions.get(policy).coverage_end == policy.coverage_end

    def test_the_precheck_the_forecast_and_the_settlement_agree(self):
        policy = additions.issued(is_common=True)
        [new] = additions.joined(policy)
        application = additions.reviewed(policy, at=OCTOBER)
        planned = members_of(application)[new.worker_id]
        today = OCTOBER.date()
        [group] = applications.forecast_arrival(application_ids=[application.pk], day=today, today=today).groups
        additions.settle(application, at=OCTOBER)
        [cover] = covers(policy, application)
        for start, end in (
            (planned.planned_start, planned.planned_end),
            (group.start, group.end),
        ):
            assert (start, end) == (cover.coverage_start, cover.coverage_end)
        assert planned.contribution_amount == cover.contribution_amount

    def test_the_second_review_reckons_by_its_day_and_late_money_changes_nothing(self):
        policy = additions.issued(is_common=True)
        [new] = additions.joined(policy)
        application = additions.reviewed(policy, at=OCTOBER)
        assert members_of(application)[new.worker_id].contribution_amount == Decimal("87.08")
        slip = additions.approved(application, at=noon("2025-11-05"))  # from the 6th: ten months have begun
        assert slip.amount == Decimal("79.17")
        additions.pay(slip, at=noon("2025-11-15"))  # from the 16th only nine
        [cover] = covers(policy, application)
        assert (cover.coverage_start, cover.coverage_end) == (dt.date(2025, 11, 16), policy.coverage_end)
        assert cover.contribution_amount == slip.amount == Decimal("79.17")

    def test_too_late_blocks_in_words(self):
        policy = additions.issued(is_common=True)
        at = noon("2026-08-10")
        additions.joined(policy, on="2026-08-01")
        draft = additions.begun(policy, at=at)
        assert codes(draft) == set()
        assert members_of(draft).popitem()[1].contribution_amount == Decimal("7.92")
        by = make.handler(policy.employer)
        enrolment.run_precheck(application_id=draft.pk, by=by, at=noon("2026-08-11"))
        assert "no_time_left" in codes(draft)
        with pytest.raises(enrolment.SubmitRefused, match="已没有保障期"):
            enrolment.submit(application_id=draft.pk, by=by, at=noon("2026-08-11"))

    def test_money_after_the_end_covers_nobody_and_goes_to_the_balance(self):
        policy = additions.issued(is_common=True)
        [new] = additions.joined(policy, on="2026-07-20")
        application = additions.reviewed(policy, at=noon("2026-08-05"))
        slip = additions.approved(application, at=noon("2026-08-05"))
        additions.pay(slip, at=noon("2026-08-12"))
        assert covers(policy, application) == []
        assert members_of(application)[new.worker_id].left_out_reason == "no_time_left"
        assert policy.versions.count() == 1

    def test_never_longer_than_a_term_nor_dearer(self):
        """Somebody's own cover may move the policy's end beyond a term; who joins gets no more than a term for the full price."""
        policy = additions.issued(is_common=True)
        additions.joined(policy)
        draft = additions.begun(policy, at=OCTOBER)
        draft.plans.update(common_end=dt.date(2026, 12, 31))
        enrolment.run_precheck(application_id=draft.pk, by=make.handler(policy.employer), at=OCTOBER)
        [row] = members_of(draft).values()
        assert (row.planned_end, row.contribution_amount) == (dt.date(2026, 10, 10), Decimal("95.00"))


class TestRenewal:
    def test_an_addition_is_no_renewal_of_its_policy(self):
        policy = additions.issued()
        additions.joined(policy)
        additions.added(policy, at=OCTOBER)
        standing = renewals.get_standings(policy_ids=[policy.pk])[policy.pk]
        assert standing.application_id is None
        assert standing.people == 3
        unrenewed = renewals.get_unrenewed(day=dt.date(2026, 8, 1))
        assert {(row.policy_id, row.people) for row in unrenewed} == {(policy.pk, 2)}


class TestReceipts:
    def ask(self, policy: Policy, amount: str):
        return receipts.request_receipt(
            policy_ids=[policy.pk],
            title=policy.employer.name,
            credit_code=policy.employer.credit_code,
            amounts={policy.pk: Decimal(amount)},
            by=policy_factory.payer(policy.employer),
            at=OCTOBER,
        )

    def test_each_slip_is_receipted_up_to_what_it_paid_the_oldest_first(self):
        policy = additions.issued()
        additions.joined(policy)
        application = additions.added(policy, at=OCTOBER)
        policy_factory.confirmed(additions.get(policy))
        by = policy_factory.payer(policy.employer)
        [open_policy] = receipt_queries.get_open_policies(by=by)
        assert (open_policy.open_amount, open_policy.application_id) == (Decimal("190.00"), policy.application_id)
        with pytest.raises(receipts.RequestRefused):
            self.ask(policy, "190.01")
        self.ask(policy, "190.00")
        [open_policy] = receipt_queries.get_open_policies(by=by)
        assert (open_policy.open_amount, open_policy.application_id) == (Decimal("95.00"), application.pk)
        self.ask(policy, "95.00")
        assert receipt_queries.get_open_policies(by=by) == []
        with pytest.raises(receipts.RequestRefused):
            self.ask(policy, "0.01")

    def test_after_an_addition_the_confirmation_is_asked_for_anew(self):
        policy = policy_factory.confirmed(additions.issued())
        additions.joined(policy)
        additions.added(additions.get(policy), at=OCTOBER)
        assert additions.get(policy).sealed_confirmation_id is None
        assert policy.versions.get(number=1).sealed_confirmation_id is not None
        with pytest.raises(receipts.RequestRefused):
            self.ask(policy, "95.00")


def test_the_document_of_each_version_is_made():
    policy = additions.issued(people=1)
    additions.joined(policy)
    additions.added(policy, at=OCTOBER)
    made = [
        policies.make_document(policy_id=policy.pk, number=number, by=system_actor(), at=OCTOBER) for number in (1, 2)
    ]
    assert len({file.pk for file in made}) == 2


class TestTooLateAfterAll:
    """A slip that expired is asked for again only while a day is left before the common end."""

    def expired(self, *, is_common: bool) -> EnrolmentApplication:
        policy = additions.issued(is_common=is_common)
        additions.joined(policy, on="2026-07-01")
        application = additions.reviewed(policy, at=noon("2026-07-10"))
        additions.approved(application, at=noon("2026-07-10"))
        move(EnrolmentApplication.objects.get(pk=application.pk), "expired", at=noon("2026-08-01"))
        return application

    def reissue(self, application: EnrolmentApplication, day: str) -> EnrolmentApplication:
        return enrolment.reissue(
            application_id=application.pk, expired_on=dt.date(2026, 7, 25), by=make.cashier(), at=noon(day)
        )

    def test_with_a_common_end(self):
        application = self.expired(is_common=True)
        with pytest.raises(enrolment.ReissueTooLate, match="已没有保障期"):
            self.reissue(application, "2026-08-11")
        assert self.reissue(application, "2026-08-10").state == "awaiting_payment"

    def test_with_own_terms(self):
        assert self.reissue(self.expired(is_common=False), "2026-08-11").state == "awaiting_payment"
