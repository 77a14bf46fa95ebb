"""A person's documents: newly issued, typed wrong, known to others; and what nobody may learn from it."""

from __future__ import annotations

import datetime as dt

import pytest

from huzhu.audit.models import AuditEvent
from huzhu.journeys.replace_document import replace_document
from huzhu.roster import operations as roster
from huzhu.roster import queries
from huzhu.roster.models import DocumentReplacement, RosterEntry, RosterEntryChange, Worker, WorkerDocument
from huzhu.roster.permissions import NotPermitted
from tests.factories.roster import (
    NOON,
    EmployerFactory,
    RosterEntryFactory,
    WorkerFactory,
    employer_actor,
    resident_number,
)
from tests.roster.files.sheets import HEADS, xlsx

pytestmark = pytest.mark.django_db
BORN = dt.date(1994, 8, 23)
PERMIT, RESIDENCE = "H12345678", "810000199408230021"
LATER = NOON + dt.timedelta(hours=1)


def permit_holder(employer=None, **values) -> RosterEntry:
    """A woman of Hong Kong, listed under her travel permit."""
    return RosterEntryFactory(
        employer=employer or EmployerFactory(),
        name="何港",
        document__worker=WorkerFactory(gender="female", born_on=BORN),
        document__document_type="hm_travel_permit",
        document__number=PERMIT,
        **values,
    )


def residence(**values: str) -> roster.NewDocument:
    return roster.NewDocument(**{"document_type": "hmt_residence_permit", "document_number": RESIDENCE, **values})


def card(serial: int, **values) -> roster.NewDocument:
    return roster.NewDocument(document_type="resident_id", document_number=resident_number(serial, **values))


def replace(entry: RosterEntry, document: roster.NewDocument, *, is_wrong: bool = False, **more) -> RosterEntry:
    given = {"reason": "换领证件", "by": employer_actor(entry.employer), "at": LATER, **more}
    return replace_document(entry_id=entry.pk, document=document, is_wrong=is_wrong, **given)


def permit_holder_too(entry: RosterEntry, **values) -> RosterEntry:
    """The same person on the roster of another employer."""
    return RosterEntryFactory(document=entry.document, worker=entry.worker, name="何港", **values)


def known_residence() -> dict[str, str]:
    return {"document__document_type": "hmt_residence_permit", "document__number": RESIDENCE}


def take_in(employer, kind: str, number: str, name: str = "何港", born_on: dt.date = BORN):
    row = {"姓名": name, "证件类型": kind, "证件号码": number, "性别": "女", "出生日期": born_on}
    content = xlsx([[row.get(head, "") for head in HEADS]])
    by = employer_actor(employer)
    return roster.import_roster(employer_id=employer.pk, content=content, file_name="a.xlsx", by=by, at=LATER)


