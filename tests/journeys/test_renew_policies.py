"""续保: one click makes one draft, of today's people, with the plans that follow and the dates that leave no gap."""

from __future__ import annotations

import datetime as dt

import pytest

from huzhu.audit.models import AuditEvent
from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions
from huzhu.enrolment.models import ApplicationMember, ApplicationPlan, EnrolmentApplication
from huzhu.journeys.renew_policies import RenewalRefused, renew_policies
from huzhu.plans.models import PlanVersion
from huzhu.policies import renewals
from huzhu.policies.models import Policy, RenewedPolicy
from huzhu.policies.renewals import Kind
from huzhu.roster.models import RosterEntry
from huzhu.shared.calendar import SHANGHAI
from tests.factories import billing as money
from tests.factories import enrolment as make
from tests.factories import policies as papers
from tests.factories.plans import version

pytestmark = pytest.mark.django_db
END = dt.date(2026, 8, 12)
SOON = dt.datetime(2026, 7, 1, 10, tzinfo=SHANGHAI)  # 42 days before


def handler(policy: Policy, person: str = "13800000001"):
    return make.handler(policy.employer, person=person)


def renew(policy: Policy, *, at: dt.datetime = SOON, **chosen):
    return renew_policies(policy_id=policy.pk, chosen=chosen.get("chosen", {}), by=handler(policy), at=at)


def leave(entry: RosterEntry) -> None:
    RosterEntry.objects.filter(pk=entry.pk).update(status="left", left_on=dt.date(2026, 5, 1))


def compare(policy: Policy, application: EnrolmentApplication) -> renewals.Side:
    plan = ApplicationPlan.objects.select_related("plan_version").get(application=application)
    return renewals.Side(
        employer_id=policy.employer_id,
        policy_id=policy.pk,
        application_plan_id=plan.pk,
        gender=plan.plan_version.gender,
    )


def names(side: renewals.Side, kind: Kind) -> set[int]:
    return {row.worker_id for row in renewals.get_people(side, kind=kind).rows}


