"""职工名册: whole files, through the real operation, on the real database."""

from __future__ import annotations

import csv
import hashlib
import threading
import time

import polars as pl
import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from huzhu.audit.models import AuditEvent
from huzhu.documents import operations as documents
from huzhu.roster import merge
from huzhu.roster import operations as roster
from huzhu.roster.files.checks import check
from huzhu.roster.files.repairs import lines_of
from huzhu.roster.models import DOCUMENT_NUMBER, RosterEntry, RosterImport, Worker, WorkerDocument
from huzhu.roster.operations import imports, people
from huzhu.roster.permissions import NotPermitted
from huzhu.shared import seals
from huzhu.shared.uploads import UploadRefused
from tests.factories.roster import (
    NOON,
    EmployerFactory,
    RosterEntryFactory,
    WorkerDocumentFactory,
    employer_actor,
    resident_number,
)
from tests.roster.files.sheets import HEADS, SAMPLES, read, sample, xlsx

OUTCOMES = ("rows", "inserted", "updated", "unchanged", "failed", "repaired")


def person(serial: int, **values: object) -> list[object]:
    """One row of a file about an invented person."""
    row = {"姓名": "陈小明", "证件类型": "居民身份证", "证件号码": resident_number(serial), **values}
    return [row.get(head, "") for head in HEADS]


def take_in(employer, content: bytes | list[list[object]], *, at=NOON, **more) -> RosterImport:
    content = content if isinstance(content, bytes) else xlsx(content)
    by = more.pop("by", None) or employer_actor(employer)
    return roster.import_roster(employer_id=employer.pk, content=content, file_name="名册.xlsx", by=by, at=at, **more)


def outcome(record: RosterImport) -> tuple[int, ...]:
    return tuple(getattr(record, name) for name in OUTCOMES)


@pytest.mark.django_db
class TestSamples:
    def test_the_clean_file_goes_in_whole_and_a_second_time_changes_nothing(self):
        employer = EmployerFactory()

        assert outcome(take_in(employer, sample("roster-clean-1200.xlsx"))) == (1200, 1200, 0, 0, 0, 0)
        before = list(RosterEntry.objects.order_by("pk").values())
        again = take_in(employer, sample("roster-clean-1200.xlsx"))

        assert outcome(again) == (1200, 0, 0, 1200, 0, 0)
        assert list(RosterEntry.objects.order_by("pk").values()) == before
        assert Worker.objects.count() == WorkerDocument.objects.count() == RosterEntry.objects.count() == 1200

    def test_every_row_of_the_dirty_file_has_the_outcome_of_the_expected_file(self):
        with (SAMPLES / "roster-dirty-300.expected.csv").open(encoding="utf-8-sig", newline="") as file:
            expected = list(csv.DictReader(file))
        failing = {(int(line["excel_row"]), line["column"]) for line in expected if line["outcome"] == "failed"}
        repaired = [line for line in expected if line["outcome"] == "repaired"]

        record = take_in(EmployerFactory(), sample("roster-dirty-300.xlsx"))

        found = {(error["row"], error["column"]) for error in record.errors}
        assert failing <= found  # a passport without birthday lacks the gender too: all errors at once
        assert {row for row, _ in found} == {row for row, _ in failing}
        assert outcome(record) == (300, 300 - len(failing), 0, 0, len(failing), len(repaired))
        # The people of every other row are there, under the names of the sheet.
        sheet = read(sample("roster-dirty-300.xlsx"))
        good = check(sheet=sheet, today=NOON.date()).people.filter(~pl.col("excel_row").is_in([r for r, _ in failing]))
        prints = seals.fingerprint_many(good["comparison_key"].to_list(), purpose="document")
        stored = dict(RosterEntry.objects.values_list("document__fingerprint", "name"))
        assert stored == dict(zip(prints, good["name"].to_list(), strict=True))

    def test_every_repaired_row_is_told_and_no_other(self):
        with (SAMPLES / "roster-dirty-300.expected.csv").open(encoding="utf-8-sig", newline="") as file:
            expected = {(int(x["excel_row"]), x["column"]) for x in csv.DictReader(file) if x["outcome"] == "repaired"}

        record = take_in(EmployerFactory(), sample("roster-dirty-300.xlsx"))

        lines = lines_of(record.repairs)
        assert {(row, column) for row, column, *_ in lines} == expected
        assert [row for row, *_ in lines] == sorted(row for row, _ in expected)
        assert all(how and before != after for _, _, how, before, after in lines)

    def test_a_clean_file_keeps_nothing_about_repairs(self):
        assert take_in(EmployerFactory(), sample("roster-clean-1200.xlsx")).repairs == []

    def test_each_failure_names_row_column_value_and_remedy(self):
        record = take_in(EmployerFactory(), sample("roster-dirty-300.xlsx"))

        for error in record.errors:
            assert set(error) == {"row", "column", "code", "value", "message", "remedy"}
            assert error["message"]
            assert error["remedy"]
            assert error["value"] or error["code"].endswith("_missing")

    def test_a_second_upload_of_the_dirty_file_changes_nothing(self):
        employer = EmployerFactory()
        first = take_in(employer, sample("roster-dirty-300.xlsx"))

        second = take_in(employer, sample("roster-dirty-300.xlsx"))

        assert (second.inserted, second.updated, second.unchanged) == (0, 0, first.inserted)
        assert (second.failed, second.repaired, second.errors) == (first.failed, first.repaired, first.errors)

    def test_the_result_for_programs(self):
        answer = roster.import_result_json(take_in(EmployerFactory(), sample("roster-dirty-300.xlsx")))

        assert list(answer) == [*OUTCOMES, "errors"]
        assert list(answer["errors"][0]) == ["row", "column", "code", "message"]

    def test_the_result_of_all_or_nothing_adds_up_for_programs(self):
        answer = roster.import_result_json(
            take_in(EmployerFactory(), sample("roster-dirty-300.xlsx"), all_or_nothing=True)
        )

        counts = ("inserted", "updated", "unchanged", "failed", "withheld")
        assert answer["withheld"] > 0
        assert sum(answer[name] for name in counts) == answer["rows"] == 300

    def test_what_concerns_the_whole_file_is_kept_once_and_told_to_programs(self):
        heads = ["姓名", "身份证号"]
        rows = [["陈小明", resident_number(1)], ["陈小红", resident_number(2)], ["合计", "2人"]]
        record = take_in(EmployerFactory(), xlsx(rows, heads=heads), all_or_nothing=True)

        assert outcome(record) == (2, 2, 0, 0, 0, 0)
        record.refresh_from_db()
        assert [(remark["code"], remark["rows"]) for remark in record.remarks] == [
            ("rows_passed_over", [4]),
            ("document_types_assumed", []),
        ]
        assert roster.import_result_json(record)["remarks"] == record.remarks