class TestNewlyIssued:
    def test_the_new_one_stands_and_the_old_one_is_kept(self):
        entry = permit_holder()
        old = entry.document

        after = replace(entry, residence())

        assert (after.document.document_type, after.document.reveal()) == ("hmt_residence_permit", RESIDENCE)
        assert after.worker_id == entry.worker_id
        kept = DocumentReplacement.objects.get()
        assert (kept.document, kept.replacement, kept.is_wrong, kept.reason) == (old, after.document, False, "换领证件")
        assert WorkerDocument.objects.get(pk=old.pk).is_valid
        assert AuditEvent.objects.get(event="roster.document").label == "更换证件"
        assert RosterEntryChange.objects.get().changes == {"document_id": [old.pk, after.document_id]}

    @pytest.mark.parametrize("number", [PERMIT, RESIDENCE])
    def test_both_numbers_find_the_person(self, number):
        entry = replace(permit_holder(), residence())

        found = queries.search_roster(by=employer_actor(entry.employer), words=number)

        assert [each.pk for each in found] == [entry.pk]

    def test_a_file_with_either_number_finds_the_person_and_keeps_the_newer(self):
        entry = replace(permit_holder(mobile="", job_category="", employment_form="", department=""), residence())

        new = take_in(entry.employer, "港澳台居民居住证", RESIDENCE)
        old = take_in(entry.employer, "港澳居民来往内地通行证", PERMIT)

        assert (new.unchanged, old.unchanged) == (1, 1)
        entry.refresh_from_db()
        assert entry.document.reveal() == RESIDENCE

    def test_a_file_with_both_numbers_names_the_same_person_twice(self):
        entry = replace(permit_holder(), residence())
        rows = [
            ["何港", "港澳台居民居住证", RESIDENCE, *[""] * 7],
            ["何港", "港澳居民来往内地通行证", PERMIT, "女", BORN, *[""] * 5],
        ]

        record = roster.import_roster(
            employer_id=entry.employer_id,
            content=xlsx(rows),
            file_name="a.xlsx",
            by=employer_actor(entry.employer),
            at=LATER,
        )

        assert (record.updated + record.unchanged, record.failed, record.inserted) == (1, 1, 0)

    @pytest.mark.parametrize(
        ("document", "error"),
        [
            (residence(document_number="810000199408230022"), "document_number"),
            (residence(document_type="none"), "document_type"),
            (
                roster.NewDocument(
                    document_type="foreign_passport", document_number="AB123456", gender="女", born_on="1992-01-30"
                ),
                "born_on",
            ),
            (roster.NewDocument(document_type="hm_travel_permit", document_number="H1234567801"), "gender"),
            (
                roster.NewDocument(
                    document_type="hm_travel_permit",
                    document_number="H1234567801",
                    gender="女",
                    born_on=BORN.isoformat(),
                ),
                "document_number",
            ),
        ],
    )
    def test_refuses_what_cannot_be_and_changes_nothing(self, document, error):
        entry = permit_holder()

        with pytest.raises(roster.PersonRefused) as refusal:
            replace(entry, document)

        assert error in refusal.value.errors
        assert not DocumentReplacement.objects.exists()

    def test_a_number_that_tells_must_agree_with_one_that_told(self):
        entry = RosterEntryFactory(document__number=resident_number(1))

        with pytest.raises(roster.PersonRefused) as refusal:
            replace(entry, residence())

        assert {field: texts[0][-14:] for field, texts in refusal.value.errors.items()} == {
            "gender": "如原号码有误，请选“更正号码”。"[-14:],
            "born_on": "如原号码有误，请选“更正号码”。"[-14:],
        }

    @pytest.mark.parametrize("is_known", [False, True])
    def test_a_number_that_tells_corrects_what_was_stated(self, is_known):
        theirs = permit_holder(born_on=dt.date(1994, 3, 28), gender="male")
        entry = permit_holder_too(theirs, born_on=dt.date(1994, 8, 3))
        if is_known:
            RosterEntryFactory(document__worker=theirs.worker, **known_residence(), born_on=BORN, gender="female")

        after = replace(entry, residence())

        assert (after.gender, after.born_on) == ("female", BORN)
        assert RosterEntryChange.objects.get(entry=entry).changes.keys() == {"document_id", "born_on"}
        assert (after.worker.gender, after.worker.born_on) == ("female", BORN)
        theirs.refresh_from_db()
        assert (theirs.gender, theirs.born_on) == ("male", dt.date(1994, 3, 28))

    def test_an_old_file_does_not_bring_the_former_statement_back(self):
        entry = replace(permit_holder(born_on=dt.date(1994, 8, 3), mobile="", job_category=""), residence())

        old = take_in(entry.employer, "港澳居民来往内地通行证", PERMIT, born_on=dt.date(1994, 8, 3))

        assert (old.unchanged, old.failed) == (1, 0)
        entry.refresh_from_db()
        assert entry.born_on == BORN

    def test_who_comes_back_under_the_former_document_is_what_the_newer_tells(self):
        entry = replace(permit_holder(born_on=dt.date(1994, 8, 3)), residence())
        by = employer_actor(entry.employer)
        roster.end_employment(entry_id=entry.pk, status="left", on=LATER.date(), by=by, at=LATER)

        assert take_in(entry.employer, "港澳居民来往内地通行证", PERMIT, born_on=dt.date(1994, 8, 3)).rejoined == 1

        again = RosterEntry.objects.get(employer=entry.employer, left_on=None)
        assert (again.document.reveal(), again.born_on) == (RESIDENCE, BORN)

    def test_needs_a_reason(self):
        with pytest.raises(roster.PersonRefused) as refusal:
            replace(permit_holder(), residence(), reason="  ")

        assert list(refusal.value.errors) == ["reason"]

    def test_two_clerks_do_not_overwrite_each_other(self):
        with pytest.raises(roster.EntryChanged):
            replace(permit_holder(), residence(), seen_at=LATER)

    def test_is_refused_to_readers_strangers_and_for_those_who_left(self):
        entry = permit_holder()
        for by in (employer_actor(entry.employer, "viewer"), employer_actor(EmployerFactory())):
            with pytest.raises(NotPermitted):
                replace(entry, residence(), by=by)
        gone = RosterEntryFactory(left=True)
        with pytest.raises(roster.PersonRefused, match="已离开"):
            replace(gone, residence())


