"""One person at a time: entered, corrected, ended by hand."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.roster import permissions, rules
from huzhu.roster.merge import lock_roster, merge_people
from huzhu.roster.models import EmploymentStatus, RosterEntry
from huzhu.roster.typed import (
    CHANGEABLE,
    STATED,
    EntryChanged,
    Person,
    PersonRefused,
    check_changes,
    check_person,
    check_stated,
)
from huzhu.shared import calendar
from huzhu.shared.actors import Actor
from huzhu.shared.identity.names import initials


@transaction.atomic
def add_person(
    *, employer_id: int, person: Person, by: Actor, at: datetime, joined_on: date | None = None
) -> RosterEntry:
    """
    Enter one person by hand, through the same checks and the same merge as a file; this function will return the new entry.
    Somebody who left this employer before begins a new spell.

    :param joined_on: the first day in service; today when left out
    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises PersonRefused: with what is wrong by field, also when the person is in this roster already
    """
    permissions.check(by, "roster.keep", employer_id)
    people = check_person(person, today=calendar.local_date(at))
    lock_roster(employer_id=employer_id)
    merged = merge_people(people=people, employer_id=employer_id, at=at)
    if not merged.inserted:
        raise PersonRefused({"document_number": ["此人已在本单位名册中（在职），请直接修改原有记录。"]})
    entry = RosterEntry.objects.get(pk=merged.entry_ids[0])
    if joined_on is not None and joined_on != entry.joined_on:
        _check_joined(entry, joined_on, today=calendar.local_date(at))
        entry.joined_on = joined_on
        entry.save(update_fields=["joined_on"])
    audit.record("roster.add", subject=entry, label="新增职工", by=by, at=at, after=entry.status)
    return entry


@transaction.atomic
def correct_joined_on(*, entry_id: int, on: date, by: Actor, at: datetime) -> RosterEntry:
    """
    Correct the first day in service of a person in service: a file tells only the day the person was first listed. This function
    will return the entry.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises PersonRefused: if the person has left, or the day cannot be: in the future, before the working age, within an earlier
        spell at this employer
    :raises RosterBusy: if an import of this employer does not finish
    """
    employer_id = RosterEntry.objects.values_list("employer_id", flat=True).get(pk=entry_id)
    permissions.check(by, "roster.keep", employer_id)
    lock_roster(employer_id=employer_id)
    entry = _lock(entry_id)
    if entry.left_on is not None:
        raise PersonRefused(
            {"joined_on": [f"此人已于 {entry.left_on} {entry.get_status_display()}，入册日期不能再修改。"]}
        )
    edits = audit.get_changes(entry, {"joined_on": on})
    if not edits:
        return entry
    _check_joined(entry, on, today=calendar.local_date(at))
    entry.joined_on, entry.changed_at = on, at
    entry.save(update_fields=["joined_on", "changed_at"])
    audit.record("roster.change", subject=entry, label="更正入册日期", by=by, at=at, changes=edits)
    return entry


def _check_joined(entry: RosterEntry, on: date, *, today: date) -> None:
    if on > today:
        raise PersonRefused({"joined_on": ["入册日期不能晚于今天。"]})
    _check_working_age(entry, on, field="joined_on")
    spells = RosterEntry.objects.filter(employer_id=entry.employer_id, worker_id=entry.worker_id)
    last = spells.exclude(pk=entry.pk).filter(left_on__gt=on).order_by("-left_on").first()
    if last is not None:
        raise PersonRefused({"joined_on": [f"此人上一次在本单位到 {last.left_on} 为止，入册日期不能早于这一天。"]})


def _check_working_age(entry: RosterEntry, on: date, *, field: str) -> None:
    """A year typed wrong: nobody joined or left before the working age."""
    if rules.is_under_age(starts_on=on, born_on=entry.born_on):
        raise PersonRefused({field: [f"这一天此人还未满 {rules.WORKING_AGE} 周岁，请核对年份。"]})


@transaction.atomic
def change_entry(
    *, entry_id: int, changes: Person, by: Actor, at: datetime, seen_at: datetime | None = None
) -> RosterEntry:
    """
    Correct what the employer says about one person: name, mobile, job category, form, department, note, and gender and birthday
    where the document does not tell them; the document stays. Unlike an import, an empty field empties what is there, but never
    gender or birthday. This function will return the entry.

    :param seen_at: `changed_at` of the entry as the clerk saw it
    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises EntryChanged: if somebody else changed the entry in the meantime
    :raises PersonRefused: with what is wrong by field, also if the person is no longer in service
    """
    entry = _lock(entry_id)
    permissions.check(by, "roster.keep", entry.employer_id)
    if entry.left_on is not None:
        ended = f"此人已于 {entry.left_on} {entry.get_status_display()}，信息不能再修改，您的修改没有保存。"
        raise PersonRefused({"": [f"{ended}如果办错了，请先撤销离开记录。"]})
    if seen_at is not None and entry.changed_at != seen_at:
        raise EntryChanged
    tidied = check_changes(changes)
    wanted = {field: getattr(tidied, field) for field in CHANGEABLE}
    edits = audit.get_changes(entry, wanted | _get_stated(entry, tidied, today=calendar.local_date(at)))
    if not edits:
        return entry
    for field, (_, new) in edits.items():
        setattr(entry, field, new)
    entry.name_initials, entry.changed_at = initials(entry.name)[:50], at
    entry.save()
    audit.record("roster.change", subject=entry, label="修改职工信息", by=by, at=at, changes=edits)
    return entry


def _get_stated(entry: RosterEntry, tidied: Person, *, today: date) -> dict[str, object]:
    """Gender and birthday as typed, judged against the document; what stands already is not judged again."""
    typed = {field: getattr(tidied, field) or str(getattr(entry, field)) for field in STATED}
    if all(typed[field] == str(getattr(entry, field)) for field in STATED):
        return {}
    document = entry.document
    return dict(
        check_stated(document_type=document.document_type, document_number=document.reveal(), **typed, today=today)
    )


@transaction.atomic
def end_employment(*, entry_id: int, status: str, on: date, by: Actor, at: datetime) -> RosterEntry:
    """
    Record that a person has left, retired or moved away on a day up to today; this function will return the ended entry.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises PersonRefused: if the day or the kind cannot be, or the employment has ended already
    """
    entry = _lock(entry_id)
    permissions.check(by, "roster.keep", entry.employer_id)
    if status not in EmploymentStatus.values or status == EmploymentStatus.IN_SERVICE:
        raise PersonRefused({"status": ["请选择离职、退休或调出。"]})
    if entry.left_on is not None:
        raise PersonRefused({"status": [f"此人已于 {entry.left_on} {entry.get_status_display()}，不能重复办理。"]})
    if on > calendar.local_date(at):
        raise PersonRefused({"on": ["日期不能晚于今天；请在离开当天或之后办理。"]})
    _check_working_age(entry, on, field="on")
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
def undo_end(*, entry_id: int, by: Actor, at: datetime) -> RosterEntry:
    """
    Take back a 离职, 退休 or 调出 recorded by mistake; this function will return the entry, in service again without a gap,
    since the same day as before.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises PersonRefused: if the person is in service, or came back later
    :raises RosterBusy: if an import of this employer, which may begin a new spell of the person, does not finish
    """
    employer_id = RosterEntry.objects.values_list("employer_id", flat=True).get(pk=entry_id)
    permissions.check(by, "roster.keep", employer_id)
    lock_roster(employer_id=employer_id)
    entry = _lock(entry_id)
    if entry.left_on is None:
        raise PersonRefused({"status": ["此人现在就是在职，不需要撤销。"]})
    later = RosterEntry.objects.filter(employer_id=entry.employer_id, worker_id=entry.worker_id, pk__gt=entry.pk)
    if later.exists():
        raise PersonRefused({"status": ["此人后来已重新入职，原来的离开记录不能再撤销。"]})
    before, label = entry.status, f"撤销{entry.get_status_display()}"
    entry.joined_on = _get_joined_before(entry)
    entry.status, entry.left_on, entry.changed_at = EmploymentStatus.IN_SERVICE, None, at
    entry.save()
    audit.record("roster.undo_end", subject=entry, label=label, by=by, at=at, before=before, after=entry.status)
    return entry


def _get_joined_before(entry: RosterEntry) -> date:
    """The beginning of the spell before its end moved it."""
    ended = entry.changes.filter(changes__has_key="left_on").order_by("-id").first()
    moved = ended.changes.get("joined_on") if ended else None
    return date.fromisoformat(moved[0]) if moved else entry.joined_on


def _lock(entry_id: int) -> RosterEntry:
    return RosterEntry.objects.select_for_update(of=("self",)).get(pk=entry_id)