@pytest.mark.django_db
class TestMerge:
    def test_counts_what_is_new_what_changed_and_what_did_not(self):
        employer = EmployerFactory()
        take_in(employer, [person(1), person(2, 部门="财务部"), person(3)])

        record = take_in(employer, [person(1), person(2, 部门="工会"), person(4), person(5, 姓名="")])

        assert outcome(record) == (4, 1, 1, 1, 1, 0)
        assert set(RosterEntry.objects.values_list("department", flat=True)) == {"", "工会"}

    def test_an_empty_cell_keeps_what_is_known(self):
        employer = EmployerFactory()
        take_in(employer, [person(1, 手机号="13812345678", 岗位类别="管理岗", 部门="工会", 备注="组长")])

        record = take_in(employer, [person(1)])

        entry = RosterEntry.objects.get()
        assert outcome(record) == (1, 0, 0, 1, 0, 0)
        assert (entry.mobile, entry.job_category, entry.department, entry.note) == (
            "13812345678",
            "management",
            "工会",
            "组长",
        )

    def test_a_person_of_another_employer_is_simply_inserted(self):
        elsewhere = RosterEntryFactory(name="陈大明", document__number=resident_number(7))
        employer = EmployerFactory()

        record = take_in(employer, [person(7)])

        assert outcome(record) == outcome(take_in(EmployerFactory(), [person(8)]))
        mine = RosterEntry.objects.get(employer=employer)
        assert (mine.worker, mine.name) == (elsewhere.worker, "陈小明")
        elsewhere.refresh_from_db()
        assert (elsewhere.name, elsewhere.changed_at) == ("陈大明", NOON)
        assert WorkerDocument.objects.count() == 2

    def test_somebody_who_left_begins_a_new_spell(self):
        left = RosterEntryFactory(left=True, document__number=resident_number(9))

        record = take_in(left.employer, [person(9)])

        assert (record.inserted, record.rejoined) == (1, 1)
        left.refresh_from_db()
        assert left.status == "left"
        spell = RosterEntry.objects.get(employer=left.employer, left_on__isnull=True)
        assert (spell.worker, spell.joined_on) == (left.worker, NOON.date())

    def test_two_documents_of_one_person_in_one_file_are_one_person(self):
        document = WorkerDocumentFactory(number=resident_number(10))
        WorkerDocumentFactory(worker=document.worker, number=resident_number(11))

        record = take_in(EmployerFactory(), [person(10), person(11, 手机号=" 13812345678")])

        assert outcome(record) == (2, 1, 0, 0, 1, 0)
        assert [(error["row"], error["code"]) for error in record.errors] == [(3, "id_same_person")]

    def test_a_wrong_birthday_of_a_passport_is_mended_by_the_next_file(self):
        employer = EmployerFactory()
        passport = {"证件类型": "外国护照", "证件号码": "AB1234567", "性别": "男"}
        take_in(employer, [person(1, **passport, 出生日期="1990-03-04")])

        record = take_in(employer, [person(1, **passport, 出生日期="1991-03-04")])

        assert (record.updated, record.unchanged) == (1, 0)
        assert str(RosterEntry.objects.get().born_on) == "1991-03-04"

    def test_and_never_on_the_row_of_another_employer(self):
        passport = {"证件类型": "外国护照", "证件号码": "AB1234567", "性别": "男"}
        take_in(EmployerFactory(), [person(1, **passport, 出生日期="1990-03-04")])

        record = take_in(EmployerFactory(), [person(1, **passport, 出生日期="1991-03-04")])

        assert outcome(record) == (1, 1, 0, 0, 0, 1)
        assert Worker.objects.count() == 1
        born = RosterEntry.objects.order_by("pk").values_list("born_on", flat=True)
        assert [str(each) for each in born] == ["1990-03-04", "1991-03-04"]

    def test_all_or_nothing_takes_nothing_when_a_row_is_bad(self):
        employer = EmployerFactory()

        record = take_in(employer, [person(1), person(2), person(3, 姓名="")], all_or_nothing=True)

        assert outcome(record) == (3, 0, 0, 0, 1, 0)
        assert record.withheld == 2
        assert not RosterEntry.objects.exists()
        assert not Worker.objects.exists()

    def test_all_or_nothing_takes_a_merge_back_that_meets_a_bad_row(self):
        document = WorkerDocumentFactory(number=resident_number(10))
        WorkerDocumentFactory(worker=document.worker, number=resident_number(11))

        record = take_in(EmployerFactory(), [person(10), person(11), person(12)], all_or_nothing=True)

        assert (outcome(record), record.withheld) == ((3, 0, 0, 0, 1, 0), 2)
        assert not RosterEntry.objects.exists()

    def test_all_or_nothing_takes_everything_when_all_is_good(self):
        assert outcome(take_in(EmployerFactory(), [person(1), person(2)], all_or_nothing=True)) == (2, 2, 0, 0, 0, 0)

    def test_quotes_commas_line_breaks_and_formulas_arrive_as_they_are(self):
        employer = EmployerFactory()
        note, department = '他说："=1+1", \\N 和 \\.', "@部,门"

        take_in(employer, [person(1, 备注=note, 部门=department)])

        entry = RosterEntry.objects.get()
        assert (entry.note, entry.department) == (note, department)

    def test_the_entries_of_a_file_come_in_its_order(self):
        employer = EmployerFactory()
        take_in(employer, [person(3)])
        old = RosterEntry.objects.get()

        _, entry_ids = roster.import_people(
            employer_id=employer.pk,
            content=xlsx([person(1), person(3), person(2, 姓名="")]),
            file_name="名册.xlsx",
            by=employer_actor(employer),
            at=NOON,
        )

        assert entry_ids == [RosterEntry.objects.exclude(pk=old.pk).get().pk, old.pk]

    @pytest.mark.parametrize("first", [True, False], ids=["new people", "known people"])
    def test_the_number_of_statements_is_the_same_for_10_and_for_1000_people(self, first):
        def statements(rows: int) -> int:
            employer = EmployerFactory()
            file = xlsx(many[:rows])
            if not first:
                take_in(employer, file)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                take_in(employer, file)
            return len(queries)

        many = [
            person(1, 证件号码=resident_number(serial % 450 + 1, gender=gender), 姓名="陈小明")
            for gender in ("male", "female")
            for serial in range(450)
        ]
        many += [
            person(1, 证件类型="外国护照", 证件号码=f"X{n:07d}", 性别="女", 出生日期="1990-03-04") for n in range(100)
        ]
        assert statements(10) == statements(1000)


