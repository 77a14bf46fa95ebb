"""数据变更: who may look, what bypassed the operations, values by their class, the filters, the export; as many queries always."""

from __future__ import annotations

import datetime as dt
import io
import json
from urllib.parse import urlencode

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from huzhu.audit import operations as audit
from huzhu.audit import walls
from huzhu.audit.models import AuditEvent, RowAct, RowChange
from huzhu.employers import operations as employers
from huzhu.employers.models import Employer
from huzhu.shared.actors import system_actor
from huzhu.shared.calendar import local_date
from huzhu.shared.postgres import APP, OWNER
from huzhu.web import keyset
from huzhu.web.presenters import row_changes as presenter
from huzhu.web.presenters.row_columns import COLUMNS
from tests.audit.database import connected
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.employers import EmployerFactory, MembershipFactory, employer_actor
from tests.web.queries import count_queries

PAGE = "office:row-changes"


def signed_in(post) -> Client:
    client = Client()
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def client() -> Client:
    return signed_in(StaffPostFactory(auditor=True))


def read(client: Client, **query: str) -> str:
    answer = client.get(reverse(PAGE), query)
    assert answer.status_code == 200
    return answer.content.decode()


def lines(client: Client, **query: str) -> list[presenter.Line]:
    return client.get(reverse(PAGE), query).context["lines"]


def export(client: Client, reason: str = "季度审计", **query: str):
    return client.post(f"{reverse('office:row-changes-export')}?{urlencode(query)}", {"reason": reason})


@pytest.mark.django_db
class TestWhoMayLook:
    @pytest.mark.parametrize("role", ["auditor", "security_admin"])
    def test_these_roles_of_the_whole_association(self, role):
        assert "lines" in signed_in(StaffPostFactory(roles=[role])).get(reverse(PAGE)).context

    @pytest.mark.parametrize("role", ["registrar", "reviewer", "cashier", "system_admin", "product_manager"])
    def test_not_these(self, role):
        client = signed_in(StaffPostFactory(roles=[role]))
        assert client.get(reverse(PAGE)).status_code == 404
        assert export(client).status_code == 404

    def test_a_branch_is_told_who_can(self, client):
        root = StaffPostFactory(auditor=True).branch
        below = signed_in(StaffPostFactory(auditor=True, branch=BranchFactory(parent=root, level="city")))
        EmployerFactory(name="广州明光机械有限公司")
        assert "由省级的审计员" in (page := read(below))
        assert "参保单位" not in page
        assert export(below).status_code == 403
        assert not AuditEvent.objects.filter(event="audit.export").exists()


class TestTrace:
    def test_what_bypassed_the_operations_stands_out(self, own_database):
        """In transactions of its own each: an operation beside raw SQL."""
        client = signed_in(StaffPostFactory(auditor=True))
        owner = MembershipFactory(roles=["owner"])
        other = MembershipFactory(employer=owner.employer, roles=["viewer"])
        employers.change_roles(membership_id=other.pk, roles=["handler"], by=employer_actor(owner), at=timezone.now())
        with connected(OWNER) as raw:
            raw.execute("UPDATE employers_employer SET headcount = 9999 WHERE id = %s", [owner.employer_id])
            raw.commit()

        (bypassed,) = lines(client, act="update", table="employers_employer")
        (traced,) = lines(client, act="update", table="employers_membership")

        assert (bypassed.event, bypassed.role, bypassed.values) == (
            None,
            "库主（升级维护）",
            [("在职职工人数", str(owner.employer.headcount), "9999")],
        )
        assert (traced.act, traced.role, traced.table) == ("调整成员角色", "程序", "账号成员")
        page = read(client, act="update")
        assert '<tr class="is-wrong">' in page
        assert "处变更没有操作痕迹" in page
        without, with_trace = (lines(client, act="update", trace=trace) for trace in ("without", "with"))
        assert bypassed.change in [line.change for line in without]
        assert all(line.event is None for line in without)
        assert [line.change for line in with_trace] == [traced.change]
        assert [line.change for line in lines(client, act="update", role=OWNER)] == [bypassed.change]

    def test_an_event_of_another_transaction_is_no_trace(self, own_database):
        client, employer = signed_in(StaffPostFactory(auditor=True)), EmployerFactory()
        audit.record("a.b", subject=employer, by=system_actor(), at=timezone.now())
        Employer.objects.filter(pk=employer.pk).update(headcount=770)
        assert lines(client, act="update")[0].event is None

    @pytest.mark.django_db
    def test_of_several_events_the_one_about_the_row_is_shown(self, client):
        first, second = EmployerFactory(), EmployerFactory()
        for label, subject in (("别的", first), ("这一家", second), ("又一次", second)):
            audit.record("a.b", label=label, subject=subject, by=system_actor(), at=timezone.now())
        row = {"table": "employers_employer", "act": "insert"}
        assert lines(client, **row, number=str(second.pk))[0].act == "这一家"
        assert lines(client, table="accounts_staffpost")[0].act == "别的"

    @pytest.mark.django_db
    def test_where_everything_has_its_trace_the_page_says_so(self, client):
        audit.record("a.b", subject=EmployerFactory(), by=system_actor(), at=timezone.now())  # one transaction here
        assert "没有绕过程序的改动" in read(client)


