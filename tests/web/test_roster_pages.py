"""职工名册维护 through the pages."""

from __future__ import annotations

import io
from urllib.parse import quote

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from huzhu.audit.models import AuditEvent
from huzhu.documents.models import StoredFile
from huzhu.roster.models import InsuranceRoster, RosterEntry, RosterImport
from huzhu.shared import uploads
from tests.factories.employers import MembershipFactory
from tests.factories.roster import RosterEntryFactory, resident_number
from tests.jobs.test_roster import run
from tests.roster.files.sheets import HEADS, sample, xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture
def membership():
    return MembershipFactory(handler=True)


@pytest.fixture
def handler(membership) -> Client:
    return sign_in(membership)


def sign_in(membership) -> Client:
    client = Client()
    client.force_login(membership.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def url(name: str, *args: object, **query: object) -> str:
    address = reverse(f"employer:{name}", args=args)
    return f"{address}?{'&'.join(f'{key}={value}' for key, value in query.items())}" if query else address


def upload(content: bytes, name: str = "名册.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def person(serial: int = 1, **values: object) -> list[object]:
    row = {"姓名": "陈小明", "证件类型": "居民身份证", "证件号码": resident_number(serial), **values}
    return [row.get(head, "") for head in HEADS]


def typed(**values: str) -> dict[str, str]:
    return {
        "name": "陈小明",
        "document_type": "resident_id",
        "document_number": resident_number(1),
        "department": "工会",
        **values,
    }


class TestList:
    def test_shows_masked_numbers_and_nothing_personal_in_addresses(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer, name="陈小明", document__number=resident_number(5))

        page = handler.get(url("roster")).content.decode()

        assert "陈小明" in page
        assert f"{resident_number(5)[:4]}**********{resident_number(5)[-4:]}" in page
        assert resident_number(5) not in page
        assert entry.mobile not in page

    def test_tells_a_new_employer_what_to_do_first(self, handler):
        page = handler.get(url("roster")).content.decode()

        assert "名册里还没有职工" in page
        assert url("roster-import") in page

    @pytest.mark.parametrize("search", [False, True])
    def test_takes_as_many_queries_for_200_people_as_for_20(self, handler, membership, search):
        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                if search:
                    handler.post(url("roster"), {"q": "陈"})
                else:
                    handler.get(url("roster"))
            return len(queries)

        RosterEntryFactory.create_batch(20, employer=membership.employer)
        count()
        small = count()
        RosterEntryFactory.create_batch(180, employer=membership.employer)

        # session, user, memberships, badges; departments, page, counts
        assert count() == small

    def test_turns_pages_by_key(self, handler, membership):
        RosterEntryFactory.create_batch(120, employer=membership.employer)

        first = handler.get(url("roster"))
        second = handler.get(url("roster", after=first.context["page"].after))

        assert (len(first.context["rows"]), len(second.context["rows"])) == (100, 20)
        shown = {row.entry.pk for page in (first, second) for row in page.context["rows"]}
        assert len(shown) == 120

    @pytest.mark.parametrize(
        "query", ["after=x", "after=-1", f"before={10**18}", "status=gone&department=%00", "page=9"]
    )
    def test_answers_any_address(self, handler, membership, query):
        RosterEntryFactory(employer=membership.employer)

        assert handler.get(f"{url('roster')}?{query}").status_code == 200

    def test_filters_by_what_stands_in_the_address(self, handler, membership):
        employer = membership.employer
        wanted = RosterEntryFactory(employer=employer, department="工会")
        RosterEntryFactory(employer=employer, department="财务部")
        RosterEntryFactory(employer=employer, left=True)

        rows = handler.get(url("roster", department="工会")).context["rows"]
        left = handler.get(url("roster", status="left")).context["rows"]
        everybody = handler.get(url("roster", status="all")).context["rows"]

        assert [row.entry.pk for row in rows] == [wanted.pk]
        assert (len(left), len(everybody)) == (1, 3)

    @pytest.mark.parametrize("words", ["小明", "cxm", resident_number(5)])
    def test_finds_people_by_a_posted_search(self, handler, membership, words):
        RosterEntryFactory(employer=membership.employer, name="张三")
        entry = RosterEntryFactory(employer=membership.employer, name="陈小明", document__number=resident_number(5))

        rows = handler.post(url("roster"), {"q": words}).context["rows"]

        assert [row.entry.pk for row in rows] == [entry.pk]

    def test_survives_a_hostile_search(self, handler):
        for words in ("\0", "<script>alert(1)</script>", "' OR 1=1 --", "😀" * 100):
            page = handler.post(url("roster"), {"q": words})
            assert page.status_code == 200
            assert "<script>alert" not in page.content.decode()

    def test_marks_women_whose_job_category_is_missing(self, handler, membership):
        RosterEntryFactory(employer=membership.employer, job_category="", document__worker__gender="female")

        assert "待补岗位" in handler.get(url("roster")).content.decode()


class TestAccess:
    def test_another_employers_person_is_not_there(self, handler):
        entry = RosterEntryFactory()

        assert handler.get(url("roster-person", entry.pk)).status_code == 404
        assert handler.post(url("roster-person", entry.pk), {"name": "x"}).status_code == 404
        assert (
            handler.post(url("roster-person-end", entry.pk), {"status": "left", "on": "2026-11-01"}).status_code == 404
        )
        assert handler.post(url("roster-reveal", entry.pk), {"reason": "check"}).status_code == 404
        entry.refresh_from_db()
        assert entry.left_on is None

    def test_another_employers_import_is_not_there(self, handler):
        other = MembershipFactory()
        sign_in(other).post(url("roster-import"), {"file": upload(xlsx([person()])), "mode": "good"})
        record = RosterImport.objects.get()

        assert handler.get(url("roster-import-result", record.pk)).status_code == 404
        assert handler.get(url("roster-import-errors", record.pk)).status_code == 404

    def test_a_reader_reads_and_changes_nothing(self):
        membership = MembershipFactory(viewer=True)
        entry = RosterEntryFactory(employer=membership.employer)
        viewer = sign_in(membership)

        assert viewer.get(url("roster")).status_code == 200
        assert "保存修改" not in viewer.get(url("roster-person", entry.pk)).content.decode()
        assert viewer.post(url("roster-person", entry.pk), {"name": "改名"}).status_code == 403
        assert viewer.post(url("roster-export"), {"with_numbers": "on", "reason": "想看"}).status_code == 403
        for name in ("roster-import", "roster-person-add"):
            assert viewer.get(url(name)).status_code == 404
        for name in ("roster-person-end", "roster-reveal"):
            assert viewer.post(url(name, entry.pk)).status_code == 404

    def test_liaisons_and_strangers_do_not_come_in(self, client):
        assert sign_in(MembershipFactory(liaison=True)).get(url("roster")).status_code == 404
        assert client.get(url("roster")).status_code == 302


class TestPerson:
    def test_is_added_by_hand(self, handler, membership):
        answer = handler.post(url("roster-person-add"), typed())

        assert answer.status_code == 302
        entry = RosterEntry.objects.get()
        assert (entry.employer, entry.name, entry.department) == (membership.employer, "陈小明", "工会")

    def test_a_refusal_keeps_what_was_typed_and_names_each_field(self, handler):
        answer = handler.post(url("roster-person-add"), typed(name="陈小明2", document_number="440106199003040011"))

        page = answer.content.decode()
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {"name", "document_number"}
        for kept in ("陈小明2", "440106199003040011", "工会"):
            assert f'value="{kept}"' in page
        assert not RosterEntry.objects.exists()

    def test_is_corrected(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer)

        answer = handler.post(
            url("roster-person", entry.pk),
            {"name": "王五", "mobile": "13900000000", "seen_at": entry.changed_at.isoformat()},
        )

        assert answer.status_code == 302
        entry.refresh_from_db()
        assert (entry.name, entry.mobile, entry.department) == ("王五", "13900000000", "")

    def test_a_refused_correction_keeps_what_was_typed(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer)

        answer = handler.post(url("roster-person", entry.pk), {"name": "王五（大）", "mobile": "139"})

        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {"name", "mobile"}
        assert 'value="王五（大）"' in answer.content.decode()

    def test_two_clerks_do_not_overwrite_each_other(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer)

        answer = handler.post(url("roster-person", entry.pk), {"name": "王五", "seen_at": "2026-01-01T00:00:00+00:00"})

        assert answer.status_code == 422
        assert "刚刚被别人修改过" in answer.content.decode()
        assert 'value="王五"' in answer.content.decode()

    def test_leaves_with_a_day(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer)

        answer = handler.post(url("roster-person-end", entry.pk), {"status": "retired", "on": "2026-10-31"})

        assert answer.status_code == 302
        entry.refresh_from_db()
        assert (entry.status, str(entry.left_on)) == ("retired", "2026-10-31")

    @pytest.mark.parametrize(
        "values", [{"status": "left"}, {"on": "2026-10-31"}, {"status": "left", "on": "9999-01-01"}]
    )
    def test_does_not_leave_without_a_possible_day_and_kind(self, handler, membership, values):
        entry = RosterEntryFactory(employer=membership.employer)

        answer = handler.post(url("roster-person-end", entry.pk), values)

        assert answer.status_code == 422
        assert "没有办理" in answer.content.decode()

    def test_the_full_number_is_shown_once_for_a_reason(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer, document__number=resident_number(5))

        refused = handler.post(url("roster-reveal", entry.pk), {"reason": ""})
        shown = handler.post(url("roster-reveal", entry.pk), {"reason": "check"})

        assert refused.status_code == 422
        assert resident_number(5) not in refused.content.decode()
        assert resident_number(5) in shown.content.decode()
        assert shown["Cache-Control"] == "no-store"
        assert resident_number(5) not in handler.get(url("roster-person", entry.pk)).content.decode()
        assert AuditEvent.objects.get(event="roster.reveal").reason == "核对证件或参保资料"


class TestFiles:
    def test_the_template_can_be_downloaded_and_uploaded(self, handler):
        content = b"".join(handler.get(url("roster-template")))

        answer = handler.post(url("roster-import"), {"file": upload(content), "mode": "good"})

        assert answer.status_code == 422  # the sample row is nobody
        assert "没有人员数据" in answer.content.decode()

    def test_the_result_adds_up_and_names_each_error(self, handler, membership):
        answer = handler.post(
            url("roster-import"), {"file": upload(sample("roster-dirty-300.xlsx")), "mode": "good"}, follow=True
        )

        record, page = RosterImport.objects.get(), answer.content.decode()
        assert record.inserted + record.failed == record.rows == 300
        assert RosterEntry.objects.filter(employer=membership.employer).count() == record.inserted
        assert sum(kind.count for kind in answer.context["kinds"]) == len(record.errors)
        for error in record.errors:
            assert error["message"] in page
            assert error["remedy"] in page
        assert StoredFile.objects.get(pk=record.file_id).name == "名册.xlsx"

    def test_the_clerks_own_list_comes_back_with_the_bad_cells_marked(self, handler):
        handler.post(url("roster-import"), {"file": upload(sample("roster-dirty-300.xlsx")), "mode": "good"})
        record = RosterImport.objects.get()

        answer = handler.get(url("roster-import-errors", record.pk))

        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        noted = {cell.row for row in book.worksheets[0].iter_rows() for cell in row if cell.comment}
        assert noted == {error["row"] for error in record.errors}
        assert book.sheetnames[1:] == ["错误汇总", "自动修正"]
        assert AuditEvent.objects.filter(event="roster.errors").count() == 1

    def test_the_result_says_what_concerns_the_whole_file(self, handler):
        rows = [["陈小明", resident_number(1)], ["合计", "1人"], ["填表人：张三"]]
        content = xlsx(rows, heads=["姓名", "身份证号"])
        answer = handler.post(url("roster-import"), {"file": upload(content), "mode": "all"}, follow=True)

        page = answer.content.decode()
        assert "略过 2 行：第 3、4 行没有证件号码" in page
        assert page.count("本文件没有“证件类型”列") == 1
        assert "全部导入成功" in page
        assert "已自动修正" not in page

    def test_repairs_are_told_by_kind_and_by_row_and_can_be_taken_along_without_any_error(self, handler):
        rows = [
            person(1, 姓名="陈 小明"),
            *(person(serial, 手机号=f"138 0000 {serial:04}") for serial in range(2, 122)),
        ]
        answer = handler.post(url("roster-import"), {"file": upload(xlsx(rows)), "mode": "good"}, follow=True)

        record, page = RosterImport.objects.get(), answer.content.decode()
        assert (record.failed, record.repaired) == (0, 121)
        assert [(kind.column, kind.how, kind.count) for kind in answer.context["repair_kinds"]] == [
            ("手机号", "去掉空格", 120),
            ("姓名", "去掉空格", 1),
        ]
        assert "陈␣**" in page
        assert "138␣****␣0021" in page
        assert "138␣****␣0121" not in page  # on the next page
        last = handler.get(url("roster-import-result", record.pk), {"repairs": 2}).content.decode()
        assert "138␣****␣0121" in last
        workbook = handler.get(url("roster-import-errors", record.pk))
        book = openpyxl.load_workbook(io.BytesIO(workbook.content))
        assert book.sheetnames[1:] == ["自动修正"]
        assert book.worksheets[0]["A2"].value == "陈 小明"
        told = [line[2] for line in book["自动修正"].iter_rows(min_row=8, values_only=True)]
        assert told == [str(row) for row in range(2, 123)]

    def test_all_or_nothing_imports_nothing_of_a_bad_file(self, handler):
        answer = handler.post(
            url("roster-import"),
            {"file": upload(xlsx([person(1), person(2, 姓名="")])), "mode": "all"},
            follow=True,
        )

        assert "名册没有改动" in answer.content.decode()
        assert not RosterEntry.objects.exists()

    @pytest.mark.parametrize(
        ("content", "name", "words"),
        [
            (b"", "名册.xlsx", "空"),
            (b"%PDF-1.7", "名册.xlsx", "PDF"),
            (b"PK\x03\x04rubbish", "名册.xlsx", "损坏"),
            ("姓名,手机号\n陈小明,1".encode(), "名册.csv", "证件号码"),
            ("姓名,证件号码\n陈小明,1".encode(), "名册.exe", "不接收"),
        ],
    )
    def test_a_file_that_cannot_be_read_is_refused_with_the_reason(self, handler, content, name, words):
        answer = handler.post(url("roster-import"), {"file": upload(content, name), "mode": "all"})

        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert answer.context["form"]["mode"].value() == "all"
        assert not StoredFile.objects.exists()

    def test_no_file_is_told_kindly(self, handler):
        answer = handler.post(url("roster-import"), {"mode": "good"})

        assert answer.status_code == 422
        assert "请选择要上传的名册文件" in answer.content.decode()

    def test_a_large_file_waits_for_a_job_and_the_page_asks_again(self, handler, membership, monkeypatch):
        monkeypatch.setattr(uploads, "SMALL_BYTES", 100)
        answer = handler.post(url("roster-import"), {"file": upload(xlsx([person()])), "mode": "good"}, follow=True)
        record = RosterImport.objects.get()
        assert (record.state, record.imported_by_id) == ("waiting", membership.user_id)
        assert url("roster-import-progress", record.pk) in answer.content.decode()

        run(record.pk)

        page = handler.get(url("roster-import-result", record.pk)).content.decode()
        assert "hx-trigger" not in page.split('id="result"')[1].split(">")[0]
        assert "全部导入成功" in page
        assert RosterEntry.objects.count() == 1

    def test_a_refused_large_file_says_why(self, handler, monkeypatch):
        monkeypatch.setattr(uploads, "SMALL_BYTES", 100)
        content = xlsx([["陈小明", "1"]], heads=["姓名", "手机号"])
        handler.post(url("roster-import"), {"file": upload(content), "mode": "good"})
        record = RosterImport.objects.get()

        run(record.pk)

        page = handler.get(url("roster-import-result", record.pk)).content.decode()
        assert "没有接收" in page
        assert "证件号码" in page

    def test_a_job_of_somebody_who_may_no_longer_import_does_nothing_and_says_so(
        self, handler, membership, monkeypatch
    ):
        monkeypatch.setattr(uploads, "SMALL_BYTES", 100)
        handler.post(url("roster-import"), {"file": upload(xlsx([person()])), "mode": "good"})
        membership.roles = ["viewer"]
        membership.save()

        run(RosterImport.objects.get().pk)

        record = RosterImport.objects.get()
        assert (record.state, record.refusal) == ("refused", "只有单位管理员和经办人可以维护职工名册。")
        assert not RosterEntry.objects.exists()

    def test_an_export_is_a_workbook_of_what_is_filtered(self, handler, membership):
        RosterEntryFactory(employer=membership.employer, name="陈小明", department="工会")
        RosterEntryFactory(employer=membership.employer, department="财务部")

        answer = handler.post(url("roster-export", department="工会"))

        rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
        assert [row[1] for row in rows[1:]] == ["陈小明"]
        assert "attachment" in answer["Content-Disposition"]

    def test_full_numbers_are_exported_for_a_reason_only(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer, document__number=resident_number(5))

        refused = handler.post(url("roster-export"), {"with_numbers": "on", "reason": ""})
        given = handler.post(url("roster-export"), {"with_numbers": "on", "reason": "核对社保"})

        assert refused.status_code == 422
        rows = list(openpyxl.load_workbook(io.BytesIO(given.content)).active.iter_rows(values_only=True))
        assert rows[1][3] == resident_number(5)
        assert AuditEvent.objects.get(event="roster.export").employer_id == entry.employer_id

    def test_a_refused_export_keeps_what_was_ticked_and_typed(self, handler, membership):
        RosterEntryFactory(employer=membership.employer, name="陈小明", department="工会")
        RosterEntryFactory(employer=membership.employer, name="何小红", department="财务部")
        too_long = "核" * 201

        untold = handler.post(url("roster-export", department="工会"), {"with_numbers": "on", "reason": ""})
        told = handler.post(url("roster-export", department="工会"), {"as_template": "on", "reason": too_long})

        assert (untold.status_code, told.status_code) == (422, 422)
        assert untold.context["export_form"]["with_numbers"].value() is True
        assert untold.context["export_form"].errors["reason"]
        assert too_long in told.content.decode()
        assert "陈小明" in told.content.decode()
        assert "何小红" not in told.content.decode()  # the list keeps its filters
        assert handler.get(url("roster-export", department="工会")).url == f"{url('roster')}?department={quote('工会')}"

    def test_a_tab_keeps_the_other_filters_and_counts_with_them(self, handler, membership):
        RosterEntryFactory(employer=membership.employer, department="工会")
        RosterEntryFactory(employer=membership.employer, department="财务部", left=True)

        tabs = {tab.label: tab for tab in handler.get(url("roster", department="工会")).context["tabs"]}

        assert [tabs[label].count for label in ("在职", "离职", "全部")] == [1, 0, 1]
        assert tabs["离职"].url == f"{url('roster')}?status=left&department={quote('工会')}"
        assert handler.get(tabs["离职"].url).context["rows"] == []
        assert not handler.get(tabs["离职"].url).context["is_empty"]


class TestInsurance:
    def test_shows_the_difference_of_the_sample(self, handler):
        handler.post(url("roster-import"), {"file": upload(sample("roster-clean-1200.xlsx")), "mode": "good"})

        answer = handler.post(
            url("insurance-roster-upload"),
            {"kind": "social", "month": "2026-11", "file": upload(sample("insurance-list.xlsx"), "名单.xlsx")},
            follow=True,
        )

        assert answer.context["counts"].differing == {"only_roster": 30, "only_list": 12, "name_differs": 8}
        assert StoredFile.objects.filter(kind="insurance_roster").count() == 1

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"month": ""}, "month"),
            ({"month": "2026-13"}, "month"),
            ({"month": "2999-01"}, "month"),
            ({"kind": "x"}, "kind"),
        ],
    )
    def test_a_refusal_keeps_what_was_typed(self, handler, values, field):
        given = {"kind": "medical", "month": "2026-10", "file": upload(sample("insurance-list.xlsx"), "名单.xlsx")}

        answer = handler.post(url("insurance-roster-upload"), {**given, **values})

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert not InsuranceRoster.objects.exists()

    def test_a_file_without_numbers_is_refused(self, handler):
        content = xlsx([["张一", "x"]], heads=["姓名", "社会保障号码"])

        answer = handler.post(
            url("insurance-roster-upload"), {"kind": "social", "month": "2026-10", "file": upload(content)}
        )

        assert answer.status_code == 422
        assert "证件号码" in answer.content.decode()

    def test_another_employers_list_is_not_shown(self, handler, membership):
        other = MembershipFactory(handler=True)
        content = xlsx([["张一", resident_number(1)]], heads=["姓名", "社会保障号码"])
        sign_in(other).post(
            url("insurance-roster-upload"), {"kind": "social", "month": "2026-10", "file": upload(content)}
        )

        page = handler.get(url("insurance-roster", list=InsuranceRoster.objects.get().pk))

        assert page.context["chosen"] is None
