"""工作台: the four lists as pages, and what is done from them."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.audit.models import AuditEvent
from huzhu.demo.employers import STORIES
from huzhu.employers.models import Registration
from huzhu.work import operations as work
from huzhu.work.models import Assignment, Copy
from tests.factories import work as desk
from tests.factories.accounts import office_actor
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
NOW = desk.MONDAY + dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _tuesday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office() -> desk.Office:
    return desk.office()


def sign_in(post) -> Client:
    client = Client()
    client.force_login(post.user, backend=BACKEND)
    return client


def page_of(client: Client, name: str = "office:home", **params: str) -> str:
    answer = client.get(reverse(name), params)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def row_of(registration: Registration) -> str:
    return f"registrations:{registration.pk}:{int(registration.submitted_at.timestamp() * 1_000_000)}"


class TestWaiting:
    def test_shows_what_waits_with_its_deadline_and_one_button(self, office):
        late = desk.registration(office.county, name="佛山逾期厂", at=NOW - dt.timedelta(days=8))
        page = page_of(sign_in(desk.post(office.city, "registrar")))
        assert "佛山逾期厂" in page
        assert "已逾期" in page
        assert reverse("office:registration", args=[late.pk]) in page

    def test_a_sister_branch_sees_nothing_of_it(self, office):
        desk.registration(office.county, name="佛山某厂")
        page = page_of(sign_in(desk.post(office.sister, "registrar")))
        assert "佛山某厂" not in page
        assert "没有待办" in page

    def test_filters_narrow_and_say_when_nothing_is_left(self, office):
        desk.registration(office.county, name="佛山某厂")
        client = sign_in(desk.post(office.city, "registrar"))
        assert "佛山某厂" in page_of(client, claim="free", kind="registrations")
        assert "没有符合条件的待办" in page_of(client, claim="mine")

    def test_the_menu_counts_the_same(self, office):
        desk.registration(office.county)
        page = page_of(sign_in(desk.post(office.city, "registrar")))
        assert '<span class="menu__count">1<' in page

    @pytest.mark.slow
    def test_as_many_queries_for_ten_rows_as_for_a_thousand(self, office):
        client = sign_in(desk.post(office.city, "registrar"))
        desk.registrations(office.county, 10)
        few = count_queries(lambda: page_of(client))
        desk.registrations(office.county, 990)
        assert count_queries(lambda: page_of(client)) == few <= 14


class TestTaking:
    def test_ticked_rows_are_claimed_and_handed_back(self, office):
        first, second = (desk.registration(office.county) for _ in range(2))
        client = sign_in(desk.post(office.city, "registrar"))
        rows = [row_of(first), row_of(second)]
        answer = client.post(reverse("office:work-claim"), {"row": rows, "act": "claim"}, follow=True)
        assert "已认领 2 件" in answer.content.decode()
        assert Assignment.objects.live().count() == 2
        client.post(reverse("office:work-claim"), {"row": rows, "act": "hand_back"})
        assert Assignment.objects.live().count() == 0

    def test_a_row_has_a_button_of_its_own_that_takes_no_other(self, office):
        first, second = (desk.registration(office.county) for _ in range(2))
        client = sign_in(desk.post(office.city, "registrar"))
        assert f'name="only" value="{row_of(first)}' in page_of(client)
        client.post(reverse("office:work-claim"), {"row": [row_of(second)], "only": row_of(first)})
        assert [one.subject_id for one in Assignment.objects.live()] == [first.pk]
        assert f'name="only" value="{row_of(first)}' not in page_of(client)

    def test_a_colleagues_stays_and_the_reason_is_told(self, office):
        registration = desk.registration(office.county)
        colleague = desk.staff(office.county, "registrar", name="陈静")
        work.claim(kind="registrations", record_id=registration.pk, by=colleague, at=NOW)
        client = sign_in(desk.post(office.city, "registrar"))
        answer = client.post(reverse("office:work-claim"), {"row": [row_of(registration)]}, follow=True)
        assert "陈静已认领此件" in answer.content.decode()
        answer = client.post(reverse("office:registration-approve", args=[registration.pk]), {"round": 1}, follow=True)
        assert "陈静已认领此件" in answer.content.decode()
        registration.refresh_from_db()
        assert registration.state == "pending"

    def test_is_passed_on_with_a_note_that_the_colleague_sees(self, office):
        registration = desk.registration(office.county)
        colleague = desk.post(office.county, "registrar", name="陈静")
        client = sign_in(desk.post(office.city, "registrar", name="林晓敏"))
        answer = client.post(
            reverse("office:work-pass-on"),
            {"row": [row_of(registration)], "to": str(colleague.user_id), "note": "单位急用"},
            follow=True,
        )
        assert "已转交 1 件" in answer.content.decode()
        page = page_of(sign_in(colleague), claim="mine")
        assert "林晓敏转交" in page
        assert "单位急用" in page
        assert registration.name in page_of(client, "office:work-started")

    def test_without_ticks_nothing_happens_and_it_says_so(self, office):
        client = sign_in(desk.post(office.city, "registrar"))
        assert "请先勾选" in client.post(reverse("office:work-claim"), follow=True).content.decode()
        assert "请先勾选" in client.post(reverse("office:work-approve"), follow=True).content.decode()

    def test_a_sister_branchs_record_is_neither_claimed_nor_told_of(self, office):
        registration = desk.registration(office.county, name="佛山某厂")
        client = sign_in(desk.post(office.sister, "registrar"))
        answer = client.post(reverse("office:work-claim"), {"row": [row_of(registration)]}, follow=True)
        assert "不在您的办理范围内" in answer.content.decode()
        answer = client.post(reverse("office:work-approve"), {"row": [row_of(registration)]})
        assert "佛山某厂" not in answer.content.decode()
        assert not Assignment.objects.exists()


class TestBulk:
    def test_each_row_gets_its_result(self, office):
        plain = desk.registration(office.county, name="佛山缝纫机总公司", credit_code=STORIES[0].credit_code)
        returned = desk.registration(office.county, name="韶关钢铁集团", round=2)
        client = sign_in(desk.post(office.city, "registrar"))
        page = client.post(reverse("office:work-approve"), {"row": [row_of(plain), row_of(returned)]}).content.decode()
        assert "曾被退回修改" in page
        assert [Registration.objects.get(pk=one.pk).state for one in (plain, returned)] == ["approved", "pending"]
        assert "佛山缝纫机总公司" in page_of(client, "office:work-done")

    def test_a_row_that_moved_since_the_list_was_loaded_is_left(self, office):
        registration = desk.registration(office.county)
        stale = f"registrations:{registration.pk}:1"
        client = sign_in(desk.post(office.city, "registrar"))
        page = client.post(reverse("office:work-approve"), {"row": [stale]}).content.decode()
        assert "打开列表后有变化" in page
        registration.refresh_from_db()
        assert registration.state == "pending"

    def test_more_than_a_hundred_are_refused_as_a_whole(self, office):
        client = sign_in(desk.post(office.city, "registrar"))
        rows = [f"registrations:{n}:1" for n in range(1, 102)]
        answer = client.post(reverse("office:work-approve"), {"row": rows}, follow=True)
        assert "一次最多批量办理 100 件" in answer.content.decode()


class TestCopies:
    def test_are_sent_read_and_kept(self, office):
        registration = desk.registration(office.county, name="佛山某厂")
        reader = desk.post(office.city, "registrar", name="陈静")
        sender = sign_in(desk.post(office.city, "registrar"))
        url = reverse("office:work-copy-send", args=["registrations", registration.pk])
        assert url in sender.get(reverse("office:registration", args=[registration.pk])).content.decode()
        assert "陈静" in sender.get(url).content.decode()
        answer = sender.post(url, {"to": [str(reader.user_id)], "note": "请知悉"}, follow=True)
        assert "已抄送给陈静" in answer.content.decode()
        client = sign_in(reader)
        page = page_of(client, "office:work-copies")
        assert "请知悉" in page
        assert "未读" in page
        copy = Copy.objects.get()
        answer = client.post(reverse("office:work-copy-open", args=[copy.pk]))
        assert answer.url == reverse("office:registration", args=[registration.pk])
        assert "未读" not in page_of(client, "office:work-copies")

    def test_are_not_sent_to_who_may_not_see_the_record(self, office):
        registration = desk.registration(office.city)
        below = desk.post(office.county, "registrar", name="陈静")
        url = reverse("office:work-copy-send", args=["registrations", registration.pk])
        answer = sign_in(desk.post(office.city, "registrar")).post(url, {"to": [str(below.user_id)]})
        assert answer.status_code == 422
        assert "陈静不能查看此件" in answer.content.decode()
        assert not Copy.objects.exists()

    def test_of_a_foreign_record_are_not_found(self, office):
        registration = desk.registration(office.county)
        client = sign_in(desk.post(office.sister, "registrar"))
        for kind in ("registrations", "nothing"):
            url = reverse("office:work-copy-send", args=[kind, registration.pk])
            assert client.post(url, {"to": ["1"]}).status_code == 404

    def test_somebody_elses_copy_is_not_found(self, office):
        copy = Copy.objects.create(
            subject_type="employers.registration", subject_id=1, kind="registrations", number="1", stood_as="待审核",
            to_id=1, to_name="甲", by_id=2, by_name="乙", sent_at=NOW,
        )  # fmt: skip
        client = sign_in(desk.post(office.city, "registrar"))
        assert client.post(reverse("office:work-copy-open", args=[copy.pk])).status_code == 404


class TestDeputies:
    def test_act_with_the_others_roles_while_they_stand_in(self, office):
        registration = desk.registration(office.county, name="佛山缝纫机总公司")
        away, deputy = (
            desk.post(office.city, "registrar", name="林晓敏"),
            desk.post(office.city, "cashier", name="陈静"),
        )
        appointed = desk.appoint(away, deputy, first_on=NOW.date(), last_on=NOW.date())
        client = sign_in(deputy)
        page = page_of(client)
        assert "林晓敏请您代理" in page
        assert "佛山缝纫机总公司" not in page
        assert client.get(reverse("office:registration", args=[registration.pk])).status_code == 404
        client.post(reverse("office:stand-in"), {"deputy": appointed.pk})
        assert "您正在代" in page_of(client)
        client.post(reverse("office:registration-approve", args=[registration.pk]), {"round": 1})
        event = AuditEvent.objects.get(event="registration.approve")
        assert (event.by_name, event.stands_in_for_name) == ("陈静", "林晓敏")
        assert "陈静 代 林晓敏" in page_of(sign_in(away), "office:work-done")
        client.post(reverse("office:stand-in"))
        assert "您正在代" not in page_of(client)

    def test_lose_the_roles_with_the_last_day(self, office):
        away, deputy = desk.post(office.city, "registrar"), desk.post(office.city, "cashier")
        appointed = desk.appoint(away, deputy, first_on=NOW.date(), last_on=NOW.date())
        client = sign_in(deputy)
        client.post(reverse("office:stand-in"), {"deputy": appointed.pk})
        assert "您正在代" in page_of(client)
        with time_machine.travel(NOW + dt.timedelta(hours=15), tick=False):  # past midnight
            client.force_login(deputy.user, backend=BACKEND)
            assert "您正在代" not in page_of(client)
            page = client.post(reverse("office:stand-in"), {"deputy": appointed.pk}, follow=True).content.decode()
            assert "不在代理期内" in page

    def test_are_set_and_ended_on_the_page(self, office):
        me, colleague = desk.post(office.city, "registrar"), desk.post(office.city, "registrar", name="陈静")
        client = sign_in(me)
        asked = {
            "principal": me.user_id,
            "deputy": colleague.user_id,
            "first_on": "2025-08-12",
            "last_on": "2025-08-15",
        }
        session = client.session
        session["_proven_at"] = NOW.isoformat()
        session.save()
        answer = client.post(reverse("office:deputies"), {**asked, "last_on": "2025-08-11"})
        assert "结束日期不能早于开始日期" in answer.content.decode()
        answer = client.post(reverse("office:deputies"), asked, follow=True)
        assert "由陈静代理" in answer.content.decode()
        found = me.user.deputies.get()
        assert "已结束陈静" in client.post(reverse("office:deputy-end", args=[found.pk]), follow=True).content.decode()
        assert client.post(reverse("office:deputy-end", args=[found.pk])).status_code == 404

    def test_nobody_stands_in_uninvited(self, office):
        away, deputy = desk.post(office.city, "registrar"), desk.post(office.city, "cashier")
        appointed = desk.appoint(away, deputy, first_on=NOW.date(), last_on=NOW.date())
        client = sign_in(desk.post(office.city, "cashier"))
        client.post(reverse("office:stand-in"), {"deputy": appointed.pk})
        assert "您正在代" not in page_of(client)
        assert office_actor(away).roles == {"registrar"}
