"""字典: old records keep their words, closed entries are offered no more, and of two who change one entry one is told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import Error, transaction
from django.test import Client
from django.urls import reverse

from huzhu.audit.models import AuditEvent
from huzhu.code_lists import operations, permissions, queries
from huzhu.code_lists.models import EntryVersion
from huzhu.code_lists.rules import CodeList, Kept
from huzhu.employers.code_lists import EMPLOYER_KINDS
from huzhu.enrolment.code_lists import RETURN_REASONS, tell_return_reasons
from huzhu.journeys.code_lists import CODE_LISTS
from huzhu.shared.calendar import local_date, start_of_day
from huzhu.web import search
from huzhu.web.office.forms.reviews import ReturnForm
from tests.factories import billing as money
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor

BACKEND = "django.contrib.auth.backends.ModelBackend"
pytestmark = pytest.mark.django_db
LATER = NOON + dt.timedelta(hours=1)
CODE = "dates"
OLD = "业务参考日期不合适"


@pytest.fixture
def province():
    return money.root()


@pytest.fixture
def post(province):
    return StaffPostFactory(branch=province, system_admin=True)


@pytest.fixture
def admin(post):
    return office_actor(post)


def signed_in(post) -> Client:
    client = Client()
    client.force_login(post.user, backend=BACKEND)
    return client


def add(by, words="缺少花名册", code_list=RETURN_REASONS, **more):
    return operations.add_entry(code_list=code_list, words=words, reason="统一口径", by=by, at=NOON, **more)


def change(by, words="参考日期有误", *, code=CODE, code_list=RETURN_REASONS, seen=0, place=100, at=NOON, **more):
    return operations.change_entry(
        code_list=code_list, code=code, words=words, place=place, reason="统一口径", seen=seen, by=by, at=at, **more
    )


def close(by, *, code=CODE, code_list=RETURN_REASONS, seen=0, at=NOON):
    return operations.close_entry(code_list=code_list, code=code, reason="不再使用", seen=seen, by=by, at=at)


def words_of(at, code=CODE):
    return queries.get_words(RETURN_REASONS, at=at)[code]


class TestReading:
    def test_an_old_record_keeps_its_old_words(self, admin):
        change(admin, at=LATER)
        assert tell_return_reasons([CODE], at=NOON) == [OLD]
        assert tell_return_reasons([CODE], at=LATER) == ["参考日期有误"]

    def test_a_later_day_begins_at_midnight(self, admin):
        tomorrow = local_date(NOON) + dt.timedelta(days=1)
        change(admin, from_day=tomorrow)
        midnight = start_of_day(tomorrow)
        assert words_of(midnight - dt.timedelta(seconds=1)) == OLD
        assert words_of(midnight) == "参考日期有误"

    def test_what_is_made_last_counts_over_what_was_planned(self, admin):
        change(admin, from_day=local_date(NOON) + dt.timedelta(days=30))
        change(admin, "日期选错", seen=1, at=LATER)
        assert words_of(NOON + dt.timedelta(days=60)) == "日期选错"

    def test_a_code_that_no_list_knows_is_shown_as_it_is(self):
        assert tell_return_reasons(["of_old", CODE, "other"], at=NOON) == ["of_old", OLD]

    def test_a_closed_entry_is_read_but_not_offered(self, admin):
        close(admin)
        assert words_of(LATER) == OLD
        assert CODE not in dict(queries.get_choices(RETURN_REASONS, at=LATER))
        assert CODE in dict(queries.get_choices(RETURN_REASONS, at=NOON - dt.timedelta(seconds=1)))

    def test_a_request_reads_them_once(self, admin, django_assert_num_queries):
        add(admin)
        with django_assert_num_queries(1), queries.remembering():
            for code_list in CODE_LISTS.values():
                queries.get_choices(code_list, at=LATER)
        with django_assert_num_queries(2):
            words_of(LATER), words_of(LATER)

    @pytest.mark.parametrize("code_list", CODE_LISTS.values(), ids=lambda code_list: code_list.key)
    def test_every_built_in_entry_fits(self, code_list):
        codes = [code for code, _ in code_list.built_in]
        assert len(set(codes)) == len(codes)
        assert all(len(words) <= code_list.longest and len(code) <= 30 for code, words in code_list.built_in)


class TestChanging:
    def test_a_new_entry_is_offered_and_traced(self, admin):
        made = add(admin, code="no_roster")
        assert queries.get_choices(RETURN_REASONS, at=NOON)[-1] == ("no_roster", "缺少花名册")
        event = AuditEvent.objects.get(event="code_lists.add_entry")
        assert (event.subject_id, event.after, event.reason) == (str(made.pk), "缺少花名册", "统一口径")

    def test_without_a_code_it_gets_the_next_free_one(self, admin):
        assert [add(admin).code, add(admin, "缺少合同").code] == ["item_1", "item_2"]

    @pytest.mark.parametrize(
        ("more", "told"),
        [
            ({"code": CODE}, "已被"),
            ({"code": "Date"}, "小写字母"),
            ({"words": OLD}, "已在列表中"),
            ({"words": " "}, "请填写文字"),
            ({"words": "长" * 61}, "最多 60 字"),
            ({"words": "看\u200b不见"}, "看不见"),
            ({"place": -1}, "顺序"),
            ({"from_day": local_date(NOON) - dt.timedelta(days=1)}, "不能早于今天"),
        ],
    )
    def test_refuses_with_words(self, admin, more, told):
        with pytest.raises(operations.ChangeRefused, match=told):
            add(admin, **more)
        assert not EntryVersion.objects.exists()

    def test_a_closed_code_stays_taken(self, admin):
        close(admin)
        with pytest.raises(operations.ChangeRefused, match="已停用"):
            add(admin, code=CODE)

    def test_a_closed_entry_comes_back(self, admin):
        close(admin)
        operations.reopen_entry(code_list=RETURN_REASONS, code=CODE, reason="恢复", seen=1, by=admin, at=LATER)
        assert CODE in dict(queries.get_choices(RETURN_REASONS, at=LATER))
        assert len(queries.get_history(RETURN_REASONS, CODE)) == 2

    def test_the_last_one_offered_stays(self, admin):
        short = CodeList(key="short", label="短", explains="", kept=Kept.OPEN, built_in=(("a1", "甲"), ("b1", "乙")))
        close(admin, code="a1", code_list=short)
        with pytest.raises(operations.ChangeRefused, match="最后一个"):
            close(admin, code="b1", code_list=short)

    def test_where_rules_depend_on_codes_only_words_change(self, admin):
        change(admin, "企业单位", code="enterprise", code_list=EMPLOYER_KINDS)
        with pytest.raises(operations.ChangeRefused, match="不能新增"):
            add(admin, "合作社", EMPLOYER_KINDS)
        with pytest.raises(operations.ChangeRefused, match="不能停用"):
            close(admin, code="enterprise", code_list=EMPLOYER_KINDS, seen=1)

    def test_fixed_lists_are_shown_only(self, admin):
        with pytest.raises(operations.ChangeRefused, match="固定"):
            change(admin, "干部", code="management", code_list=CODE_LISTS["job_categories"])

    @pytest.mark.parametrize("roles", [{"security_admin": True}, {"auditor": True}, {"reviewer": True}])
    def test_only_the_system_administrator(self, province, roles):
        by = office_actor(StaffPostFactory(branch=province, **roles))
        for act in (add, change, close):
            with pytest.raises(permissions.NotPermitted):
                act(by)

    def test_only_that_of_the_whole_association(self, province):
        city = BranchFactory(parent=province, level="city")
        with pytest.raises(permissions.NotPermitted):
            add(office_actor(StaffPostFactory(branch=city, system_admin=True)))

    def test_rows_are_facts(self, admin):
        add(admin)
        for act in (lambda: EntryVersion.objects.update(words="改"), lambda: EntryVersion.objects.all().delete()):
            with pytest.raises(Error), transaction.atomic():
                act()


class TestTwoAtOnce:
    def test_who_comes_second_is_told(self, admin):
        change(admin)
        with pytest.raises(operations.EntryConflict) as told:
            change(admin, "日期选错")
        assert told.value.now.words == "参考日期有误"


class TestPages:
    @pytest.fixture
    def client(self, post):
        return signed_in(post)

    def fields(self, **more):
        today = local_date(dt.datetime.now(dt.UTC)).isoformat()
        return {"words": "参考日期有误", "place": "100", "from_day": today, "reason": "统一口径", "seen": "0"} | more

    def test_the_page_shows_every_list_in_few_queries(self, client, admin, django_assert_max_num_queries):
        for number in range(20):
            add(admin, f"原因{number}")
        with django_assert_max_num_queries(12):
            page = client.get(reverse("office:code-lists")).content.decode()
        assert all(code_list.label in page for code_list in CODE_LISTS.values())

    def test_words_are_changed_and_the_history_tells(self, client):
        url = reverse("office:code-entry-change", args=["return_reasons", CODE])
        page = client.post(url, self.fields(), follow=True).content.decode()
        assert "参考日期有误" in page
        assert OLD in page  # among the history

    def test_the_second_one_gets_a_conflict_page_that_loses_nothing(self, client, admin):
        change(admin, "日期选错", at=dt.datetime.now(dt.UTC))
        url = reverse("office:code-entry-change", args=["return_reasons", CODE])
        answer = client.post(url, self.fields())
        assert answer.status_code == 409
        page = answer.content.decode()
        assert "日期选错" in page
        assert "参考日期有误" in page
        assert client.post(url, self.fields(seen="1")).status_code == 302

    def test_closing_what_another_has_changed_is_a_conflict(self, client, admin):
        change(admin, at=dt.datetime.now(dt.UTC))
        url = reverse("office:code-entry-close", args=["return_reasons", CODE])
        assert client.post(url, {"seen": "0", "reason": "停"}).status_code == 409
        assert client.post(url, {"seen": "1", "reason": "停"}).status_code == 302
        assert CODE not in dict(ReturnForm().fields["codes"].choices)

    def test_the_auditor_reads_and_changes_nothing(self, province):
        client = signed_in(StaffPostFactory(branch=province, auditor=True))
        assert client.get(reverse("office:code-entry", args=["return_reasons", CODE])).status_code == 200
        url = reverse("office:code-entry-change", args=["return_reasons", CODE])
        assert client.post(url, self.fields()).status_code == 404
        assert not EntryVersion.objects.exists()

    def test_an_entry_that_begins_later_has_its_page_until_then(self, client):
        later = (local_date(dt.datetime.now(dt.UTC)) + dt.timedelta(days=30)).isoformat()
        url = reverse("office:code-entry-new", args=["return_reasons"])
        made = client.post(url, self.fields(words="附件不清晰", code="blurred", from_day=later))
        assert made.status_code == 302
        listed = client.get(reverse("office:code-list", args=["return_reasons"])).content.decode()
        own = reverse("office:code-entry", args=["return_reasons", "blurred"])
        assert own in listed
        assert "待生效" in listed
        page = client.get(own).content.decode()
        assert "附件不清晰" in page
        assert "待生效" in page
        assert f"{later} 00:00" in page
        change = reverse("office:code-entry-change", args=["return_reasons", "blurred"])
        answer = client.post(change, self.fields(words="附件看不清", from_day=later, seen="1"), follow=True)
        assert "附件看不清" in answer.content.decode()
        assert "blurred" not in dict(ReturnForm().fields["codes"].choices)

    def test_lists_and_entries_that_are_not_there_are_missing(self, client):
        assert client.get(reverse("office:code-list", args=["nothing"])).status_code == 404
        assert client.get(reverse("office:code-entry", args=["return_reasons", "nothing"])).status_code == 404

    def test_the_search_finds_the_page(self, admin):
        found = search.search(by=admin, words=search.read("字典", near=""))
        assert reverse("office:code-lists") in str(found)
