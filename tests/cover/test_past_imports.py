"""Lists of old policies as files: all or nothing, every error at once, harmless twice, and only by the province's registrars."""

from __future__ import annotations

import datetime as dt
import io
from types import SimpleNamespace

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from huzhu.audit.models import AuditEvent
from huzhu.cover import operations as cover
from huzhu.cover import permissions
from huzhu.cover.models import PastPolicy, PastPolicyImport, PastPolicyMember, PastPolicyUpload, PolicyBinding
from huzhu.cover.past_files import form, reading
from huzhu.documents.models import StoredFile
from huzhu.jobs.cover import read_past_policies
from huzhu.shared.calendar import local_date
from huzhu.shared.uploads import UploadRefused
from tests.factories import billing as money
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.employers import EmployerFactory, MembershipFactory, employer_actor
from tests.factories.plans import version
from tests.factories.roster import RosterEntryFactory, resident_number

pytestmark = pytest.mark.django_db
HEADS = "保单号,单位名称,统一社会信用代码,保障计划,起保日期,终保日期,姓名,证件号码,份数"


def line(serial=1, *, number="ZY2025000009", holder="广州旧机床厂", code="", plan="HOSP25", start="2025-12-01", **more):
    last, name, shares = more.get("last", "2026-11-30"), more.get("name", "陈小明"), more.get("shares", "1")
    document = more.get("document", resident_number(serial))
    return ",".join([number, holder, code, plan, start, last, name, document, shares])


def csv(*lines: str) -> bytes:
    return "\n".join([HEADS, *lines]).encode()


@pytest.fixture
def post():
    version("HOSP25")
    return StaffPostFactory(branch=money.root(), registrar=True)


@pytest.fixture
def by(post):
    return office_actor(post)


def bring(by, *lines, name="旧保单.csv"):
    return cover.import_past_policies(content=csv(*lines), file_name=name, by=by, at=NOON)


class TestTakingOver:
    def test_policies_and_people_come_over(self, by):
        done = bring(
            by, line(1), line(2, shares=""), line(3, number="zy 2025000010", start="2025/1/2", last="20251231")
        )
        assert (done.rows, done.policies, done.people, done.known, done.failed) == (3, 2, 3, 0, 0)
        first, second = PastPolicy.objects.order_by("number")
        assert (first.number, str(first.coverage_start), str(first.coverage_end)) == (
            "ZY2025000009",
            "2025-12-01",
            "2026-12-01",
        )
        assert (second.number, str(second.coverage_start), str(second.coverage_end)) == (
            "ZY2025000010",
            "2025-01-02",
            "2026-01-01",
        )
        assert AuditEvent.objects.get(event="cover.import_past_policies").details["people"] == 3

    def test_an_employer_binds_what_came_as_a_file(self, by):
        employer = EmployerFactory()
        RosterEntryFactory(employer=employer, document__number=resident_number(1))
        bring(by, line(1, code=employer.credit_code))
        handler = employer_actor(MembershipFactory(employer=employer))
        cover.bind_policy(employer_id=employer.pk, number="ZY2025000009", by=handler, at=NOON)
        assert PolicyBinding.objects.get().state == "confirmed"

    def test_the_same_list_again_changes_nothing(self, by):
        bring(by, line(1), line(2))
        again = bring(by, line(1), line(2), line(3, number="ZY2025000011"))
        assert (again.policies, again.people, again.known, again.failed) == (1, 1, 1, 0)
        assert (PastPolicy.objects.count(), PastPolicyMember.objects.count()) == (2, 3)

    @pytest.mark.parametrize(
        "other", [line(1, holder="别的厂"), line(1, last="2026-12-31"), line(2), line(1, shares="2")]
    )
    def test_a_known_number_with_other_facts_is_an_error(self, by, other):
        bring(by, line(1))
        again = bring(by, other)
        assert again.failed == 1
        assert PastPolicyMember.objects.count() == 1

    def test_statements_do_not_grow_with_people(self, by, django_assert_max_num_queries):
        with django_assert_max_num_queries(20):
            bring(by, *(line(serial) for serial in range(1, 200)))


