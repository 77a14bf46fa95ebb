"""操作日志: who may look, what a row tells, the filters, the pages, always as many queries."""

from __future__ import annotations

import datetime as dt
import io
from hashlib import sha256
from urllib.parse import urlencode

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from huzhu.audit import exports
from huzhu.audit import operations as trace
from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Employer
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import SHANGHAI
from huzhu.web import keyset
from tests.factories.accounts import BranchFactory, StaffPostFactory, UserFactory
from tests.factories.employers import EmployerFactory, RegistrationFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)
PAGE = "office:audit"


@pytest.fixture
def post():
    return StaffPostFactory(auditor=True)


@pytest.fixture
def client(post) -> Client:
    return signed_in(post)


@pytest.fixture
def employer() -> Employer:
    return EmployerFactory(name="广州明光机械有限公司")


def signed_in(post) -> Client:
    client = Client()
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def act(label: str = "提交注册", *, subject, event: str = "registration.register", **changes) -> AuditEvent:
    by = Actor(
        user_id=changes.pop("by_id", None),
        name=changes.pop("name", "李经办"),
        person=changes.pop("person", "13800138000"),
        side=Side.EMPLOYER,
        address="10.0.0.8",
        device="Firefox",
    )
    return trace.record(event, label=label, subject=subject, by=by, at=changes.pop("at", NOON), **changes)


def read(client: Client, **query: str) -> str:
    answer = client.get(reverse(PAGE), query)
    assert answer.status_code == 200
    return answer.content.decode()


def labels(answer) -> list[str]:
    return [line.act for line in answer.context["lines"]]


class TestWhoMayLook:
    @pytest.mark.parametrize("role", ["auditor", "security_admin"])
    def test_these_roles(self, role):
        assert signed_in(StaffPostFactory(roles=[role])).get(reverse(PAGE)).status_code == 200

    @pytest.mark.parametrize("role", ["registrar", "reviewer", "cashier", "system_admin", "product_manager"])
    def test_not_these(self, role):
        assert signed_in(StaffPostFactory(roles=[role])).get(reverse(PAGE)).status_code == 404

    def test_a_branch_sees_its_employers_and_its_own_staff(self, post):
        branch = BranchFactory(parent=post.branch, level="city")
        auditor, colleague = StaffPostFactory(auditor=True, branch=branch), StaffPostFactory(branch=branch)
        ours, theirs = EmployerFactory(branch=branch), EmployerFactory(branch=post.branch)
        act("我们的单位", subject=ours, employer_id=ours.pk)
        act("别人的单位", subject=theirs, employer_id=theirs.pk)
        act("同事登录", subject=colleague.user, by_id=colleague.user_id)
        act("别处登录", subject=post.user, by_id=post.user_id)
        assert labels(signed_in(auditor).get(reverse(PAGE))) == ["同事登录", "我们的单位"]


class TestRow:
    def test_tells_who_what_whom_and_from_where(self, client, employer):
        act(
            "退回注册",
            subject=employer,
            employer_id=employer.pk,
            before="pending",
            after="returned",
            reason="名称与证书不一致",
            details={"fields": ["name"], "round": 2},
        )
        page = read(client)
        for words in (
            "李经办",
            "退回注册",
            "参保单位",
            "广州明光机械有限公司",
            "名称与证书不一致",
            "10.0.0.8",
            "Firefox",
        ):
            assert words in page, words
        assert "138****8000" in page
        assert "13800138000" not in page
        assert "[&quot;name&quot;]" in page

    def test_states_are_told_in_words(self, client):
        act("退回注册", subject=RegistrationFactory(), before="pending", after="returned")
        page = read(client)
        assert "→ 已退回" in page
        assert "pending" not in page

    def test_an_unknown_subject_keeps_its_own_name(self, client, employer):
        event = act(subject=employer)
        values = {f.name: getattr(event, f.name) for f in AuditEvent._meta.concrete_fields if f.name != "id"}
        AuditEvent.objects.create(**values | {"subject_type": "gone.away", "before": "a", "after": "b"})
        page = read(client)
        assert "gone.away" in page
        assert "a → b" in page


