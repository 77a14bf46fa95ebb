"""A version is prepared by one person, published by another, never changed afterwards, and sold in its window."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pgtrigger
import pytest
from django.db import IntegrityError, connection, transaction

from huzhu.audit.models import AuditEvent
from huzhu.journeys import plan_cases
from huzhu.plans import operations as plans
from huzhu.plans import permissions, queries
from huzhu.plans.models import PlanVersion, SaleWindow
from huzhu.plans.states import VersionState, WindowKind
from huzhu.shared.calendar import ONE_DAY, local_date
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories import billing as money
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.plans import drafted, proposed, published, version

TODAY = local_date(NOON)
NEXT_WEEK = TODAY + 7 * ONE_DAY


@pytest.fixture
def province():
    return money.root()


@pytest.fixture
def manager(province):
    return office_actor(StaffPostFactory(branch=province, product_manager=True))


@pytest.fixture
def second(province):
    return office_actor(StaffPostFactory(branch=province, product_manager=True))


def on_sale(day, branch=None) -> dict[str, int]:
    return {each.plan.code: each.version for each in queries.get_on_sale(day=day, branch=branch)}


@pytest.mark.django_db
class TestDrafting:
    def test_a_draft_says_what_the_latest_version_says(self, manager):
        former = version("HOSP25")
        draft = plans.draft_version(plan_id=former.plan_id, by=manager, at=NOON)
        assert (draft.version, draft.state, draft.valid_from) == (2, VersionState.DRAFT, None)
        assert draft.benefits == former.benefits
        assert draft.cases == former.cases

    def test_a_new_plan_begins_with_a_draft_that_is_sold_when_published(self, manager, second):
        like = version("HOSP25")
        draft = plans.begin_plan(
            code="HOSP26",
            name="职工住院互助保障计划2026",
            generation="2026",
            like_version_id=like.pk,
            by=manager,
            at=NOON,
        )
        assert (draft.version, draft.state, draft.cases, draft.renews_from) == (1, VersionState.DRAFT, [], [])
        assert draft.benefits == like.benefits
        words = {"valid_from": TODAY, "change_note": "理事会决议", "cases": like.cases, "renews_from": ["HOSP25"]}
        draft = plans.change_draft(version_id=draft.pk, revision=draft.revision, figures=words, by=manager, at=NOON)
        waiting = plan_cases.propose(version_id=draft.pk, revision=draft.revision, by=manager, at=NOON)
        assert "HOSP26" not in on_sale(TODAY)
        plan_cases.publish(version_id=waiting.pk, revision=waiting.revision, by=second, at=NOON)
        assert on_sale(TODAY)["HOSP26"] == 1
        assert AuditEvent.objects.filter(event="plan.begin").count() == 1

    @pytest.mark.parametrize(
        ("words", "field"),
        [
            ({"code": "HOSP25"}, "code"),
            ({"code": "住院26"}, "code"),
            ({"code": "H"}, "code"),
            ({"name": "  "}, "name"),
            ({"generation": ""}, "generation"),
        ],
    )
    def test_a_new_plan_has_a_code_and_a_name_of_its_own(self, manager, words, field):
        like = version("HOSP25")
        called = {"code": "HOSP26", "name": "新住院计划", "generation": "2026", **words}
        with pytest.raises(plans.FiguresRefused) as refused:
            plans.begin_plan(**called, like_version_id=like.pk, by=manager, at=NOON)
        assert set(refused.value.problems) == {field}
        with pytest.raises(plans.FiguresRefused, match="同名"):
            plans.begin_plan(
                **{**called, "code": "HOSP27", "generation": "2026", "name": like.plan.name},
                variant=like.plan.variant,
                like_version_id=like.pk,
                by=manager,
                at=NOON,
            )

    def test_a_plan_given_up_can_be_drafted_again(self, manager):
        like = version("HOSP25")
        called = {"code": "HOSP26", "name": "新住院计划", "generation": "2026", "like_version_id": like.pk}
        draft = plans.begin_plan(**called, by=manager, at=NOON)
        plans.discard(version_id=draft.pk, by=manager, at=NOON)
        again = plans.draft_version(plan_id=draft.plan_id, by=manager, at=NOON)
        assert (again.version, again.benefits) == (2, like.benefits)

    def test_a_branch_begins_no_plan(self):
        like = version("HOSP25")
        local = office_actor(
            StaffPostFactory(branch=BranchFactory(parent=money.root(), level="city"), product_manager=True)
        )
        with pytest.raises(permissions.NotPermitted, match="省级"):
            plans.begin_plan(
                code="HOSP26", name="新计划", generation="2026", like_version_id=like.pk, by=local, at=NOON
            )

    def test_only_one_is_in_preparation(self, manager):
        draft = drafted("HOSP25", by=manager, at=NOON)
        with pytest.raises(plans.PlanRefused, match="准备中"):
            plans.draft_version(plan_id=draft.plan_id, by=manager, at=NOON)

    def test_who_comes_second_writes_over_nothing(self, manager, second):
        draft = drafted("HOSP25", by=manager, at=NOON)
        change = {"figures": {"max_shares": 2}, "at": NOON}
        plans.change_draft(version_id=draft.pk, revision=draft.revision, by=manager, **change)
        with pytest.raises(plans.VersionConflict):
            plans.change_draft(
                version_id=draft.pk, revision=draft.revision, figures={"max_shares": 3}, by=second, at=NOON
            )

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("valid_to", NEXT_WEEK - ONE_DAY),
            ("contribution_amount", Decimal(-1)),
            ("max_shares", 0),
            ("term_months", 0),
            ("max_age", 15),
            ("min_age", 15),
            ("renews_from", ["NO-SUCH"]),
            ("benefits", []),
            ("exclusions", []),
            ("min_participation_ratio", Decimal("1.2")),
            ("cap_amount", Decimal(0)),
        ],
    )
    def test_what_makes_no_plan_is_refused_at_its_field(self, manager, field, value):
        draft = drafted("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        with pytest.raises(plans.FiguresRefused) as refusal:
            plans.change_draft(
                version_id=draft.pk, revision=draft.revision, figures={field: value}, by=manager, at=NOON
            )
        assert field in refusal.value.problems

    def test_a_manager_of_a_city_prepares_nothing(self, province):
        city = BranchFactory(parent=province, level="city")
        local = office_actor(StaffPostFactory(branch=city, product_manager=True))
        with pytest.raises(permissions.NotPermitted, match="省级"):
            plans.draft_version(plan_id=version("HOSP25").plan_id, by=local, at=NOON)


@pytest.mark.django_db
class TestPublishing:
    def test_the_version_before_ends_the_day_before(self, manager, second):
        former = version("HOSP25")
        newer = published("HOSP25", by=manager, second=second, at=NOON, valid_from=NEXT_WEEK)
        former.refresh_from_db()
        assert former.valid_to == NEXT_WEEK - ONE_DAY
        assert on_sale(NEXT_WEEK - ONE_DAY)["HOSP25"] == 1
        assert on_sale(NEXT_WEEK)["HOSP25"] == newer.version == 2

    def test_who_proposed_does_not_publish(self, manager):
        waiting = proposed("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        with pytest.raises(permissions.NotPermitted, match="您本人"):
            plan_cases.publish(version_id=waiting.pk, revision=waiting.revision, by=manager, at=NOON)

    def test_nor_does_the_database_let_them(self, manager):
        waiting = proposed("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        PlanVersion.objects.filter(plan=waiting.plan, version=1).update(valid_to=TODAY)
        with pytest.raises(IntegrityError, match="plan_version_two_persons"), transaction.atomic():
            PlanVersion.objects.filter(pk=waiting.pk).update(
                state="published", published_at=NOON, decided_by_id=manager.user_id
            )
        with pytest.raises(IntegrityError, match="plan_version_decided"), transaction.atomic():
            PlanVersion.objects.filter(pk=waiting.pk).update(state="published", published_at=NOON)

    def test_what_was_changed_since_it_was_looked_at_is_not_published(self, manager, second):
        waiting = proposed("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        with pytest.raises(plans.VersionConflict):
            plan_cases.publish(version_id=waiting.pk, revision=waiting.revision - 1, by=second, at=NOON)

    def test_a_sale_does_not_begin_in_the_past(self, manager, second):
        waiting = proposed("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        with pytest.raises(plans.PlanRefused, match="不能追溯"):
            plan_cases.publish(
                version_id=waiting.pk, revision=waiting.revision, by=second, at=NOON + dt.timedelta(days=8)
            )

    def test_two_versions_are_never_on_sale_on_one_day(self, manager, second):
        published("HOSP25", by=manager, second=second, at=NOON, valid_from=NEXT_WEEK)
        former = PlanVersion.objects.get(plan__code="HOSP25", version=1)
        with (
            pytest.raises(IntegrityError, match="two versions"),
            pgtrigger.ignore("plans.PlanVersion:published_stays"),
            transaction.atomic(),
        ):
            PlanVersion.objects.filter(pk=former.pk).update(valid_to=None)

    def test_sent_back_it_says_why_and_can_be_mended(self, manager, second):
        waiting = proposed("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        with pytest.raises(plans.PlanRefused, match="退回原因"):
            plans.send_back(version_id=waiting.pk, reason=" ", by=second, at=NOON)
        returned = plans.send_back(version_id=waiting.pk, reason="费用与文件不符", by=second, at=NOON)
        assert (returned.state, returned.return_reason) == (VersionState.RETURNED, "费用与文件不符")
        again = plan_cases.propose(version_id=waiting.pk, revision=waiting.revision, by=manager, at=NOON)
        assert (again.return_reason, again.decided_by_person) == ("", "")

    def test_every_step_leaves_a_trace(self, manager, second):
        published("HOSP25", by=manager, second=second, at=NOON, valid_from=NEXT_WEEK)
        assert list(
            AuditEvent.objects.filter(event__startswith="plan_version.").order_by("pk").values_list("event", flat=True)
        ) == [f"plan_version.{act}" for act in ("draft", "change", "propose", "end_sale", "publish")]


@pytest.mark.django_db
class TestGate:
    def test_every_case_of_the_catalogue_passes(self):
        version("HOSP25")
        for each in PlanVersion.objects.select_related("plan"):
            results = plan_cases.get_results(each)
            assert [(each.plan.code, r.case.name, r.got) for r in results if not r.has_passed] == []

    def test_a_failing_case_keeps_a_draft_from_being_proposed(self, manager):
        draft = drafted("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK, contribution_amount=Decimal(120))
        with pytest.raises(plans.CasesFail, match="首次参保") as refusal:
            plan_cases.propose(version_id=draft.pk, revision=draft.revision, by=manager, at=NOON)
        failed = refusal.value.failed[0]
        assert (failed.case.expected.contribution, failed.got.contribution) == (Decimal(95), Decimal(120))

    def test_and_a_proposed_one_from_being_published(self, manager, second):
        """The proof that the gate stands at publishing too: the version is spoilt behind the operations' back."""
        waiting = proposed("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        PlanVersion.objects.filter(pk=waiting.pk).update(waiting_days_first=31)
        with pytest.raises(plans.CasesFail, match="首次参保"):
            plan_cases.publish(version_id=waiting.pk, revision=waiting.revision, by=second, at=NOON)
        waiting.refresh_from_db()
        assert waiting.state == VersionState.PROPOSED

    @pytest.mark.parametrize(
        ("left_out", "words"), [("超过|未满", "因年龄"), ("续保", "续保"), ("参保|续保|已到", "准予参保")]
    )
    def test_each_kind_of_case_is_wanted(self, manager, left_out, words):
        draft = drafted("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        cases = [case for case in draft.cases if not any(each in case["name"] for each in left_out.split("|"))]
        draft = plans.change_draft(
            version_id=draft.pk, revision=draft.revision, figures={"cases": cases}, by=manager, at=NOON
        )
        with pytest.raises(plans.CasesFail, match=words):
            plan_cases.propose(version_id=draft.pk, revision=draft.revision, by=manager, at=NOON)


@pytest.mark.django_db
class TestPublishedStays:
    @pytest.mark.parametrize(
        "change",
        [
            "contribution_amount = 1",
            "benefits = '[]'",
            "cases = '[]'",
            "valid_from = '2020-01-01'",
            "valid_to = NULL",
            "valid_to = valid_to + 1",
            "proofs = '{}'",
            "published_at = now()",
        ],
    )
    @pytest.mark.parametrize("code", ["HOSP25", "HOSP06"])
    def test_raw_sql_is_refused(self, code, change):
        found = version(code, valid_to=dt.date(2027, 1, 1))
        with pytest.raises(IntegrityError, match=r"stays as it is|only comes forward"), transaction.atomic():
            self._change(found, change)

    def test_the_twin_without_the_trigger_changes_it(self):
        found = version("HOSP25")
        with pgtrigger.ignore("plans.PlanVersion:published_stays"), transaction.atomic():
            self._change(found, "contribution_amount = 1")
        found.refresh_from_db()
        assert found.contribution_amount == 1

    def test_nor_can_it_be_deleted(self):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            version("HOSP25").delete()

    def _change(self, found, change):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE plans_planversion SET {change} WHERE id = %s", [found.pk])


@pytest.mark.django_db
class TestEndOfSale:
    def test_the_end_only_comes_forward(self, manager):
        found = version("HOSP25")
        ask = {"version_id": found.pk, "reason": "通知", "by": manager, "at": NOON}
        plans.bring_end_forward(last_day=NEXT_WEEK, **ask)
        with pytest.raises(plans.PlanRefused, match="只能提前"):
            plans.bring_end_forward(last_day=NEXT_WEEK + ONE_DAY, **ask)
        with pytest.raises(plans.PlanRefused, match="不能早于今天"):
            plans.bring_end_forward(last_day=TODAY - ONE_DAY, **ask)
        assert "HOSP25" not in on_sale(NEXT_WEEK + ONE_DAY)

    def test_closed_it_is_not_chosen_and_not_opened_again(self, manager):
        found = version("HOSP25")
        plans.close(version_id=found.pk, reason="停办", by=manager, at=NOON)
        assert "HOSP25" not in on_sale(TODAY)
        with pytest.raises(TransitionNotAllowed):
            plans.close(version_id=found.pk, reason="停办", by=manager, at=NOON)
        with pytest.raises(IntegrityError, match="not declared"), transaction.atomic():
            PlanVersion.objects.filter(pk=found.pk).update(state="published")


@pytest.mark.django_db
class TestWindows:
    @pytest.fixture
    def city(self, province):
        return BranchFactory(parent=province, level="city")

    @pytest.fixture
    def county(self, city):
        return BranchFactory(parent=city, level="county")

    def say(self, by, branch, kind=WindowKind.OWN, opens=None, closes=None, since=TODAY):
        return plans.set_window(
            version_id=version("HOSP25").pk,
            branch_id=branch.pk,
            kind=kind,
            opens_on=opens,
            closes_on=closes,
            effective_from=since,
            reason="通知",
            by=by,
            at=NOON,
        )

    def test_without_a_word_the_versions_own_window_holds(self, county):
        version("HOSP25")
        assert "HOSP25" in on_sale(TODAY, county)

    def test_the_nearest_branch_decides(self, manager, city, county, province):
        self.say(manager, city, closes=TODAY - ONE_DAY)
        assert "HOSP25" not in on_sale(TODAY, county)
        assert "HOSP25" in on_sale(TODAY, province)
        self.say(manager, county, opens=TODAY)
        assert "HOSP25" in on_sale(TODAY, county)
        assert "HOSP25" not in on_sale(TODAY, city)
        self.say(manager, county, WindowKind.INHERIT)
        assert "HOSP25" not in on_sale(TODAY, county)

    def test_a_branch_may_sell_nothing(self, manager, city, county):
        self.say(manager, city, WindowKind.NONE)
        assert "HOSP25" not in on_sale(TODAY, county)
        assert "不开放" in queries.tell_why_not(version("HOSP25"), day=TODAY, branch=county)

    def test_what_is_said_holds_from_its_day_on(self, manager, city):
        self.say(manager, city, WindowKind.NONE, since=NEXT_WEEK)
        assert "HOSP25" in on_sale(NEXT_WEEK - ONE_DAY, city)
        assert "HOSP25" not in on_sale(NEXT_WEEK, city)

    def test_before_it_opens_the_day_is_told(self, manager, city):
        self.say(manager, city, opens=NEXT_WEEK)
        assert f"{city.name}自 {NEXT_WEEK} 起" in queries.tell_why_not(version("HOSP25"), day=TODAY, branch=city)

    def test_a_branch_sells_within_the_versions_window(self, manager, city):
        version("HOSP25", valid_to=NEXT_WEEK)
        with pytest.raises(plans.PlanRefused, match="销售截止"):
            self.say(manager, city, closes=NEXT_WEEK + ONE_DAY)
        self.say(manager, city, opens=TODAY)
        assert "HOSP25" not in on_sale(NEXT_WEEK + ONE_DAY, city)

    def test_a_manager_of_a_city_speaks_for_the_own_subtree_only(self, city, county):
        local = office_actor(StaffPostFactory(branch=city, product_manager=True))
        self.say(local, county, WindowKind.NONE)
        with pytest.raises(permissions.NotPermitted):
            self.say(local, BranchFactory(parent=city.parent, level="city"), WindowKind.NONE)

    def test_rows_are_facts(self, manager, city):
        self.say(manager, city, WindowKind.NONE)
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            SaleWindow.objects.update(kind="own")


class TestAtOnce:
    def race(self, waiting, actors) -> list[str]:
        """Both press 发布 at the same moment."""
        outcomes: list[str] = []

        def press(by):
            try:
                plan_cases.publish(version_id=waiting.pk, revision=waiting.revision, by=by, at=NOON)
                outcomes.append("published")
            except Exception as error:
                outcomes.append(type(error).__name__)
            finally:
                connection.close()

        threads = [threading.Thread(target=press, args=[by]) for by in actors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return sorted(outcomes)

    def waiting(self):
        province = money.root()
        manager, *others = (office_actor(StaffPostFactory(branch=province, product_manager=True)) for _ in range(3))
        return proposed("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK), others

    def test_one_of_two_publishes_and_the_other_is_told(self, own_database):
        assert self.race(*self.waiting()) == ["TransitionNotAllowed", "published"]
        assert AuditEvent.objects.filter(event="plan_version.publish").count() == 1

    def test_the_twin_without_the_lock_is_stopped_by_the_database(self, own_database, monkeypatch):
        waiting, others = self.waiting()
        both_have_read = threading.Barrier(2)

        def read_only(version_id):
            found = PlanVersion.objects.select_related("plan").get(pk=version_id)
            both_have_read.wait(10)
            return found

        monkeypatch.setattr("huzhu.plans.operations.publishing.lock_version", read_only)
        assert self.race(waiting, others) == ["IntegrityError", "published"]