class TestErrors:
    def test_all_of_them_at_once_with_their_rows_and_nothing_is_taken_over(self, by):
        done = bring(
            by,
            line(1),
            line(2, document="440106199001010011"),
            line(3, start="2025-13-01"),
            line(4, plan="没有的计划", number="A1"),
            line(5, shares="0"),
            line(6, name=""),
            line(1),
            line(7, holder="别的厂"),
            line(8, code="91440101"),
            line(9, last="2025-01-01", number="A2"),
            line(10, number="A3", shares="99"),
        )
        assert done.failed == 10
        assert {each["row"] for each in done.errors} == set(range(3, 13))
        assert not PastPolicy.objects.exists()
        told = " ".join(str(each) for each in done.errors)
        assert "440106199001010011" not in told  # masked

    def test_hostile_and_foreign_files_are_refused_in_words(self, by):
        for content, name in (
            (b"", "a.csv"),
            (b"PK\x03\x04broken", "a.xlsx"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "a.xls"),
            (b"%PDF-1.7 nothing", "a.xlsx"),
            ("姓名,部门\n甲,乙".encode(), "a.csv"),
            (csv(line(1)), "a.exe"),
        ):
            with pytest.raises(UploadRefused) as refused:
                cover.import_past_policies(content=content, file_name=name, by=by, at=NOON)
            assert refused.value.message
        assert not PastPolicyImport.objects.exists()

    def test_a_formula_is_text(self, by):
        done = bring(by, line(1, holder='"=1+1"'))
        assert done.failed == 0
        assert PastPolicy.objects.get().holder_name == "=1+1"

    def test_the_template_reads_as_an_empty_list(self):
        with pytest.raises(UploadRefused):
            reading.read_list(content=form.template(), file_name="模板.xlsx", today=local_date(NOON))

    def test_a_workbook_with_real_dates_is_read(self, by):
        buffer = io.BytesIO()
        book = xlsxwriter.Workbook(buffer)
        sheet, style = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADS.split(","))
        sheet.write_row(1, 0, line(1).split(","))
        for place, day in ((4, "2025-12-01"), (5, "2026-11-30")):
            sheet.write_datetime(1, place, dt.datetime.fromisoformat(day), style)
        book.close()
        done = cover.import_past_policies(content=buffer.getvalue(), file_name="旧.xlsx", by=by, at=NOON)
        assert (done.failed, done.policies) == (0, 1)


class TestWho:
    @pytest.mark.parametrize("roles", [{"reviewer": True}, {"system_admin": True}, {"auditor": True}])
    def test_only_registrars(self, post, roles):
        with pytest.raises(permissions.NotPermitted):
            bring(office_actor(StaffPostFactory(branch=post.branch, **roles)), line(1))

    def test_only_of_the_whole_association(self, post):
        city = BranchFactory(parent=post.branch, level="city")
        with pytest.raises(permissions.NotPermitted):
            bring(office_actor(StaffPostFactory(branch=city, registrar=True)), line(1))


class TestPages:
    def sign_in(self, post) -> Client:
        client = Client()
        client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def give(self, client, content, name="旧.csv"):
        return client.post(reverse("office:past-policies-import"), {"file": SimpleUploadedFile(name, content)})

    def test_a_good_list_and_its_result(self, post):
        client = self.sign_in(post)
        answer = self.give(client, csv(line(1)))
        page = client.get(answer.url).content.decode()
        assert "已导入" in page
        assert "旧.csv" in client.get(reverse("office:past-policies")).content.decode()

    def test_errors_are_shown_and_come_back_as_a_workbook(self, post):
        client = self.sign_in(post)
        answer = self.give(client, csv(line(1, shares="x")))
        assert "份数不是" in client.get(answer.url).content.decode()
        book = client.get(f"{answer.url}errors/")
        assert book.content.startswith(b"PK")
        assert client.get(reverse("office:past-policies-template")).content.startswith(b"PK")

    def test_a_refused_file_says_why_on_the_page(self, post):
        answer = self.give(self.sign_in(post), b"%PDF-1.7 x", "a.xlsx")
        assert answer.status_code == 422
        assert "请" in answer.content.decode()

    def test_of_a_branch_nothing_is_seen(self, post):
        done = bring(office_actor(post), line(1))
        city = StaffPostFactory(branch=BranchFactory(parent=post.branch, level="city"), registrar=True)
        client = self.sign_in(city)
        assert client.get(reverse("office:past-policies-result", args=[done.pk])).status_code == 404
        assert self.give(client, csv(line(2))).status_code == 403


