"""Many people at once: one statement, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from huzhu.audit import operations as audit
from huzhu.roster import permissions, rules
from huzhu.roster.merge import lock_roster
from huzhu.roster.models import BulkChange, BulkOutcome, EmploymentForm, EmploymentStatus, JobCategory
from huzhu.roster.queries import RosterFilter, get_people
from huzhu.roster.typed import PersonRefused, check_fields
from huzhu.shared import calendar
from huzhu.shared.actors import Actor

BULK_FIELDS = {"department": "部门", "job_category": "岗位类别", "employment_form": "用工形式"}
_WORDS = {"job_category": dict(JobCategory.choices), "employment_form": dict(EmploymentForm.choices)}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """
    Who is meant: the ticked `entry_ids`, or with `filters` everybody who fits, provided they are still `expected` in number.
    """

    entry_ids: tuple[int, ...] = ()
    filters: RosterFilter | None = None
    expected: int | None = None


class NobodyChosen(Exception):
    """Nobody was ticked, or the filter fits nobody."""

    def __init__(self) -> None:
        super().__init__("还没有选择人员。请勾选要办理的人员，或改用“筛选出的全部人员”。")


class ChoiceChanged(Exception):
    """The filter fits other people than the clerk was shown."""

    def __init__(self, *, expected: int, found: int) -> None:
        super().__init__(f"筛选结果已有变化：原为 {expected:,} 人，现为 {found:,} 人，没有办理。请核对后重新办理。")


@transaction.atomic
def change_people(*, employer_id: int, chosen: Chosen, field: str, value: str, by: Actor, at: datetime) -> BulkChange:
    """
    Set department, job category or form of employment of many people in service; this function will return what became of each.

    :param field: one of `BULK_FIELDS`; an empty `value` empties it
    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises NobodyChosen: if there is nobody to change
    :raises ChoiceChanged: if the filter fits other people by now
    :raises PersonRefused: if the value cannot be taken
    """
    permissions.check(by, "roster.keep", employer_id)
    if field not in BULK_FIELDS:
        raise PersonRefused({"field": ["请选择要设置的内容。"]})
    value = check_fields({field: value})[field]
    shown = _WORDS.get(field, {}).get(value, value)
    outcome = (
        f"CASE WHEN e.left_on IS NOT NULL THEN 'ended' WHEN e.{field} = %(value)s THEN 'unchanged' ELSE 'changed' END"
    )
    return _act(
        employer_id=employer_id,
        chosen=chosen,
        label=f"设置{BULK_FIELDS[field]}为“{shown}”" if shown else f"清空{BULK_FIELDS[field]}",
        outcome=outcome,
        assignments=f"{field} = %(value)s",
        values={"value": value},
        event="roster.bulk_change",
        by=by,
        at=at,
    )


@transaction.atomic
def end_people(*, employer_id: int, chosen: Chosen, status: str, on: date, by: Actor, at: datetime) -> BulkChange:
    """
    Record that many people left, retired or moved away on one day; this function will return what became of each.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises NobodyChosen: if there is nobody to end
    :raises ChoiceChanged: if the filter fits other people by now
    :raises PersonRefused: if the day or the kind cannot be
    """
    permissions.check(by, "roster.keep", employer_id)
    if status not in EmploymentStatus.values or status == EmploymentStatus.IN_SERVICE:
        raise PersonRefused({"status": ["请选择离职、退休或调出。"]})
    if on > calendar.local_date(at):
        raise PersonRefused({"on": ["日期不能晚于今天；请在离开当天或之后办理。"]})
    outcome = """
        CASE WHEN e.left_on IS NOT NULL THEN 'ended'
             WHEN EXISTS (SELECT FROM roster_rosterentry AS o WHERE o.employer_id = e.employer_id
                          AND o.worker_id = e.worker_id AND o.left_on > %(on)s) THEN 'earlier'
             WHEN e.born_on > %(born_by)s THEN 'under_age'
             ELSE 'changed' END"""
    return _act(
        employer_id=employer_id,
        chosen=chosen,
        label=f"办理{EmploymentStatus(status).label}（{on.isoformat()}）",
        outcome=outcome,
        # As for one person: an import knows the day somebody was first listed, not the day of joining.
        assignments="status = %(status)s, left_on = %(on)s, joined_on = least(e.joined_on, %(on)s)",
        values={"status": status, "on": on, "born_by": calendar.add_months(on, -12 * rules.WORKING_AGE)},
        event="roster.bulk_end",
        by=by,
        at=at,
    )


def _act(
    *,
    employer_id: int,
    chosen: Chosen,
    label: str,
    outcome: str,
    assignments: str,
    values: Mapping[str, Any],
    event: str,
    by: Actor,
    at: datetime,
) -> BulkChange:
    lock_roster(employer_id=employer_id)
    ids = _resolve(chosen, employer_id=employer_id, at=at)
    statement = f"""
        WITH judged AS MATERIALIZED (
            SELECT e.id, e.name_initials, {outcome} AS outcome
            FROM roster_rosterentry AS e
            WHERE e.employer_id = %(employer)s AND e.id = ANY (%(ids)s)
        ), written AS (
            UPDATE roster_rosterentry AS e SET {assignments}, changed_at = %(at)s
            FROM judged WHERE e.id = judged.id AND judged.outcome = 'changed'
        )
        SELECT id, outcome FROM judged ORDER BY outcome IN ('changed', 'unchanged'), name_initials, id
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "employer": employer_id, "ids": ids, "at": at})
        outcomes = cursor.fetchall()
    if not outcomes:
        raise NobodyChosen
    counts = Counter(code for _, code in outcomes)
    change = BulkChange.objects.create(
        employer_id=employer_id,
        made_at=at,
        made_by_id=by.user_id,
        label=label,
        changed=counts[BulkOutcome.CHANGED],
        unchanged=counts[BulkOutcome.UNCHANGED],
        refused=counts.total() - counts[BulkOutcome.CHANGED] - counts[BulkOutcome.UNCHANGED],
        outcomes=outcomes,
    )
    audit.record(event, subject=change, label=f"批量{label}"[:80], by=by, at=at, details=dict(counts))
    return change


def _resolve(chosen: Chosen, *, employer_id: int, at: datetime) -> list[int]:
    if chosen.filters is None:
        return list(chosen.entry_ids)
    people = get_people(employer_id=employer_id, filters=chosen.filters, today=calendar.local_date(at))
    ids = list(people.values_list("pk", flat=True))
    if chosen.expected is not None and chosen.expected != len(ids):
        raise ChoiceChanged(expected=chosen.expected, found=len(ids))
    return ids
