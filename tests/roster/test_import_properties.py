"""Properties of whole imports, through the real operation on the real database."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence

import openpyxl
import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from huzhu.roster import operations as roster
from huzhu.roster.files import checks, reading, results
from huzhu.roster.models import RosterEntry, RosterImport
from huzhu.roster.operations import looks
from huzhu.roster.queries import RosterFilter
from tests.factories.employers import MembershipFactory
from tests.factories.roster import NOON, EmployerFactory, employer_actor, resident_number
from tests.roster.files.sheets import HEADS, sample, xlsx
from tests.roster.files.test_checks import DIRT, PEOPLE
from tests.roster.files.test_old_workbooks import xls

pytestmark = pytest.mark.django_db
SHOWN = (
    *("name", "name_initials", "mobile", "job_category", "employment_form", "department", "note"),
    *("document__fingerprint", "document__number_masked", "gender", "born_on", "status", "joined_on"),
)


def take_in(employer, content: bytes, name: str = "名册.xlsx") -> RosterImport:
    return roster.import_roster(
        employer_id=employer.pk, content=content, file_name=name, by=employer_actor(employer), at=NOON
    )


def people_of(employer) -> list[tuple[object, ...]]:
    return list(RosterEntry.objects.filter(employer=employer).order_by("document__fingerprint").values_list(*SHOWN))


def csv_text(rows: Sequence[Sequence[object]], *, delimiter: str) -> str:
    def cell(value: object) -> str:
        text = "" if value is None else value.isoformat() if isinstance(value, dt.date) else str(value)
        return '"' + text.replace('"', '""') + '"'

    return "\r\n".join(delimiter.join(cell(value) for value in row) for row in rows)


FORMATS = {
    "xlsx": lambda heads, rows: (xlsx(rows, heads=heads), "名册.xlsx"),
    "xls": lambda heads, rows: (xls(rows, heads=heads), "名册.xls"),
    "csv in UTF-8": lambda heads, rows: (csv_text([heads, *rows], delimiter=",").encode(), "名册.csv"),
    "csv as Excel": lambda heads, rows: (csv_text([heads, *rows], delimiter=",").encode("utf-8-sig"), "名册.csv"),
    "csv in GB18030": lambda heads, rows: (csv_text([heads, *rows], delimiter=";").encode("gb18030"), "名册.csv"),
    "tabs in UTF-16": lambda heads, rows: (csv_text([heads, *rows], delimiter="\t").encode("utf-16"), "名册.txt"),
}


@settings(deadline=None, max_examples=40)
@given(
    order=st.permutations(range(len(HEADS))),
    rows=st.permutations(range(len(PEOPLE))),
    form=st.sampled_from(sorted(FORMATS)),
    data=st.data(),
)
def test_any_order_any_certain_repairs_and_any_format_give_the_same_people(order, rows, form, data):
    """Imported into the same employer nothing changes; into another, the same people stand there."""
    dirty = [
        [
            data.draw(st.sampled_from(DIRT[head]))(value) if head in DIRT and value is not None else value
            for head, value in zip(HEADS, PEOPLE[number], strict=True)
        ]
        for number in rows
    ]
    content, name = FORMATS[form]([HEADS[index] for index in order], [[row[index] for index in order] for row in dirty])
    with transaction.atomic():
        first, other = EmployerFactory(), EmployerFactory()
        clean = take_in(first, xlsx(PEOPLE))

        again, elsewhere = take_in(first, content, name), take_in(other, content, name)

        assert (clean.inserted, clean.failed) == (len(PEOPLE), 0)
        assert (again.unchanged, again.errors) == (len(PEOPLE), [])
        assert (elsewhere.inserted, elsewhere.errors) == (len(PEOPLE), [])
        assert people_of(other) == people_of(first)
        transaction.set_rollback(True)


def export(employer) -> bytes:
    return roster.export_roster(
        employer_id=employer.pk,
        filters=RosterFilter(),
        by=employer_actor(employer),
        at=NOON,
        with_numbers=True,
        reason="核对",
    )


def test_what_was_exported_comes_in_again_and_changes_nothing():
    employer, other = EmployerFactory(), EmployerFactory()
    take_in(employer, sample("roster-clean-1200.xlsx"))
    before = list(RosterEntry.objects.order_by("pk").values())

    exported = export(employer)
    again = take_in(employer, exported)

    assert (again.rows, again.unchanged) == (1200, 1200)
    assert list(RosterEntry.objects.order_by("pk").values()) == before
    assert take_in(other, exported).inserted == 1200
    assert people_of(other) == people_of(employer)


FREE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=40)
NAMES = st.sampled_from(["陈小明", "欧阳娜娜", "阿卜杜拉·买买提", "𠮷田", "Anna-Maria O'Neil", "〇一"])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(NAMES, FREE, FREE), min_size=1, max_size=5))
def test_import_after_export_is_the_identity_for_any_text(drawn):
    rows = [
        [name, "居民身份证", resident_number(serial), "", "", "", "", "", department, note]
        for serial, (name, department, note) in enumerate(drawn, start=1)
    ]
    with transaction.atomic():
        employer, other = EmployerFactory(), EmployerFactory()
        assert take_in(employer, xlsx(rows)).inserted == len(rows)
        before = people_of(employer)

        again = take_in(employer, export(employer))
        take_in(other, export(employer))

        assert (again.unchanged, again.errors) == (len(rows), [])
        assert people_of(employer) == people_of(other) == before
        transaction.set_rollback(True)


def test_the_mended_error_workbook_touches_only_what_changed():
    employer, content = EmployerFactory(), sample("roster-dirty-300.xlsx")
    first = take_in(employer, content)
    sheet = reading.read_sheet(content=content, file_name="名册.xlsx")
    marked = results.error_workbook(sheet=sheet, checked=checks.check(sheet=sheet, today=NOON.date()))
    book = openpyxl.load_workbook(io.BytesIO(marked))
    number = first.errors[0]["row"]
    mended = {"name": "陈小明", "document_type": "居民身份证", "document_number": resident_number(77)}
    for field, position in sheet.fields.items():
        book.worksheets[0].cell(number, position + 1).value = mended.get(field)
    buffer = io.BytesIO()
    book.save(buffer)

    second = take_in(employer, buffer.getvalue())

    assert (second.inserted, second.updated, second.unchanged) == (1, 0, first.inserted)
    assert second.failed == first.failed - 1


def test_no_error_workbook_is_made_where_there_are_no_errors(monkeypatch):
    monkeypatch.setattr(looks.apart, "mark_file", lambda **_: 1 / 0)
    membership = MembershipFactory(handler=True)
    client = Client()
    client.force_login(membership.user, backend="django.contrib.auth.backends.ModelBackend")
    record = take_in(membership.employer, xlsx(PEOPLE))

    assert client.get(reverse("employer:roster-import-errors", args=[record.pk])).status_code == 404
