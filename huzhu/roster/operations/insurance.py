"""The month's 社保/医保 lists."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.roster import permissions
from huzhu.roster.files import apart
from huzhu.roster.insurance_lists import InsuranceList
from huzhu.roster.merge import copy_insurance_lines, count_women
from huzhu.roster.models import InsuranceRoster
from huzhu.roster.operations.reasons import carry_reasons
from huzhu.shared import calendar
from huzhu.shared.actors import Actor
from huzhu.shared.uploads import UploadRefused


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
    file_id: UUID | None = None,
) -> InsuranceRoster:
    """
    Take in the 社保 or 省直医保 list of a month; this function will return it with its people, known by fingerprint only. A later
    list of the same month and kind replaces the earlier. Reasons given for the list before are carried on where the difference is
    still the same.

    :param month: any day of the month
    :param file_id: the stored file; without one the content is kept here, because reviewers see the list
    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises UploadRefused: if the file cannot be read, holds nobody, or the month has not begun
    """
    permissions.check(by, "roster.keep", employer_id)
    today = calendar.local_date(at)
    if month.replace(day=1) > today:
        raise UploadRefused("month_future", "名单的月份还没有开始。", "请选择本月或以前的月份。")
    listed = apart.list_insured(content=content, file_name=file_name, today=today)
    if not listed.people.height:
        raise UploadRefused(
            "numbers_missing", "名单里没有一个能用的证件号码。", "请确认“社会保障号码”一列是 18 位号码。"
        )
    if file_id is None:
        file_id = documents.store_bytes(
            content=content,
            name=file_name[-200:],
            kind=FileKind.INSURANCE_ROSTER,
            media_type="application/octet-stream",
            employer_id=employer_id,
            by=by,
            at=at,
        ).pk
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
    roster.remarks = [asdict(remark) for remark in listed.remarks]
    roster.repeated = sum(error["code"] == "id_duplicate" for error in listed.errors)
    roster.women = listed.people.filter(listed.people["gender"] == "female").height
    roster.save()
    copy_insurance_lines(people=listed.people, roster_id=roster.pk)
    untold = listed.people.filter(listed.people["gender"].is_null())["excel_row"].to_list()
    if untold:
        roster.women += count_women(roster_id=roster.pk, rows=untold)
        roster.save(update_fields=["women"])
    details = {
        "month": roster.month.isoformat(),
        "kind": roster.kind,
        "rows": roster.rows,
        "failed": roster.failed,
        "reasons_carried": carry_reasons(insurance_roster=roster),
    }
    label = f"上传{roster.get_kind_display()}名单"
    audit.record("roster.insurance_list", subject=roster, label=label, by=by, at=at, details=details)
    return roster