class TestWrong:
    def test_the_wrong_number_is_marked_and_stays(self):
        entry = RosterEntryFactory(document__number=resident_number(1))
        wrong = entry.document

        after = replace(entry, card(2, born_on=dt.date(1991, 1, 1), gender="female"), is_wrong=True, reason="录入错误")

        wrong.refresh_from_db()
        assert (wrong.is_valid, wrong.reveal()) == (False, resident_number(1))
        assert (after.gender, after.born_on) == ("female", dt.date(1991, 1, 1))
        assert AuditEvent.objects.get(event="roster.document").reason == "录入错误"

    def test_the_real_holder_of_a_wrong_number_is_somebody_else(self):
        entry = RosterEntryFactory(document__number=resident_number(1))
        replace(entry, card(2), is_wrong=True)
        other = EmployerFactory()
        person = roster.Person(name="王真", document_type="resident_id", document_number=resident_number(1))

        real = roster.add_person(employer_id=other.pk, person=person, by=employer_actor(other), at=LATER)

        assert real.worker_id != entry.worker_id

    def test_an_old_file_that_brings_the_wrong_number_back_is_told(self):
        entry = RosterEntryFactory(document__number=resident_number(1))
        by, today = employer_actor(entry.employer), NOON.date()
        replace(entry, card(2), is_wrong=True)
        assert queries.get_facets(by=by, today=today).problem["wrong_number"] == 0

        again = roster.add_person(
            employer_id=entry.employer_id,
            person=roster.Person(name="旧文件", document_type="resident_id", document_number=resident_number(1)),
            by=by,
            at=LATER,
        )

        filters = queries.RosterFilter(problem="wrong_number")
        found = queries.get_people(employer_id=entry.employer_id, filters=filters, today=today)
        assert [each.pk for each in found] == [again.pk]

    def test_a_person_others_have_too_is_left_to_them(self):
        entry = RosterEntryFactory(document__number=resident_number(1))
        theirs = RosterEntryFactory(document=entry.document, worker=entry.worker)

        after = replace(entry, card(2), is_wrong=True)

        theirs.refresh_from_db()
        assert theirs.document.reveal() == resident_number(1)
        assert theirs.document.is_valid
        assert theirs.worker_id == entry.worker_id != after.worker_id

    def test_a_number_of_somebody_else_in_the_own_roster_is_refused_by_name(self):
        entry = RosterEntryFactory(document__number=resident_number(1))
        RosterEntryFactory(employer=entry.employer, name="李四", document__number=resident_number(2))

        with pytest.raises(roster.PersonRefused, match="李四"):
            replace(entry, card(2), is_wrong=True)


class TestNobodyLearnsAnything:
    """The same act, with the new number known to another employer and not known to anybody."""

    @pytest.mark.parametrize("is_wrong", [False, True])
    @pytest.mark.parametrize("is_shared", [False, True])
    def test_what_is_seen_is_the_same(self, is_wrong, is_shared):
        seen = []
        for is_known, serial in ((False, 10), (True, 20)):
            entry = RosterEntryFactory(document__number=resident_number(serial), name="陈一东", mobile="")
            if is_shared:
                RosterEntryFactory(document=entry.document, worker=entry.worker)
            if is_known:
                RosterEntryFactory(document__number=resident_number(serial + 1), name="别人写的名字")
            by = employer_actor(entry.employer)
            after = replace(entry, card(serial + 1), is_wrong=is_wrong)
            old, new = (
                roster.import_roster(
                    employer_id=entry.employer_id,
                    content=xlsx([["陈一东", resident_number(number)]], heads=["姓名", "证件号码"]),
                    file_name="a.xlsx",
                    by=by,
                    at=LATER,
                )
                for number in (serial, serial + 1)
            )
            after.refresh_from_db()
            changes = [sorted(each.changes) for each in RosterEntryChange.objects.filter(entry=entry)]
            searches = [len(queries.search_roster(by=by, words=resident_number(n))) for n in (serial, serial + 1)]
            facts = (after.name, after.document.is_valid, after.document.reveal() == resident_number(serial + 1))
            results = [(r.inserted, r.updated, r.unchanged, r.failed) for r in (old, new)]
            seen.append((facts, results, changes, searches, DocumentReplacement.objects.filter(entry=entry).count()))

        assert seen[0] == seen[1]

    def test_the_other_employer_notices_nothing(self):
        theirs = RosterEntryFactory(document__number=resident_number(2), name="别人写的名字")
        entry = RosterEntryFactory(document__number=resident_number(1))

        after = replace(entry, card(2))

        assert after.worker_id == theirs.worker_id
        before = theirs.changed_at
        theirs.refresh_from_db()
        assert (theirs.name, theirs.changed_at, theirs.document.reveal()) == (
            "别人写的名字",
            before,
            resident_number(2),
        )
        assert not RosterEntryChange.objects.filter(entry=theirs).exists()
        assert Worker.objects.get(pk=entry.worker_id).documents.count() == 0
