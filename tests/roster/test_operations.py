"""One person at a time, looks at numbers, exports, and the questions lists ask."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest

from huzhu.audit.models import AuditEvent
from huzhu.audit.reveals import RevealRefused, Why
from huzhu.roster import operations as roster
from huzhu.roster import queries
from huzhu.roster.models import RosterEntry, WorkerDocument
from huzhu.roster.permissions import NotPermitted
from huzhu.roster.queries import RosterFilter
from huzhu.shared.actors import Actor, Side
from tests.factories.roster import (
    NOON,
    EmployerFactory,
    RosterEntryFactory,
    WorkerDocumentFactory,
    WorkerFactory,
    employer_actor,
    resident_number,
)

TODAY = NOON.date()
LATER = NOON + dt.timedelta(hours=1)
PASSPORT = {"document_type": "foreign_passport", "document_number": "AB1234567"}


def typed(serial: int = 1, **values: str) -> roster.Person:
    person = {"name": "欧阳小明", "document_type": "resident_id", "document_number": resident_number(serial), **values}
    return roster.Person(**person)


def add(employer, person: roster.Person, *roles: str) -> RosterEntry:
    return roster.add_person(employer_id=employer.pk, person=person, by=employer_actor(employer, *roles), at=NOON)


def events(name: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(event=name))


@pytest.mark.django_db
class TestAdd:
    def test_enters_a_person_as_an_import_would(self):
        entry = add(EmployerFactory(), typed(mobile=" 138 1234 5678", department="工会", job_category="management"))

        assert (entry.name, entry.name_initials, entry.mobile) == ("欧阳小明", "oyxm", "13812345678")
        assert (entry.status, entry.joined_on, entry.left_on) == ("in_service", TODAY, None)
        assert (entry.gender, entry.born_on) == ("male", dt.date(1990, 3, 4))
        assert entry.document.reveal() == resident_number(1)
        assert events("roster.add")[0].subject_id == str(entry.pk)

    def test_says_everything_that_is_wrong_by_field(self):
        with pytest.raises(roster.PersonRefused) as refusal:
            add(EmployerFactory(), typed(name="", document_number="440106199003040011", mobile="123", gender="x"))

        assert set(refusal.value.errors) == {"name", "document_number", "mobile", "gender"}
        assert not WorkerDocument.objects.exists()

    def test_needs_gender_and_birthday_where_the_document_does_not_tell(self):
        with pytest.raises(roster.PersonRefused) as refusal:
            add(EmployerFactory(), typed(**PASSPORT))

        assert set(refusal.value.errors) == {"gender", "born_on"}

    def test_refuses_whom_the_roster_has_and_changes_nothing(self):
        entry = RosterEntryFactory(document__number=resident_number(3))

        with pytest.raises(roster.PersonRefused, match="已在本单位名册中"):
            add(entry.employer, typed(3))

        before = entry.name
        entry.refresh_from_db()
        assert entry.name == before

    def test_takes_whom_another_employer_has_without_a_word(self):
        RosterEntryFactory(document__number=resident_number(3))

        entry = add(EmployerFactory(), typed(3))

        assert entry.name == "欧阳小明"
        assert RosterEntry.objects.count() == 2

    @pytest.mark.parametrize("joined_on", ["1926-01-01", "2006-03-03"])
    def test_nobody_joined_before_the_working_age(self, joined_on):
        employer = EmployerFactory()

        with pytest.raises(roster.PersonRefused) as refusal:
            roster.add_person(
                employer_id=employer.pk,
                person=typed(),
                joined_on=dt.date.fromisoformat(joined_on),
                by=employer_actor(employer),
                at=NOON,
            )

        assert list(refusal.value.errors) == ["joined_on"]
        assert not RosterEntry.objects.exists()

    @pytest.mark.parametrize("is_said", [True, False])
    def test_takes_back_who_left_the_same_day(self, is_said):
        employer = EmployerFactory()
        by = employer_actor(employer)
        first = add(employer, typed())
        roster.end_employment(entry_id=first.pk, status="retired", on=TODAY, by=by, at=NOON)

        again = roster.add_person(
            employer_id=employer.pk, person=typed(), joined_on=TODAY if is_said else None, by=by, at=LATER
        )

        assert (again.joined_on, again.left_on) == (TODAY, None)

    def test_takes_back_whom_the_employer_had_before(self):
        left = RosterEntryFactory(left=True, document__number=resident_number(3))

        entry = add(left.employer, typed(3))

        assert entry.worker == left.worker
        assert entry.pk != left.pk

    @pytest.mark.parametrize("role", ["viewer", "finance", "liaison"])
    def test_is_for_owner_and_handler(self, role):
        with pytest.raises(NotPermitted):
            add(EmployerFactory(), typed(), role)


@pytest.mark.django_db
class TestChange:
    def change(self, entry: RosterEntry, **values: str) -> RosterEntry:
        by = employer_actor(entry.employer)
        changes = roster.Person(**{"name": entry.name, **values})
        return roster.change_entry(entry_id=entry.pk, changes=changes, by=by, at=LATER)

    def test_corrects_what_the_employer_says(self):
        entry = self.change(
            RosterEntryFactory(), name="单 小明", mobile="", department="工会", job_category="technical"
        )

        entry.refresh_from_db()
        assert (entry.name, entry.name_initials, entry.mobile, entry.department) == ("单小明", "sxm", "", "工会")
        (event,) = events("roster.change")
        assert set(event.changes) == {"name", "mobile", "department", "job_category", "employment_form"}

    def test_leaves_no_trace_when_nothing_changed(self):
        entry = RosterEntryFactory()

        self.change(
            entry,
            mobile=entry.mobile,
            department=entry.department,
            job_category=entry.job_category,
            employment_form=entry.employment_form,
        )

        entry.refresh_from_db()
        assert entry.changed_at == NOON
        assert not events("roster.change")

    def test_says_everything_that_is_wrong_by_field(self):
        with pytest.raises(roster.PersonRefused) as refusal:
            self.change(
                RosterEntryFactory(),
                name="陈小明2",
                mobile="12",
                department="部" * 101,
                note="注" * 501,
                job_category="boss",
                employment_form="x",
            )

        assert set(refusal.value.errors) == {"name", "mobile", "department", "note", "job_category", "employment_form"}

    def test_does_not_overwrite_what_the_clerk_has_not_seen(self):
        entry = RosterEntryFactory()
        self.change(entry, department="工会")

        with pytest.raises(roster.EntryChanged):
            roster.change_entry(
                entry_id=entry.pk,
                changes=roster.Person(name="陈二"),
                by=employer_actor(entry.employer),
                at=LATER,
                seen_at=NOON,
            )

        entry.refresh_from_db()
        assert entry.department == "工会"

    def test_is_refused_to_another_employer(self):
        entry = RosterEntryFactory()

        with pytest.raises(NotPermitted):
            roster.change_entry(
                entry_id=entry.pk,
                changes=roster.Person(name="陈二"),
                by=employer_actor(EmployerFactory()),
                at=LATER,
            )


@pytest.mark.django_db
class TestJoined:
    def correct(self, entry, on: dt.date, **more):
        by = more.pop("by", None) or employer_actor(entry.employer)
        return roster.correct_joined_on(entry_id=entry.pk, on=on, by=by, at=NOON)

    def test_the_first_day_is_corrected_and_remembered(self):
        entry = self.correct(RosterEntryFactory(joined_on=TODAY), dt.date(2019, 7, 1))

        assert RosterEntry.objects.get(pk=entry.pk).joined_on == dt.date(2019, 7, 1)
        assert entry.changes.get().changes == {"joined_on": [TODAY.isoformat(), "2019-07-01"]}
        event = AuditEvent.objects.get(event="roster.change")
        assert (event.label, event.changes) == ("更正入册日期", {"joined_on": [TODAY.isoformat(), "2019-07-01"]})

    def test_the_same_day_leaves_no_trace(self):
        entry = self.correct(RosterEntryFactory(joined_on=TODAY), TODAY)

        assert not entry.changes.exists()
        assert not AuditEvent.objects.filter(event="roster.change").exists()

    def test_may_be_the_day_an_earlier_spell_ended_but_no_day_within_it(self):
        before = RosterEntryFactory(joined_on=dt.date(2020, 1, 1), left_on=dt.date(2024, 5, 31), status="left")
        entry = RosterEntryFactory(
            employer=before.employer, worker=before.worker, document=before.document, joined_on=TODAY
        )

        assert self.correct(entry, dt.date(2024, 5, 31)).joined_on == dt.date(2024, 5, 31)
        with pytest.raises(roster.PersonRefused, match="到 2024-05-31 为止"):
            self.correct(entry, dt.date(2024, 5, 30))

    @pytest.mark.parametrize("on", [TODAY + dt.timedelta(days=1), dt.date(1926, 1, 1)])
    def test_no_day_to_come_and_none_before_the_working_age(self, on):
        with pytest.raises(roster.PersonRefused) as refusal:
            self.correct(RosterEntryFactory(), on)
        assert list(refusal.value.errors) == ["joined_on"]

    def test_a_spell_that_has_ended_stays_as_it_is(self):
        with pytest.raises(roster.PersonRefused, match="不能再修改"):
            self.correct(RosterEntryFactory(left=True), dt.date(2015, 1, 1))

    def test_another_employers_people_may_not(self):
        entry = RosterEntryFactory()
        with pytest.raises(NotPermitted):
            self.correct(entry, dt.date(2019, 7, 1), by=employer_actor(EmployerFactory()))


@pytest.mark.django_db
class TestEnd:
    def end(self, entry: RosterEntry, status: str = "retired", on: dt.date = TODAY, **more) -> RosterEntry:
        by = more.pop("by", None) or employer_actor(entry.employer)
        return roster.end_employment(entry_id=entry.pk, status=status, on=on, by=by, at=LATER)

    @pytest.mark.parametrize("status", ["left", "retired", "transferred"])
    def test_ends_with_kind_and_day(self, status):
        entry = self.end(RosterEntryFactory(), status, dt.date(2026, 10, 31))

        entry.refresh_from_db()
        assert (entry.status, entry.left_on) == (status, dt.date(2026, 10, 31))
        (event,) = events("roster.end")
        assert (event.before, event.after, event.details) == ("in_service", status, {"on": "2026-10-31"})

    def test_may_lie_before_the_day_the_roster_first_heard_of_the_person(self):
        entry = self.end(RosterEntryFactory(joined_on=TODAY), on=dt.date(2026, 10, 31))

        assert entry.joined_on == entry.left_on == dt.date(2026, 10, 31)

    @pytest.mark.parametrize(
        ("status", "on", "field"),
        [("in_service", TODAY, "status"), ("gone", TODAY, "status"), ("left", TODAY + dt.timedelta(days=1), "on")],
    )
    def test_refuses_what_cannot_be(self, status, on, field):
        with pytest.raises(roster.PersonRefused) as refusal:
            self.end(RosterEntryFactory(), status, on)

        assert list(refusal.value.errors) == [field]

    @pytest.mark.parametrize(("on", "is_refused"), [("1926-11-20", True), ("2006-03-03", True), ("2006-03-04", False)])
    def test_not_before_the_working_age(self, on, is_refused):
        entry = RosterEntryFactory(document__worker=WorkerFactory(born_on=dt.date(1990, 3, 4)))

        if not is_refused:
            assert self.end(entry, on=dt.date.fromisoformat(on)).left_on == dt.date.fromisoformat(on)
            return
        with pytest.raises(roster.PersonRefused, match="16 周岁"):
            self.end(entry, on=dt.date.fromisoformat(on))
        entry.refresh_from_db()
        assert (entry.joined_on, entry.left_on) == (dt.date(2020, 1, 1), None)

    def test_happens_once(self):
        entry = RosterEntryFactory(left=True)

        with pytest.raises(roster.PersonRefused, match="不能重复办理"):
            self.end(entry)

    def test_who_has_left_is_not_changed_any_more(self):
        entry = RosterEntryFactory(left=True)

        with pytest.raises(roster.PersonRefused, match="离职，信息不能再修改"):
            roster.change_entry(
                entry_id=entry.pk, changes=roster.Person(name="陈二"), by=employer_actor(entry.employer), at=LATER
            )

    def test_not_before_an_earlier_spell_ended(self):
        left = RosterEntryFactory(left=True, document__number=resident_number(3))
        entry = add(left.employer, typed(3))

        with pytest.raises(roster.PersonRefused, match="上一次"):
            self.end(entry, on=dt.date(2026, 10, 30))

    def test_is_refused_to_another_employer(self):
        with pytest.raises(NotPermitted):
            self.end(RosterEntryFactory(), by=employer_actor(EmployerFactory()))


@pytest.mark.django_db
class TestLooks:
    def test_a_number_is_shown_for_a_reason_and_written_down(self):
        entry = RosterEntryFactory(document__number=resident_number(5))

        shown = roster.reveal_number(
            entry_id=entry.pk, why=Why(reason="insurance"), by=employer_actor(entry.employer), at=NOON
        )

        assert shown == resident_number(5)
        (event,) = events("roster.reveal")
        assert (event.reason, event.subject_id) == ("核对社保或医保信息", str(entry.pk))
        assert shown not in str(event.details)

    def test_without_a_reason_nothing_is_shown(self):
        entry = RosterEntryFactory()

        with pytest.raises(RevealRefused, match="原因"):
            roster.reveal_number(entry_id=entry.pk, why=Why(reason=" "), by=employer_actor(entry.employer), at=NOON)

    @pytest.mark.parametrize("role", ["viewer", "finance"])
    def test_readers_see_masked_numbers_only(self, role):
        entry = RosterEntryFactory()
        by = employer_actor(entry.employer, role)

        with pytest.raises(NotPermitted):
            roster.reveal_number(entry_id=entry.pk, why=Why(reason="check"), by=by, at=NOON)
        with pytest.raises(NotPermitted):
            self.export(entry.employer, role, with_numbers=True, reason="想看")
        assert self.export(entry.employer, role)

    def export(self, employer, *roles: str, filters: RosterFilter | None = None, **more) -> list[list[str]]:
        content = roster.export_roster(
            employer_id=employer.pk,
            filters=filters or RosterFilter(),
            by=employer_actor(employer, *roles),
            at=NOON,
            **more,
        )
        return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows()]

    def test_an_export_masks_numbers_and_with_them_birthdays(self):
        number = resident_number(5)
        entry = RosterEntryFactory(document__number=number)

        heads, row = self.export(entry.employer)

        told = dict(zip(heads, row, strict=True))
        assert told["证件号码"] == f"{number[:4]}**********{number[-4:]}"
        assert told["出生日期"] == "1990-**-**"
        assert (told["岗位类别"], told["用工形式"], told["状态"]) == ("工人岗", "合同", "在职")

    def test_what_goes_out_with_numbers_comes_in_again(self):
        employer = EmployerFactory()
        for serial in range(1, 4):
            add(employer, typed(serial, mobile="13812345678", department="工会", job_category="worker", note="组长"))
        add(employer, typed(name="Anna O'Neil", gender="女", born_on="1991-05-06", **PASSPORT))
        content = roster.export_roster(
            employer_id=employer.pk,
            filters=RosterFilter(),
            with_numbers=True,
            reason="换系统",
            by=employer_actor(employer),
            at=NOON,
        )

        record = roster.import_roster(
            employer_id=employer.pk, content=content, file_name="名册.xlsx", by=employer_actor(employer), at=LATER
        )

        assert (record.rows, record.unchanged, record.errors) == (4, 4, [])

    def test_an_export_holds_what_the_filter_holds_and_is_written_down(self):
        entry = RosterEntryFactory(department="工会")
        RosterEntryFactory(employer=entry.employer, department="财务部")

        rows = self.export(entry.employer, filters=RosterFilter(department="工会"))

        assert len(rows) == 2
        (event,) = events("roster.export")
        assert (event.details["rows"], event.details["filters"]["department"]) == (1, "工会")
        assert len(event.details["sha256"]) == 64
        assert event.employer_id == entry.employer_id

    def test_full_numbers_go_out_for_a_reason_only(self):
        with pytest.raises(roster.PersonRefused, match="原因"):
            self.export(EmployerFactory(), with_numbers=True)

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "https://a.b/"])
    def test_nothing_in_an_export_becomes_a_formula(self, text):
        entry = RosterEntryFactory(note=text, department=text)
        content = roster.export_roster(
            employer_id=entry.employer_id, filters=RosterFilter(), by=employer_actor(entry.employer), at=NOON
        )

        cells = [
            cell for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2) for cell in row
        ]
        assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
        assert [cell.value for cell in cells].count(text) == 2
        assert not [cell for cell in cells if cell.hyperlink]


@pytest.mark.django_db
class TestLists:
    def test_pages_follow_each_other_in_the_order_of_initials(self):
        employer = EmployerFactory()
        for name in ("张一", "陈二", "李三", "陈四", "王五", "安六", "陈二"):
            RosterEntryFactory(employer=employer, name=name)
        by = employer_actor(employer)

        def page(**keys):
            return queries.get_roster(by=by, filters=RosterFilter(), limit=3, **keys)

        first = page()
        second = page(after=first.after)
        third = page(after=second.after)
        names = [entry.name for part in (first, second, third) for entry in part.entries]

        assert names[0] == "安六"
        assert len(names) == 7
        assert [entry.name_initials for part in (first, second, third) for entry in part.entries] == sorted(
            entry.name_initials for entry in RosterEntry.objects.all()
        )
        assert (first.before, third.after) == (None, None)
        assert [entry.pk for entry in page(before=third.before).entries] == [entry.pk for entry in second.entries]
        assert [entry.pk for entry in page(before=second.before).entries] == [entry.pk for entry in first.entries]
        assert page(before=second.before).before is None

    def test_a_foreign_id_in_the_address_turns_no_page(self):
        stranger, entry = RosterEntryFactory(name="张一"), RosterEntryFactory(name="安六")

        found = queries.get_roster(by=employer_actor(entry.employer), filters=RosterFilter(), after=stranger.pk)

        assert [each.pk for each in found.entries] == [entry.pk]

    def test_filters_narrow(self):
        employer = EmployerFactory()
        wanted = RosterEntryFactory(employer=employer, department="工会", job_category="management")
        RosterEntryFactory(employer=employer, department="工会")
        RosterEntryFactory(employer=employer, department="", job_category="management")
        by = employer_actor(employer)

        def names(**filters: str) -> list[int]:
            return [entry.pk for entry in queries.get_roster(by=by, filters=RosterFilter(**filters)).entries]

        assert names(department="工会", job_category="management") == [wanted.pk]
        assert len(names(department=queries.NO_DEPARTMENT)) == 1
        assert names(status="left") == []
        assert queries.get_departments(by=by) == ["工会"]

    def test_counts_people_by_their_latest_spell(self):
        employer = EmployerFactory()
        RosterEntryFactory(employer=employer)
        left = RosterEntryFactory(employer=employer, left=True)
        back = RosterEntryFactory(employer=employer, left=True)
        RosterEntryFactory(employer=employer, document=back.document)
        RosterEntryFactory()

        assert queries.get_status_counts(by=employer_actor(employer)) == {"in_service": 2, "left": 1}
        found = queries.get_roster(by=employer_actor(employer), filters=RosterFilter(status="left"))
        assert [entry.pk for entry in found.entries] == [left.pk]

    @pytest.mark.parametrize(
        "words",
        [
            "小明",
            "欧阳小明",
            "oyx",
            "OYXM",
            resident_number(77),
            f" {resident_number(77)[:6]} {resident_number(77)[6:]}",
        ],
    )
    def test_search_finds_by_name_initials_and_whole_number(self, words):
        employer = EmployerFactory()
        entry = RosterEntryFactory(employer=employer, name="欧阳小明", document__number=resident_number(77))
        RosterEntryFactory(employer=employer, name="张三")

        assert [found.pk for found in queries.search_roster(by=employer_actor(employer), words=words)] == [entry.pk]

    def test_search_finds_by_an_earlier_document_too(self):
        entry = RosterEntryFactory(document__number=resident_number(77))
        by = employer_actor(entry.employer)
        document = roster.NewDocument(document_type="resident_id", document_number=resident_number(78))
        roster.replace_document(entry_id=entry.pk, document=document, is_wrong=True, reason="录入有误", by=by, at=LATER)

        for number in (77, 78):
            assert queries.search_roster(by=by, words=resident_number(number)) == [entry]

    def test_search_does_not_tell_what_others_know_of_a_persons_documents(self):
        entry = RosterEntryFactory(document__number=resident_number(77))
        WorkerDocumentFactory(worker=entry.worker, number=resident_number(78))  # as another employer has given it

        assert queries.search_roster(by=employer_actor(entry.employer), words=resident_number(78)) == []

    @pytest.mark.parametrize("words", ["阿依·古丽", "阿依•古丽", "阿依 ・ 古丽", "阿依.古丽", "𬍛", "·古"])
    def test_search_reads_a_name_however_it_is_typed(self, words):
        entry = RosterEntryFactory(name="阿依·古丽𬍛")

        assert queries.search_roster(by=employer_actor(entry.employer), words=words) == [entry]

    @pytest.mark.parametrize("words", ["", " ", "4401", "%", "_", "x' OR 1=1"])
    def test_search_for_nothing_finds_nobody(self, words):
        entry = RosterEntryFactory()

        assert queries.search_roster(by=employer_actor(entry.employer), words=words) == []

    def test_search_never_finds_another_employers_people(self):
        RosterEntryFactory(name="欧阳小明", document__number=resident_number(77))

        for words in ("欧阳", "oyxm", resident_number(77)):
            assert queries.search_roster(by=employer_actor(EmployerFactory()), words=words) == []

    def test_staff_see_the_people_of_their_subtree(self):
        entry = RosterEntryFactory()
        staff = Actor(user_id=9, name="何玉", person="1", side=Side.OFFICE, roles=frozenset({"registrar"}))

        def seen(path: str) -> list[RosterEntry]:
            actor = Actor(**{**vars(staff), "branch_path": path})
            return queries.get_roster(by=actor, filters=RosterFilter()).entries

        assert seen(entry.employer.branch.path) == [entry]
        assert seen("1234567.") == []