class TestDraft:
    def test_takes_those_who_stay_and_those_who_came_with_plan_shares_and_previous_end(self):
        policy = papers.policy(members=3, shares=2)
        gone, *stay = RosterEntry.objects.filter(employer=policy.employer).order_by("pk")
        leave(gone)
        new = make.people(policy.employer)[0]

        renewed = renew(policy)

        plan = ApplicationPlan.objects.get(application=renewed.application)
        assert renewed.is_new
        assert (plan.plan_version_id, plan.share_count, plan.reference_on) == (policy.plan_version_id, 2, END)
        members = ApplicationMember.objects.filter(application=renewed.application)
        assert {each.worker_id for each in members} == {*(each.worker_id for each in stay), new.worker_id}
        assert {each.contribution_amount for each in members} == {policy.plan_version.contribution_amount * 2}
        assert renewed.application.member_count == 3
        assert renewed.application.contribution_amount == policy.plan_version.contribution_amount * 6
        assert {each.planned_class for each in members.exclude(worker=new.worker)} == {"renewal"}
        assert {each.planned_start for each in members} == {END}
        assert AuditEvent.objects.filter(event="policies.renew", subject_id=str(policy.pk)).exists()

    def test_whoever_was_taken_off_the_old_list_stays_outside_until_the_employer_adds_them(self):
        policy = papers.policy(members=1)
        kept = RosterEntry.objects.get(employer=policy.employer)
        off = make.people(policy.employer)[0]
        row = ApplicationMember.objects.get(application=policy.application)
        ApplicationMember.objects.create(
            application=policy.application,
            application_plan=row.application_plan,
            worker=off.worker,
            entry=off,
            name=off.name,
            name_initials=off.name_initials,
            number_masked=off.document.number_masked,
            gender=off.gender,
            born_on=off.born_on,
            share_count=1,
            contribution_amount=row.contribution_amount,
            removed_at=make.NOON,
        )

        application = renew(policy).application

        side = compare(policy, application)
        assert names(side, Kind.KEPT) == {kept.worker_id}
        assert names(side, Kind.OUTSIDE) == {off.worker_id}

    def test_while_the_draft_exists_it_is_given_again_and_after_it_was_deleted_another_is_made(self):
        policy = papers.policy(members=1)
        first = renew(policy)
        again = renew(policy, at=SOON + dt.timedelta(days=3))
        assert (again.application.pk, again.is_new) == (first.application.pk, False)

        enrolment.delete(application_id=first.application.pk, by=handler(policy), at=SOON, reason="填错")

        assert renew(policy).is_new
        assert RenewedPolicy.objects.filter(policy=policy).count() == 2

    def test_without_the_policys_plan_the_draft_renews_it_no_more(self):
        policy = papers.policy(members=1)
        first = renew(policy).application
        other = version("HOSP25", valid_from=None)
        enrolment.set_plans(application_id=first.pk, choices=[(other.pk, 1)], by=handler(policy), at=SOON)
        assert renew(policy).is_new

    @pytest.mark.parametrize(
        ("day", "is_made"),
        [
            (dt.date(2026, 6, 12), False),
            (dt.date(2026, 6, 13), True),
            (dt.date(2027, 2, 8), True),
            (dt.date(2027, 2, 9), False),
        ],
        ids=["61 days before", "60 days before", "180 days after", "181 days after"],
    )
    def test_is_made_from_sixty_days_before_the_end_to_half_a_year_after(self, day, is_made):
        policy = papers.policy(members=1)
        at = dt.datetime.combine(day, dt.time(10), tzinfo=SHANGHAI)
        if is_made:
            assert renew(policy, at=at).is_new
        else:
            with pytest.raises(RenewalRefused, match=policy.number):
                renew(policy, at=at)
            assert not RenewedPolicy.objects.exists()

    def test_after_the_end_it_has_no_reference_date_and_counts_as_lapsed(self):
        policy = papers.policy(members=1)
        application = renew(policy, at=dt.datetime(2026, 8, 20, 10, tzinfo=SHANGHAI)).application
        assert application.plans.get().reference_on is None
        assert application.members.get().planned_class == "lapse"

    def test_with_ends_of_their_own_the_reference_date_is_the_earliest_and_nobody_has_a_gap(self):
        policy = papers.policy(members=2)
        late = Cover.objects.filter(policy_id=policy.pk).order_by("pk").last()
        Cover.objects.filter(pk=late.pk).update(coverage_end=dt.date(2026, 9, 1))

        application = renew(policy).application

        assert application.plans.get().reference_on == END
        starts = dict(application.members.values_list("worker_id", "planned_start"))
        assert starts[late.worker_id] == dt.date(2026, 9, 1)
        assert sorted(starts.values()) == [END, dt.date(2026, 9, 1)]

    def test_only_somebody_who_enrols_for_the_employer_may(self):
        policy = papers.policy(members=1)
        stranger = make.handler(make.an_employer(), person="13800000077")
        for by in (stranger, make.handler(policy.employer, roles=("finance",))):
            with pytest.raises(permissions.NotPermitted):
                renew_policies(policy_id=policy.pk, chosen={}, by=by, at=SOON)
        assert EnrolmentApplication.objects.count() == 1


def close(plan_version: PlanVersion) -> None:
    version(plan_version.plan.code, valid_to=dt.date(2026, 1, 1))


