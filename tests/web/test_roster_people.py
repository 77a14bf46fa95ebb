"""职工名册维护 through the pages: filters with counts, edits in the list, many people at once, documents, history."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from huzhu.audit.models import AuditEvent
from huzhu.roster import operations as roster
from huzhu.roster import rules
from huzhu.roster.models import BulkChange, RosterEntry
from huzhu.roster.operations import looks
from huzhu.roster.problems import PROBLEMS
from huzhu.roster.queries import RosterFilter, get_facets, get_people
from huzhu.shared.calendar import add_months, today
from tests.factories.employers import MembershipFactory
from tests.factories.roster import RosterEntryFactory, WorkerFactory, employer_actor, resident_number
from tests.roster.files.sheets import HEADS, xlsx
from tests.web.test_roster_pages import sign_in, typed, url

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def membership():
    return MembershipFactory(handler=True)


@pytest.fixture
def handler(membership):
    return sign_in(membership)


def row(entry: RosterEntry, **values: str) -> dict[str, str]:
    fields = ("name", "mobile", "job_category", "employment_form", "department", "note")
    return {name: getattr(entry, name) for name in fields} | {"seen_at": entry.changed_at.isoformat()} | values


class TestProblems:
    def test_each_problem_is_counted_shown_filtered_and_exported_alike(self, handler, membership):
        employer, day = membership.employer, today(timezone.now())
        between = add_months(day, -(50 * 12 + 30))
        old = add_months(day, -64 * 12)
        people = {
            "category_missing": RosterEntryFactory(
                employer=employer,
                job_category="",
                document__worker=WorkerFactory(gender="female", born_on=between),
            ),
            "mobile_missing": RosterEntryFactory(employer=employer, mobile=""),
            "past_retirement": RosterEntryFactory(employer=employer, document__worker=WorkerFactory(born_on=old)),
        }
        RosterEntryFactory(employer=employer)
        RosterEntryFactory(employer=employer, mobile="", left=True)

        counts = get_facets(by=employer_actor(employer), today=day).problem
        assert counts == {
            "category_missing": 1,
            "mobile_missing": 1,
            "past_retirement": 1,
            "not_on_list": 0,
            "wrong_number": 0,
        }
        page = handler.get(url("roster")).content.decode()
        for code, entry in people.items():
            assert f"{PROBLEMS[code]} <b>1</b>" in page
            answer = handler.get(url("roster", problem=code))
            assert [each.entry.pk for each in answer.context["rows"]] == [entry.pk]
            book = openpyxl.load_workbook(io.BytesIO(handler.post(url("roster-export", problem=code)).content))
            assert [cells[1] for cells in book.active.iter_rows(min_row=2, values_only=True)] == [entry.name]

    def test_not_on_the_latest_list_and_without_a_reason(self, handler, membership):
        employer, day = membership.employer, today(timezone.now())
        listed = RosterEntryFactory(employer=employer, document__number=resident_number(1))
        missing = RosterEntryFactory(employer=employer, document__number=resident_number(2))
        roster.import_insurance_roster(
            employer_id=employer.pk,
            kind="social",
            month=day,
            content=xlsx([[listed.name, resident_number(1)]], heads=["姓名", "社会保障号码"]),
            file_name="a.xlsx",
            by=employer_actor(employer),
            at=timezone.now(),
        )

        found = get_people(employer_id=employer.pk, filters=RosterFilter(problem="not_on_list"), today=day)

        assert [each.pk for each in found] == [missing.pk]

    @pytest.mark.parametrize("category", ["", "worker", "technical"])
    @pytest.mark.parametrize("gender", ["male", "female"])
    def test_the_database_reads_the_same_dates_as_the_rules(self, gender, category):
        day = dt.date(2026, 11, 24)
        employer = MembershipFactory().employer
        for years in range(48, 66):
            RosterEntryFactory(
                employer=employer,
                job_category=category,
                document__worker=WorkerFactory(gender=gender, born_on=add_months(day, -years * 12 - 5)),
            )

        def is_past(entry: RosterEntry) -> bool:
            born_on = entry.born_on
            known = rules.retirement_category(gender=gender, job_category=category)
            if known:
                return rules.statutory_retirement_on(born_on=born_on, category=known) <= day
            return rules.statutory_dates(born_on=born_on, gender=gender).latest <= day

        entries = RosterEntry.objects.filter(employer=employer).select_related("worker")
        found = get_people(employer_id=employer.pk, filters=RosterFilter(problem="past_retirement"), today=day)
        assert {each.pk for each in found} == {entry.pk for entry in entries if is_past(entry)}

    def test_a_department_nobody_has_any_more_fits_nobody(self, handler, membership):
        RosterEntryFactory(employer=membership.employer, department="工会")

        answer = handler.get(url("roster", department="旧部门"))
        book = openpyxl.load_workbook(io.BytesIO(handler.post(url("roster-export", department="旧部门")).content))

        assert (list(answer.context["rows"]), answer.context["total"]) == ([], 0)
        assert "旧部门（0）" in answer.content.decode()
        assert book.active.max_row == 1

    def test_choices_are_those_of_the_status_in_the_list(self, handler, membership):
        RosterEntryFactory(employer=membership.employer, department="工会")
        left = RosterEntryFactory(employer=membership.employer, department="旧部门", left=True)
        back = RosterEntryFactory(employer=membership.employer, department="离开时的部门", left=True)
        RosterEntryFactory(employer=membership.employer, document=back.document, department="工会")

        page = handler.get(url("roster", status="left")).content.decode()
        narrowed = handler.get(url("roster", status="left", department="旧部门"))

        assert "旧部门（1）" in page
        assert "工会（" not in page
        assert "离开时的部门" not in page
        assert [each.entry.pk for each in narrowed.context["rows"]] == [left.pk]
        assert "工会（2）" in handler.get(url("roster", status="all")).content.decode()

    def test_choices_say_how_many(self, handler, membership):
        RosterEntryFactory.create_batch(3, employer=membership.employer, department="工会")
        RosterEntryFactory(employer=membership.employer, department="", job_category="")

        page = handler.get(url("roster")).content.decode()

        for words in ("工会（3）", "未填部门（1）", "工人岗（3）", "未填岗位类别（1）", "合同（4）"):
            assert words in page


class TestRow:
    def test_opens_within_the_list_and_comes_back_saved(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer, note="留着")

        form = handler.get(url("roster-row", entry.pk), headers=HTMX)
        saved = handler.post(url("roster-row", entry.pk), row(entry, department="财务部"), headers=HTMX)

        assert form.content.decode().lstrip().startswith("<tr")
        assert f'form="row-{entry.pk}"' in form.content.decode()
        assert "已保存" in saved.content.decode()
        assert "财务部" in saved.content.decode()
        entry.refresh_from_db()
        assert (entry.department, entry.note) == ("财务部", "留着")

    def test_is_a_page_without_scripts_that_leads_back_to_the_same_list(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer)

        page = handler.get(url("roster-row", entry.pk, status="in_service", evil="x"))
        saved = handler.post(url("roster-row", entry.pk, department="生产部"), row(entry, name="王五"))

        assert "</html>" in page.content.decode()
        assert "evil" not in page.content.decode()
        assert saved["Location"] == f"{url('roster')}?department=%E7%94%9F%E4%BA%A7%E9%83%A8"
        entry.refresh_from_db()
        assert entry.name == "王五"

    def test_the_row_as_it_was_comes_back_when_nothing_is_to_be_saved(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer)

        shown = handler.get(url("roster-row", entry.pk, shown=1), headers=HTMX).content.decode()

        assert f'value="{entry.pk}" form="bulk"' in shown

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_a_refusal_keeps_what_was_typed(self, handler, membership, headers):
        entry = RosterEntryFactory(employer=membership.employer)

        answer = handler.post(url("roster-row", entry.pk), row(entry, name="王五（大）", mobile="139"), headers=headers)

        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="王五（大）"' in page
        assert 'value="139"' in page
        assert 'aria-invalid="true"' in page

    def test_two_clerks_are_told_what_stands_now_and_keep_what_they_typed(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer, department="新部门")
        typed_before = row(entry, department="我的部门", seen_at="2026-01-01T00:00:00+00:00")

        answer = handler.post(url("roster-row", entry.pk), typed_before, headers=HTMX)
        entry.refresh_from_db()
        again = row(entry, department="我的部门", seen_at=entry.changed_at.isoformat())

        page = answer.content.decode()
        assert answer.status_code == 422
        assert "刚刚被别人修改过" in page
        assert "部门“新部门”" in page
        assert 'value="我的部门"' in page
        assert f'value="{entry.changed_at.isoformat()}"' in page
        assert handler.post(url("roster-row", entry.pk), again, headers=HTMX).status_code == 200

    def test_is_not_there_for_others(self, handler):
        entry = RosterEntryFactory()

        assert handler.get(url("roster-row", entry.pk)).status_code == 404
        assert handler.post(url("roster-row", entry.pk), row(entry)).status_code == 404


class TestMany:
    def test_the_ticked_are_set_and_the_result_tells_of_each(self, handler, membership):
        entries = RosterEntryFactory.create_batch(3, employer=membership.employer)
        RosterEntryFactory(employer=membership.employer)
        stranger = RosterEntryFactory()

        answer = handler.post(
            url("roster-bulk"),
            {
                "act": "set",
                "scope-set": "ticked",
                "entries": [each.pk for each in (*entries, stranger)],
                "set-field": "department",
                "set-department": "财务部",
                "set-job_category": "management",
            },
            follow=True,
        )

        assert answer.status_code == 200
        change = BulkChange.objects.get()
        assert (change.changed, change.refused) == (3, 0)
        assert answer.content.decode().count("已办理") >= 3
        stranger.refresh_from_db()
        assert stranger.department == "生产部"
        assert not RosterEntry.objects.filter(job_category="management").exists()

    def test_all_filtered_are_ended_with_one_day(self, handler, membership):
        RosterEntryFactory.create_batch(2, employer=membership.employer, department="工会")
        RosterEntryFactory(employer=membership.employer)

        handler.post(
            url("roster-bulk", department="工会"),
            {
                "act": "end",
                "scope-end": "all",
                "expected": "2",
                "end-status": "transferred",
                "end-on": "2026-10-31",
            },
        )

        gone = RosterEntry.objects.filter(status="transferred", left_on=dt.date(2026, 10, 31))
        assert [entry.department for entry in gone] == ["工会", "工会"]

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"act": "set", "scope-set": "ticked", "set-field": "department", "set-department": "x"}, "还没有选择人员"),
            (
                {"act": "set", "scope-set": "all", "expected": "7", "set-field": "department", "set-department": "x"},
                "筛选结果已有变化",
            ),
            ({"act": "set", "scope-set": "all", "expected": "1", "set-field": "department"}, "请填写要设置的部门"),
            ({"act": "set", "set-field": "job_category", "set-job_category": ""}, "请选择要设置的岗位类别"),
            ({"act": "set", "set-department": "财务部"}, "请选择要设置的内容"),
            ({"act": "end", "end-on": "2026-10-31"}, "请选择离职、退休或调出"),
            ({"act": "end", "end-status": "left", "end-on": "31.10.2026"}, "日期写法不对"),
            ({"act": "end", "end-status": "left", "end-on": "2999-01-01", "entries": "1"}, "不能晚于今天"),
            ({"act": "set", "set-field": "department", "set-department": "部" * 101, "entries": "1"}, "部门"),
        ],
    )
    def test_a_refusal_says_why_and_keeps_what_was_typed_and_ticked(self, handler, membership, values, words):
        entry = RosterEntryFactory(employer=membership.employer)

        answer = handler.post(
            url("roster-bulk", status="in_service"), {"entries": [entry.pk], **values} if words[0] != "还" else values
        )

        page = answer.content.decode()
        assert answer.status_code == 422
        assert words in page
        if "set-department" in values:
            assert f'value="{values["set-department"]}"' in page
        if "entries" not in values and words[0] != "还":
            assert f'value="{entry.pk}" form="bulk" data-tick checked' in page
        entry.refresh_from_db()
        assert (entry.left_on, entry.department) == (None, "生产部")

    def test_a_category_is_emptied_only_when_that_is_chosen(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer)

        handler.post(
            url("roster-bulk"),
            {"act": "set", "entries": [entry.pk], "set-field": "job_category", "set-job_category": "-"},
        )

        entry.refresh_from_db()
        assert entry.job_category == ""
        assert BulkChange.objects.get().label == "清空岗位类别"

    def test_a_refusal_after_a_search_keeps_the_people_found(self, handler, membership):
        found = RosterEntryFactory(employer=membership.employer, name="欧阳小明")
        RosterEntryFactory(employer=membership.employer, name="陈二")
        assert 'name="q" value="欧阳"' in handler.post(url("roster"), {"q": "欧阳"}).content.decode()

        answer = handler.post(
            url("roster-bulk"),
            {"q": "欧阳", "act": "end", "entries": [found.pk], "end-status": "left", "end-on": "2999-01-01"},
        )

        assert answer.status_code == 422
        assert [each.entry.pk for each in answer.context["rows"]] == [found.pk]
        assert f'value="{found.pk}" form="bulk" data-tick checked' in answer.content.decode()

    def test_a_row_that_comes_back_alone_takes_the_focus(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer)

        left = handler.get(url("roster-row", entry.pk, shown=1), headers=HTMX).content.decode()
        saved = handler.post(
            url("roster-row", entry.pk), row(entry, department="财务部"), headers=HTMX
        ).content.decode()

        assert left.count("autofocus") == saved.count("autofocus") == 1
        assert "autofocus" not in handler.get(url("roster")).content.decode()

    def test_asked_for_without_posting_it_is_the_list(self, handler):
        assert handler.get(url("roster-bulk", status="left"))["Location"] == f"{url('roster')}?status=left"

    def test_another_employers_result_is_not_there(self, handler, membership):
        entry = RosterEntryFactory()
        change = roster.change_people(
            employer_id=entry.employer_id,
            chosen=roster.Chosen(entry_ids=(entry.pk,)),
            field="department",
            value="x",
            by=employer_actor(entry.employer),
            at=timezone.now(),
        )

        assert handler.get(url("roster-bulk-result", change.pk)).status_code == 404

    def test_the_result_of_many_takes_as_many_queries_as_of_few(self, handler, membership):
        def count(entries: list[RosterEntry]) -> int:
            change = roster.change_people(
                employer_id=membership.employer_id,
                chosen=roster.Chosen(entry_ids=tuple(each.pk for each in entries)),
                field="department",
                value=f"{len(entries)}部",
                by=employer_actor(membership.employer),
                at=timezone.now(),
            )
            with CaptureQueriesContext(connection) as queries:
                handler.get(url("roster-bulk-result", change.pk))
            return len(queries)

        entries = RosterEntryFactory.create_batch(60, employer=membership.employer)
        count(entries[:1])
        assert count(entries[:2]) == count(entries)


class TestPerson:
    def test_tells_every_change_in_plain_words(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer, mobile="13800000002", department="工会")
        handler.post(url("roster-row", entry.pk), row(entry, mobile="13900000001", job_category="management"))
        handler.post(
            url("roster-bulk"),
            {"act": "set", "entries": entry.pk, "set-field": "department", "set-department": "财务部"},
        )
        entry.refresh_from_db()
        values = [entry.name, "居民身份证", entry.document.reveal(), "", "", "13700000001", "", "", "", ""]
        roster.import_roster(
            employer_id=membership.employer_id,
            content=xlsx([values], heads=HEADS),
            file_name="新名册.xlsx",
            by=employer_actor(membership.employer),
            at=timezone.now(),
        )

        page = handler.get(url("roster-person", entry.pk)).content.decode()

        assert "手机号 138****0002 → 139****0001；岗位类别 工人岗 → 管理岗" in page
        assert "批量设置部门为“财务部”：部门 工会 → 财务部" in page
        assert "导入职工名册：手机号 139****0001 → 137****0001" in page

    def test_takes_as_many_queries_for_a_long_history_as_for_a_short_one(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer)

        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                handler.get(url("roster-person", entry.pk))
            return len(queries)

        def change(times: int) -> None:
            for number in range(times):
                entry.refresh_from_db()
                handler.post(url("roster-row", entry.pk), row(entry, department=f"{number}部"))

        change(1)
        count()
        few = count()
        change(6)
        assert count() == few

    def test_joins_on_a_day_and_comes_back_on_another(self, handler, membership):
        handler.post(url("roster-person-add"), typed(joined_on="2026-01-05"))
        entry = RosterEntry.objects.get()
        handler.post(url("roster-person-end", entry.pk), {"status": "left", "on": "2026-05-31"})

        early = handler.post(url("roster-person-add"), typed(joined_on="2026-05-30"))
        handler.post(url("roster-person-add"), typed(joined_on="2026-06-15"))

        assert early.status_code == 422
        assert "到 2026-05-31 为止" in early.content.decode()
        spells = RosterEntry.objects.order_by("id").values_list("joined_on", "left_on")
        assert list(spells) == [(dt.date(2026, 1, 5), dt.date(2026, 5, 31)), (dt.date(2026, 6, 15), None)]
        page = handler.get(url("roster-person", RosterEntry.objects.latest("id").pk)).content.decode()
        assert "2026-05-31" in page

    @pytest.mark.parametrize("place", ["roster-person", "roster-row"])
    def test_an_old_page_of_somebody_who_left_says_why_nothing_was_saved(self, handler, membership, place):
        entry = RosterEntryFactory(employer=membership.employer)
        typed_before = row(entry, department="财务部")
        handler.post(url("roster-person-end", entry.pk), {"status": "retired", "on": "2026-10-31"})

        answer = handler.post(url(place, entry.pk), typed_before)

        assert answer.status_code == 422
        assert "此人已于 2026-10-31 退休，信息不能再修改" in answer.content.decode()
        entry.refresh_from_db()
        assert entry.department == "生产部"

    def test_the_first_day_in_service_is_corrected_and_a_refusal_keeps_the_day(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer)

        early = handler.post(url("roster-person-joined", entry.pk), {"joined_on": "1926-07-01"})
        done = handler.post(url("roster-person-joined", entry.pk), {"joined_on": "2019-07-01"}, follow=True)

        assert early.status_code == 422
        assert "还未满 16 周岁" in early.content.decode()
        assert 'value="1926-07-01"' in early.content.decode()
        assert "更正入册日期：入册日期" in done.content.decode()
        assert "→ 2019-07-01" in done.content.decode()
        entry.refresh_from_db()
        assert entry.joined_on == dt.date(2019, 7, 1)
        assert handler.post(url("roster-person-joined", RosterEntryFactory().pk)).status_code == 404

    def test_a_leaving_recorded_by_mistake_is_taken_back(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer, left=True)
        assert "撤销离开记录" in handler.get(url("roster-person", entry.pk)).content.decode()

        handler.post(url("roster-person-undo", entry.pk))

        entry.refresh_from_db()
        assert entry.left_on is None

    def test_gets_another_document_and_shows_the_former_masked(self, handler, membership):
        entry = RosterEntryFactory(employer=membership.employer, document__number=resident_number(1))
        old = entry.document.number_masked

        answer = handler.post(
            url("roster-person-document", entry.pk),
            {
                "kind": "wrong",
                "document_type": "resident_id",
                "document_number": resident_number(2),
                "reason": "看错一位",
                "seen_at": entry.changed_at.isoformat(),
            },
            follow=True,
        )

        page = answer.content.decode()
        assert "曾用证件" in page
        assert old in page
        assert "看错一位" in page
        assert resident_number(1) not in page
        assert resident_number(2) not in page

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"kind": ""}, "kind"),
            ({"reason": ""}, "reason"),
            ({"document_number": "440106199003040011"}, "document_number"),
            ({"seen_at": "2026-01-01T00:00:00+00:00"}, "__all__"),
        ],
    )
    def test_a_refused_document_keeps_what_was_typed(self, handler, membership, values, field):
        entry = RosterEntryFactory(employer=membership.employer, document__number=resident_number(1))
        given = {
            "kind": "wrong",
            "document_type": "resident_id",
            "document_number": resident_number(2),
            "reason": "看错一位",
            "seen_at": entry.changed_at.isoformat(),
            **values,
        }

        answer = handler.post(url("roster-person-document", entry.pk), given)

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert f'value="{given["document_number"]}"' in answer.content.decode()

    def test_documents_of_others_are_not_there(self, handler):
        entry = RosterEntryFactory()

        assert handler.get(url("roster-person-document", entry.pk)).status_code == 404
        assert handler.post(url("roster-person-undo", entry.pk)).status_code == 404


def test_two_employers_of_one_person_see_only_their_own(handler, membership):
    here = RosterEntryFactory(employer=membership.employer, name="陈小明", department="工会")
    other = MembershipFactory(handler=True)
    there = RosterEntryFactory(
        employer=other.employer, document=here.document, worker=here.worker, name="陈晓明", department="车间"
    )
    theirs = sign_in(other)
    theirs.post(url("roster-row", there.pk), row(there, department="二车间"))
    theirs.post(url("roster-person-end", there.pk), {"status": "left", "on": "2026-10-31"})

    page = handler.get(url("roster-person", here.pk)).content.decode()

    for words in ("陈晓明", "车间", other.employer.name, "离职"):
        assert words not in page.split('id="main"')[1].replace("办理离职、退休、调出", "").replace("离职</", "</")
    assert [each.entry.pk for each in handler.get(url("roster", status="all")).context["rows"]] == [here.pk]


class TestFilledTemplate:
    def test_brings_the_people_in_service_and_reads_back_unchanged(self, handler, membership):
        RosterEntryFactory.create_batch(3, employer=membership.employer, department="工会", name="陈小明")
        RosterEntryFactory(employer=membership.employer, department="工会", left=True)
        RosterEntryFactory(employer=membership.employer)

        answer = handler.post(
            url("roster-export", department="工会", status="all"), {"as_template": "on", "reason": "年度更新"}
        )
        record = roster.import_roster(
            employer_id=membership.employer_id,
            content=answer.content,
            file_name="模板.xlsx",
            by=employer_actor(membership.employer),
            at=timezone.now(),
        )

        assert (record.rows, record.unchanged, record.repaired, record.failed) == (3, 3, 0, 0)
        event = AuditEvent.objects.get(event="roster.export")
        assert (event.reason, event.details["rows"], event.details["with_numbers"]) == ("年度更新", 3, True)

    def test_needs_a_reason_and_the_right_to_see_numbers(self, handler, membership):
        RosterEntryFactory(employer=membership.employer)
        viewer = sign_in(MembershipFactory(employer=membership.employer, viewer=True))

        assert handler.post(url("roster-export"), {"as_template": "on"}).status_code == 422
        assert viewer.post(url("roster-export"), {"as_template": "on", "reason": "x"}).status_code == 403
        assert not AuditEvent.objects.filter(event="roster.export").exists()

    def test_refuses_more_people_than_a_template_should_hold(self, handler, membership, monkeypatch):
        monkeypatch.setattr(looks, "MOST_IN_TEMPLATE", 1)
        RosterEntryFactory.create_batch(2, employer=membership.employer)

        answer = handler.post(url("roster-export"), {"as_template": "on", "reason": "年度更新"}, follow=True)

        assert "最多 1 人，现有 2 人" in answer.content.decode()
