"""The roster as a workbook, in the columns of the template, so that what goes out can come in again."""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl
from django.db.models import QuerySet, TextChoices
from rustpy_xlsxwriter import Format, write_worksheet

from huzhu.roster.files.heads import ROSTER_COLUMNS
from huzhu.roster.files.template import HEADS, roster_template
from huzhu.roster.models import DOCUMENT_NUMBER, EmploymentForm, EmploymentStatus, JobCategory, RosterEntry
from huzhu.shared import seals
from huzhu.shared.identity.documents import DOCUMENT_TYPES, GENDERS

_LABELS = {column.field: column.label for column in ROSTER_COLUMNS}
_WIDTHS = {"姓名": 14.0, "证件类型": 26.0, "证件号码": 24.0, "手机号": 16.0, "部门": 20.0, "备注": 28.0}
_TAKEN = (
    "name",
    "document__document_type",
    "document__number_masked",
    "document__seal_id",
    "document__number_sealed",
    "gender",
    "born_on",
    "mobile",
    "job_category",
    "employment_form",
    "department",
    "note",
    "status",
    "joined_on",
    "left_on",
)


def roster_workbook(*, entries: QuerySet[RosterEntry], with_numbers: bool) -> tuple[bytes, int]:
    """
    This function will write entries as xlsx, every cell text, and return the bytes and the number of rows.

    Masked numbers keep birthdays of the people hidden too, for a birthday is a part of the number.
    """
    columns = _get_columns(entries, with_numbers=with_numbers)
    frame = pl.DataFrame(
        {head: list(cells) for head, cells in columns.items()}, schema=dict.fromkeys(columns, pl.String)
    )
    buffer = io.BytesIO()
    write_worksheet(
        frame,
        buffer,
        sheet_name="职工名册",
        freeze_row=1,
        bold_headers=True,
        column_widths={head: _WIDTHS.get(head, 12.0) for head in columns},
        column_formats={head: Format().set_num_format("@") for head in columns},
    )
    return buffer.getvalue(), frame.height


def filled_template(*, entries: QuerySet[RosterEntry]) -> tuple[bytes, int]:
    """
    This function will write entries into the roster template, with full numbers because masked ones cannot be imported, and return
    the bytes and the number of people.
    """
    columns = _get_columns(entries, with_numbers=True)
    people = list(zip(*(columns[head] for head in HEADS), strict=True))
    return roster_template(people=people), len(people)


def _get_columns(entries: QuerySet[RosterEntry], *, with_numbers: bool) -> dict[str, Sequence[str]]:
    taken = _TAKEN if with_numbers else tuple(name for name in _TAKEN if name != "document__number_sealed")
    rows = list(entries.order_by("name_initials", "id").values_list(*taken))
    found = dict(zip(taken, zip(*rows, strict=True) if rows else ([] for _ in taken), strict=True))
    numbers = found["document__number_masked"]
    if with_numbers:
        sealed = zip(found["document__number_sealed"], found["document__seal_id"], strict=True)
        numbers = [seals.open_seal(value, place=DOCUMENT_NUMBER, seal_id=seal_id) for value, seal_id in sealed]
    born = [day.isoformat() if with_numbers else f"{day.year}-**-**" for day in found["born_on"]]
    kinds = {kind.code: kind.label for kind in DOCUMENT_TYPES.values()}
    return {
        "序号": [str(number) for number in range(1, len(rows) + 1)],
        _LABELS["name"]: found["name"],
        _LABELS["document_type"]: [kinds[code] for code in found["document__document_type"]],
        _LABELS["document_number"]: numbers,
        _LABELS["gender"]: [GENDERS[code] for code in found["gender"]],
        _LABELS["born_on"]: born,
        _LABELS["mobile"]: found["mobile"],
        _LABELS["job_category"]: _worded(found["job_category"], JobCategory),
        _LABELS["employment_form"]: _worded(found["employment_form"], EmploymentForm),
        _LABELS["department"]: found["department"],
        _LABELS["note"]: found["note"],
        "状态": _worded(found["status"], EmploymentStatus),
        "入册日期": [day.isoformat() for day in found["joined_on"]],
        "离开日期": [day.isoformat() if day else "" for day in found["left_on"]],
    }


def _worded(codes: Sequence[str], choices: type[TextChoices]) -> list[str]:
    words = dict(choices.choices)
    return [words.get(code, "") for code in codes]