@pytest.mark.django_db
class TestRefusals:
    def test_only_the_own_roster_may_be_kept(self):
        stranger = employer_actor(EmployerFactory())

        with pytest.raises(NotPermitted):
            take_in(EmployerFactory(), [person(1)], by=stranger)

    @pytest.mark.parametrize("role", ["finance", "viewer", "liaison"])
    def test_only_owner_and_handler_keep_the_roster(self, role):
        employer = EmployerFactory()

        with pytest.raises(NotPermitted):
            take_in(employer, [person(1)], by=employer_actor(employer, role))

    def test_a_file_that_is_no_roster_leaves_nothing_behind(self):
        with pytest.raises(UploadRefused, match="证件号码"):
            take_in(EmployerFactory(), xlsx([["陈小明", "1"]], heads=["姓名", "手机号"]))

        assert not RosterImport.objects.exists()

    def test_every_import_leaves_a_trace(self):
        record = take_in(EmployerFactory(), [person(1)])

        event = AuditEvent.objects.get(event="roster.import")
        assert (event.subject_id, event.employer_id) == (str(record.pk), record.employer_id)
        assert event.details["inserted"] == 1
        assert resident_number(1) not in str(event.details)


@pytest.mark.django_db
class TestNumbers:
    def test_no_number_of_a_file_is_readable_anywhere(self):
        sheet = read(sample("roster-clean-1200.xlsx"))
        numbers = set(check(sheet=sheet, today=NOON.date()).people["document_number"].to_list())
        take_in(EmployerFactory(), sample("roster-clean-1200.xlsx"))
        take_in(EmployerFactory(), sample("roster-dirty-300.xlsx"))

        dump = b""
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in cursor.fetchall():
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    dump += b"".join(bytes(part) for part in copy)
        text = dump.decode()

        assert len(numbers) == 1200
        assert {f"{number[:4]}**********{number[-4:]}" in text for number in numbers} == {
            True
        }  # the dump holds the people
        assert not [number for number in numbers if number in text]
        assert not [number for number in numbers if number.encode().hex() in text]

    def test_each_number_opens_for_its_own_row_only(self):
        take_in(EmployerFactory(), [person(1), person(2)])
        mine, other = WorkerDocument.objects.order_by("pk")

        assert {mine.reveal(), other.reveal()} == {resident_number(1), resident_number(2)}
        mine.number_sealed, other.number_sealed = other.number_sealed, mine.number_sealed
        for swapped in (mine, other):
            with pytest.raises(seals.SealBroken):
                swapped.reveal()

    def test_a_fingerprint_is_no_bare_hash(self):
        take_in(EmployerFactory(), [person(1)])
        document, number = WorkerDocument.objects.get(), resident_number(1)

        bare = [getattr(hashlib, name)(number.encode()).digest()[:16] for name in ("md5", "sha1", "sha256", "sha512")]
        bare += [hashlib.sha256(b"document\0" + number.encode()).digest()[:16]]
        assert document.fingerprint.bytes not in bare
        assert document.fingerprint == seals.fingerprint(number, purpose="document")

    def test_the_place_of_a_sealed_number_is_its_table_and_column(self):
        take_in(EmployerFactory(), [person(1)])
        document = WorkerDocument.objects.get()

        with pytest.raises(seals.SealBroken):
            seals.open_seal(document.number_sealed, place=seals.Place("x", "y"), seal_id=document.seal_id)
        assert DOCUMENT_NUMBER.table == "roster.worker_document"


