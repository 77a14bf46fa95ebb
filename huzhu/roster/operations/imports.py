"""Files of the roster: read, checked, merged, and what became of every row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import polars as pl
from django.db import connection, transaction

from huzhu.audit import operations as audit
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind, StoredFile
from huzhu.roster import permissions
from huzhu.roster.files import apart, problems, repairs
from huzhu.roster.files.checks import Checked
from huzhu.roster.merge import UNWATCHED, Merged, Sealed, lock_roster, merge_sealed, seal_people
from huzhu.roster.models import ImportPhase, ImportState, RosterImport
from huzhu.roster.progress import ImportStopped, Progress
from huzhu.shared import calendar, queue
from huzhu.shared.actors import Actor
from huzhu.shared.uploads import UploadRefused

IMPORT_TASK = "roster.import_file"
KEPT = timedelta(days=90)
LOST_FILE = "上传的文件没有保存下来，请重新上传。"
_LABELS = {
    ImportState.DONE: "导入职工名册",
    ImportState.REFUSED: "名册文件未接收",
    ImportState.CANCELLED: "取消导入职工名册",
}
_WITHHELD_LABEL = "导入职工名册：有错误，未导入"
SAME_PERSON = "id_same_person"
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
    permissions.check(by, "roster.keep", employer_id)
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
    permissions.check(by, "roster.keep", employer_id)
    if apart.is_large(content=content):
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
    file = documents.store_bytes(
        content=content,
        name=file_name[-200:],
        kind=FileKind.ROSTER,
        media_type=TABLE_TYPE,
        employer_id=employer_id,
        by=by,
        at=at,
    )
    audit.record("documents.upload", subject=file, label="上传名册文件", by=by, at=at, employer_id=employer_id)
    return file


@transaction.atomic
def queue_import(
    *, employer_id: int, file_id: UUID, file_name: str, by: Actor, at: datetime, all_or_nothing: bool = False
) -> RosterImport:
    """
    Take in a large file that is already stored; this function will return the waiting import, which a job finishes.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    """
    permissions.check(by, "roster.keep", employer_id)
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


def run_import(*, import_id: int, by: Actor, at: datetime, progress: Progress = UNWATCHED) -> RosterImport:
    """
    Finish a waiting import, all of it or none of it; this function will do nothing the second time and nothing for an import that
    was cancelled. It is called outside any transaction, so that reading and checking hold no lock; the merge is one transaction.

    :raises RosterBusy: if another import of this employer does not finish
    """
    record = RosterImport.objects.defer("errors", "repairs").get(pk=import_id)
    if record.state != ImportState.WAITING:
        return record
    try:
        permissions.check(by, "roster.keep", record.employer_id)
        progress.tell(ImportPhase.READING)
        prepared = _prepare(documents.read_file(file=get_kept_file(record)), record, at=at, progress=progress)
        _finish(import_id, prepared, by=by, at=at, progress=progress)
    except (UploadRefused, permissions.NotPermitted, StoredFile.DoesNotExist) as refusal:
        words = LOST_FILE if isinstance(refusal, StoredFile.DoesNotExist) else str(refusal)
        return refuse_import(import_id=import_id, words=words, by=by, at=at)
    except ImportStopped:
        pass
    return RosterImport.objects.get(pk=import_id)


@transaction.atomic
def _finish(import_id: int, prepared: Prepared, *, by: Actor, at: datetime, progress: Progress) -> None:
    """
    Merge under the roster's lock. Who has it looks whether the import still waits: a second worker that was given the same import
    finds it done. The record itself is locked last, so that it can be cancelled until just before the end.
    """
    lock_roster(employer_id=prepared.employer_id)
    record = RosterImport.objects.get(pk=import_id)
    if record.state != ImportState.WAITING:
        raise ImportStopped
    _fill_in(record, prepared, at=at, progress=progress)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the long work of a commit, while cancelling is still possible
    progress.tell(ImportPhase.MERGING, done=record.rows, total=record.rows)
    if RosterImport.objects.select_for_update(of=("self",)).get(pk=import_id).state != ImportState.WAITING:
        raise ImportStopped
    _settle(record, ImportState.DONE, by=by, at=at)


@transaction.atomic
def cancel_import(*, import_id: int, by: Actor, at: datetime) -> RosterImport:
    """
    Take back an import that is still at work; this function will return it with its state, and the roster stays as it was. An
    import that has finished in the meantime stays finished, and its result says so.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    """
    record = RosterImport.objects.select_for_update(of=("self",)).get(pk=import_id)
    permissions.check(by, "roster.keep", record.employer_id)
    if record.state == ImportState.WAITING:
        _settle(record, ImportState.CANCELLED, by=by, at=at)
    return record


@transaction.atomic
def refuse_import(*, import_id: int, words: str, by: Actor, at: datetime) -> RosterImport:
    """
    Settle a waiting import as not taken, with the reason; this function will leave a finished one as it is.
    """
    record = RosterImport.objects.select_for_update(of=("self",)).get(pk=import_id)
    if record.state == ImportState.WAITING:
        record.refusal = words[:500]
        _settle(record, ImportState.REFUSED, by=by, at=at)
    return record


@transaction.atomic
def purge_imports(*, at: datetime) -> int:
    """
    Clear away the results of imports that ended more than `KEPT` ago, and their files; this function will return how many. What was
    done stands in the trail of events.
    """
    old = RosterImport.objects.filter(finished_at__lt=at - KEPT)
    files = [file_id for file_id in old.values_list("file_id", flat=True) if file_id]
    count, _ = old.delete()
    documents.remove_files(file_ids=files)
    return count


def get_kept_file(record: RosterImport) -> StoredFile:
    """
    The file of an import, of the same employer.

    :raises StoredFile.DoesNotExist: if it was not kept
    """
    return StoredFile.objects.get(pk__in=[record.file_id] if record.file_id else [], employer_id=record.employer_id)


@dataclass(frozen=True)
class Prepared:
    """A file read, checked and sealed, before anything is written. `sealed` is None where its good rows are withheld."""

    employer_id: int
    checked: Checked
    sealed: Sealed | None


def _import(record: RosterImport, content: bytes, *, by: Actor, at: datetime) -> Merged | None:
    """Fill in and settle the record in the caller's transaction; None when the good rows were withheld."""
    prepared = _prepare(content, record, at=at, progress=UNWATCHED)
    lock_roster(employer_id=record.employer_id)
    merged = _fill_in(record, prepared, at=at, progress=UNWATCHED)
    _settle(record, ImportState.DONE, by=by, at=at)
    return merged


