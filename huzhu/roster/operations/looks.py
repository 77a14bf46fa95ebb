"""Taking personal data out of the roster: one full number, or a workbook of people. Each look is written down."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.employers.models import Employer
from huzhu.roster import permissions
from huzhu.roster.exports import roster_workbook
from huzhu.roster.models import RosterEntry
from huzhu.roster.queries import RosterFilter
from huzhu.roster.typed import PersonRefused
from huzhu.shared.actors import Actor


@transaction.atomic
def reveal_number(*, entry_id: int, reason: str, by: Actor, at: datetime) -> str:
    """
    Show one full document number; this function will return it after writing down who looked and why (security.md §4).

    :raises permissions.NotPermitted: if `by` may not see full numbers
    :raises PersonRefused: without a reason
    """
    entry = RosterEntry.objects.select_related("document").get(pk=entry_id)
    permissions.check_can_reveal(by, employer_id=entry.employer_id)
    _check_reason(reason)
    audit.record("roster.reveal", subject=entry, label="查看完整证件号码", by=by, at=at, reason=reason.strip()[:200])
    return entry.document.reveal()


@transaction.atomic
def export_roster(
    *, employer_id: int, filters: RosterFilter, by: Actor, at: datetime, with_numbers: bool = False, reason: str = ""
) -> bytes:
    """
    Write the people of a roster that fit the filters as a workbook; this function will return its bytes after writing down who
    took what (security.md §4). Numbers are masked unless they are asked for with a reason.

    :raises permissions.NotPermitted: if `by` may not read this roster, or not see full numbers
    :raises PersonRefused: if full numbers are asked for without a reason
    """
    permissions.check_can_read(by, employer_id=employer_id)
    if with_numbers:
        permissions.check_can_reveal(by, employer_id=employer_id)
        _check_reason(reason)
    entries = filters.apply(RosterEntry.objects.filter(employer_id=employer_id).latest_spells())
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


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise PersonRefused({"reason": ["请选择或填写查看原因。"]})