@pytest.mark.django_db
class TestQueued:
    def _queue(self, employer, content: bytes, **more) -> RosterImport:
        by = employer_actor(employer)
        file = documents.store_bytes(
            content=content, name="名册.xlsx", kind="roster", media_type="x", employer_id=employer.pk, by=by, at=NOON
        )
        return roster.queue_import(
            employer_id=employer.pk, file_id=file.pk, file_name=file.name, by=by, at=NOON, **more
        )

    def test_a_job_finishes_it_once(self):
        employer = EmployerFactory()
        waiting = self._queue(employer, xlsx([person(1), person(2)]))
        assert (waiting.state, RosterEntry.objects.count()) == ("waiting", 0)

        done = roster.run_import(import_id=waiting.pk, by=employer_actor(employer), at=NOON)
        again = roster.run_import(import_id=waiting.pk, by=employer_actor(employer), at=NOON)

        assert (done.state, outcome(done)) == ("done", (2, 2, 0, 0, 0, 0))
        assert outcome(again) == outcome(done)
        assert AuditEvent.objects.filter(event="roster.import").count() == 1

    def test_a_file_that_cannot_be_read_is_refused_with_the_reason(self):
        employer = EmployerFactory()
        waiting = self._queue(employer, b"PK\x03\x04 broken")

        refused = roster.run_import(import_id=waiting.pk, by=employer_actor(employer), at=NOON)

        assert refused.state == "refused"
        assert "损坏" in refused.refusal

    def test_the_job_carries_the_id_only(self):
        waiting = self._queue(EmployerFactory(), xlsx([person(1)]))

        with connection.cursor() as cursor:
            cursor.execute("SELECT task_name, args FROM procrastinate_jobs")
            ((name, args),) = cursor.fetchall()
        assert name == roster.IMPORT_TASK
        assert str(waiting.pk) in str(args)
        assert "名册" not in str(args)