def _prepare(content: bytes, record: RosterImport, *, at: datetime, progress: Progress) -> Prepared:
    checked = apart.check_file(
        content=content,
        file_name=record.file_name,
        today=calendar.local_date(at),
        on_rows=lambda rows: progress.tell(ImportPhase.CHECKING, total=int(rows)),
    )
    is_withheld = record.all_or_nothing and checked.failed
    sealed = None if is_withheld else seal_people(people=checked.people, progress=progress)
    return Prepared(record.employer_id, checked, sealed)


def _fill_in(record: RosterImport, prepared: Prepared, *, at: datetime, progress: Progress) -> Merged | None:
    """Merge, and write into the record what became of every row; None when the good rows were withheld."""
    checked, merged = prepared.checked, None
    record.rows, record.failed, record.repaired = checked.rows, checked.failed, checked.repaired
    record.errors, record.repairs = _lines(checked), repairs.as_groups(checked.repairs)
    record.remarks = [asdict(remark) for remark in checked.remarks]
    if prepared.sealed:
        try:
            with transaction.atomic():
                merged = merge_sealed(sealed=prepared.sealed, employer_id=record.employer_id, at=at, progress=progress)
                _count(record, merged, checked)
        except _Withheld:
            merged = None
    if merged is None:
        record.withheld = record.rows - record.failed
    return merged


class _Withheld(Exception):
    """Takes back a merge that met a bad row although all or nothing was asked for."""


def _count(record: RosterImport, merged: Merged, checked: Checked) -> None:
    again = checked.people.filter(checked.people["excel_row"].is_in(merged.again))
    message, remedy = problems.words(SAME_PERSON, document_type=None)
    told = {"column": checked.number_head, "code": SAME_PERSON, "message": message, "remedy": remedy}
    record.errors += [
        {"row": row, "value": value, **told} for row, value in again.select("excel_row", "number_masked").iter_rows()
    ]
    record.failed += again.height
    if again.height:
        others = checked.repairs.filter(~pl.col("excel_row").is_in(merged.again))
        record.repaired, record.repairs = others["excel_row"].n_unique(), repairs.as_groups(others)
    if record.all_or_nothing and again.height:
        raise _Withheld
    record.inserted, record.updated, record.unchanged = merged.inserted, merged.updated, merged.unchanged
    record.rejoined = merged.rejoined


def _lines(checked: Checked) -> list[dict[str, object]]:
    lines = checked.errors.select("excel_row", "column", "code", "value", "message", "remedy")
    return lines.rename({"excel_row": "row"}).to_dicts()


def _settle(record: RosterImport, state: ImportState, *, by: Actor, at: datetime) -> None:
    record.state, record.finished_at = state, at
    record.save()
    label = _WITHHELD_LABEL if record.withheld else _LABELS[state]
    counts = ("rows", "inserted", "updated", "unchanged", "failed", "withheld", "repaired", "rejoined")
    details = {name: getattr(record, name) for name in counts}
    audit.record("roster.import", subject=record, label=label, by=by, at=at, after=state, details=details)


def import_result_json(record: RosterImport) -> dict[str, object]:
    """
    The result of an import as programs read it (docs/reference/cli.md): with `withheld` where a file goes in whole or not at all,
    with `remarks` where there are any.
    """
    names = ["rows", "inserted", "updated", "unchanged", "failed", "repaired"]
    if record.all_or_nothing:
        names.insert(5, "withheld")
    answer: dict[str, object] = {name: getattr(record, name) for name in names}
    told = ("row", "column", "code", "message")
    answer["errors"] = [{key: error[key] for key in told} for error in record.errors]
    return answer | ({"remarks": record.remarks} if record.remarks else {})