class TestFilters:
    def test_by_area_act_subject_number_and_days(self, client, employer):
        user = UserFactory()
        act("登录", event="accounts.sign_in", subject=user)
        act("提交注册", subject=employer, at=NOON - dt.timedelta(days=2))
        answers = {
            "登录": [
                {"area": "accounts"},
                {"event": "登"},
                {"event": "sign_in"},
                {"subject": "accounts.user"},
                {"first": "2026-11-22"},
            ],
            "提交注册": [
                {"area": "employers"},
                {"subject": "employers.employer", "number": str(employer.pk)},
                {"last": "2026-11-22"},
                {"first": "2026-11-21", "last": "2026-11-21"},
            ],
        }
        for label, queries in answers.items():
            for query in queries:
                assert labels(client.get(reverse(PAGE), query)) == [label], query

    def test_by_person_is_posted(self, client, employer):
        act("一", subject=employer, name="李经办", person="13800138000")
        act("二", subject=employer, name="王专管", person="13900139000")
        for words in ("王专管", "13900139000"):
            assert labels(client.post(reverse(PAGE), {"person": words})) == ["二"]

    def test_a_person_of_today_is_found_under_earlier_names(self, client, employer):
        user = UserFactory(name="王新名")
        act("以前", subject=employer, by_id=user.pk, name="王旧名", person="13700000000")
        assert labels(client.post(reverse(PAGE), {"person": "王新名"})) == ["以前"]

    def test_person_and_address_together(self, client, employer):
        act("一", subject=employer)
        act("登录", event="accounts.sign_in", subject=UserFactory())
        answer = client.post(f"{reverse(PAGE)}?area=accounts", {"person": "李经办"})
        assert labels(answer) == ["登录"]

    def test_a_person_in_the_address_is_ignored(self, client, employer):
        act("一", subject=employer)
        assert labels(client.get(reverse(PAGE), {"person": "别人"})) == ["一"]

    def test_days_in_the_wrong_order_are_said(self, client, employer):
        act("一", subject=employer)
        page = read(client, first="2026-11-25", last="2026-11-20")
        assert "结束日期早于开始日期" in page

    @pytest.mark.parametrize(
        "query", [{"first": "昨天"}, {"area": "nowhere"}, {"before": "-1"}, {"event": "a" * 100}, {"event": "%"}]
    )
    def test_nonsense_does_no_harm(self, client, query):
        assert client.get(reverse(PAGE), query).status_code == 200

    def test_odd_persons_do_no_harm(self, client):
        for words in ("\0", "%", "a" * 500):
            assert client.post(reverse(PAGE), {"person": words}).status_code == 200


class TestPages:
    def test_turns_by_key(self, client, employer):
        for number in range(keyset.PAGE + 3):
            act(f"第{number}次", subject=employer)
        first = client.get(reverse(PAGE))
        second = client.get(reverse(PAGE), {"after": first.context["page"].after})
        assert labels(second) == ["第2次", "第1次", "第0次"]
        assert second.context["page"].after is None

    def test_a_search_by_person_turns_by_post(self, client, employer):
        for number in range(keyset.PAGE + 1):
            act(f"第{number}次", subject=employer)
        first = client.post(reverse(PAGE), {"person": "李经办"})
        second = client.post(reverse(PAGE), {"person": "李经办", "after": first.context["page"].after})
        assert labels(second) == ["第0次"]
        assert b"after=" not in second.content

    def test_as_many_queries_for_many_rows(self, client):
        """Session, user, post; events, employers."""
        employers = [EmployerFactory() for _ in range(5)]
        for employer in employers:
            act(subject=employer, employer_id=employer.pk)
        few = count_queries(lambda: read(client))
        for number in range(90):
            act(subject=employers[number % 5], employer_id=employers[number % 5].pk)
        assert count_queries(lambda: read(client)) == few


def export(
    client: Client, *, reason: str = "季度审计", person: str = "", name: str = "office:audit-export", **query: str
):
    return client.post(f"{reverse(name)}?{urlencode(query)}", {"reason": reason, "person": person})


def cells(answer) -> list[tuple]:
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    return list(sheet.iter_rows(values_only=True))


