"""Everything that writes to a roster: imports, one person by hand, ends of employment, insurance lists, looks at numbers."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.documents import operations as documents
from huzhu.documents.models import StoredFile
from huzhu.roster import permissions
from huzhu.roster.by_hand import CHANGEABLE, EntryChanged, Person, PersonRefused, check_changes, check_person
from huzhu.roster.files.checks import Checked, check
from huzhu.roster.files.reading import Sheet, read_sheet
from huzhu.roster.insurance_lists import InsuranceList, read_insurance_list
from huzhu.roster.merge import Merged, copy_insurance_lines, count_women, lock_roster, merge_people
from huzhu.roster.models import EmploymentStatus, ImportState, InsuranceRoster, RosterEntry, RosterImport
from huzhu.shared import calendar, queue
from huzhu.shared.actors import Actor
from huzhu.shared.identity.names import initials
from huzhu.shared.uploads import UploadRefused

IMPORT_TASK = "roster.import_file"
SAME_PERSON = ("与前面的行是同一个人（证件不同）", "请只保留一行")


@transaction.atomic
def import_roster(
    *,
    employer_id: int,
    content: bytes,
    file_name: str,
    by: Actor,
    at: datetime,
    file_id: object = None,
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
    permissions.check_can_maintain(by, employer_id=employer_id)
    record = RosterImport(
        employer_id=employer_id,
        file_id=file_id,
        file_name=file_name[-200:],
        all_or_nothing=all_or_nothing,
        imported_at=at,
        imported_by_id=by.user_id,
    )
    return _import(record, content, by=by, at=at)


@transaction.atomic
def queue_import(
    *, employer_id: int, file_id: object, file_name: str, by: Actor, at: datetime, all_or_nothing: bool = False
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
    content = documents.read_file(file=StoredFile.objects.get(pk=record.file_id))
    try:
        return _import(record, content, by=by, at=at)
    except UploadRefused as refusal:
        record.refusal = str(refusal)[:500]
        _settle(record, ImportState.REFUSED, label="名册文件未接收", by=by, at=at)
        return record


def _import(record: RosterImport, content: bytes, *, by: Actor, at: datetime) -> RosterImport:
    sheet = read_sheet(content=content, file_name=record.file_name)
    checked = check(sheet=sheet, today=calendar.local_date(at))
    record.rows, record.failed, record.repaired = checked.rows, checked.failed, checked.repaired
    record.errors = _lines(checked)
    if record.all_or_nothing and checked.failed:
        record.withheld = record.rows - record.failed
        return _settle(record, ImportState.DONE, label="导入职工名册：有错误，未导入", by=by, at=at)
    lock_roster(employer_id=record.employer_id)
    try:
        with transaction.atomic():
            merged = merge_people(people=checked.people, employer_id=record.employer_id, at=at)
            _count(record, merged, sheet, checked)
    except _Withheld:
        record.withheld = record.rows - record.failed
        return _settle(record, ImportState.DONE, label="导入职工名册：有错误，未导入", by=by, at=at)
    return _settle(record, ImportState.DONE, label="导入职工名册", by=by, at=at)


class _Withheld(Exception):
    """Takes back a merge that met a bad row although all or nothing was asked for."""


def _count(record: RosterImport, merged: Merged, sheet: Sheet, checked: Checked) -> None:
    again = checked.people.filter(checked.people["excel_row"].is_in(merged.again))
    head = sheet.head("document_number") or ""
    record.errors += [
        {"row": row, "column": head, "code": "id_same_person", "value": value}
        | dict(zip(("message", "remedy"), SAME_PERSON, strict=True))
        for row, value in again.select("excel_row", "number_masked").iter_rows()
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


def _settle(record: RosterImport, state: ImportState, *, label: str, by: Actor, at: datetime) -> RosterImport:
    record.state, record.finished_at = state, at
    record.save()
    counts = ("rows", "inserted", "updated", "unchanged", "failed", "withheld", "repaired", "rejoined")
    details = {name: getattr(record, name) for name in counts}
    audit.record("roster.import", subject=record, label=label, by=by, at=at, after=state, details=details)
    return record


def import_result_json(record: RosterImport) -> dict[str, object]:
    """
    The result of an import as programs read it (docs/reference/cli.md).
    """
    counts = {
        name: getattr(record, name) for name in ("rows", "inserted", "updated", "unchanged", "failed", "repaired")
    }
    told = ("row", "column", "code", "message")
    return {**counts, "errors": [{key: error[key] for key in told} for error in record.errors]}


@transaction.atomic
def add_person(*, employer_id: int, person: Person, by: Actor, at: datetime) -> RosterEntry:
    """
    Enter one person by hand, through the same checks and the same merge as a file; this function will return the new entry.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises PersonRefused: with what is wrong by field, also when the person is in this roster already
    """
    permissions.check_can_maintain(by, employer_id=employer_id)
    people = check_person(person, today=calendar.local_date(at))
    lock_roster(employer_id=employer_id)
    merged = merge_people(people=people, employer_id=employer_id, at=at)
    if not merged.inserted:
        raise PersonRefused({"document_number": ["此人已在本单位名册中（在职），请直接修改原有记录。"]})
    entry = RosterEntry.objects.filter(employer_id=employer_id, left_on__isnull=True).latest("id")
    audit.record("roster.add", subject=entry, label="新增职工", by=by, at=at, after=entry.status)
    return entry


@transaction.atomic
def change_entry(
    *, entry_id: int, changes: Person, by: Actor, at: datetime, seen_at: datetime | None = None
) -> RosterEntry:
    """
    Correct what the employer says about one person: name, mobile, job category, form, department, note; the document stays.
    Unlike an import, an empty field empties what is there. This function will return the entry.

    :param seen_at: `changed_at` of the entry as the clerk saw it
    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises EntryChanged: if somebody else changed the entry in the meantime
    :raises PersonRefused: with what is wrong by field
    """
    entry = _lock(entry_id)
    permissions.check_can_maintain(by, employer_id=entry.employer_id)
    if seen_at is not None and entry.changed_at != seen_at:
        raise EntryChanged
    tidied = check_changes(changes)
    changed = [field for field in CHANGEABLE if getattr(entry, field) != getattr(tidied, field)]
    if not changed:
        return entry
    for field in changed:
        setattr(entry, field, getattr(tidied, field))
    entry.name_initials, entry.changed_at = initials(entry.name)[:50], at
    entry.save()
    audit.record("roster.change", subject=entry, label="修改职工信息", by=by, at=at, details={"fields": changed})
    return entry


@transaction.atomic
def end_employment(*, entry_id: int, status: str, on: date, by: Actor, at: datetime) -> RosterEntry:
    """
    Record that a person has left, retired or moved away on a day up to today; this function will return the ended entry.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises PersonRefused: if the day or the kind cannot be, or the employment has ended already
    """
    entry = _lock(entry_id)
    permissions.check_can_maintain(by, employer_id=entry.employer_id)
    if status not in EmploymentStatus.values or status == EmploymentStatus.IN_SERVICE:
        raise PersonRefused({"status": ["请选择离职、退休或调出。"]})
    if entry.left_on is not None:
        raise PersonRefused({"status": [f"此人已于 {entry.left_on} {entry.get_status_display()}，不能重复办理。"]})
    if on > calendar.local_date(at):
        raise PersonRefused({"on": ["日期不能晚于今天；请在离开当天或之后办理。"]})
    earlier = RosterEntry.objects.filter(employer_id=entry.employer_id, worker_id=entry.worker_id, left_on__gt=on)
    if earlier.exists():
        raise PersonRefused({"on": ["日期早于此人上一次离开的日期，请核对。"]})
    # An import knows the day a person was first listed, not the day of joining, so an earlier end moves the beginning.
    entry.joined_on = min(entry.joined_on, on)
    entry.status, entry.left_on, entry.changed_at = status, on, at
    entry.save()
    audit.record(
        "roster.end",
        subject=entry,
        label=f"办理{EmploymentStatus(status).label}",
        by=by,
        at=at,
        before=EmploymentStatus.IN_SERVICE,
        after=status,
        details={"on": on.isoformat()},
    )
    return entry


@transaction.atomic
def reveal_number(*, entry_id: int, reason: str, by: Actor, at: datetime) -> str:
    """
    Show one full document number; this function will return it after writing down who looked and why (security.md §4).

    :raises permissions.NotPermitted: if `by` may not see full numbers
    :raises PersonRefused: without a reason
    """
    entry = RosterEntry.objects.select_related("document").get(pk=entry_id)
    permissions.check_can_reveal(by, employer_id=entry.employer_id)
    if not reason.strip():
        raise PersonRefused({"reason": ["请选择或填写查看原因。"]})
    audit.record("roster.reveal", subject=entry, label="查看完整证件号码", by=by, at=at, reason=reason.strip()[:200])
    return entry.document.reveal()


@transaction.atomic
def import_insurance_roster(
    *,
    employer_id: int,
    kind: str,
    month: date,
    content: bytes,
    file_name: str,
    by: Actor,
    at: datetime,
    file_id: object = None,
) -> InsuranceRoster:
    """
    Take in the 社保 or 省直医保 list of a month; this function will return it with its people, known by fingerprint only. A later
    list of the same month and kind replaces the earlier.

    :param month: any day of the month
    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises UploadRefused: if the file cannot be read, holds nobody, or the month has not begun
    """
    permissions.check_can_maintain(by, employer_id=employer_id)
    today = calendar.local_date(at)
    if month.replace(day=1) > today:
        raise UploadRefused("month_future", "名单的月份还没有开始。", "请选择本月或以前的月份。")
    listed = read_insurance_list(content=content, file_name=file_name, today=today)
    if not listed.people.height:
        raise UploadRefused(
            "numbers_missing", "名单里没有一个能用的证件号码。", "请确认“社会保障号码”一列是 18 位号码。"
        )
    return _keep_list(
        InsuranceRoster(
            employer_id=employer_id,
            kind=kind,
            month=month.replace(day=1),
            file_id=file_id,
            file_name=file_name[-200:],
            uploaded_at=at,
            uploaded_by_id=by.user_id,
        ),
        listed,
        by=by,
        at=at,
    )


def _keep_list(roster: InsuranceRoster, listed: InsuranceList, *, by: Actor, at: datetime) -> InsuranceRoster:
    roster.rows, roster.failed, roster.errors = listed.rows, len(listed.errors), listed.errors
    roster.women = listed.people.filter(listed.people["gender"] == "female").height
    roster.save()
    copy_insurance_lines(people=listed.people, roster_id=roster.pk)
    untold = listed.people.filter(listed.people["gender"].is_null())["excel_row"].to_list()
    if untold:
        roster.women += count_women(roster_id=roster.pk, rows=untold)
        roster.save(update_fields=["women"])
    details = {"month": roster.month.isoformat(), "kind": roster.kind, "rows": roster.rows, "failed": roster.failed}
    label = f"上传{roster.get_kind_display()}名单"
    audit.record("roster.insurance_list", subject=roster, label=label, by=by, at=at, details=details)
    return roster


def _lock(entry_id: int) -> RosterEntry:
    return RosterEntry.objects.select_for_update(of=("self",)).get(pk=entry_id)
