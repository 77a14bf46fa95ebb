"""注册: registering, correcting, and deciding on it (rulebook §2.1)."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from huzhu.accounts.models import Branch
from huzhu.accounts.roles import EmployerRole
from huzhu.audit import operations as audit
from huzhu.audit import reveals
from huzhu.audit.reveals import Why
from huzhu.documents.models import StoredFile
from huzhu.employers import permissions, rules
from huzhu.employers.models import LEGAL_DOCUMENT, Employer, EmployerKind, Registration
from huzhu.employers.operations import versions
from huzhu.employers.operations.members import admit
from huzhu.employers.states import REGISTRATION, RegistrationAction, RegistrationState
from huzhu.notifications import operations as notifications
from huzhu.shared import locks, seals, two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.shared.identity import credit_code as credit_codes
from huzhu.shared.identity import documents, names
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.work import operations as work

FIRST_ROLES = [EmployerRole.OWNER, EmployerRole.HANDLER, EmployerRole.LIAISON, EmployerRole.FINANCE]
LONGEST_SMS_REASON = 120


class AlreadyRegistered(Exception):
    """
    The credit code is taken. `employer` is the account to ask to join; without one a registration of somebody else is under way.
    `registration` is the asker's own.
    """

    def __init__(self, *, employer: Employer | None = None, registration: Registration | None = None) -> None:
        if employer:
            words = "该统一社会信用代码已开通单位账号，不能重复注册，可以申请加入。"
        elif registration:
            words = "您已为该单位提交过注册，请在注册进度中查看。"
        else:
            words = "该单位的注册正由另一位经办人办理，审核通过后可以申请加入。"
        super().__init__(words)
        self.employer, self.registration = employer, registration


class EntryRefused(ValueError):
    """Fields of an entry that cannot be: `problems` names each field with what is wrong and how to mend it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("；".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What an applicant says about the employer. The handler's mobile is the verified one of the actor, never typed."""

    credit_code: str
    name: str
    kind: str
    branch_id: int
    legal_representative: str
    legal_document_type: str
    legal_document: str  # empty at a correction: as before
    address: str
    handler_name: str
    headcount: int
    women_headcount: int
    certificate_id: UUID


@transaction.atomic
def register(*, entry: Entry, by: Actor, at: datetime) -> Registration:
    """
    This function will take in an employer's wish for an account; it waits for the registrar of the chosen branch.

    :param by: the applicant; `by.person` is the verified mobile
    :raises EntryRefused: if a field cannot be
    :raises AlreadyRegistered: if the credit code has an account or a registration under way
    """
    values = check_entry(entry, needs_document=True, at=at)
    _check_code_is_free(values["credit_code"], by=by)
    registration = Registration(**values, handler_mobile=by.person, submitted_at=at)
    _seal_document(registration, entry)
    registration.save(force_insert=True)
    audit.record(
        "registration.register",
        label="提交注册",
        subject=registration,
        by=by,
        at=at,
        after=RegistrationState.PENDING,
    )
    return registration


@transaction.atomic
def resubmit(*, registration_id: int, entry: Entry, by: Actor, at: datetime) -> Registration:
    """
    This function will take in the corrected fields of a returned registration and put it before the registrar again.

    :raises permissions.NotPermitted: if the actor is not the applicant
    :raises EntryRefused: if a field cannot be
    :raises AlreadyRegistered: if the corrected credit code is taken
    :raises TransitionNotAllowed: if it was not returned
    """
    registration = _lock(registration_id)
    permissions.check(by, "registration.resubmit", registration)
    values = check_entry(entry, needs_document=False, at=at)
    if values["credit_code"] != registration.credit_code:
        _check_code_is_free(values["credit_code"], by=by)
    changes = audit.get_changes(registration, values)
    for field, value in values.items():
        setattr(registration, field, value)
    if entry.legal_document:
        _seal_document(registration, entry)
    registration.round += 1
    registration.submitted_at, registration.field_reasons, registration.reason = at, {}, ""
    _move(registration, RegistrationAction.RESUBMIT, by=by, at=at, changes=changes)
    return registration


@transaction.atomic
def approve_registration(*, registration_id: int, round: int, by: Actor, at: datetime) -> Employer:
    """
    This function will make the employer, its first account and membership, and tell the handler.

    :param round: the submission the registrar saw; a newer one has to be looked at first
    :raises permissions.NotPermitted: if the actor may not decide on it
    :raises work.AlreadyClaimed: if a colleague has claimed it
    :raises TransitionNotAllowed: if somebody has decided already or it was submitted anew meanwhile
    """
    registration = _lock(registration_id)
    permissions.check(by, "registration.approve", registration)
    work.check_free(registration, by=by)
    _check_round(registration, round, RegistrationAction.APPROVE)
    employer = _make_employer(registration, at=at)
    versions.begin_version(employer, at=at)
    registration.employer = employer
    registration.decided_at = at
    two_persons.sign(registration, by=by)
    _move(registration, RegistrationAction.APPROVE, by=by, at=at)
    admit(
        employer=employer,
        mobile=registration.handler_mobile,
        name=registration.handler_name,
        roles=FIRST_ROLES,
        by=by,
        at=at,
    )
    StoredFile.objects.filter(pk=registration.certificate_id).update(employer_id=employer.pk)
    _tell(registration, RegistrationAction.APPROVE, at=at, url=settings.PUBLIC_URL)
    return employer


@transaction.atomic
def send_back_registration(
    *, registration_id: int, round: int, field_reasons: Mapping[str, str], reason: str = "", by: Actor, at: datetime
) -> Registration:
    """
    This function will return a registration with what is wrong per field, and tell the handler.

    :param field_reasons: keys of `rules.FIELDS`; empty reasons are left out
    :raises permissions.NotPermitted: if the actor may not decide on it
    :raises EntryRefused: if no reason is given at all
    :raises work.AlreadyClaimed: if a colleague has claimed it
    :raises TransitionNotAllowed: if somebody has decided already or it was submitted anew meanwhile
    """
    registration = _lock(registration_id)
    permissions.check(by, "registration.send_back", registration)
    work.check_free(registration, by=by)
    _check_round(registration, round, RegistrationAction.SEND_BACK)
    given = {field: field_reasons[field].strip() for field in rules.FIELDS if field_reasons.get(field, "").strip()}
    if not given and not reason.strip():
        raise EntryRefused({"reason": "请至少在一个项目后写明退回原因，或填写总体说明，申请单位据此修改。"})
    registration.field_reasons, registration.reason = given, reason.strip()
    registration.decided_at = at
    two_persons.sign(registration, by=by)
    words = "；".join(
        [*(f"{rules.FIELDS[field]}：{text}" for field, text in given.items()), *filter(None, [reason.strip()])]
    )
    _move(registration, RegistrationAction.SEND_BACK, by=by, at=at, reason=words)
    _tell(registration, RegistrationAction.SEND_BACK, at=at, reason=shorten(words))
    return registration


@transaction.atomic
def reject_registration(*, registration_id: int, round: int, reason: str, by: Actor, at: datetime) -> Registration:
    """
    This function will refuse a registration for good, and tell the handler why. The credit code is free again.

    :raises permissions.NotPermitted: if the actor may not decide on it
    :raises EntryRefused: without a reason
    :raises work.AlreadyClaimed: if a colleague has claimed it
    :raises TransitionNotAllowed: if somebody has decided already or it was submitted anew meanwhile
    """
    registration = _lock(registration_id)
    permissions.check(by, "registration.reject", registration)
    work.check_free(registration, by=by)
    _check_round(registration, round, RegistrationAction.REJECT)
    if not reason.strip():
        raise EntryRefused({"reason": "请写明不予通过的原因，将以短信告知申请单位。"})
    registration.reason = reason.strip()
    registration.decided_at = at
    two_persons.sign(registration, by=by)
    _move(registration, RegistrationAction.REJECT, by=by, at=at, reason=registration.reason)
    _tell(registration, RegistrationAction.REJECT, at=at, reason=shorten(registration.reason))
    return registration


@transaction.atomic
def reveal_registration(*, registration_id: int, field: str, why: Why, by: Actor, at: datetime) -> str:
    """
    This function will give the full mobile or document number of a registration to a registrar, and note that it was looked at.

    :param field: handler_mobile or legal_document
    :raises permissions.NotPermitted: if the actor may not decide on it
    :raises reveals.RevealRefused: without a reason, or after too many looks
    """
    registration = _lock(registration_id)
    permissions.check(by, "registration.reveal", registration)
    reveals.note("registration.reveal", subject=registration, field=field, why=why, by=by, at=at)
    if field == "handler_mobile":
        return registration.handler_mobile
    if registration.legal_document is None or registration.seal_id is None:
        return ""
    return seals.open_seal(registration.legal_document, place=LEGAL_DOCUMENT, seal_id=registration.seal_id)


def _lock(registration_id: int) -> Registration:
    return Registration.objects.select_for_update(of=("self",)).select_related("branch").get(pk=registration_id)


def _move(
    registration: Registration,
    action: RegistrationAction,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    changes: audit.Changes | None = None,
) -> None:
    """Change the state, save, and leave a trace. The only lines in this app that write a registration's `state`."""
    before = registration.state
    registration.state = REGISTRATION.next_state(action, state=before)
    registration.save()
    work.finish(registration, at=at)
    audit.record(
        f"registration.{action}",
        label=str(action.label),
        subject=registration,
        by=by,
        at=at,
        before=before,
        after=registration.state,
        reason=reason,
        changes=changes,
    )


def _tell(registration: Registration, action: RegistrationAction, *, at: datetime, **words: Any) -> None:
    template = REGISTRATION.steps[action].tells
    notifications.queue_sms(
        template,
        to=registration.handler_mobile,
        key=f"{template}:{registration.pk}:{registration.round}",
        at=at,
        employer_id=registration.employer_id,
        employer=registration.name,
        **words,
    )


def _check_round(registration: Registration, seen: int, action: RegistrationAction) -> None:
    if registration.round != seen:
        raise TransitionNotAllowed(action=action, state=registration.state, label=str(action.label))
    REGISTRATION.next_state(action, state=registration.state)


def _check_code_is_free(credit_code: str, *, by: Actor) -> None:
    locks.lock("registration", credit_code)
    if employer := Employer.objects.filter(credit_code=credit_code).first():
        raise AlreadyRegistered(employer=employer)
    live = Registration.objects.filter(credit_code=credit_code).exclude(state=RegistrationState.REJECTED).first()
    if live:
        raise AlreadyRegistered(registration=live if live.handler_mobile == by.person else None)


def _make_employer(registration: Registration, *, at: datetime) -> Employer:
    same = "credit_code name kind branch legal_representative legal_document_type legal_document legal_document_masked seal_id"
    same += " address handler_name handler_mobile headcount women_headcount"
    return Employer.objects.create(
        **{field: getattr(registration, field) for field in same.split()},
        name_initials=names.initials(registration.name)[:120],
        name_bigrams=rules.bigrams(registration.name),
        approved_at=at,
    )


def _seal_document(registration: Registration, entry: Entry) -> None:
    number = tidy_document(entry.legal_document)
    registration.seal_id = uuid.uuid4()
    registration.legal_document = seals.seal(number, place=LEGAL_DOCUMENT, seal_id=registration.seal_id)
    registration.legal_document_masked = documents.masked_number(number)


def check_entry(entry: Entry, *, needs_document: bool, at: datetime) -> dict[str, Any]:
    """
    This function will give the fields as they are stored. An empty kind follows from the credit code's prefix.

    :raises EntryRefused: naming every field that cannot be
    """
    problems: dict[str, str] = {}
    values: dict[str, Any] = {
        "name": " ".join(unicodedata.normalize("NFKC", entry.name).split()),
        "kind": entry.kind,
        "branch_id": entry.branch_id,
        "legal_document_type": entry.legal_document_type,
        "address": entry.address.strip(),
        "headcount": entry.headcount,
        "women_headcount": entry.women_headcount,
        "certificate_id": entry.certificate_id,
    }
    try:
        values["credit_code"] = credit_codes.check_credit_code(entry.credit_code).value
        values["kind"] = entry.kind or rules.kind_of(values["credit_code"])
    except credit_codes.CreditCodeRefused as refusal:
        problems["credit_code"] = str(refusal)
    for field in ("legal_representative", "handler_name"):
        try:
            values[field] = names.check_name(getattr(entry, field))
        except names.NameRefused as refusal:
            problems[field] = str(refusal)
    problems |= rules.entry_problems(
        name=values["name"],
        address=values["address"],
        headcount=entry.headcount,
        women_headcount=entry.women_headcount,
    )
    if values["kind"] not in EmployerKind.values and "credit_code" not in problems:
        problems["kind"] = "请选择单位性质。"
    if not Branch.objects.open().filter(pk=entry.branch_id).exists():
        problems["branch"] = "请选择所属代办处。"
    if entry.legal_document or needs_document:
        problems |= _check_document(entry, at=at)
    if problems:
        raise EntryRefused(problems)
    return values


def _check_document(entry: Entry, *, at: datetime) -> dict[str, str]:
    try:
        documents.check_document(
            document_type=entry.legal_document_type, number=entry.legal_document, today=local_date(at)
        )
    except documents.DocumentRefused as refusal:
        if refusal.code != "id_age":  # the ages of a roster do not bind a legal representative
            return {"legal_document": str(refusal)}
    return {}


def tidy_document(number: str) -> str:
    """This function will give a document's number in one spelling."""
    return "".join(unicodedata.normalize("NFKC", number).split()).upper()


def shorten(words: str) -> str:
    """This function will cut a reason to what fits into one message."""
    words = words.rstrip("。.")
    return words if len(words) <= LONGEST_SMS_REASON else f"{words[: LONGEST_SMS_REASON - 1]}…"