class TestMoreFilters:
    def test_by_side_result_employer_and_branch(self, client, post):
        employer = EmployerFactory(name="广州明光机械有限公司", branch=post.branch)
        below = BranchFactory(parent=post.branch, level="city")
        theirs = EmployerFactory(name="佛山纺织厂", branch=below)
        act("一", subject=employer, employer_id=employer.pk)
        act("二", subject=theirs, employer_id=theirs.pk, result="refused")
        for query, found in (
            ({"side": "employer"}, ["二", "一"]),
            ({"side": "office"}, []),
            ({"result": "refused"}, ["二"]),
            ({"employer": "明光"}, ["一"]),
            ({"employer": theirs.credit_code.lower()}, ["二"]),
            ({"branch": str(below.pk)}, ["二"]),
        ):
            assert labels(client.get(reverse(PAGE), query)) == found, query

    def test_a_branch_outside_the_own_subtree_is_no_choice(self, post):
        here, there = BranchFactory(parent=post.branch, level="city"), BranchFactory(parent=post.branch, level="city")
        auditor = signed_in(StaffPostFactory(auditor=True, branch=here))
        choices = auditor.get(reverse(PAGE)).context["form"].fields["branch"].queryset
        assert list(choices) == [here]
        assert there not in choices

    def test_edited_fields_stand_before_and_after_with_mobiles_masked(self, client, employer):
        act("修改", subject=employer, changes={"name": ("旧厂", "新厂"), "mobile": ("13800138000", "13900139000")})
        page = read(client)
        for words in ("旧厂", "新厂", "138****8000", "139****9000", "手机号"):
            assert words in page, words
        assert "13900139000" not in page


class TestSignIns:
    def test_shows_what_belongs_to_signing_in_and_nothing_else(self, client, employer):
        act("登录", subject=employer, event="accounts.sign_in")
        act("登录失败", subject=employer, event="accounts.sign_in_refused", result="refused")
        act("提交注册", subject=employer)
        answer = client.get(reverse("office:sign-ins"))
        assert labels(answer) == ["登录失败", "登录"]
        assert "被拒绝" in answer.content.decode()


class TestExport:
    def test_holds_exactly_what_is_filtered_and_is_written_down(self, client, post, employer):
        act("一", subject=employer, name="=HYPERLINK(1)")
        act("二", subject=employer, result="refused")
        answer = export(client, result="done", event="一")
        head, row = cells(answer)
        assert head[:4] == ("时间", "操作人", "哪一方", "操作")
        assert row[1] == "=HYPERLINK(1)"
        event = AuditEvent.objects.get(event="audit.export")
        assert (event.by_id, event.reason) == (post.user_id, "季度审计")
        assert event.details["rows"] == 1
        assert event.details["filters"] == {"操作": "一", "结果": "done"}
        assert event.details["sha256"] == sha256(answer.content).hexdigest()
        assert event.details["fields"] == list(head)

    def test_of_a_person_keeps_the_name_out_of_the_address_and_masks_it_in_the_trace(self, client, employer):
        act("一", subject=employer)
        act("二", subject=employer, name="王其他", person="13700000000")
        answer = export(client, person="李经办")
        assert [row[3] for row in cells(answer)[1:]] == ["一"]
        assert AuditEvent.objects.get(event="audit.export").details["filters"] == {"操作人": "李*"}

    def test_needs_a_reason_and_says_so(self, client, employer):
        act("一", subject=employer)
        answer = export(client, reason=" ", event="一")
        assert answer.status_code == 302
        assert answer["Location"].endswith("?event=%E4%B8%80")
        assert not AuditEvent.objects.filter(event="audit.export").exists()

    def test_more_than_a_workbook_should_hold_is_refused(self, client, employer, monkeypatch):
        monkeypatch.setattr(exports, "MOST_ROWS", 1)
        act("一", subject=employer)
        act("二", subject=employer)
        assert export(client).status_code == 302
        assert not AuditEvent.objects.filter(event="audit.export").exists()

    def test_of_sign_ins(self, client, employer):
        act("登录", subject=employer, event="accounts.sign_in")
        act("提交注册", subject=employer)
        assert len(cells(export(client, name="office:sign-ins-export"))) == 2

    def test_as_many_rows_in_the_trace_as_exports(self, client, employer):
        for _ in range(3):
            export(client)
        assert AuditEvent.objects.filter(event="audit.export").count() == 3
