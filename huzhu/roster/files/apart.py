"""
A clerk's file read, checked and marked in a confined child (`shared.confined`). The functions at the end run there and need no
Django; the ones before them call those, and are what operations call: no file is parsed in the process of a page or a worker.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import polars as pl

from huzhu.roster.files.checks import Checked, check
from huzhu.roster.files.reading import Remark, read_sheet
from huzhu.roster.files.results import error_workbook
from huzhu.roster.insurance_lists import InsuranceList, read_insurance_list
from huzhu.shared import confined, frames, uploads
from huzhu.shared.identity import names

_HERE = "huzhu.roster.files.apart"
Parts = tuple[dict[str, Any], tuple[bytes, ...]]
Note = Callable[[Any], None]


def is_large(*, content: bytes) -> bool:
    """
    Test if reading a file takes longer than somebody should wait.

    :raises UploadRefused: as `uploads.examine_table`, or what `confined.run` raises
    """
    seen = confined.run(f"{_HERE}:look_at", content=content).head
    return len(content) > uploads.SMALL_BYTES or bool(seen["is_large"])


def check_file(
    *, content: bytes, file_name: str, today: dt.date, on_rows: Callable[[int], None] | None = None
) -> Checked:
    """
    Read and check a roster; this function will return the good people, all errors and all repairs.

    :param on_rows: told how many rows were read, before they are checked
    :raises UploadRefused: as `read_sheet`, or what `confined.run` raises
    """
    arguments = {"file_name": file_name, "today": today.isoformat()}
    answer = confined.run(f"{_HERE}:check_people", content=content, arguments=arguments, on_note=on_rows)
    people, errors, repairs = (frames.from_bytes(part) for part in answer.parts)
    remarks = as_remarks(answer.head.pop("remarks"))
    return Checked(people=people, errors=errors, repairs=repairs, remarks=remarks, **answer.head)


def mark_file(*, content: bytes, file_name: str, today: dt.date, again: Sequence[Mapping[str, Any]]) -> bytes:
    """
    Read and check a roster once more; this function will return the clerk's workbook with the bad cells marked.

    :param again: errors only the merge could see, as the import keeps them
    :raises UploadRefused: as `read_sheet`, or what `confined.run` raises
    """
    arguments = {"file_name": file_name, "today": today.isoformat(), "again": list(again)}
    answer = confined.run(f"{_HERE}:mark_people", content=content, arguments=arguments)
    return bytes(answer.parts[0])


def list_insured(*, content: bytes, file_name: str, today: dt.date) -> InsuranceList:
    """
    Read a month's 社保/医保 list; this function will return what `read_insurance_list` returns.

    :raises UploadRefused: as `read_sheet`, or what `confined.run` raises
    """
    arguments = {"file_name": file_name, "today": today.isoformat()}
    answer = confined.run(f"{_HERE}:list_people", content=content, arguments=arguments)
    remarks = as_remarks(answer.head.pop("remarks"))
    return InsuranceList(people=frames.from_bytes(answer.parts[0]), remarks=remarks, **answer.head)


def as_remarks(told: Sequence[Mapping[str, Any]]) -> tuple[Remark, ...]:
    """This function will make remarks of what JSON keeps of them."""
    return tuple(Remark(each["code"], each["message"], tuple(each["rows"])) for each in told)


def warm_up() -> None:
    """Before the first child is forked: the dictionary of pinyin, which takes each of them longer than a list of 5,000 people."""
    names.load_letters()


def look_at(*, content: bytes, note: Note) -> Parts:
    """In the child: see `is_large`."""
    return {"is_large": uploads.examine_table(content=content).is_large}, ()


def check_people(*, content: bytes, note: Note, file_name: str, today: str) -> Parts:
    """In the child: see `check_file`."""
    sheet = read_sheet(content=content, file_name=file_name)
    note(sheet.rows)
    checked = check(sheet=sheet, today=dt.date.fromisoformat(today))
    parts = tuple(frames.to_bytes(frame) for frame in (checked.people, checked.errors, checked.repairs))
    remarks = [asdict(each) for each in checked.remarks]
    return {"rows": checked.rows, "number_head": checked.number_head, "remarks": remarks}, parts


def mark_people(*, content: bytes, note: Note, file_name: str, today: str, again: list[dict[str, Any]]) -> Parts:
    """In the child: see `mark_file`."""
    sheet = read_sheet(content=content, file_name=file_name)
    checked = check(sheet=sheet, today=dt.date.fromisoformat(today))
    return {}, (error_workbook(sheet=sheet, checked=_with_same_people(checked, again)),)


def list_people(*, content: bytes, note: Note, file_name: str, today: str) -> Parts:
    """In the child: see `list_insured`."""
    listed = read_insurance_list(content=content, file_name=file_name, today=dt.date.fromisoformat(today))
    remarks = [asdict(each) for each in listed.remarks]
    return {"rows": listed.rows, "errors": listed.errors, "remarks": remarks}, (frames.to_bytes(listed.people),)


def _with_same_people(checked: Checked, again: list[dict[str, Any]]) -> Checked:
    """Add what only the merge could see: two documents of one person."""
    if not again:
        return checked
    lines = [{"excel_row": error["row"], "field": "document_number"} | error for error in again]
    found = pl.DataFrame(lines).select(checked.errors.columns).cast(checked.errors.schema)
    errors = pl.concat([checked.errors, found]).sort("excel_row", maintain_order=True)
    others = ~pl.col("excel_row").is_in(found["excel_row"].implode())
    return replace(checked, people=checked.people.filter(others), errors=errors, repairs=checked.repairs.filter(others))