@pytest.mark.django_db
class TestValues:
    def test_personal_values_are_masked_and_sensitive_ones_not_shown(self, client):
        employer = EmployerFactory(handler_name="李经办", handler_mobile="13800138000", address="一路")
        changed = {
            "handler_name": "王新人",
            "handler_mobile": "13900139000",
            "legal_document": b"sealed",
            "address": "二路",
        }
        Employer.objects.filter(pk=employer.pk).update(**changed)
        shown = {column: (before, after) for column, before, after in lines(client, act="update")[0].values}
        assert shown["经办人"] == ("李*", "王*")
        assert shown["经办人手机"] == ("138****8000", "139****9000")
        assert shown["地址"] == ("一路", "二路")
        assert shown["法定代表人证件"][1] == "不显示"
        page = read(client)
        for word in ("李经办", "王新人", "13900139000", "sha256"):
            assert word not in page, word
        table = export(client, act="update")
        assert b"13900139000" not in table.content
        cells = list(openpyxl.load_workbook(io.BytesIO(table.content)).active.iter_rows(values_only=True))
        assert "经办人手机：138****8000 → 139****9000" in cells[1][4]

    @pytest.mark.parametrize(("model", "hidden"), [(model, hidden) for model, hidden in walls.get_watched()])
    def test_no_column_about_a_person_is_shown_in_full(self, model, hidden):
        """Every watched table, every column: a value that could be anybody's comes back changed."""
        told = "张三丰张三丰13800138000"
        guarded = [
            field.column
            for field in model._meta.concrete_fields
            if field.name in model.privacy.personal | model.privacy.sensitive
        ]
        change = RowChange(table_name=model._meta.db_table, act=RowAct.UPDATE)
        for value in (told, [told], {"mobile": told}, 13800138000):
            change.before, change.after = dict.fromkeys(guarded, value), dict.fromkeys(guarded, value)
            assert told not in json.dumps(presenter.get_values(change), ensure_ascii=False)
            assert "13800138000" not in json.dumps(presenter.get_values(change), ensure_ascii=False)

    def test_a_column_or_table_that_no_model_knows_is_not_shown(self):
        change = RowChange(table_name="employers_employer", act=RowAct.DELETE, before={"gone": "13800138000"})
        assert presenter.get_values(change) == [("gone", "不显示", "—")]
        change.table_name = "gone"
        assert presenter.get_values(change) == [("gone", "不显示", "—")]


@pytest.mark.django_db
class TestFilters:
    def test_by_table_row_act_role_and_day(self, client):
        employer = EmployerFactory()
        Employer.objects.filter(pk=employer.pk).update(headcount=1200)
        today = local_date(timezone.now())
        own = {"table": "employers_employer", "number": str(employer.pk)}
        for query, acts in (
            (own, ["update", "insert"]),
            (own | {"act": "insert"}, ["insert"]),
            (own | {"role": APP}, ["update", "insert"]),
            (own | {"role": OWNER}, []),
            (own | {"role": "others"}, []),
            (own | {"first": f"{today}", "last": f"{today}"}, ["update", "insert"]),
            (own | {"last": f"{today - dt.timedelta(days=1)}"}, []),
            (own | {"table": "billing_paymentslip"}, []),
        ):
            assert [line.change.act for line in lines(client, **query)] == acts, query

    @pytest.mark.parametrize(
        "query",
        [
            {"first": "昨天"},
            {"table": "auth_user"},
            {"before": "-1"},
            {"number": "\0"},
            {"trace": "x"},
            {"last": "9999-12-31"},
        ],
    )
    def test_nonsense_does_no_harm(self, client, query):
        assert client.get(reverse(PAGE), query).status_code == 200

    def test_days_in_the_wrong_order_are_said(self, client):
        assert "结束日期早于开始日期" in read(client, first="2026-11-25", last="2026-11-20")

    def test_turns_by_key(self, client):
        employer = EmployerFactory()
        with connection.cursor() as cursor:
            for number in range(keyset.PAGE + 2):
                cursor.execute(
                    "UPDATE employers_employer SET headcount = %s WHERE id = %s", [number + 5000, employer.pk]
                )
        query = {"act": "update", "table": "employers_employer"}
        first = client.get(reverse(PAGE), query)
        second = client.get(reverse(PAGE), query | {"after": first.context["page"].after})
        assert len(second.context["lines"]) == 2

    def test_as_many_queries_for_many_rows(self, client):
        """Session, user, post; the count of what has no trace, the changes, the events beside them."""
        audit.record("a.b", subject=EmployerFactory(), by=system_actor(), at=timezone.now())
        few = count_queries(lambda: read(client))
        for _ in range(40):
            audit.record("a.b", subject=EmployerFactory(), by=system_actor(), at=timezone.now())
        assert count_queries(lambda: read(client)) == few


@pytest.mark.django_db
class TestExport:
    def test_holds_what_is_filtered_and_is_written_down(self, client):
        employer = EmployerFactory()
        Employer.objects.filter(pk=employer.pk).update(headcount=1200)
        answer = export(client, table="employers_employer", act="update")
        head, row = openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
        assert head == presenter.HEADS
        assert row[1:4] == ("参保单位（employers_employer）", str(employer.pk), "修改")
        event = AuditEvent.objects.get(event="audit.export")
        assert (event.label, event.reason, event.details["rows"]) == ("导出数据变更", "季度审计", 1)
        assert event.details["filters"] == {"数据表": "employers_employer", "动作": "update"}

    def test_needs_a_reason(self, client):
        answer = export(client, reason=" ", act="update")
        assert answer["Location"].endswith("?act=update")
        assert not AuditEvent.objects.filter(event="audit.export").exists()


def test_every_column_of_a_watched_table_has_words():
    watched = [(model, set(left_out)) for model, left_out in walls.get_watched()]
    wordless = {
        f"{model._meta.db_table}.{field.column}"
        for model, left_out in watched
        for field in model._meta.concrete_fields
        if field.column not in COLUMNS and field.name not in left_out
    }
    assert wordless == set()
