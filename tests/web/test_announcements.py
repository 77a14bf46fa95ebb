"""公告: written, previewed, published, read; nobody finds what is not theirs; lists cost the same for one and for many."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from huzhu.announcements import exports
from huzhu.announcements.models import Announcement, AnnouncementRead
from huzhu.audit.models import AuditEvent
from huzhu.notifications.models import Notice
from huzhu.shared.calendar import today
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.announcements import AnnouncementFactory, announced
from tests.factories.employers import EmployerFactory, MembershipFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def branch():
    return BranchFactory()


@pytest.fixture
def employer(branch):
    return EmployerFactory(branch=branch)


@pytest.fixture
def member(employer):
    return MembershipFactory(employer=employer)


@pytest.fixture
def office(branch):
    return signed_in(StaffPostFactory(branch=branch).user)


def post(client, name, announcement=None, **values):
    return client.post(reverse(name, args=[announcement.pk] if announcement else []), values, follow=True)


def text(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


class TestOffice:
    def test_the_way_of_an_announcement(self, office, employer, member):
        preview = text(
            post(office, "office:announcement-new", title="续保", body="第一段\n\n第二段", audience="picked",
                 picked=f"{employer.credit_code.lower()} 某厂")
        )  # fmt: skip
        written = Announcement.objects.get()
        assert "<p>第一段</p>" in preview
        assert "家单位将收到" in preview
        assert employer.name in preview
        post(office, "office:announcement-edit", written, title="续保", body="<b>改过</b>", audience="all", version=1)
        published = text(post(office, "office:announcement-publish", written, version=2))
        assert "送达 1 家单位" in published
        assert "&lt;b&gt;改过&lt;/b&gt;" in published
        assert "已在消息中心提醒 1 家" in text(post(office, "office:announcement-remind", written))
        assert "每天最多提醒一次" in text(post(office, "office:announcement-remind", written))
        url = Notice.objects.get().url
        assert url == reverse("employer:announcement", args=[written.pk])
        assert "已撤回" in text(post(office, "office:announcement-withdraw", written, reason="日期有误"))

    def test_a_day_is_set_and_taken_back(self, office, employer):
        written = AnnouncementFactory(branch=employer.branch)
        day = today(timezone.now()) + dt.timedelta(days=3)
        assert f"{day} 早上 8 点" in text(
            post(office, "office:announcement-schedule", written, version=1, publish_on=day.isoformat())
        )
        assert "回到草稿" in text(post(office, "office:announcement-unschedule", written))
        for typed in ("", "2026-13-40", "明天"):
            answer = post(office, "office:announcement-schedule", written, version=1, publish_on=typed)
            assert "请选择发布日期" in text(answer)

    def test_unknown_codes_are_named_by_line_and_nothing_typed_is_lost(self, office, employer):
        stranger = EmployerFactory()
        answer = post(
            office, "office:announcement-new", title="续保", body="正文", audience="picked",
            picked=f"{employer.credit_code}\n{stranger.credit_code}\n没有代码",
        )  # fmt: skip
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "第 2 行、第 3 行没有对应的参保单位" in page
        assert stranger.credit_code in page
        assert not Announcement.objects.exists()

    @pytest.mark.parametrize("audience", ["branches", "kinds", "picked"])
    def test_an_audience_without_its_choice_says_so(self, office, audience):
        answer = post(office, "office:announcement-new", title="续保", body="正文", audience=audience)
        assert answer.status_code == 422
        assert "请至少填写一项" in answer.content.decode()

    @pytest.mark.parametrize(
        "name",
        ["", "-edit", "-publish", "-schedule", "-unschedule", "-withdraw", "-remind", "-export"],
    )
    def test_one_of_a_sister_is_as_if_it_were_not(self, office, name):
        foreign = AnnouncementFactory()
        for key in (foreign.pk, 999_999):
            ask = office.post if name else office.get
            assert ask(reverse(f"office:announcement{name}", args=[key])).status_code == 404

    def test_the_export_holds_whom_it_shows_and_is_written_down(self, office, employer, member):
        told = announced(AnnouncementFactory(branch=employer.branch), employer, EmployerFactory(branch=employer.branch),
                         EmployerFactory(), reader=member.user)  # fmt: skip
        assert "请填写导出用途" in text(post(office, "office:announcement-export", told))
        answer = office.post(
            reverse("office:announcement-export", args=[told.pk]), {"reason": "电话催办", "show": "all"}
        )
        rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.values)
        assert [row[4] for row in rows[1:]] == ["已读", "未读"]  # not the employer of another branch
        event = AuditEvent.objects.get(event="announcements.export")
        assert (event.reason, event.details["rows"]) == ("电话催办", 2)

    def test_more_rows_than_a_workbook_should_hold_are_refused_in_words(self, office, employer, monkeypatch):
        told = announced(AnnouncementFactory(branch=employer.branch), employer, EmployerFactory(branch=employer.branch))
        monkeypatch.setattr(exports, "MOST_ROWS", 1)
        answer = post(office, "office:announcement-export", told, reason="电话催办", show="all")
        assert "请由各机构分别导出" in text(answer)
        assert not AuditEvent.objects.filter(event="announcements.export").exists()

    def test_lists_take_as_many_queries_for_many(self, office, branch, employer, member):
        def grow(count):
            for _ in range(count):
                others = EmployerFactory.create_batch(2, branch=branch)
                told = announced(AnnouncementFactory(branch=branch, audience="branches", branch_ids=[branch.pk]),
                                 employer, *others, reader=member.user)  # fmt: skip
            return told

        told = grow(1)
        urls = [reverse("office:announcements"), reverse("office:announcement", args=[told.pk])]
        urls += [f"{urls[1]}?show=read"]
        few = [count_queries(lambda url=url: office.get(url)) for url in urls]
        for each in EmployerFactory.create_batch(20, branch=branch):
            told.recipients.create(employer=each)
        grow(6)
        assert [count_queries(lambda url=url: office.get(url)) for url in urls] == few

    def test_who_sends_no_text_messages_still_finds_the_announcements(self, branch):
        client = signed_in(StaffPostFactory(branch=branch, roles=["product_manager"]).user)
        page = text(client.get(reverse("office:announcements")))
        assert reverse("office:announcement-new") in page
        assert f'href="{reverse("office:messages")}"' not in page

    def test_readers_see_no_buttons(self, branch, employer):
        client = signed_in(StaffPostFactory(branch=branch, roles=["auditor"]).user)
        draft = AnnouncementFactory(branch=branch)
        assert reverse("office:announcement-new") not in text(client.get(reverse("office:announcements")))
        assert "立即发布" not in text(client.get(reverse("office:announcement", args=[draft.pk])))


class TestEmployer:
    def test_reads_confirms_and_is_asked_no_more(self, employer, member):
        told = announced(AnnouncementFactory(title="年底续保"), employer)
        client = signed_in(member.user)
        home, url = reverse("employer:home"), reverse("employer:announcement", args=[told.pk])
        assert "年底续保" in text(client.get(home))
        assert "未读" in text(client.get(reverse("employer:messages")))
        assert "我已阅读" in text(client.get(url))
        assert not AnnouncementRead.objects.exists()  # opening is no receipt
        assert "您已确认阅读" in text(post(client, "employer:announcement-read", told))
        assert "年底续保" not in text(client.get(home))

    def test_a_foreign_one_is_as_if_it_were_not(self, member):
        client = signed_in(member.user)
        foreign = announced(AnnouncementFactory(), EmployerFactory())
        draft = AnnouncementFactory(branch=member.employer.branch)
        for key in (foreign.pk, draft.pk, 999_999):
            assert client.get(reverse("employer:announcement", args=[key])).status_code == 404
            assert client.post(reverse("employer:announcement-read", args=[key])).status_code == 404
        assert not AnnouncementRead.objects.exists()

    def test_without_the_narrowing_it_would_be_found(self, member, monkeypatch):
        """The twin without the protection."""
        foreign = announced(AnnouncementFactory(), EmployerFactory())
        everything = type(Announcement.objects.all())
        monkeypatch.setattr(everything, "visible_to", lambda self, actor: self)
        answer = signed_in(member.user).get(reverse("employer:announcement", args=[foreign.pk]))
        assert answer.status_code == 200

    def test_a_withdrawn_one_shows_why_and_no_text(self, office, employer, member):
        told = announced(AnnouncementFactory(branch=employer.branch, body="错误的日期"), employer)
        post(office, "office:announcement-withdraw", told, reason="日期有误，另发")
        client = signed_in(member.user)
        page = text(client.get(reverse("employer:announcement", args=[told.pk])))
        assert "日期有误，另发" in page
        assert "错误的日期" not in page
        assert "已被撤回" in text(post(client, "employer:announcement-read", told))

    def test_pages_take_as_many_queries_for_many(self, employer, member):
        client = signed_in(member.user)
        announced(AnnouncementFactory(branch=employer.branch), employer)
        urls = [reverse("employer:home"), reverse("employer:messages")]
        few = [count_queries(lambda url=url: client.get(url)) for url in urls]
        for _ in range(12):
            announced(AnnouncementFactory(), employer)
        assert [count_queries(lambda url=url: client.get(url)) for url in urls] == few
