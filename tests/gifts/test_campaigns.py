"""A campaign is prepared by one person, published by another, and never changed afterwards; its quotas never exceed its budget."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pgtrigger
import pytest
from django.db import IntegrityError, connection, transaction

from huzhu.audit.models import AuditEvent
from huzhu.gifts import operations as gifts
from huzhu.gifts import permissions, queries
from huzhu.gifts.models import GiftCampaign, Quota
from huzhu.gifts.rules import QuotaLine, get_places
from huzhu.gifts.states import CampaignState
from huzhu.shared.calendar import ONE_DAY, local_date
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories import billing as money
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.employers import EmployerFactory
from tests.factories.gifts import drafted, figures, proposed, published, subsidy
from tests.factories.plans import version

TODAY = local_date(NOON)


@pytest.fixture
def province():
    return money.root()


@pytest.fixture
def city(province):
    return BranchFactory(parent=province, level="city")


@pytest.fixture
def manager(city):
    return office_actor(StaffPostFactory(branch=city, product_manager=True))


@pytest.fixture
def second(city):
    return office_actor(StaffPostFactory(branch=city, product_manager=True))


def change(campaign: GiftCampaign, *, by, quotas=(), revision: int | None = None, **others) -> GiftCampaign:
    said = figures(campaign.branch, at=NOON, **others)
    seen = campaign.revision if revision is None else revision
    return gifts.change_draft(campaign_id=campaign.pk, revision=seen, figures=said, quotas=quotas, by=by, at=NOON)


@pytest.mark.django_db
class TestDrafting:
    def test_quotas_of_branches_and_employers_are_found_by_their_codes(self, city, manager):
        county, employer = BranchFactory(parent=city, level="county"), EmployerFactory(branch=city)
        quotas = [
            QuotaLine(code=county.code, person_count=300),
            QuotaLine(code=employer.credit_code, person_count=20),
        ]
        draft = drafted(city, by=manager, at=NOON, quotas=quotas)
        kept = [(row.branch, row.employer, row.person_count) for row in draft.quotas.all()]
        assert kept == [(county, None, 300), (None, employer, 20)]

    def test_a_place_beyond_the_branch_is_unknown(self, province, city, manager):
        other = BranchFactory(parent=province, level="city")
        stranger = EmployerFactory(branch=other)
        for code in (other.code, stranger.credit_code):
            with pytest.raises(gifts.FiguresRefused, match=code):
                drafted(city, by=manager, at=NOON, quotas=[QuotaLine(code=code, person_count=1)])
        assert not GiftCampaign.objects.exists()

    @pytest.mark.parametrize(
        ("field", "others"),
        [
            ("name", {"name": " "}),
            ("sponsor_id", {"sponsor_id": ""}),
            ("basis", {"basis": ""}),
            ("amount_per_person", {"amount_per_person": Decimal(10)}),
            ("amount_per_person", subsidy("0.00")),
            ("amount_per_person", subsidy("95.00")),
            ("budget_amount", {"budget_amount": Decimal(0)}),
            ("budget_amount", {"budget_amount": Decimal("94.99")}),
            ("closes_on", {"closes_on": TODAY - ONE_DAY}),
            ("min_age", {"min_age": 15}),
            ("max_age", {"min_age": 40, "max_age": 39}),
        ],
    )
    def test_what_makes_no_campaign_is_refused_at_its_field(self, city, manager, field, others):
        with pytest.raises(gifts.FiguresRefused) as refusal:
            drafted(city, by=manager, at=NOON, **others)
        assert list(refusal.value.problems) == [field]

    def test_quotas_cost_no_more_than_the_budget(self, city, manager):
        quotas = [QuotaLine(code=city.code, person_count=11)]
        with pytest.raises(gifts.FiguresRefused, match="只够 10 人"):
            drafted(city, by=manager, at=NOON, quotas=quotas, budget_amount=Decimal("1044.99"))
        drafted(city, by=manager, at=NOON, quotas=quotas, budget_amount=Decimal("1045.00"))

    def test_a_plan_that_is_not_for_gifts_can_only_be_subsidised(self, city, manager):
        plan = version("ACC25", gift_eligible=False)
        with pytest.raises(gifts.FiguresRefused, match="可作赠送计划"):
            drafted(city, by=manager, at=NOON, plan_id=plan.plan_id)
        assert drafted(city, by=manager, at=NOON, plan_id=plan.plan_id, **subsidy("5.00")).pk

    def test_who_comes_second_writes_over_nothing(self, city, manager, second):
        draft = drafted(city, by=manager, at=NOON)
        change(draft, by=manager, name="甲")
        with pytest.raises(gifts.CampaignConflict):
            change(draft, by=second, name="乙")
        draft.refresh_from_db()
        assert draft.name == "甲"

    def test_a_change_of_quotas_alone_is_traced(self, city, manager):
        draft = drafted(city, by=manager, at=NOON, quotas=[QuotaLine(code=city.code, person_count=5)])
        changed = change(draft, by=manager, quotas=[QuotaLine(code=city.code, person_count=6)])
        event = AuditEvent.objects.filter(event="gift_campaign.change").get()
        assert changed.revision == 2
        assert "6" in str(event.changes)
        assert change(changed, by=manager, quotas=[QuotaLine(code=city.code, person_count=6)]).revision == 2

    def test_nobody_drafts_for_a_branch_above_or_beside(self, province, city, manager):
        for other in (province, BranchFactory(parent=province, level="city")):
            with pytest.raises(permissions.NotPermitted, match="管辖范围"):
                drafted(other, by=manager, at=NOON)
        draft = drafted(city, by=manager, at=NOON)
        with pytest.raises(permissions.NotPermitted, match="管辖范围"):
            change(draft, by=manager, branch_id=province.pk)


@pytest.mark.django_db
class TestPublishing:
    def test_who_proposed_does_not_publish(self, city, manager, second):
        waiting = proposed(city, by=manager, at=NOON)
        with pytest.raises(permissions.NotPermitted, match="您本人"):
            gifts.publish(campaign_id=waiting.pk, revision=waiting.revision, by=manager, at=NOON)
        done = gifts.publish(campaign_id=waiting.pk, revision=waiting.revision, by=second, at=NOON)
        assert (done.state, done.decided_by_person) == (CampaignState.PUBLISHED, second.person)

    def test_nor_does_the_database_let_them(self, city, manager):
        waiting = proposed(city, by=manager, at=NOON)
        rows = GiftCampaign.objects.filter(pk=waiting.pk)
        with pytest.raises(IntegrityError, match="campaign_two_persons"), transaction.atomic():
            rows.update(state="published", decided_by_id=manager.user_id)
        with pytest.raises(IntegrityError, match="campaign_decided"), transaction.atomic():
            rows.update(state="published")

    def test_what_is_published_stays(self, city, manager, second):
        quotas = [QuotaLine(code=city.code, person_count=5)]
        done = published(city, by=manager, second=second, at=NOON, quotas=quotas)
        for rows, said in (
            (GiftCampaign.objects, {"budget_amount": 1}),
            (GiftCampaign.objects, {"closes_on": TODAY + 90 * ONE_DAY}),
            (Quota.objects, {"person_count": 500}),
        ):
            with pytest.raises(IntegrityError, match="stay"), transaction.atomic():
                rows.update(**said)
        with pytest.raises(IntegrityError, match="stay"), transaction.atomic():
            Quota.objects.all().delete()
        with pytest.raises(IntegrityError, match="stay"), transaction.atomic():
            Quota.objects.create(campaign=done, employer=EmployerFactory(branch=city), person_count=1)
        with pytest.raises(gifts.CampaignRefused, match="不能修改"):
            change(done, by=manager)

    def test_without_the_triggers_it_would_not(self, city, manager, second):
        """The twin: what refuses above are the two triggers."""
        published(city, by=manager, second=second, at=NOON, quotas=[QuotaLine(code=city.code, person_count=5)])
        with pgtrigger.ignore("gifts.GiftCampaign:published_stays", "gifts.Quota:published_stays"):
            assert GiftCampaign.objects.update(budget_amount=1) == 1
            assert Quota.objects.update(person_count=500) == 1

    def test_a_window_that_is_over_is_not_published(self, city, manager, second):
        waiting = proposed(city, by=manager, at=NOON)
        with pytest.raises(gifts.CampaignRefused, match="已过"):
            gifts.publish(campaign_id=waiting.pk, revision=waiting.revision, by=second, at=NOON + dt.timedelta(days=61))

    def test_a_plan_that_got_dearer_since_is_looked_at_again(self, city, manager, second):
        waiting = proposed(city, by=manager, at=NOON, quotas=[QuotaLine(code=city.code, person_count=1000)])
        version("HOSP25", contribution_amount=Decimal(96))
        with pytest.raises(gifts.FiguresRefused, match="只够 989 人"):
            gifts.publish(campaign_id=waiting.pk, revision=waiting.revision, by=second, at=NOON)

    def test_back_and_forth(self, city, manager, second):
        waiting = proposed(city, by=manager, at=NOON)
        with pytest.raises(gifts.CampaignRefused, match="退回原因"):
            gifts.send_back(campaign_id=waiting.pk, reason=" ", by=second, at=NOON)
        back = gifts.send_back(campaign_id=waiting.pk, reason="预算与文件不符", by=second, at=NOON)
        assert (back.state, back.return_reason) == (CampaignState.RETURNED, "预算与文件不符")
        again = gifts.propose(campaign_id=back.pk, revision=back.revision, by=manager, at=NOON)
        assert (again.decided_by_person, again.return_reason) == ("", "")
        assert gifts.recall(campaign_id=again.pk, by=manager, at=NOON).state == CampaignState.DRAFT
        assert gifts.discard(campaign_id=again.pk, by=manager, at=NOON).state == CampaignState.DISCARDED

    def test_closing_wants_a_reason_and_happens_once(self, city, manager, second):
        done = published(city, by=manager, second=second, at=NOON)
        with pytest.raises(gifts.CampaignRefused, match="结束原因"):
            gifts.close(campaign_id=done.pk, reason="", by=manager, at=NOON)
        assert gifts.close(campaign_id=done.pk, reason="名额用完", by=manager, at=NOON).state == CampaignState.CLOSED
        with pytest.raises(TransitionNotAllowed):
            gifts.close(campaign_id=done.pk, reason="再次", by=manager, at=NOON)


@pytest.mark.django_db
class TestReading:
    def test_what_is_above_is_seen_once_it_is_published(self, province, city, second):
        above = office_actor(StaffPostFactory(branch=province, product_manager=True))
        other = office_actor(StaffPostFactory(branch=province, product_manager=True))
        waiting = proposed(province, by=above, at=NOON)
        assert not GiftCampaign.objects.visible_to(second).exists()
        gifts.publish(campaign_id=waiting.pk, revision=waiting.revision, by=other, at=NOON)
        assert GiftCampaign.objects.visible_to(second).get() == waiting

    def test_the_list_knows_places_and_price_in_one_query(self, city, manager, django_assert_num_queries):
        for _ in range(3):
            drafted(city, by=manager, at=NOON, quotas=[QuotaLine(code=city.code, person_count=7)])
        with django_assert_num_queries(1):
            rows = [
                (each.quota_count, each.quota_places, each.contribution)
                for each in queries.get_campaigns(actor=manager)
            ]
        assert rows == [(1, 7, Decimal("95.00"))] * 3

    def test_places_of_a_budget_are_whole_people(self):
        assert get_places(budget=Decimal("189.99"), per_person=Decimal(95)) == 1
        assert get_places(budget=Decimal(100), per_person=Decimal(0)) == 0


class TestAtOnce:
    def race(self, waiting, actors) -> list[str]:
        """Both press 发布 at the same moment."""
        outcomes: list[str] = []

        def press(by):
            try:
                gifts.publish(campaign_id=waiting.pk, revision=waiting.revision, by=by, at=NOON)
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
        return proposed(province, by=manager, at=NOON), others

    def test_one_of_two_publishes_and_the_other_is_told(self, own_database):
        assert self.race(*self.waiting()) == ["TransitionNotAllowed", "published"]
        assert AuditEvent.objects.filter(event="gift_campaign.publish").count() == 1

    def test_the_twin_without_the_lock_publishes_twice(self, own_database, monkeypatch):
        waiting, others = self.waiting()
        both_have_read = threading.Barrier(2)

        def read_only(campaign_id):
            found = GiftCampaign.objects.select_related("plan", "branch").get(pk=campaign_id)
            both_have_read.wait(20)
            return found

        monkeypatch.setattr("huzhu.gifts.operations.publishing.lock_campaign", read_only)
        assert self.race(waiting, others) != ["TransitionNotAllowed", "published"]
