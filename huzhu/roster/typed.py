"""One person typed by hand, judged by the same checks as a row of a file. No database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

import polars as pl

from huzhu.roster.files import problems
from huzhu.roster.files.cells import EMPLOYMENT_FORMS, JOB_CATEGORIES, line
from huzhu.roster.files.checks import check
from huzhu.roster.files.heads import ROSTER_COLUMNS
from huzhu.roster.files.reading import Sheet
from huzhu.shared.identity import mobile, names
from huzhu.shared.identity.documents import DOCUMENT_TYPES
from huzhu.shared.uploads import Kind

CHANGEABLE = ("name", "mobile", "job_category", "employment_form", "department", "note")
STATED = ("gender", "born_on")  # by the employer, where the document's number does not tell
SHARED = ("job_category", "employment_form", "department", "note")  # may be the same for many people
_LONGEST = {"department": problems.DEPARTMENT_LONGEST, "note": problems.NOTE_LONGEST}
_CODES = {"job_category": JOB_CATEGORIES, "employment_form": EMPLOYMENT_FORMS}


@dataclass(frozen=True, kw_only=True)
class Person:
    """What a clerk types about one person, as text; `born_on` as 1990-03-04, coded fields by code or word."""

    name: str
    document_type: str = ""
    document_number: str = ""
    gender: str = ""
    born_on: str = ""
    mobile: str = ""
    job_category: str = ""
    employment_form: str = ""
    department: str = ""
    note: str = ""


def get_stated(document_type: str) -> tuple[str, ...]:
    """
    This function will give which of `STATED` the numbers of this type of document do not tell.
    """
    kind = DOCUMENT_TYPES[document_type]
    told = {"gender": kind.carries_gender, "born_on": kind.carries_birthday}
    return tuple(field for field in STATED if not told[field])


class PersonRefused(Exception):
    """What was typed cannot be taken: `errors` are sentences by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("；".join(text for texts in errors.values() for text in texts))
        self.errors = errors


class EntryChanged(Exception):
    """Somebody else changed this person in the meantime."""

    def __init__(self) -> None:
        super().__init__("这名职工的信息刚刚被别人修改过，您的修改还没有保存，请核对后再保存。")


def check_person(person: Person, *, today: date) -> pl.DataFrame:
    """
    This function will judge a typed person as a file of one row and return the row as `Checked.people`.

    :raises PersonRefused: with every error of every field
    """
    heads = tuple(column.label for column in ROSTER_COLUMNS)
    cells = {f"c{position}": [getattr(person, column.field)] for position, column in enumerate(ROSTER_COLUMNS)}
    sheet = Sheet(
        name="",
        kind=Kind.TEXT,
        heads=heads,
        head_row=0,
        fields={column.field: position for position, column in enumerate(ROSTER_COLUMNS)},
        cells=pl.DataFrame({"excel_row": [1], **cells}),
        numeric=pl.Series([None], dtype=pl.Boolean),
        above=(),
        template_version=None,
    )
    checked = check(sheet=sheet, today=today)
    errors: dict[str, list[str]] = {}
    for field, message, remedy in checked.errors.select("field", "message", "remedy").iter_rows():
        errors.setdefault(field, []).append(f"{message}。{remedy}。")
    if errors:
        raise PersonRefused(errors)
    return checked.people


def check_stated(
    *, document_type: str, document_number: str, gender: str, born_on: str, today: date
) -> dict[str, str | date]:
    """
    This function will judge gender and birthday as stated for a known document, as a file's are judged, and return them by field.

    :raises PersonRefused: with every error of both
    """
    person = Person(
        name="张三",  # not judged here
        document_type=document_type,
        document_number=document_number,
        gender=gender,
        born_on=born_on,
    )
    row = check_person(person, today=today).row(0, named=True)
    return {field: row[field] for field in STATED}


def check_changes(person: Person) -> Person:
    """
    This function will judge and tidy what may be changed about a known person.

    :raises PersonRefused: with every error of every field
    """
    errors: dict[str, list[str]] = {}
    tidied = replace(person, **{f.name: getattr(person, f.name).strip() for f in fields(person)})
    try:
        tidied = replace(tidied, name=names.check_name(tidied.name))
    except names.NameRefused as refusal:
        errors["name"] = [str(refusal)]
    try:
        tidied = replace(tidied, mobile=mobile.check_mobile(tidied.mobile) if tidied.mobile else "")
    except mobile.MobileRefused as refusal:
        errors["mobile"] = [str(refusal)]
    try:
        tidied = replace(tidied, **check_fields({field: getattr(tidied, field) for field in SHARED}))
    except PersonRefused as refusal:
        errors |= refusal.errors
    if errors:
        raise PersonRefused(errors)
    return tidied


def check_fields(given: Mapping[str, str]) -> dict[str, str]:
    """
    This function will judge and tidy what many people may have in common: any of `SHARED`.

    :raises PersonRefused: with every error of every field
    """
    tidied = {field: text.strip() for field, text in given.items()}
    free = {field: line(pl.lit(tidied[field])) for field in _LONGEST if field in tidied}
    if free:
        tidied |= pl.select(*(tidy.alias(field) for field, tidy in free.items())).row(0, named=True)
    wrong = {field: f"{field}_too_long" for field in free if len(tidied[field]) > _LONGEST[field]}
    wrong |= {field: f"{field}_unknown" for field in _CODES if tidied.get(field, "") not in ("", *_CODES[field])}
    if wrong:
        said = {field: problems.words(code, document_type=None) for field, code in wrong.items()}
        raise PersonRefused({field: [f"{message}。{remedy}。"] for field, (message, remedy) in said.items()})
    return tidied
