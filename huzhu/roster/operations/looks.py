"""Taking personal data out of the roster: one full number, or a workbook of people. Each look is written down."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.audit import reveals
from huzhu.audit.reveals import Why
from huzhu.documents import operations as documents
from huzhu.employers.models import Employer
from huzhu.roster import permissions
from huzhu.roster.exports import filled_template, roster_workbook
from huzhu.roster.files import apart
from huzhu.roster.models import RosterEntry, RosterImport
from huzhu.roster.operations.imports import SAME_PERSON, get_kept_file
from huzhu.roster.queries import RosterFilter, get_people
from huzhu.roster.typed import PersonRefused
from huzhu.shared import calendar, fresh_factor
from huzhu.shared.actors import Actor

MOST_IN_TEMPLATE = 20_000


@transaction.atomic
def reveal_number(*, entry_id: int, why: Why, by: Actor, at: datetime) -> str:
    """
    Show one full document number; this function will return it after writing down who looked and why (security.md §4).

    :raises permissions.NotPermitted: if `by` may not see full numbers
    :raises reveals.RevealRefused: without a reason, or after too many looks
    """
    entry = RosterEntry.objects.select_related("document").get(pk=entry_id)
    permissions.check(by, "roster.reveal", entry.employer_id)
    label = "查看完整证件号码"
    reveals.note("roster.reveal", subject=entry, field="document", why=why, label=label, by=by, at=at)
    return entry.document.reveal()


@fresh_factor.needed(when=lambda given: bool(given.get("with_numbers")))
@transaction.atomic
def export_roster(
    *, employer_id: int, filters: RosterFilter, by: Actor, at: datetime, with_numbers: bool = False, reason: str = ""
) -> bytes:
    """
    Write the people of a roster that fit the filters as a workbook; this function will return its bytes after writing down who
    took what (security.md §4). Numbers are masked unless they are asked for with a reason.

    :raises fresh_factor.FactorStale: if full numbers are asked for and the second factor was shown too long ago
    :raises permissions.NotPermitted: if `by` may not read this roster, or not see full numbers
    :raises PersonRefused: if full numbers are asked for without a reason
    """
    permissions.check(by, "roster.read", employer_id)
    if with_numbers:
        permissions.check(by, "roster.reveal", employer_id)
        _check_reason(reason)
    entries = get_people(employer_id=employer_id, filters=filters, today=calendar.local_date(at))
    content, rows = roster_workbook(entries=entries, with_numbers=with_numbers)
    audit.record(
        "roster.export",
        subject=Employer(pk=employer_id),
        label="导出职工名册（含完整证件号码）" if with_numbers else "导出职工名册",
        by=by,
        at=at,
        employer_id=employer_id,
        reason=reason.strip()[:200],
        details={
            "rows": rows,
            "filters": asdict(filters),
            "with_numbers": with_numbers,
            "sha256": sha256(content).hexdigest(),
        },
    )
    return content


@fresh_factor.needed()
@transaction.atomic
def fill_template(*, employer_id: int, filters: RosterFilter, by: Actor, at: datetime, reason: str) -> bytes:
    """
    Write the people in service who fit the filters into the template, ready to be changed and imported again; this function will
    return its bytes after writing down who took it and why, for the numbers in it are full.

    :raises fresh_factor.FactorStale: if the second factor was shown too long ago
    :raises permissions.NotPermitted: if `by` may not see full numbers
    :raises PersonRefused: without a reason, or if there are more people than a template should hold
    """
    permissions.check(by, "roster.reveal", employer_id)
    _check_reason(reason)
    people = get_people(employer_id=employer_id, filters=filters, today=calendar.local_date(at))
    entries = people.filter(left_on__isnull=True)
    if (count := entries.count()) > MOST_IN_TEMPLATE:
        raise PersonRefused(
            {
                "": [
                    f"带出现有名册最多 {MOST_IN_TEMPLATE:,} 人，现有 {count:,} 人。请按部门筛选后分次带出，或直接导出名册。"
                ]
            }
        )
    content, rows = filled_template(entries=entries)
    audit.record(
        "roster.export",
        subject=Employer(pk=employer_id),
        label="带出现有名册到模板（含完整证件号码）",
        by=by,
        at=at,
        employer_id=employer_id,
        reason=reason.strip()[:200],
        details={
            "rows": rows,
            "filters": asdict(filters),
            "with_numbers": True,
            "sha256": sha256(content).hexdigest(),
        },
    )
    return content


@transaction.atomic
def make_error_workbook(*, import_id: int, by: Actor, at: datetime) -> bytes:
    """
    Rebuild the clerk's own list with every bad cell marked and every repair told; this function will return its bytes
    after writing down who took it.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises StoredFile.DoesNotExist: if the file of the import was not kept
    """
    record = RosterImport.objects.get(pk=import_id)
    permissions.check(by, "roster.keep", record.employer_id)
    content = documents.read_file(file=get_kept_file(record))
    workbook = apart.mark_file(
        content=content,
        file_name=record.file_name,
        today=calendar.local_date(record.finished_at or at),
        again=[error for error in record.errors if error["code"] == SAME_PERSON],
    )
    audit.record("roster.errors", subject=record, label="下载名册错误表", by=by, at=at, details={"rows": record.rows})
    return workbook


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise PersonRefused({"reason": ["请选择或填写查看原因。"]})
