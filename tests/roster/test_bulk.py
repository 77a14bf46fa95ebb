"""Many people at once: one statement, what became of each, and what is remembered of every change."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huzhu.audit.models import AuditEvent
from huzhu.roster import operations as roster
from huzhu.roster.histories import get_history
from huzhu.roster.models import BulkChange, RosterEntry, RosterEntryChange
from huzhu.roster.permissions import NotPermitted
from huzhu.roster.queries import RosterFilter
from tests.factories.roster import (
    NOON,
    EmployerFactory,
    RosterEntryFactory,
    WorkerFactory,
    employer_actor,
    resident_number,
)
from tests.roster.files.sheets import sample

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


def ticked(*entries: RosterEntry) -> roster.Chosen:
    return roster.Chosen(entry_ids=tuple(entry.pk for entry in entries))


def change(employer, chosen: roster.Chosen, field: str = "department", value: str = "财务部", **more) -> BulkChange:
    given = {"by": employer_actor(employer), **more}
    return roster.change_people(
        employer_id=employer.pk, chosen=chosen, field=field, value=value, at=NOON + dt.timedelta(hours=1), **given
    )


def end(employer, chosen: roster.Chosen, status: str = "retired", on: dt.date = TODAY) -> BulkChange:
    by = employer_actor(employer)
    return roster.end_people(
        employer_id=employer.pk, chosen=chosen, status=status, on=on, by=by, at=NOON + dt.timedelta(hours=1)
    )


class TestChange:
    def test_tells_what_became_of_each(self):
        employer = EmployerFactory()
        moved = RosterEntryFactory(employer=employer, department="工会")
        there = RosterEntryFactory(employer=employer, department="财务部")
        gone = RosterEntryFactory(employer=employer, department="工会", left=True)

        made = change(employer, ticked(moved, there, gone))

        assert dict(made.outcomes) == {moved.pk: "changed", there.pk: "unchanged", gone.pk: "ended"}
        assert (made.changed, made.unchanged, made.refused, made.label) == (1, 1, 1, "设置部门为“财务部”")
        departments = set(RosterEntry.objects.values_list("pk", "department"))
        assert departments == {(moved.pk, "财务部"), (there.pk, "财务部"), (gone.pk, "工会")}
        event = AuditEvent.objects.get(event="roster.bulk_change")
        assert event.details == {"changed": 1, "unchanged": 1, "ended": 1}

    def test_twice_is_once(self):
        employer = EmployerFactory()
        entry = RosterEntryFactory(employer=employer)
        change(employer, ticked(entry))

        assert change(employer, ticked(entry)).unchanged == 1

    def test_takes_everybody_a_filter_fits(self):
        employer = EmployerFactory()
        RosterEntryFactory.create_batch(3, employer=employer, department="工会")
        RosterEntryFactory(employer=employer, department="后勤")
        chosen = roster.Chosen(filters=RosterFilter(status="in_service", department="工会"), expected=3)

        assert change(employer, chosen, "job_category", "technical").changed == 3

    def test_a_filter_that_fits_others_by_now_changes_nobody(self):
        employer = EmployerFactory()
        RosterEntryFactory.create_batch(3, employer=employer)
        chosen = roster.Chosen(filters=RosterFilter(status="in_service"), expected=2)

        with pytest.raises(roster.ChoiceChanged, match="原为 2 人，现为 3 人"):
            change(employer, chosen)

        assert not RosterEntryChange.objects.exists()

    def test_never_touches_another_employers_people(self):
        employer, stranger = EmployerFactory(), RosterEntryFactory()

        with pytest.raises(roster.NobodyChosen):
            change(employer, ticked(stranger))

        stranger.refresh_from_db()
        assert stranger.department == "生产部"

    def test_two_employers_of_one_person_do_not_see_each_other(self):
        here = RosterEntryFactory(department="工会")
        there = RosterEntryFactory(document=here.document, worker=here.worker, department="车间", name="别名")

        change(here.employer, ticked(here, there))

        there.refresh_from_db()
        assert there.department == "车间"
        assert [each.entry_id for each in RosterEntryChange.objects.all()] == [here.pk]

    @pytest.mark.parametrize(
        ("field", "value", "error"),
        [
            ("department", "部" * 101, "department"),
            ("job_category", "boss", "job_category"),
            ("status", "left", "field"),
            ("left_on = now(); --", "x", "field"),
        ],
    )
    def test_refuses_what_cannot_be(self, field, value, error):
        entry = RosterEntryFactory()

        with pytest.raises(roster.PersonRefused) as refusal:
            change(entry.employer, ticked(entry), field, value)

        assert list(refusal.value.errors) == [error]

    def test_is_refused_to_readers_and_strangers(self):
        entry = RosterEntryFactory()
        for actor in (employer_actor(entry.employer, "viewer"), employer_actor(EmployerFactory())):
            with pytest.raises(NotPermitted):
                change(entry.employer, ticked(entry), by=actor)

    def test_takes_as_many_statements_for_200_as_for_2(self):
        employer = EmployerFactory()

        def count(value: str) -> int:
            chosen = roster.Chosen(filters=RosterFilter(status="in_service"))
            with CaptureQueriesContext(connection) as queries:
                change(employer, chosen, value=value)
            return len(queries)

        RosterEntryFactory.create_batch(2, employer=employer)
        few = count("一部")
        RosterEntryFactory.create_batch(198, employer=employer)

        assert count("二部") == few


class TestEnd:
    def test_ends_with_one_day_and_refuses_those_already_gone(self):
        employer = EmployerFactory()
        here = RosterEntryFactory(employer=employer)
        gone = RosterEntryFactory(employer=employer, left=True)

        made = end(employer, ticked(here, gone))

        here.refresh_from_db()
        assert (here.status, here.left_on) == ("retired", TODAY)
        assert dict(made.outcomes) == {here.pk: "changed", gone.pk: "ended"}

    def test_a_day_before_an_earlier_leaving_is_refused_for_that_person_only(self):
        employer = EmployerFactory()
        gone = RosterEntryFactory(employer=employer, left=True)
        back = RosterEntryFactory(
            employer=employer, document=gone.document, worker=gone.worker, joined_on=dt.date(2026, 11, 2)
        )
        other = RosterEntryFactory(employer=employer)

        made = end(employer, ticked(back, other), on=dt.date(2026, 10, 1))

        assert dict(made.outcomes) == {back.pk: "earlier", other.pk: "changed"}

    def test_a_day_before_the_working_age_is_refused_for_that_person_only(self):
        employer = EmployerFactory()
        young = RosterEntryFactory(employer=employer, document__worker=WorkerFactory(born_on=dt.date(2005, 3, 4)))
        other = RosterEntryFactory(employer=employer, document__worker=WorkerFactory(born_on=dt.date(1990, 3, 4)))

        made = end(employer, ticked(young, other), on=dt.date(2021, 3, 3))

        assert dict(made.outcomes) == {young.pk: "under_age", other.pk: "changed"}
        assert (made.changed, made.refused) == (1, 1)

    def test_not_in_the_future(self):
        entry = RosterEntryFactory()

        with pytest.raises(roster.PersonRefused, match="不能晚于今天"):
            end(entry.employer, ticked(entry), on=TODAY + dt.timedelta(days=1))


class TestUndo:
    def test_takes_a_leaving_back_without_a_gap(self):
        entry = RosterEntryFactory(left=True)

        back = roster.undo_end(entry_id=entry.pk, by=employer_actor(entry.employer), at=NOON)

        assert (back.status, back.left_on, back.joined_on) == ("in_service", None, entry.joined_on)
        assert AuditEvent.objects.get(event="roster.undo_end").label == "撤销离职"

    @pytest.mark.parametrize("in_bulk", [False, True])
    def test_gives_back_the_beginning_that_the_end_had_moved(self, in_bulk):
        entry = RosterEntryFactory(joined_on=TODAY)
        by, earlier = employer_actor(entry.employer), dt.date(2026, 10, 31)
        if in_bulk:
            end(entry.employer, ticked(entry), on=earlier)
        else:
            roster.end_employment(entry_id=entry.pk, status="left", on=earlier, by=by, at=NOON)
        entry.refresh_from_db()
        assert entry.joined_on == earlier

        back = roster.undo_end(entry_id=entry.pk, by=by, at=NOON + dt.timedelta(hours=2))

        assert back.joined_on == TODAY

    def test_not_when_the_person_came_back_later(self):
        entry = RosterEntryFactory(left=True)
        RosterEntryFactory(employer=entry.employer, document=entry.document, worker=entry.worker)

        with pytest.raises(roster.PersonRefused, match="重新入职"):
            roster.undo_end(entry_id=entry.pk, by=employer_actor(entry.employer), at=NOON)


class TestRemembered:
    def test_every_way_of_changing_leaves_old_and_new(self):
        entry = RosterEntryFactory(department="工会", mobile="")
        by, employer = employer_actor(entry.employer), entry.employer
        changes = roster.Person(name=entry.name, mobile="13900000000", department="工会", job_category="worker")

        roster.change_entry(entry_id=entry.pk, changes=changes, by=by, at=NOON + dt.timedelta(minutes=1))
        change(employer, ticked(entry))
        end(employer, ticked(entry))

        assert [each.changes for each in RosterEntryChange.objects.order_by("id")] == [
            {"mobile": ["", "13900000000"], "employment_form": ["contract", ""]},
            {"department": ["工会", "财务部"]},
            {"status": ["in_service", "retired"], "left_on": [None, "2026-11-20"]},
        ]

    @pytest.mark.parametrize("is_changed", [False, True])
    def test_a_history_begins_with_who_listed_the_person_and_how(self, is_changed):
        employer = EmployerFactory()
        by = employer_actor(employer)
        content = sample("roster-clean-1200.xlsx")
        roster.import_roster(employer_id=employer.pk, content=content, file_name="a.xlsx", by=by, at=NOON)
        entry = RosterEntry.objects.earliest("id")
        if is_changed:
            end(employer, ticked(entry))

        told = [(each.who, each.label, each.at, each.begins) for each in get_history(entry=entry).happened]

        assert told[-1] == (by.name, "导入职工名册", NOON, True)
        assert len(told) == 1 + is_changed

    def test_each_spell_begins_and_one_added_by_hand_begins_without_a_change(self):
        employer = EmployerFactory()
        by = employer_actor(employer)
        person = roster.Person(name="陈二", document_number=resident_number(1), document_type="resident_id")
        day = dt.date(2026, 1, 5)
        first = roster.add_person(employer_id=employer.pk, person=person, joined_on=day, by=by, at=NOON)
        end(employer, ticked(first))
        later = NOON + dt.timedelta(hours=2)
        second = roster.add_person(employer_id=employer.pk, person=person, by=by, at=later)

        told = [(each.label, each.begins, each.changes) for each in get_history(entry=second).happened]

        assert [(label[:4], begins) for label, begins, _ in told] == [
            ("新增职工", True),
            ("批量办理", False),
            ("新增职工", True),
        ]
        assert told[0] == told[-1] == ("新增职工", True, {})

    def test_a_file_is_remembered_by_one_statement_and_a_second_time_by_nothing(self):
        employer = EmployerFactory()
        by, content = employer_actor(employer), sample("roster-clean-1200.xlsx")

        def take_in() -> None:
            roster.import_roster(employer_id=employer.pk, content=content, file_name="a.xlsx", by=by, at=NOON)

        take_in()
        assert not RosterEntryChange.objects.exists()
        change(employer, roster.Chosen(filters=RosterFilter()), value="一部")
        take_in()
        take_in()

        back = RosterEntryChange.objects.filter(changes__department__0="一部").count()
        assert (RosterEntryChange.objects.count() - back, back) == (1200, 1200)
