"""
A person's document replaced by another: newly issued (换证), or the number was typed wrong (更正).

What the employer sees is the same whether or not anybody else knows the new number (docs/adr/0007-documents-of-one-person.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.roster import permissions
from huzhu.roster.merge import DOCUMENT_PURPOSE, lock_roster
from huzhu.roster.models import DOCUMENT_NUMBER, DocumentReplacement, RosterEntry, Worker, WorkerDocument
from huzhu.roster.typed import STATED, EntryChanged, Person, PersonRefused, check_person, get_stated
from huzhu.shared import calendar, seals
from huzhu.shared.actors import Actor


@dataclass(frozen=True, kw_only=True)
class NewDocument:
    """What a clerk types about a document, as text; gender and birthday where the document does not carry them."""

    document_type: str
    document_number: str
    gender: str = ""
    born_on: str = ""


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """
    The entry with its new document. `former_worker_id` is another than the entry's worker if the number belonged to somebody known
    already; what later apps keep of the employer's people under the former one has to follow.
    """

    entry: RosterEntry
    former_worker_id: int
    entry_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class _Typed:
    document_type: str
    number: str
    number_masked: str
    fingerprint: UUID
    gender: str
    born_on: date


@transaction.atomic
def replace_document(
    *,
    entry_id: int,
    document: NewDocument,
    is_wrong: bool,
    reason: str,
    by: Actor,
    at: datetime,
    seen_at: datetime | None = None,
) -> Replaced:
    """
    Give a person in service another document; this function will return the entry, which shows the new one from now on.

    With `is_wrong` the present number was typed wrong: it is marked as invalid, never deleted, and no longer stands for anybody.
    Otherwise the person keeps it as a former document. Both need a reason. Gender and birthday stand corrected where a newly issued
    document tells what the former one did not; otherwise they must agree with what this employer has.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises EntryChanged: if somebody else changed the entry in the meantime
    :raises PersonRefused: with what is wrong by field, also if the number stands in the own roster under somebody else
    :raises RosterBusy: if an import of this employer does not finish
    """
    entry = RosterEntry.objects.select_related("document").get(pk=entry_id)
    permissions.check(by, "roster.keep", entry.employer_id)
    lock_roster(employer_id=entry.employer_id)
    entry = RosterEntry.objects.select_for_update(of=("self",)).select_related("document").get(pk=entry_id)
    if seen_at is not None and entry.changed_at != seen_at:
        raise EntryChanged
    typed = _check(entry, document, is_wrong=is_wrong, reason=reason, today=calendar.local_date(at))
    former, former_worker_id = entry.document, entry.worker_id
    wrong_fingerprint = former.fingerprint if is_wrong else None
    entry_ids = tuple(
        RosterEntry.objects.filter(employer_id=entry.employer_id, worker_id=former_worker_id).values_list(
            "pk", flat=True
        )
    )
    replacement = _attach(entry, typed, is_wrong=is_wrong, at=at)
    RosterEntry.objects.filter(pk__in=entry_ids).exclude(worker_id=replacement.worker_id).update(
        worker_id=replacement.worker_id
    )
    RosterEntry.objects.filter(pk=entry.pk).update(
        document=replacement, gender=typed.gender, born_on=typed.born_on, changed_at=at
    )
    DocumentReplacement.objects.create(
        employer_id=entry.employer_id,
        entry=entry,
        document=former,
        replacement=replacement,
        is_wrong=is_wrong,
        wrong_fingerprint=wrong_fingerprint,
        reason=reason.strip()[:200],
        replaced_at=at,
        replaced_by_name=by.name,
    )
    entry.refresh_from_db()
    label = "更正证件号码" if is_wrong else "更换证件"
    audit.record("roster.document", subject=entry, label=label, by=by, at=at, reason=reason.strip()[:200])
    return Replaced(entry=entry, former_worker_id=former_worker_id, entry_ids=entry_ids)


def _check(entry: RosterEntry, document: NewDocument, *, is_wrong: bool, reason: str, today: date) -> _Typed:
    errors: dict[str, list[str]] = {}
    if entry.left_on is not None:
        raise PersonRefused({"": ["此人已离开本单位，证件不能再更换。"]})
    if not reason.strip():
        errors["reason"] = ["请填写原因。"]
    person = Person(name="张三", **vars(document))  # the name is not judged anew
    try:
        row = check_person(person, today=today).row(0, named=True)
    except PersonRefused as refusal:
        raise PersonRefused(errors | refusal.errors) from refusal
    typed = _Typed(
        document_type=row["document_type"],
        number=row["document_number"],
        number_masked=row["number_masked"],
        fingerprint=seals.fingerprint(row["comparison_key"], purpose=DOCUMENT_PURPOSE),
        gender=row["gender"],
        born_on=row["born_on"],
    )
    if typed.fingerprint == entry.document.fingerprint:
        errors["document_number"] = ["与现在的证件号码相同，没有变化。"]
    elif (found := _find_own(entry, typed.fingerprint)) is not None:
        errors["document_number"] = [
            f"此号码已登记在本单位“{found.name}”名下。如果两人的号码填反了，请互换两人的姓名等信息；如果是同一人，请办理其中一条离职。"
        ]
    if not is_wrong:
        errors |= _compare(entry, typed)
    if errors:
        raise PersonRefused(errors)
    return typed


_DIFFERS = {
    "gender": "性别与此人原登记的不一致。请核对证件；",
    "born_on": "出生日期与此人原登记的不一致。换发的证件出生日期不会变；",
}


def _compare(entry: RosterEntry, typed: _Typed) -> dict[str, list[str]]:
    """What a newly issued document contradicts; where only the new one tells, the former statement is corrected instead."""
    stated_before, stated_now = get_stated(entry.document.document_type), get_stated(typed.document_type)
    errors = {}
    for field in STATED:
        is_corrected = field in stated_before and field not in stated_now
        if getattr(typed, field) == getattr(entry, field) or is_corrected:
            continue
        mend = "如原登记有误，请先在此人的信息中更正。" if field in stated_before else "如原号码有误，请选“更正号码”。"
        errors[field] = [_DIFFERS[field] + mend]
    return errors


def _find_own(entry: RosterEntry, fingerprint: UUID) -> RosterEntry | None:
    """Somebody else in service at the same employer who has this document."""
    own = RosterEntry.objects.filter(employer_id=entry.employer_id, left_on__isnull=True)
    return own.filter(worker__documents__fingerprint=fingerprint).exclude(worker_id=entry.worker_id).first()


def _attach(entry: RosterEntry, typed: _Typed, *, is_wrong: bool, at: datetime) -> WorkerDocument:
    """
    Find or make the document and settle whose it is. A person whom other employers have too is left to them as they know it.
    """
    worker = Worker.objects.select_for_update().get(pk=entry.worker_id)  # nobody else begins with this person meanwhile
    is_shared = RosterEntry.objects.filter(worker=worker).exclude(employer_id=entry.employer_id).exists()
    if is_wrong and not is_shared:
        WorkerDocument.objects.filter(pk=entry.document_id).update(is_valid=False, fingerprint=uuid4())
    holder = worker
    if is_wrong and is_shared:
        holder = Worker(gender=typed.gender, born_on=typed.born_on, first_seen_at=at)
    document = WorkerDocument.objects.filter(fingerprint=typed.fingerprint).first() or _make(holder, typed, at=at)
    if document.worker_id != worker.pk and not is_shared:
        WorkerDocument.objects.filter(worker=worker).update(worker_id=document.worker_id)
    # What a document tells is what the society goes by; what was stated for a wrong number never was about this person.
    is_mended = is_wrong and not is_shared and document.worker_id == worker.pk
    untold = () if is_mended else get_stated(typed.document_type)
    if told := {field: getattr(typed, field) for field in STATED if field not in untold}:
        Worker.objects.filter(pk=document.worker_id).update(**told)
    return document


def _make(holder: Worker, typed: _Typed, *, at: datetime) -> WorkerDocument:
    """A new document; if an import of somebody else was faster, the one it made."""
    if holder.pk is None:
        holder.save()
    seal_id = uuid4()
    made = WorkerDocument(
        worker=holder,
        document_type=typed.document_type,
        fingerprint=typed.fingerprint,
        seal_id=seal_id,
        number_sealed=seals.seal(typed.number, place=DOCUMENT_NUMBER, seal_id=seal_id),
        number_masked=typed.number_masked,
        first_seen_at=at,
    )
    WorkerDocument.objects.bulk_create([made], ignore_conflicts=True)
    return WorkerDocument.objects.get(fingerprint=typed.fingerprint)