class TestTwoAtOnce:
    def _race(self, employer_ids: list[int]) -> list[object]:
        """The same file at the same moment, for each employer named, in real transactions."""
        start = threading.Barrier(len(employer_ids))
        results: list[object] = []
        content = sample("roster-clean-1200.xlsx")

        def run(employer_id: int) -> None:
            try:
                start.wait()
                results.append(
                    outcome(
                        roster.import_roster(
                            employer_id=employer_id,
                            content=content,
                            file_name="名册.xlsx",
                            by=roster_actor(employer_id),
                            at=NOON,
                        )
                    )
                )
            except IntegrityError as error:
                results.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(employer_id,)) for employer_id in employer_ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_two_imports_of_one_employer_take_turns(self, own_database):
        take_in(
            EmployerFactory(), sample("roster-clean-1200.xlsx")
        )  # nobody is new to the house: the lock alone guards
        employer_id = EmployerFactory().pk

        results = self._race([employer_id] * 3)

        assert sorted(results) == [(1200, 0, 0, 1200, 0, 0)] * 2 + [(1200, 1200, 0, 0, 0, 0)]
        assert RosterEntry.objects.filter(employer=employer_id).count() == 1200

    def test_without_the_lock_they_would_collide(self, own_database, monkeypatch):
        barrier = threading.Barrier(3)
        real = merge.merge_sealed

        def together(**kwargs):
            barrier.wait()
            merged = real(**kwargs)
            time.sleep(1.5)  # nobody commits before all have looked who is there
            return merged

        take_in(EmployerFactory(), sample("roster-clean-1200.xlsx"))
        monkeypatch.setattr(imports, "lock_roster", lambda **_: None)
        monkeypatch.setattr(imports, "merge_sealed", together)

        results = self._race([EmployerFactory().pk] * 3)

        assert any(isinstance(result, IntegrityError) for result in results)

    def test_two_employers_who_meet_the_same_new_people_make_each_of_them_once(self, own_database):
        results = self._race([EmployerFactory().pk, EmployerFactory().pk])

        assert results == [(1200, 1200, 0, 0, 0, 0)] * 2
        assert Worker.objects.count() == WorkerDocument.objects.count() == 1200
        assert RosterEntry.objects.count() == 2400

    @pytest.mark.parametrize("is_guarded", [True, False])
    def test_taking_back_an_end_waits_for_an_import_that_brings_the_person_back(
        self, own_database, monkeypatch, is_guarded
    ):
        employer = EmployerFactory()
        take_in(employer, xlsx([person(1)]))
        entry, by = RosterEntry.objects.get(), roster_actor(employer.pk)
        roster.end_employment(entry_id=entry.pk, status="left", on=NOON.date(), by=by, at=NOON)
        if not is_guarded:
            monkeypatch.setattr(people, "lock_roster", lambda **_: None)
        brought_back, tried = threading.Event(), []

        def bring_back() -> None:
            with transaction.atomic():
                take_in(employer, xlsx([person(1)]))
                brought_back.set()
                time.sleep(0.5)  # the other one meets the lock, or the row that is not committed
            connections.close_all()

        importing = threading.Thread(target=bring_back)
        importing.start()
        brought_back.wait()
        try:
            roster.undo_end(entry_id=entry.pk, by=by, at=NOON)
        except (roster.PersonRefused, IntegrityError) as error:
            tried.append(error)
        importing.join()

        assert [type(error) for error in tried] == [roster.PersonRefused if is_guarded else IntegrityError]
        assert RosterEntry.objects.filter(left_on__isnull=True).count() == 1

    def test_an_import_that_waits_too_long_says_so(self, own_database, monkeypatch):
        employer = EmployerFactory()
        monkeypatch.setattr(merge, "LONGEST_WAIT", "100ms")
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with transaction.atomic():
                merge.lock_roster(employer_id=employer.pk)
                held.set()
                done.wait()
            connections.close_all()

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait()
        try:
            with pytest.raises(roster.RosterBusy, match="稍后再试"):
                take_in(employer, [person(1)])
        finally:
            done.set()
            holder.join()


def roster_actor(employer_id: int):
    from huzhu.employers.models import Employer

    return employer_actor(Employer(pk=employer_id))