class TestSuccessors:
    def follow(self, policy: Policy, *codes: str) -> list[PlanVersion]:
        close(policy.plan_version)
        return [version(code, renews_from=[policy.plan.code]) for code in codes]

    def test_the_only_successor_is_taken_with_as_many_shares_as_it_allows(self):
        policy = papers.policy(members=1, shares=3)
        (successor,) = self.follow(policy, "HOSP25")
        application = renew(policy).application
        plan = application.plans.get()
        assert (plan.plan_version_id, plan.share_count) == (successor.pk, min(3, successor.max_shares))
        assert application.members.get().planned_class == "renewal"

    def test_of_several_one_has_to_be_chosen(self):
        policy = papers.policy(members=1)
        first, second = self.follow(policy, "HOSP25", "SELF25")
        with pytest.raises(RenewalRefused, match="多个后续计划"):
            renew(policy)
        assert renew(policy, chosen={policy.pk: second.pk}).application.plans.get().plan_version_id == second.pk
        assert first.pk != second.pk

    def test_another_plan_than_those_offered_is_refused(self):
        policy = papers.policy(members=1)
        self.follow(policy, "HOSP25")
        with pytest.raises(RenewalRefused, match="刷新"):
            renew(policy, chosen={policy.pk: version("ACC25").pk})

    def test_without_a_successor_nothing_is_begun(self):
        policy = papers.policy(members=1)
        close(policy.plan_version)
        with pytest.raises(RenewalRefused, match="没有可以续保的计划"):
            renew(policy)
        assert EnrolmentApplication.objects.count() == 1


class TestComparison:
    def test_puts_everybody_into_one_list_and_counts_as_it_lists(self):
        policy = papers.policy(members=4, shares=2)
        gone, old, off, *_ = RosterEntry.objects.filter(employer=policy.employer).order_by("pk")
        leave(gone)
        RosterEntry.objects.filter(pk=old.pk).update(gender="male", born_on=dt.date(1966, 1, 5))
        new = make.people(policy.employer)[0]
        application = renew(policy).application
        by = handler(policy)
        enrolment.remove_members(
            application_id=application.pk,
            member_ids=[application.members.get(worker=off.worker).pk],
            by=by,
            at=SOON,
        )
        enrolment.set_plans(application_id=application.pk, choices=[(policy.plan_version_id, 1)], by=by, at=SOON)
        enrolment.run_precheck(application_id=application.pk, by=by, at=SOON)

        side = compare(policy, application)
        counts = renewals.count_kinds(side)

        assert counts == {
            Kind.KEPT: 2,
            Kind.JOINED: 1,
            Kind.LEFT: 1,
            Kind.NOT_RENEWED: 1,
            Kind.OUTSIDE: 0,
            Kind.OVER_AGE: 1,
            Kind.SHARES: 2,
        }
        assert {kind: len(names(side, kind)) for kind in Kind} == counts
        assert names(side, Kind.JOINED) == {new.worker_id}
        assert names(side, Kind.LEFT) == {gone.worker_id}
        assert names(side, Kind.NOT_RENEWED) == {off.worker_id}
        assert names(side, Kind.OVER_AGE) == {old.worker_id}
        (left,) = renewals.get_people(side, kind=Kind.LEFT).rows
        assert (left.left_on, left.old_end) == (dt.date(2026, 5, 1), END)

    def test_whoever_was_over_age_when_the_old_cover_began_is_not_newly_so(self):
        policy = papers.policy(members=1)
        version(policy.plan.code, max_age=70)
        RosterEntry.objects.filter(employer=policy.employer).update(gender="male", born_on=dt.date(1965, 1, 5))
        side = compare(policy, renew(policy).application)
        assert renewals.count_kinds(side)[Kind.OVER_AGE] == 0

    def test_pages_by_initials_without_losing_anybody(self):
        policy = papers.policy(members=5)
        side = compare(policy, renew(policy).application)
        seen, after = [], None
        while True:
            page = renewals.get_people(side, kind=Kind.KEPT, after=after, limit=2)
            seen += [row.worker_id for row in page.rows]
            after = page.next_after
            if after is None:
                break
        assert len(seen) == len(set(seen)) == 5


def test_the_money_of_a_draft_is_that_of_its_people():
    policy = papers.policy(members=2)
    application = renew(policy).application
    assert application.contribution_amount == sum(each.contribution_amount for each in application.members.all())
    assert money.plan_version().pk == policy.plan_version_id
