"""The month's 社保/医保 list: reading, keeping by fingerprint, and the difference to the roster."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huzhu.audit.models import AuditEvent
from huzhu.roster import differences
from huzhu.roster import operations as roster
from huzhu.roster.models import InsuranceRoster, InsuranceRosterLine
from huzhu.roster.permissions import NotPermitted
from huzhu.shared import seals
from huzhu.shared.uploads import UploadRefused
from tests.factories.roster import NOON, EmployerFactory, RosterEntryFactory, employer_actor, resident_number
from tests.roster.files.sheets import sample, xlsx

HEADS = ["序号", "姓名", "社会保障号码"]
NOVEMBER = dt.date(2026, 11, 1)


def take_in(employer, rows: list[list[object]] | bytes, *, heads=HEADS, **more) -> InsuranceRoster:
    given = {"kind": "social", "month": dt.date(2026, 11, 9), "by": employer_actor(employer), **more}
    content = rows if isinstance(rows, bytes) else xlsx(rows, heads=heads, above=[["2026年11月参保人员名单"]])
    return roster.import_insurance_roster(
        employer_id=employer.pk, content=content, file_name="名单.xlsx", at=NOON, **given
    )


@pytest.mark.django_db
class TestDifference:
    def test_the_sample_differs_as_its_readme_says(self):
        employer = EmployerFactory()
        by = employer_actor(employer)
        content = sample("roster-clean-1200.xlsx")
        roster.import_roster(employer_id=employer.pk, content=content, file_name="名册.xlsx", by=by, at=NOON)

        listed = take_in(employer, sample("insurance-list.xlsx"))
        counts = differences.get_counts(insurance_roster_id=listed.pk)

        assert counts.differing == {"only_roster": 30, "only_list": 12, "name_differs": 8}
        assert (counts.in_both, counts.unexplained) == (1200 - 30, 50)
        for side, count in counts.differing.items():
            assert len(differences.get_people(insurance_roster_id=listed.pk, side=side)) == count
        assert (listed.rows, listed.failed, listed.month) == (1182, 0, NOVEMBER)
        assert 0 < listed.women < 1182

    def test_names_the_person_of_every_side(self):
        employer = EmployerFactory()
        away = RosterEntryFactory(employer=employer, name="张一", document__number=resident_number(1))
        other = RosterEntryFactory(employer=employer, name="李二", document__number=resident_number(2))
        RosterEntryFactory(employer=employer, name="王三", document__number=resident_number(3))
        RosterEntryFactory(employer=employer, name="赵四", document__number=resident_number(4), left=True)
        rows = [[1, "李贰", resident_number(2)], [2, "王三", resident_number(3)], [3, "赵四", resident_number(4)]]

        listed = take_in(employer, rows)
        sides = {side: differences.get_people(insurance_roster_id=listed.pk, side=side) for side in differences.SIDES}

        assert [(person.entry_id, person.roster_name) for person in sides["only_roster"]] == [(away.pk, "张一")]
        assert [(person.row, person.list_name) for person in sides["only_list"]] == [(5, "赵四")]
        (differs,) = sides["name_differs"]
        assert (differs.entry_id, differs.roster_name, differs.list_name) == (other.pk, "李二", "李贰")
        assert differences.get_counts(insurance_roster_id=listed.pk).in_both == 2

    def test_people_of_other_employers_count_for_nothing(self):
        RosterEntryFactory(name="张一", document__number=resident_number(1))
        employer = EmployerFactory()

        listed = take_in(employer, [[1, "张一", resident_number(1)]])
        counts = differences.get_counts(insurance_roster_id=listed.pk)

        assert (counts.in_both, counts.differing["only_list"]) == (0, 1)

    def test_takes_two_statements_whatever_the_size(self):
        employer = EmployerFactory()
        listed = take_in(employer, sample("insurance-list.xlsx"))

        with CaptureQueriesContext(connection) as queries_made:
            differences.get_counts(insurance_roster_id=listed.pk)
            differences.get_people(insurance_roster_id=listed.pk, side="only_list")

        assert len(queries_made) == 2


@pytest.mark.django_db
class TestReading:
    def test_finds_names_and_numbers_under_other_heads_and_orders(self):
        rows = [[resident_number(1).replace("4401", "４４０１"), "x", "张 一"]]

        listed = take_in(EmployerFactory(), rows, heads=["公民身份号码", "险种", "参保人姓名"])

        line = InsuranceRosterLine.objects.get(roster=listed)
        assert (line.name, line.fingerprint) == ("张一", seals.fingerprint(resident_number(1), purpose="document"))
        assert resident_number(1) not in str(vars(line))

    def test_names_each_row_that_cannot_be_compared(self):
        rows = [
            [1, "张一", resident_number(1)],
            [2, "李二", "440106900304001"],
            [3, "王三", "4.40106E+17"],
            [4, "张一", resident_number(1)],
            [5, "赵四", ""],
        ]

        listed = take_in(EmployerFactory(), rows)

        assert (listed.rows, listed.failed, listed.lines.count()) == (5, 4, 1)
        assert [(error["row"], error["code"]) for error in listed.errors] == [
            (4, "id_length_15"),
            (5, "id_scientific"),
            (6, "id_duplicate"),
            (7, "id_missing"),
        ]
        assert {error["column"] for error in listed.errors} == {"社会保障号码"}

    def test_a_footer_is_nobody_and_is_told(self):
        listed = take_in(
            EmployerFactory(), [[1, "张一", resident_number(1)], ["", "合计", "1人"], ["制表人：", "李四"]]
        )

        assert (listed.rows, listed.failed, listed.people) == (1, 0, 1)
        listed.refresh_from_db()
        assert [remark["rows"] for remark in listed.remarks] == [[4, 5]]

    def test_takes_the_insured_at_any_age(self):
        listed = take_in(EmployerFactory(), [[1, "张一", resident_number(1, born_on=dt.date(1950, 1, 1))]])

        assert listed.failed == 0

    def test_knows_permits_and_passports_as_the_roster_does(self):
        employer = EmployerFactory()
        for name, kind, number in (
            ("何港", "hm_travel_permit", "H12345678"),
            ("Anna Lee", "foreign_passport", "AB1234567"),
            ("陈护", "cn_passport", "E12345678"),
        ):
            person = roster.Person(
                name=name, document_type=kind, document_number=number, gender="女", born_on="1990-03-04"
            )
            roster.add_person(employer_id=employer.pk, person=person, by=employer_actor(employer), at=NOON)
        rows = [[1, "何港", "H1234567801"], [2, "Anna Lee", "AB1234567"], [3, "陈护", "E12345678"]]

        listed = take_in(employer, rows)

        counts = differences.get_counts(insurance_roster_id=listed.pk)
        assert (counts.in_both, counts.differing["only_list"]) == (3, 0)
        assert listed.women == 3

    def test_counts_the_women(self):
        women = [[n, "李二", resident_number(n, gender="female")] for n in range(1, 4)]

        assert take_in(EmployerFactory(), [*women, [4, "张一", resident_number(4)]]).women == 3

    def test_keeps_the_first_day_of_the_month_and_leaves_a_trace(self):
        listed = take_in(EmployerFactory(), [[1, "张一", resident_number(1)]], kind="medical")

        assert (listed.month, listed.get_kind_display()) == (NOVEMBER, "省直医保")
        assert AuditEvent.objects.get(event="roster.insurance_list").details["rows"] == 1

    def test_refuses_a_month_that_has_not_begun(self):
        with pytest.raises(UploadRefused, match="月份"):
            take_in(EmployerFactory(), [[1, "张一", resident_number(1)]], month=dt.date(2026, 12, 1))

    def test_refuses_a_list_without_one_usable_number(self):
        with pytest.raises(UploadRefused, match="证件号码"):
            take_in(EmployerFactory(), [[1, "张一", "123"]])

        assert not InsuranceRoster.objects.exists()

    def test_is_refused_to_others(self):
        with pytest.raises(NotPermitted):
            take_in(EmployerFactory(), [[1, "张一", resident_number(1)]], by=employer_actor(EmployerFactory()))
