"""Gifts and subsidies in an application: who pays what for whom, who gets nothing and why, and whose the last place is."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, RecordedFinding, Subsidy
from huzhu.enrolment.precheck import explaining, replaying
from huzhu.gifts import operations as campaigns
from huzhu.gifts.rules import QuotaLine
from huzhu.shared.actors import system_actor
from tests.factories import enrolment as make
from tests.factories import gifts, plans
from tests.factories.gifts import subsidy

pytestmark = pytest.mark.django_db

PRICE = Decimal("95.00")


def campaign(**others):
    return gifts.running(make.city(), at=make.NOON, **others)


def plan_id(code: str) -> int:
    return plans.version(code).plan_id


def check(case: make.Case) -> EnrolmentApplication:
    enrolment.run_precheck(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
    return case.refresh()


def choose(case: make.Case, *, choices=None, ids=()) -> None:
    wanted = [(version.pk, 1) for version in case.versions] if choices is None else choices
    by = make.handler(case.employer)
    enrolment.set_plans(application_id=case.id, choices=wanted, campaign_ids=ids, by=by, at=make.NOON)


def reasons(case: make.Case) -> list[str]:
    found = RecordedFinding.objects.filter(application_id=case.id, code="gift_not_eligible")
    return sorted(found.values_list("inputs__reason", flat=True))


class TestWhoPays:
    def test_a_subsidy_lowers_what_a_person_pays(self):
        case = make.application(gifts=[campaign(**subsidy("15.00"))], people_count=3)

        application = check(case)
        assert application.contribution_amount == 3 * PRICE
        assert application.subsidy_amount == Decimal("45.00")
        assert application.payable_amount == Decimal("240.00")
        assert {row.payable_amount for row in application.members.all()} == {Decimal("80.00")}

    def test_a_gift_brings_its_plan_for_everybody(self):
        case = make.application(choices=[], gifts=[campaign()], people_count=2)

        application = check(case)
        assert (application.contribution_amount, application.payable_amount) == (2 * PRICE, 0)
        assert application.plans.get().is_gift_only

    def test_a_gift_of_a_chosen_plan_pays_the_first_share(self):
        case = make.application(choices=[("CI25-A", 2)], gifts=[campaign(plan_id=plan_id("CI25-A"))], people_count=1)

        price = plans.version("CI25-A").contribution_amount
        assert check(case).payable_amount == price
        assert not case.application.plans.get().is_gift_only

    def test_several_sponsors_never_pay_more_than_the_contribution(self):
        sources = [
            campaign(**subsidy(amount), name=f"补贴{amount}", sponsor_id=f"{amount}总工会")
            for amount in ("75.00", "40.00")
        ]
        case = make.application(gifts=sources, people_count=1)

        assert check(case).payable_amount == 0
        amounts = (
            Subsidy.objects.filter(application_id=case.id).order_by("campaign_id").values_list("amount", flat=True)
        )
        assert list(amounts) == [Decimal("75.00"), Decimal("20.00")]

    def test_going_back_keeps_the_gift_and_dropping_it_takes_its_plan_along(self):
        gift = campaign(plan_id=plan_id("ACC25"))
        case = make.application(gifts=[gift], people_count=2)
        assert case.application.plans.count() == 2

        by = make.handler(case.employer)
        choices = [(case.versions[0].pk, 1)]
        enrolment.set_plans(application_id=case.id, choices=choices, by=by, at=make.NOON)
        assert case.refresh().plans.count() == 2
        choose(case, ids=[])
        assert check(case).plans.count() == 1
        assert case.application.subsidy_amount == 0
        assert not case.application.subsidies.exists()

    def test_choosing_a_gifts_plan_oneself_makes_it_ones_own(self):
        gift = campaign(budget_amount=PRICE)
        case = make.application(choices=[], gifts=[gift], people_count=2)
        assert check(case).member_count == 1

        choose(case, choices=[(plans.version("HOSP25").pk, 1)], ids=[gift.pk])
        application = check(case)
        assert (application.member_count, application.payable_amount) == (2, PRICE)
        assert not application.plans.get().is_gift_only

    def test_a_subsidy_without_its_plan_is_refused(self):
        case = make.application()
        with pytest.raises(enrolment.GiftsRefused, match="请同时勾选该计划"):
            choose(case, ids=[campaign(**subsidy(), plan_id=plan_id("ACC25")).pk])

    def test_a_campaign_of_elsewhere_is_refused(self):
        case = make.application()
        far = gifts.running(make.BranchFactory(parent=make.province(), level="city"), at=make.NOON)
        with pytest.raises(enrolment.GiftsRefused, match="不对本单位开放"):
            choose(case, ids=[far.pk])


class TestTakenOffTheList:
    def test_who_was_taken_off_does_not_come_back_by_a_gift(self):
        case = make.application(choices=[("CI25-A", 1)], gifts=[campaign(budget_amount=PRICE)], people_count=2)
        rows = check(case).members
        lacking, by = rows.get(lacks_gift=True), make.handler(case.employer)
        own = rows.get(worker=lacking.worker, lacks_gift=False)
        enrolment.remove_members(application_id=case.id, member_ids=[own.pk], by=by, at=make.NOON)
        others = list(rows.filter(removed_at=None).values_list("pk", flat=True))
        enrolment.remove_members(application_id=case.id, member_ids=others, by=by, at=make.NOON)
        assert check(case).member_count == 0

    def test_who_stays_in_another_plan_gets_a_place_that_becomes_free(self):
        case = make.application(choices=[("CI25-A", 1)], gifts=[campaign(budget_amount=PRICE)], people_count=2)
        rows = check(case).members
        lacking, by = rows.get(lacks_gift=True), make.handler(case.employer)
        others = list(rows.exclude(worker=lacking.worker).values_list("pk", flat=True))
        enrolment.remove_members(application_id=case.id, member_ids=others, by=by, at=make.NOON)
        check(case)
        assert rows.filter(worker=lacking.worker, removed_at=None).count() == 2


class TestSeveralGiftsForOnePerson:
    """Every gift is told of once, however often it is checked and whatever was found before."""

    def case(self) -> make.Case:
        conditions = {"甲": {"gender": "female"}, "乙": {"max_age": 20}, "丙": {"min_age": 60}}
        sources = [
            campaign(**subsidy(), name=name, sponsor_id=f"{name}总工会", **each) for name, each in conditions.items()
        ]
        return make.application(gifts=sources, people_count=1)

    def test_checking_again_finds_no_more(self):
        case = self.case()
        for _ in range(3):
            check(case)
            assert reasons(case) == ["gender", "too_old", "too_young"]

    def test_one_that_is_new_takes_no_other_away(self):
        case = self.case()
        check(case)
        RecordedFinding.objects.filter(application_id=case.id, inputs__campaign__in=["乙", "丙"]).delete()
        check(case)
        assert reasons(case) == ["gender", "too_old", "too_young"]


class TestWhoGetsIt:
    @pytest.mark.parametrize(
        ("conditions", "person", "reason"),
        [
            ({"gender": "female"}, {}, "gender"),
            ({"max_age": 34}, {}, "too_old"),
            ({"max_age": 35}, {}, None),
            ({"min_age": 36}, {}, "too_young"),
            ({"min_age": 35}, {}, None),
            ({"job_categories": ["management"]}, {}, "job_category"),
            ({"job_categories": ["worker"]}, {}, None),
            ({"employer_kinds": ["enterprise"]}, {}, None),
        ],
    )
    def test_conditions_of_the_person(self, conditions, person, reason):
        case = make.application(
            choices=[("ACC25", 1)], gifts=[campaign(plan_id=plan_id("ACC25"), **conditions)], people_count=1
        )
        application = check(case)
        assert reasons(case) == ([reason] if reason else [])
        assert (application.subsidy_amount == 0) is bool(reason)
        assert application.member_count == 1  # the plan is the employer's own: at the full price, not shut out

    def test_first_enrolment_only(self):
        employer = make.an_employer()
        entries = make.people(employer, 2)
        make.cover_of(entries[0], plans.version("HOSP25"), start=dt.date(2023, 1, 1))
        case = make.application(employer=employer, entries=entries, gifts=[campaign(is_first_only=True)])
        assert reasons(case) == ["not_first"]

    def test_in_a_gifts_own_plan_others_are_left_out_of_that_plan_only(self):
        employer = make.an_employer()
        entries = make.people(employer, 1) + make.people(employer, 1, gender="female")
        case = make.application(
            employer=employer, entries=entries, gifts=[campaign(plan_id=plan_id("ACC25"), gender="female")]
        )
        given = ApplicationMember.objects.filter(application_id=case.id, removed_at__isnull=True)
        assert given.filter(application_plan__is_gift_only=True).get().gender == "female"
        assert given.filter(application_plan__is_gift_only=False).count() == 2
        assert check(case).member_count == 2

    def test_once_per_campaign(self):
        gift = campaign()
        employer = make.an_employer()
        entries = make.people(employer, 1)
        make.application("awaiting_form", choices=[], employer=employer, entries=entries, gifts=[gift])
        other = make.an_employer()
        again = make.also_at(entries[0], other)
        case = make.application(employer=other, entries=[again], gifts=[gift])
        assert reasons(case) == ["once"]

    def test_never_after_another_gift(self):
        employer = make.an_employer()
        entries = make.people(employer, 1)
        make.application("awaiting_form", choices=[], employer=employer, entries=entries, gifts=[campaign()])
        later = campaign(plan_id=plan_id("ACC25"), once="ever", name="另一活动")
        case = make.application(employer=employer, entries=entries, choices=[("ACC25", 1)], gifts=[later])
        assert reasons(case) == ["ever"]

    def test_the_last_place_goes_to_who_stands_first_on_the_list(self):
        gift = campaign(quotas=[QuotaLine(code=make.city().code, person_count=2)])
        case = make.application(choices=[("HOSP25", 1)], gifts=[gift], people_count=3)
        assert reasons(case) == ["used_up"]
        paid = case.application.members.filter(subsidy_amount__gt=0).order_by("pk").values_list("pk", flat=True)
        assert list(paid) == list(case.application.members.order_by("pk").values_list("pk", flat=True)[:2])
        check(case)
        assert list(paid.all()) == list(case.application.members.order_by("pk").values_list("pk", flat=True)[:2])

    def test_an_employers_own_quota_comes_before_its_branchs(self):
        employer = make.an_employer()
        quotas = [
            QuotaLine(code=make.city().code, person_count=100),
            QuotaLine(code=employer.credit_code, person_count=1),
        ]
        case = make.application(employer=employer, gifts=[campaign(quotas=quotas)], people_count=2)
        assert reasons(case) == ["used_up"]

    def test_the_budget_is_the_limit_where_no_places_were_allotted(self):
        case = make.application(gifts=[campaign(budget_amount=2 * PRICE)], people_count=3)
        assert reasons(case) == ["used_up"]

    def test_a_closed_campaign_gives_nothing_and_blocks_nobody(self):
        gift = campaign()
        case = make.application(gifts=[gift], people_count=2)
        by = gifts._manager(make.city(), person="13900000031")
        campaigns.close(campaign_id=gift.pk, reason="经费用完", by=by, at=make.NOON)
        assert check(case).payable_amount == 2 * PRICE
        assert reasons(case) == ["closed", "closed"]
        make.advance(case, "awaiting_form")

    def test_every_reason_has_words(self):
        case = make.application(gifts=[campaign(gender="female")], people_count=1)
        (row,) = queries.get_member_rows(application_id=case.id).rows
        said = next(finding for finding in row.findings if finding.code == "gift_not_eligible")
        assert (said.words.why, said.severity) == ("只面向女职工。", "warn")
        assert said.words.fix.startswith("此人按全额缴费")


class TestPlaces:
    def left(self, case: make.Case) -> int:
        (found,) = queries.get_open_campaigns(employer=case.employer, branch=case.employer.branch, day=make.TODAY)
        return found.left

    @pytest.fixture
    def case(self):
        gift = campaign(quotas=[QuotaLine(code=make.city().code, person_count=3)])
        return make.application(choices=[("HOSP25", 1), ("ACC25", 1)], gifts=[gift], people_count=2)

    def test_a_draft_holds_none(self, case):
        assert self.left(case) == 3

    def test_submitting_takes_them(self, case):
        make.advance(case, "awaiting_form")
        assert self.left(case) == 1

    @pytest.mark.parametrize("act", ["edit", "delete", "recall", "return", "withdraw_to_draft", "cancel", "expire"])
    def test_whatever_takes_the_application_back_gives_them_back(self, case, act):
        state = {"edit": "awaiting_form", "delete": "awaiting_form", "recall": "first_review", "return": "first_review"}
        make.advance(case, state.get(act, "awaiting_payment"))
        assert self.left(case) == 1
        by, asked = make.handler(case.employer), {"application_id": case.id, "at": make.NOON}
        match act:
            case "return":
                enrolment.return_for_correction(**asked, reason_codes=["other"], reason="公章不清", by=make.registrar())
            case "expire":
                enrolment.expire(**asked, by=system_actor(), slip_number="JK")
            case "withdraw_to_draft" | "cancel":
                getattr(enrolment, act)(**asked, reason="人员有误", by=by)
            case _:
                getattr(enrolment, act)(**asked, by=by)
        assert self.left(case) == 3

    def test_a_change_of_what_is_to_pay_is_looked_at_before_submitting(self, case):
        rival = make.application(
            employer=make.an_employer(),
            people_count=2,
            gifts=[g.campaign for g in case.application.chosen_campaigns.all()],
        )
        seen = check(case).payable_amount
        make.advance(rival, "awaiting_form")
        with pytest.raises(enrolment.SubmitRefused, match="名额刚有变化"):
            enrolment.submit(application_id=case.id, by=make.handler(case.employer), at=make.NOON, payable_seen=seen)
        assert case.refresh().payable_amount == seen + PRICE
        enrolment.submit(
            application_id=case.id,
            by=make.handler(case.employer),
            at=make.NOON,
            payable_seen=case.application.payable_amount,
        )

    def test_under_review_nobody_loses_a_gift(self, case):
        make.advance(case, "first_review")
        before = case.refresh().subsidy_amount
        by = gifts._manager(make.city(), person="13900000031")
        campaigns.close(
            campaign_id=case.application.chosen_campaigns.get().campaign_id, reason="用完", by=by, at=make.NOON
        )
        make.advance(case, "awaiting_payment")
        assert case.refresh().subsidy_amount == before > 0


class TestWall:
    """What the database itself refuses, whoever writes."""

    def test_no_more_places_than_the_quota_has(self):
        gift = campaign(quotas=[QuotaLine(code=make.city().code, person_count=1)])
        first, second = (make.application(gifts=[gift], employer=make.an_employer(), people_count=1) for _ in range(2))
        assert (first.application.subsidy_amount, second.application.subsidy_amount) == (PRICE, PRICE)
        Subsidy.objects.filter(application_id=first.id).update(held_at=make.NOON)
        with pytest.raises(IntegrityError, match="more places held"), transaction.atomic():
            Subsidy.objects.filter(application_id=second.id).update(held_at=make.NOON)

    def test_no_more_than_the_budget(self):
        gift = campaign(budget_amount=PRICE)
        first, second = (make.application(gifts=[gift], employer=make.an_employer(), people_count=1) for _ in range(2))
        Subsidy.objects.filter(application_id=first.id).update(held_at=make.NOON)
        with pytest.raises(IntegrityError, match="budget"), transaction.atomic():
            Subsidy.objects.filter(application_id=second.id).update(held_at=make.NOON)

    def test_nobody_holds_two_places_of_a_campaign(self):
        gift = campaign()
        employer, other = make.an_employer(), make.an_employer()
        entries = make.people(employer, 1)
        first = make.application(gifts=[gift], employer=employer, entries=entries)
        second = make.application(gifts=[gift], employer=other, entries=[make.also_at(entries[0], other)])
        Subsidy.objects.filter(application_id=first.id).update(held_at=make.NOON)
        with pytest.raises(IntegrityError, match="a_place_once_per_person"), transaction.atomic():
            Subsidy.objects.filter(application_id=second.id).update(held_at=make.NOON)

    def test_a_held_place_pays_what_the_person_is_said_to_get(self):
        case = make.application(gifts=[campaign(**subsidy())], people_count=1)
        with pytest.raises(IntegrityError, match="said to get"), transaction.atomic():
            Subsidy.objects.filter(application_id=case.id).update(held_at=make.NOON, amount=Decimal("16.00"))


class TestJudgedAgain:
    """What was said of gifts is kept with what else was judged, told person by person, and comes out the same again."""

    @pytest.fixture
    def case(self):
        gift = campaign(gender="female", plan_id=plan_id("ACC25"))
        employer = make.an_employer()
        entries = make.people(employer, 1) + make.people(employer, 1, gender="female")
        return make.application(employer=employer, entries=entries, choices=[("ACC25", 1)], gifts=[gift])

    @pytest.mark.parametrize("state", ["draft", "awaiting_form", "second_review"])
    def test_every_person_is_told_of_every_campaign(self, case, state):
        make.advance(case, state)
        for entry, is_barred in zip(case.entries, (True, False), strict=True):
            explained = explaining.explain(application=case.application, worker_id=entry.worker_id, day=make.TODAY)
            (line,) = [each for each in explained.lines if each.rule.code == "gift_not_eligible"]
            assert line.is_struck is is_barred
            assert explained.is_as_found

    @pytest.mark.parametrize("state", ["awaiting_form", "second_review"])
    def test_it_replays(self, case, state):
        make.advance(case, state)
        replayed = replaying.replay(judgement=case.application.judgements.last())
        assert replayed.is_equal, replayed.differences
        assert reasons(case) == ["gender"]
