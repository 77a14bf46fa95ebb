"""保障计划 in the office: written by one, judged while typed, published by another; nothing typed is lost."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.plans.models import PlanVersion, SaleWindow
from huzhu.plans.states import VersionState
from huzhu.shared.calendar import ONE_DAY, local_date
from tests.factories import billing as money
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.plans import drafted, proposed, version
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
TODAY = local_date(NOON)
NEXT_WEEK = TODAY + 7 * ONE_DAY


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


def sign_in(post) -> Client:
    client = Client()
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def post():
    return StaffPostFactory(branch=money.root(), product_manager=True)


@pytest.fixture
def manager(post):
    return office_actor(post)


@pytest.fixture
def client(post):
    return sign_in(post)


@pytest.fixture
def second():
    return sign_in(StaffPostFactory(branch=money.root(), product_manager=True))


def url(page: str, found: PlanVersion) -> str:
    return reverse(f"office:plan{'-' if page else ''}{page}", args=[found.pk])


def typed(response, **changes) -> dict[str, object]:
    """The form as the page shows it, with some of it changed."""
    form = response.context["form"]
    shown = {bound.html_name: bound.value() for bound in form}
    return {name: value for name, value in (shown | changes).items() if value is not None and value is not False}


def rows_of(response, **changes) -> dict[str, object]:
    """All rows of a page of rows as it shows them."""
    rows = response.context["rows"]
    shown = {bound.html_name: bound.value() for form in [rows.management_form, *rows.forms] for bound in form}
    kept = {name: value for name, value in (shown | changes).items() if value is not None and value is not False}
    return kept | {"revision": changes.get("revision", response.context["version"].revision)}


class TestReading:
    def test_the_list_shows_what_is_sold_and_what_is_prepared(self, client, manager):
        drafted("HOSP25", by=manager, at=NOON)
        page = client.get(reverse("office:plans")).content.decode()
        assert "第 2 版" in page
        assert "草稿" in page

    def test_whoever_is_of_a_branch_sees_what_was_published_only(self, manager):
        draft = drafted("HOSP25", by=manager, at=NOON)
        local = sign_in(StaffPostFactory(branch=BranchFactory(parent=money.root(), level="city"), product_manager=True))
        assert "草稿" not in local.get(reverse("office:plans")).content.decode()
        assert local.get(url("", draft)).status_code == 404
        assert local.get(url("", version("HOSP25"))).status_code == 200

    def test_the_list_asks_as_much_for_one_plan_as_for_all(self, client, manager):
        version("HOSP25")
        asked = count_queries(lambda: client.get(reverse("office:plans")))
        for code in ("HOSP25", "ACC25", "SELF25"):
            drafted(code, by=manager, at=NOON)
        assert count_queries(lambda: client.get(reverse("office:plans"))) == asked

    def test_what_differs_stands_beside_what_was(self, client, manager):
        waiting = proposed("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK, claim_limit_days=365)
        changes = client.get(url("", waiting)).context["changes"]
        assert [(row.label, row.before, row.after) for row in changes] == [("申请理赔时限", "730 天", "365 天")]


class TestWriting:
    def test_from_draft_to_sale(self, client, second):
        client.post(url("draft", version("HOSP25")))
        draft = PlanVersion.objects.get(state=VersionState.DRAFT)
        shown = client.get(url("edit", draft))
        answer = client.post(
            url("edit", draft), typed(shown, valid_from=NEXT_WEEK, change_note="理事会决议", claim_limit_days=365)
        )
        assert answer.status_code == 302, answer.context["form"].errors
        draft.refresh_from_db()
        client.post(url("propose", draft), {"revision": draft.revision})
        second.post(url("publish", draft), {"revision": draft.revision})
        draft.refresh_from_db()
        assert (draft.state, draft.claim_limit_days, draft.valid_from) == (VersionState.PUBLISHED, 365, NEXT_WEEK)
        assert draft.min_participation_ratio == version("HOSP25").min_participation_ratio
        assert draft.caps_by_region == version("HOSP25").caps_by_region

    def test_a_new_plan_is_begun_and_stands_in_the_list(self, client):
        like = version("HOSP25")
        client.get(reverse("office:plan-new"))
        words = {"code": "hosp26", "name": "新住院计划", "generation": "2026", "like_version_id": like.pk}
        refused = client.post(reverse("office:plan-new"), words | {"code": "HOSP25"})
        assert refused.status_code == 422
        assert set(refused.context["form"].errors) == {"code"}
        assert "新住院计划" in refused.content.decode()
        answer = client.post(reverse("office:plan-new"), words)
        draft = PlanVersion.objects.get(plan__code="HOSP26")
        assert answer.url == url("edit", draft)
        client.post(url("discard", draft))
        assert "尚未销售" in client.get(reverse("office:plans")).content.decode()

    def test_every_refusal_stands_at_its_field_and_what_was_typed_stays(self, client, manager):
        draft = drafted("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        shown = client.get(url("edit", draft))
        answer = client.post(
            url("edit", draft),
            typed(shown, max_age=15, max_shares=0, valid_to=TODAY, caps_by_region="广州市", source="新文件"),
        )
        assert set(answer.context["form"].errors) == {"caps_by_region"}
        answer = client.post(
            url("edit", draft), typed(shown, max_age=15, max_shares=0, valid_to=TODAY, source="新文件")
        )
        assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"max_age", "max_shares", "valid_to"})
        assert "新文件" in answer.content.decode()

    def test_who_saves_second_is_told_and_loses_nothing(self, client, manager):
        draft = drafted("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        shown = client.get(url("edit", draft))
        client.post(url("edit", draft), typed(shown, source="先保存"))
        answer = client.post(url("edit", draft), typed(shown, source="后保存"))
        assert answer.status_code == 422
        assert "刚被他人修改" in answer.content.decode()
        assert "后保存" in answer.content.decode()

    def test_benefits_keep_what_the_page_does_not_show(self, client, manager):
        draft = drafted("CI25-A", by=manager, at=NOON, valid_from=NEXT_WEEK)
        shown = client.get(url("benefits", draft))
        answer = client.post(url("benefits", draft), rows_of(shown, **{"form-0-amount_yuan": "13000"}))
        assert answer.status_code == 302
        former, draft = draft, PlanVersion.objects.get(pk=draft.pk)
        assert draft.benefits == [former.benefits[0] | {"amount_yuan": 13000}, former.benefits[1]]

    def test_a_benefit_that_pays_nothing_is_refused(self, client, manager):
        draft = drafted("CI25-A", by=manager, at=NOON, valid_from=NEXT_WEEK)
        shown = client.get(url("benefits", draft))
        answer = client.post(url("benefits", draft), rows_of(shown, **{"form-0-amount_yuan": "0"}))
        assert answer.status_code == 422
        assert "每份金额须大于 0" in answer.content.decode()

    def test_examples_are_kept_as_typed(self, client, manager):
        draft = drafted("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        shown = client.get(url("cases", draft))
        client.post(url("cases", draft), rows_of(shown, **{"form-0-name": "张三首次参保"}))
        former, draft = draft, PlanVersion.objects.get(pk=draft.pk)
        assert draft.cases == [former.cases[0] | {"name": "张三首次参保"}, *former.cases[1:]]

    def test_an_example_is_judged_while_it_is_typed(self, client, manager):
        draft = drafted("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        shown = client.get(url("cases", draft))
        right = client.post(url("case-try", draft), rows_of(shown, **{"try": "0"})).content.decode()
        wrong = client.post(url("case-try", draft), rows_of(shown, **{"try": "0", "form-0-contribution": "96"}))
        assert "通过" in right
        assert "不符" in wrong.content.decode()
        assert "95.00 元" in wrong.content.decode()

    @pytest.mark.parametrize("act", ["recall", "discard", "return"])
    def test_the_other_ways_out(self, client, second, manager, act):
        found = (drafted if act == "discard" else proposed)("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK)
        (second if act == "return" else client).post(url(act, found), {"reason": "与文件不符"})
        found.refresh_from_db()
        assert found.state == {"recall": "draft", "discard": "discarded", "return": "returned"}[act]

    def test_a_failing_example_is_told_on_the_page(self, client, manager):
        draft = drafted("HOSP25", by=manager, at=NOON, valid_from=NEXT_WEEK, waiting_days_first=90)
        page = client.post(url("propose", draft), {"revision": draft.revision}, follow=True).content.decode()
        assert "未通过，不能提交或发布" in page
        draft.refresh_from_db()
        assert draft.state == VersionState.DRAFT


class TestSale:
    def test_closing_and_bringing_the_end_forward(self, client):
        found = version("HOSP25")
        client.post(url("shorten", found), {"last_day": "没有", "reason": "通知"})
        client.post(url("shorten", found), {"last_day": str(NEXT_WEEK), "reason": "通知"})
        found.refresh_from_db()
        assert (found.state, found.valid_to) == (VersionState.PUBLISHED, NEXT_WEEK)
        client.post(url("close", found), {"reason": "停办"})
        found.refresh_from_db()
        assert found.state == VersionState.CLOSED

    def test_a_branch_sets_its_window(self, client):
        city = BranchFactory(parent=money.root(), level="city")
        words = {"branch_id": city.pk, "kind": "own", "effective_from": str(TODAY), "reason": "通知"}
        answer = client.post(url("window", version("HOSP25")), words)
        assert "请填写开始日期或截止日期" in answer.content.decode()
        answer = client.post(url("window", version("HOSP25")), words | {"closes_on": str(NEXT_WEEK)})
        assert answer.status_code == 302
        assert SaleWindow.objects.get().closes_on == NEXT_WEEK
        assert city.name in client.get(url("", version("HOSP25"))).content.decode()

    def test_a_window_that_cannot_be_read_is_asked_again(self, client):
        answer = client.post(url("window", version("HOSP25")), {"kind": "own", "effective_from": dt.date.min})
        assert answer.status_code == 422
