"""Files of the roster: read, checked, merged, and what became of every row."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind, StoredFile
from huzhu.roster import permissions
from huzhu.roster.files import problems
from huzhu.roster.files.checks import Checked, check
from huzhu.roster.files.reading import Sheet, read_sheet
from huzhu.roster.merge import Merged, lock_roster, merge_people
from huzhu.roster.models import ImportState, RosterImport
from huzhu.shared import calendar, queue, uploads
from huzhu.shared.actors import Actor
from huzhu.shared.uploads import UploadRefused

IMPORT_TASK = "roster.import_file"
_WITHHELD_LABEL = "导入职工名册：有错误，未导入"
SAME_PERSON = "id_same_person"
LARGE_FILE_BYTES = 400_000  # some 5,000 people; larger files are read by a job
TABLE_TYPE = "application/octet-stream"


@transaction.atomic
def import_roster(
    *,
    employer_id: int,
    content: bytes,
    file_name: str,
    by: Actor,
    at: datetime,
    file_id: UUID | None = None,
    all_or_nothing: bool = False,
) -> RosterImport:
    """
    Read a clerk's file and bring its good rows into the employer's roster (rulebook §2.2); this function will return the result:
    新增 + 更新 + 未变 + 失败 = rows read. Uploading the same file again changes nothing.

    Empty optional cells keep what is known. Somebody who left this employer begins a new spell. Whether another employer knows
    a person makes no difference to anything that is returned.

    :param file_id: the stored file, from which the clerk's own workbook with the errors marked is rebuilt
    :param all_or_nothing: with any bad row nothing is imported and the good rows count as withheld
    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises UploadRefused: if the file as a whole cannot be read
    :raises RosterBusy: if another import of this employer does not finish
    """
    record, _ = import_people(
        employer_id=employer_id,
        content=content,
        file_name=file_name,
        by=by,
        at=at,
        file_id=file_id,
        all_or_nothing=all_or_nothing,
    )
    return record


@transaction.atomic
def import_people(
    *,
    employer_id: int,
    content: bytes,
    file_name: str,
    by: Actor,
    at: datetime,
    file_id: UUID | None = None,
    all_or_nothing: bool = False,
) -> tuple[RosterImport, list[int]]:
    """
    Import a file as `import_roster` does; this function will return the result and the ids of the roster entries of the file's
    people in its order, for an application that enrols just these. It raises what `import_roster` raises.
    """
    permissions.check_can_maintain(by, employer_id=employer_id)
    record = RosterImport(
        employer_id=employer_id,
        file_id=file_id,
        file_name=file_name[-200:],
        all_or_nothing=all_or_nothing,
        imported_at=at,
        imported_by_id=by.user_id,
    )
    merged = _import(record, content, by=by, at=at)
    return record, merged.entry_ids if merged else []


@transaction.atomic
def receive_file(
    *, employer_id: int, content: bytes, file_name: str, by: Actor, at: datetime, all_or_nothing: bool = False
) -> RosterImport:
    """
    Keep a clerk's file and import it: a usual one at once, a large one by a job. This function will return the import, done or
    waiting.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises UploadRefused: if the file as a whole cannot be read; a job writes the refusal into the import
    :raises RosterBusy: if another import of this employer does not finish
    """
    permissions.check_can_maintain(by, employer_id=employer_id)
    if len(content) > LARGE_FILE_BYTES:
        uploads.check_table(content=content)
        return queue_import(
            employer_id=employer_id,
            file_id=_keep(content, file_name, employer_id, by=by, at=at).pk,
            file_name=file_name,
            by=by,
            at=at,
            all_or_nothing=all_or_nothing,
        )
    record = import_roster(
        employer_id=employer_id, content=content, file_name=file_name, by=by, at=at, all_or_nothing=all_or_nothing
    )
    record.file_id = _keep(content, file_name, employer_id, by=by, at=at).pk
    record.save(update_fields=["file_id"])
    return record


def _keep(content: bytes, file_name: str, employer_id: int, *, by: Actor, at: datetime) -> StoredFile:
    return documents.store_bytes(
        content=content,
        name=file_name[-200:],
        kind=FileKind.ROSTER,
        media_type=TABLE_TYPE,
        employer_id=employer_id,
        by=by,
        at=at,
    )


@transaction.atomic
def queue_import(
    *, employer_id: int, file_id: UUID, file_name: str, by: Actor, at: datetime, all_or_nothing: bool = False
) -> RosterImport:
    """
    Take in a large file that is already stored; this function will return the waiting import, which a job finishes.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    """
    permissions.check_can_maintain(by, employer_id=employer_id)
    record = RosterImport.objects.create(
        employer_id=employer_id,
        file_id=file_id,
        file_name=file_name[-200:],
        state=ImportState.WAITING,
        all_or_nothing=all_or_nothing,
        imported_at=at,
        imported_by_id=by.user_id,
    )
    queue.defer(IMPORT_TASK, import_id=record.pk)
    return record


@transaction.atomic
def run_import(*, import_id: int, by: Actor, at: datetime) -> RosterImport:
    """
    Finish a waiting import, all of it or none of it; this function will do nothing the second time.

    :raises permissions.NotPermitted: if `by` may no longer maintain this roster
    :raises RosterBusy: if another import of this employer does not finish
    """
    record = RosterImport.objects.select_for_update(of=("self",)).get(pk=import_id)
    if record.state != ImportState.WAITING:
        return record
    permissions.check_can_maintain(by, employer_id=record.employer_id)
    content = documents.read_file(file=get_kept_file(record))
    try:
        _import(record, content, by=by, at=at)
    except UploadRefused as refusal:
        record.refusal = str(refusal)[:500]
        _settle(record, ImportState.REFUSED, label="名册文件未接收", by=by, at=at)
    return record


def get_kept_file(record: RosterImport) -> StoredFile:
    """
    The file of an import, of the same employer.

    :raises StoredFile.DoesNotExist: if it was not kept
    """
    return StoredFile.objects.get(pk__in=[record.file_id] if record.file_id else [], employer_id=record.employer_id)


def _import(record: RosterImport, content: bytes, *, by: Actor, at: datetime) -> Merged | None:
    """Fill in the record; None when the good rows were withheld."""
    sheet = read_sheet(content=content, file_name=record.file_name)
    checked = check(sheet=sheet, today=calendar.local_date(at))
    record.rows, record.failed, record.repaired = checked.rows, checked.failed, checked.repaired
    record.errors = _lines(checked)
    if record.all_or_nothing and checked.failed:
        record.withheld = record.rows - record.failed
        _settle(record, ImportState.DONE, label=_WITHHELD_LABEL, by=by, at=at)
        return None
    lock_roster(employer_id=record.employer_id)
    try:
        with transaction.atomic():
            merged = merge_people(people=checked.people, employer_id=record.employer_id, at=at)
            _count(record, merged, sheet, checked)
    except _Withheld:
        record.withheld = record.rows - record.failed
        _settle(record, ImportState.DONE, label=_WITHHELD_LABEL, by=by, at=at)
        return None
    _settle(record, ImportState.DONE, label="导入职工名册", by=by, at=at)
    return merged


class _Withheld(Exception):
    """Takes back a merge that met a bad row although all or nothing was asked for."""


def _count(record: RosterImport, merged: Merged, sheet: Sheet, checked: Checked) -> None:
    again = checked.people.filter(checked.people["excel_row"].is_in(merged.again))
    message, remedy = problems.words(SAME_PERSON, document_type=None)
    told = {"column": sheet.head("document_number"), "code": SAME_PERSON, "message": message, "remedy": remedy}
    record.errors += [
        {"row": row, "value": value, **told} for row, value in again.select("excel_row", "number_masked").iter_rows()
    ]
    record.failed += again.height
    record.repaired -= again.filter(again["repairs"].list.len() > 0).height
    if record.all_or_nothing and again.height:
        raise _Withheld
    record.inserted, record.updated, record.unchanged = merged.inserted, merged.updated, merged.unchanged
    record.rejoined = merged.rejoined


def _lines(checked: Checked) -> list[dict[str, object]]:
    lines = checked.errors.select("excel_row", "column", "code", "value", "message", "remedy")
    return lines.rename({"excel_row": "row"}).to_dicts()


def _settle(record: RosterImport, state: ImportState, *, label: str, by: Actor, at: datetime) -> None:
    record.state, record.finished_at = state, at
    record.save()
    counts = ("rows", "inserted", "updated", "unchanged", "failed", "withheld", "repaired", "rejoined")
    details = {name: getattr(record, name) for name in counts}
    audit.record("roster.import", subject=record, label=label, by=by, at=at, after=state, details=details)


def import_result_json(record: RosterImport) -> dict[str, object]:
    """
    The result of an import as programs read it (docs/reference/cli.md).
    """
    counts = {
        name: getattr(record, name) for name in ("rows", "inserted", "updated", "unchanged", "failed", "repaired")
    }
    told = ("row", "column", "code", "message")
    return {**counts, "errors": [{key: error[key] for key in told} for error in record.errors]}
