"""赠送与补贴 in the office: written by one, published by another; nothing typed is lost; sisters see nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.gifts import operations as gifts
from huzhu.gifts import queries
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.rules import QuotaLine
from huzhu.gifts.states import CampaignState
from huzhu.shared.calendar import local_date
from huzhu.web.office.presenters.gifts import get_row
from tests.factories import billing as money
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.gifts import drafted, figures, proposed, published
from tests.factories.plans import version
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
TODAY = local_date(NOON)


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


def sign_in(post) -> Client:
    client = Client()
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def city():
    return BranchFactory(parent=money.root(), level="city")


@pytest.fixture
def post(city):
    return StaffPostFactory(branch=city, product_manager=True)


@pytest.fixture
def manager(post):
    return office_actor(post)


@pytest.fixture
def client(post):
    return sign_in(post)


@pytest.fixture
def second_post(city):
    return StaffPostFactory(branch=city, product_manager=True)


def url(page: str, found: GiftCampaign) -> str:
    return reverse(f"office:gift{'-' if page else ''}{page}", args=[found.pk])


def typed(branch, **changes) -> dict[str, object]:
    said = {name: value for name, value in figures(branch, at=NOON).items() if value not in (None, False, [])}
    return said | {"is_first_only": "on", "quotas": f"{branch.code} 300\n"} | changes


class TestWriting:
    def test_from_nothing_to_published(self, client, second_post, city):
        client.get(reverse("office:gift-new"))
        answer = client.post(reverse("office:gift-new"), typed(city, job_categories=["worker"]))
        made = GiftCampaign.objects.get()
        assert answer.url == url("", made)
        assert (made.job_categories, made.quotas.get().person_count) == (["worker"], 300)
        shown = client.get(url("edit", made)).context["form"]
        assert shown["quotas"].value() == f"{city.code} 300"
        client.post(url("edit", made), typed(city, revision=made.revision, name="春风行动"))
        made.refresh_from_db()
        client.post(url("propose", made), {"revision": made.revision})
        assert "您本人" in client.get(url("", made)).content.decode()
        second = sign_in(second_post)
        second.post(url("publish", made), {"revision": made.revision})
        made.refresh_from_db()
        assert (made.state, made.name, made.job_categories) == (CampaignState.PUBLISHED, "春风行动", [])

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("quotas", {"quotas": "440600 三百"}),
            ("quotas", {"quotas": "999999 3"}),
            ("budget_amount", {"budget_amount": "10"}),
            ("closes_on", {"closes_on": "2020-01-01"}),
            ("amount_per_person", {"kind": "subsidy"}),
            ("plan_id", {"plan_id": ""}),
        ],
    )
    def test_every_refusal_stands_at_its_field_and_what_was_typed_stays(self, client, city, field, changes):
        answer = client.post(reverse("office:gift-new"), typed(city, **changes))
        form = answer.context["form"]
        assert (answer.status_code, list(form.errors)) == (422, [field])
        assert form["sponsor_id"].value() == "佛山市总工会"
        assert not GiftCampaign.objects.exists()

    def test_a_draft_that_somebody_else_changed_is_not_written_over(self, client, city, manager):
        draft = drafted(city, by=manager, at=NOON)
        answer = client.post(url("edit", draft), typed(city, revision=draft.revision - 1, name="迟到"))
        assert answer.status_code == 422
        assert "刚被他人修改" in answer.content.decode()

    def test_a_branch_of_another_city_cannot_be_chosen(self, client, city):
        other = BranchFactory(parent=money.root(), level="city")
        answer = client.post(reverse("office:gift-new"), typed(city, branch_id=other.pk))
        assert list(answer.context["form"].errors) == ["branch_id"]

    def test_steps_back(self, client, second_post, city, manager):
        waiting = proposed(city, by=manager, at=NOON)
        second = sign_in(second_post)
        assert "请填写退回原因" in second.post(url("return", waiting), follow=True).content.decode()
        second.post(url("return", waiting), {"reason": "缺少文件"})
        assert "缺少文件" in client.get(url("", waiting)).content.decode()
        client.post(url("propose", waiting), {"revision": waiting.revision})
        client.post(url("recall", waiting))
        client.post(url("discard", waiting))
        waiting.refresh_from_db()
        assert waiting.state == CampaignState.DISCARDED


class TestReading:
    def test_the_list_stands_in_groups(self, client, city, manager, second_post):
        second = office_actor(second_post)
        published(city, by=manager, second=second, at=NOON, name="正在进行")
        over = published(city, by=manager, second=second, at=NOON, name="已经结束")
        gifts.close(campaign_id=over.pk, reason="名额用完", by=manager, at=NOON)
        drafted(city, by=manager, at=NOON, name="还在起草")
        page = reverse("office:gifts")
        for show, name in (("", "正在进行"), ("over", "已经结束"), ("preparing", "还在起草")):
            shown = client.get(page, {"show": show}).context
            assert [row.campaign.name for row in shown["rows"]] == [name]
            assert [group.count for group in shown["groups"]] == [1, 1, 1]

    @pytest.mark.parametrize(("days", "standing"), [(-1, "未开始"), (0, "进行中"), (60, "进行中"), (61, "已到期")])
    def test_first_and_last_day_are_included(self, city, manager, second_post, days, standing):

        published(city, by=manager, second=office_actor(second_post), at=NOON)
        row = get_row(queries.get_campaigns(actor=manager).get(), day=TODAY + dt.timedelta(days=days))
        assert row.standing == standing

    def test_a_published_one_is_closed_with_a_reason(self, client, city, manager, second_post):
        done = published(city, by=manager, second=office_actor(second_post), at=NOON)
        assert client.post(url("close", done), {"reason": "名额用完"}).status_code == 302
        assert "名额用完" in client.get(url("", done)).content.decode()

    def test_a_sister_sees_nothing(self, city, manager):
        draft = drafted(city, by=manager, at=NOON)
        sister = sign_in(
            StaffPostFactory(branch=BranchFactory(parent=money.root(), level="city"), product_manager=True)
        )
        assert sister.get(url("", draft)).status_code == 404
        assert sister.post(url("propose", draft), {"revision": 1}).status_code == 404
        assert draft.name not in sister.get(reverse("office:gifts"), {"show": "preparing"}).content.decode()

    def test_who_is_below_reads_and_does_not_close(self, city, manager, second_post):
        done = published(city, by=manager, second=office_actor(second_post), at=NOON)
        below = sign_in(StaffPostFactory(branch=BranchFactory(parent=city, level="county"), product_manager=True))
        page = below.get(url("", done))
        assert page.status_code == 200
        assert not page.context["may"]["close"]
        assert below.post(url("close", done), {"reason": "无权"}).status_code == 403

    def test_the_list_asks_as_much_for_one_as_for_many(self, client, city, manager):
        drafted(city, by=manager, at=NOON)
        page = reverse("office:gifts") + "?show=preparing"
        asked = count_queries(lambda: client.get(page))
        for _ in range(4):
            drafted(city, by=manager, at=NOON, quotas=[QuotaLine(code=city.code, person_count=3)])
        assert count_queries(lambda: client.get(page)) == asked

    def test_what_a_subsidy_leaves_to_pay_stands_on_the_page(self, client, city, manager):

        assert version("HOSP25").contribution_amount == 95
        draft = drafted(city, by=manager, at=NOON, kind="subsidy", amount_per_person=Decimal("15.00"))
        page = client.get(url("", draft)).content.decode()
        assert "每人 15.00 元" in page
        assert "每份另缴 80.00 元" in page