class TestLargeLists:
    """What takes longer than somebody should wait is read by a job; what comes of it is the same."""

    @pytest.fixture
    def large(self, monkeypatch):
        monkeypatch.setattr("huzhu.cover.operations.past_uploads.is_large", lambda *, content: True)

    def receive(self, by, *lines):
        return cover.receive_past_policies(content=csv(*lines), file_name="旧保单.csv", by=by, at=NOON)

    def test_a_usual_one_is_taken_over_at_once(self, by):
        assert self.receive(by, line(1)).policies == 1
        assert not PastPolicyUpload.objects.exists()

    def test_size_decides(self, by):
        assert isinstance(self.receive(by, *(line(serial) for serial in range(1, 4_500))), PastPolicyUpload)

    def test_a_large_one_waits_for_the_job_and_its_file_goes(self, by, large):
        waiting = self.receive(by, line(1), line(2))
        assert not PastPolicy.objects.exists()
        read = cover.read_upload(upload_id=waiting.pk, by=by, at=NOON)
        assert (read.rows_read, read.done.policies, read.done.people) == (2, 1, 2)
        assert PastPolicyUpload.objects.get().rows_read == 2
        assert not StoredFile.objects.filter(pk=waiting.file_id).exists()
        assert cover.read_upload(upload_id=waiting.pk, by=by, at=NOON).done == read.done  # again changes nothing
        assert PastPolicyImport.objects.count() == 1

    def test_what_cannot_be_read_says_why(self, by, large):
        waiting = cover.receive_past_policies(content=b"a,b\n1,2\n", file_name="x.csv", by=by, at=NOON)
        assert cover.read_upload(upload_id=waiting.pk, by=by, at=NOON).refusal
        assert AuditEvent.objects.get(event="cover.refuse_past_policies").reason

    def test_who_is_no_registrar_any_more_takes_over_nothing(self, by, large):
        waiting = self.receive(by, line(1))
        former = office_actor(StaffPostFactory(branch=money.root(), auditor=True))
        assert "省级受理员" in cover.read_upload(upload_id=waiting.pk, by=former, at=NOON).refusal
        assert not PastPolicy.objects.exists()

    def test_a_crash_leaves_it_waiting_and_the_next_run_finishes_it(self, by, large, monkeypatch):
        waiting = self.receive(by, line(1))
        with monkeypatch.context() as broken:
            broken.setattr("huzhu.cover.operations.past_uploads.audit.record", lambda *_, **__: 1 / 0)
            broken.setattr("huzhu.cover.operations.past_uploads._finish", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                cover.read_upload(upload_id=waiting.pk, by=by, at=NOON)
        assert not PastPolicy.objects.exists()
        assert cover.read_upload(upload_id=waiting.pk, by=by, at=NOON).done.policies == 1

    def test_the_page_shows_how_far_it_is_and_leads_to_the_result(self, post, by, large):
        client = Client()
        client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
        file = SimpleUploadedFile("旧保单.csv", csv(line(1)))
        sent = client.post(reverse("office:past-policies-import"), {"file": file})
        waiting = PastPolicyUpload.objects.get()
        own = reverse("office:past-policies-upload", args=[waiting.pk])
        assert sent["Location"] == own
        assert "正在读取文件" in client.get(own).content.decode()
        assert "正在导入" in client.get(reverse("office:past-policies")).content.decode()
        PastPolicyUpload.objects.update(rows_read=1)
        poll = reverse("office:past-policies-progress", args=[waiting.pk])
        assert "正在核对并录入" in client.get(poll).content.decode()
        done = cover.read_upload(upload_id=waiting.pk, by=by, at=NOON).done
        assert client.get(poll)["HX-Refresh"] == "true"
        assert client.get(own)["Location"] == reverse("office:past-policies-result", args=[done.pk])

    def test_the_job_acts_as_the_sender_and_gives_up_in_words(self, post, by, large):
        waiting = self.receive(by, line(1))
        context = SimpleNamespace(job=SimpleNamespace(attempts=1))
        post.delete()
        read_past_policies(context, upload_id=waiting.pk)
        assert "不是工作人员" in PastPolicyUpload.objects.get().refusal

    def test_the_job_takes_it_over(self, by, large):
        waiting = self.receive(by, line(1))
        read_past_policies(SimpleNamespace(job=SimpleNamespace(attempts=1)), upload_id=waiting.pk)
        assert PastPolicyUpload.objects.get().done.policies == 1

    def test_a_list_on_which_workers_die_is_refused_in_the_end(self, by, large):
        waiting = self.receive(by, line(1))
        read_past_policies(SimpleNamespace(job=SimpleNamespace(attempts=5)), upload_id=waiting.pk)
        assert PastPolicyUpload.objects.get().refusal
        assert not PastPolicy.objects.exists()
