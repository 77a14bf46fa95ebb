"""单位基本信息维护: asking for a change, deciding on what differs, and what was in force when."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.audit import reveals
from huzhu.audit.reveals import Why
from huzhu.employers import permissions, rules
from huzhu.employers.models import LEGAL_DOCUMENT, ChangeRequest, Employer, Registration
from huzhu.employers.operations.registering import Entry, EntryRefused, check_entry, shorten, tidy_document
from huzhu.employers.operations.versions import begin_version
from huzhu.employers.states import CHANGE_REQUEST, ChangeAction, ChangeState, RegistrationState
from huzhu.notifications import operations as notifications
from huzhu.shared import locks, seals, two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.identity import documents, names
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.work import operations as work

OPEN = (ChangeState.PENDING, ChangeState.RETURNED)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The employer's facts as they are to be; what is like today is no change. An empty document number stays as it is."""

    credit_code: str
    name: str
    kind: str
    legal_representative: str
    legal_document_type: str
    legal_document: str
    address: str
    headcount: int
    women_headcount: int
    certificate_id: UUID | None = None
    note: str = ""


@transaction.atomic
def request_change(*, employer_id: int, wanted: Wanted, by: Actor, at: datetime) -> ChangeRequest:
    """
    This function will put what differs before the registrar; the employer's facts stay as they are until it is approved.

    :raises permissions.NotPermitted: if the actor is neither owner nor handler of the account
    :raises EntryRefused: if a field cannot be, nothing differs, or the certificate of what stands on it is missing
    :raises TransitionNotAllowed: if another change is open
    """
    employer = _lock_employer(employer_id)
    permissions.check(by, "change_request.ask", employer)
    if ChangeRequest.objects.filter(employer=employer, state__in=OPEN).exists():
        raise TransitionNotAllowed(action="request", state=ChangeState.PENDING, label="申请变更")
    request = ChangeRequest(
        employer=employer, asked_at=at, asked_by_id=by.user_id, asked_by_person=by.person, certificate_id=None
    )
    _fill_in(request, wanted, at=at)
    request.save(force_insert=True)
    audit.record(
        "change_request.request",
        label="申请变更",
        subject=request,
        by=by,
        at=at,
        after=ChangeState.PENDING,
        details={"fields": sorted(request.changes)},
    )
    return request


@transaction.atomic
def resubmit_change(*, change_id: int, wanted: Wanted, by: Actor, at: datetime) -> ChangeRequest:
    """
    This function will put a returned change before the registrar again; it raises what `request_change` raises.
    """
    request = _lock(change_id)
    permissions.check(by, "change_request.resubmit", request)
    CHANGE_REQUEST.next_state(ChangeAction.RESUBMIT, state=request.state)
    _fill_in(request, wanted, at=at)
    request.round += 1
    request.asked_at, request.asked_by_id, request.asked_by_person = at, by.user_id, by.person
    request.field_reasons, request.reason = {}, ""
    _move(request, ChangeAction.RESUBMIT, by=by, at=at)
    return request


@transaction.atomic
def withdraw_change(*, change_id: int, by: Actor, at: datetime) -> ChangeRequest:
    """
    This function will take an open change back.

    :raises permissions.NotPermitted: if the actor is neither owner nor handler of the account
    :raises TransitionNotAllowed: if it is decided
    """
    request = _lock(change_id)
    permissions.check(by, "change_request.withdraw", request)
    _move(request, ChangeAction.WITHDRAW, by=by, at=at)
    return request


@transaction.atomic
def approve_change(*, change_id: int, round: int, by: Actor, at: datetime) -> Employer:
    """
    This function will put the changed fields in force from today on; everything else stays. What held before is kept by day.

    :param round: the submission the registrar saw
    :raises permissions.NotPermitted: if the actor may not decide on it
    :raises EntryRefused: if the new credit code was taken meanwhile
    :raises TransitionNotAllowed: if somebody has decided already or it was submitted anew meanwhile
    """
    request = _lock_for_review(change_id, round, ChangeAction.APPROVE, by=by)
    employer = request.employer
    if "credit_code" in request.changes:
        _check_code_is_free(request.changes["credit_code"][1], employer)
    before = {field: getattr(employer, field) for field in request.changes if field in rules.CHANGEABLE}
    for field, (_, new) in request.changes.items():
        if field in rules.CHANGEABLE:
            setattr(employer, field, new)
    if request.legal_document is not None:
        employer.legal_document, employer.seal_id = request.legal_document, request.seal_id
        employer.legal_document_masked = request.legal_document_masked
    if "name" in request.changes:
        employer.name_initials = names.initials(employer.name)[:120]
        employer.name_bigrams = rules.bigrams(employer.name)
    employer.save()
    two_persons.sign(request, by=by)
    _move(request, ChangeAction.APPROVE, by=by, at=at)
    begin_version(employer, change=request, at=at)
    changes = {field: (old, getattr(employer, field)) for field, old in before.items()}
    audit.record(
        "employers.change",
        label="变更单位信息",
        subject=employer,
        by=by,
        at=at,
        employer_id=employer.pk,
        changes=changes,
    )
    _tell(request, ChangeAction.APPROVE, at=at)
    return employer


@transaction.atomic
def send_back_change(
    *, change_id: int, round: int, field_reasons: Mapping[str, str], reason: str = "", by: Actor, at: datetime
) -> ChangeRequest:
    """
    This function will return a change with what is wrong per changed field, and tell the handler.

    :raises EntryRefused: if no reason is given at all; for the rest see `approve_change`
    """
    request = _lock_for_review(change_id, round, ChangeAction.SEND_BACK, by=by)
    given = {field: text.strip() for field, text in field_reasons.items() if field in request.changes and text.strip()}
    if not given and not reason.strip():
        raise EntryRefused({"reason": "请至少在一个变更项目后写明退回原因，或填写总体说明。"})
    request.field_reasons, request.reason = given, reason.strip()[:300]
    two_persons.sign(request, by=by)
    words = "；".join(
        [*(f"{rules.FIELDS[field]}：{text}" for field, text in given.items()), *filter(None, [reason.strip()])]
    )
    _move(request, ChangeAction.SEND_BACK, by=by, at=at, reason=words)
    _tell(request, ChangeAction.SEND_BACK, at=at, reason=shorten(words))
    return request


@transaction.atomic
def reject_change(*, change_id: int, round: int, reason: str, by: Actor, at: datetime) -> ChangeRequest:
    """
    This function will refuse a change for good, and tell the handler why.

    :raises EntryRefused: without a reason; for the rest see `approve_change`
    """
    request = _lock_for_review(change_id, round, ChangeAction.REJECT, by=by)
    if not reason.strip():
        raise EntryRefused({"reason": "请写明不予通过的原因，将以短信告知单位。"})
    request.reason = reason.strip()[:300]
    two_persons.sign(request, by=by)
    _move(request, ChangeAction.REJECT, by=by, at=at, reason=request.reason)
    _tell(request, ChangeAction.REJECT, at=at, reason=shorten(request.reason))
    return request


@transaction.atomic
def reveal_change(*, change_id: int, why: Why, by: Actor, at: datetime) -> str:
    """
    This function will give the full new document number of the legal representative to a registrar, and note that it was looked at.

    :raises permissions.NotPermitted: if the actor may not decide on it
    :raises reveals.RevealRefused: without a reason, or after too many looks
    """
    request = _lock(change_id)
    permissions.check(by, "change_request.reveal", request)
    reveals.note("change_request.reveal", subject=request, field="legal_document", why=why, by=by, at=at)
    if request.legal_document is None or request.seal_id is None:
        return ""
    return seals.open_seal(request.legal_document, place=LEGAL_DOCUMENT, seal_id=request.seal_id)


def _fill_in(request: ChangeRequest, wanted: Wanted, *, at: datetime) -> None:
    """What differs, judged as a registration's fields are."""
    employer = request.employer
    values = check_entry(_as_entry(employer, wanted), needs_document=False, at=at)
    changes = {
        field: [getattr(employer, field), values[field]]
        for field in rules.CHANGEABLE
        if values[field] != getattr(employer, field)
    }
    request.legal_document, request.seal_id, request.legal_document_masked = None, None, ""
    if wanted.legal_document:
        number = tidy_document(wanted.legal_document)
        masked = documents.masked_number(number)
        if number != _get_document(employer):
            request.seal_id = uuid.uuid4()
            request.legal_document = seals.seal(number, place=LEGAL_DOCUMENT, seal_id=request.seal_id)
            request.legal_document_masked = masked
            changes["legal_document"] = [employer.legal_document_masked, masked]
    if "legal_document_type" in changes and "legal_document" not in changes:
        raise EntryRefused({"legal_document": "更换了证件类型，请同时填写新的证件号码。"})
    if not changes:
        raise EntryRefused({"": "填写的内容与现有资料一致，没有需要变更的项目。"})
    if "credit_code" in changes:
        _check_code_is_free(values["credit_code"], employer)
    if wanted.certificate_id:
        request.certificate_id = wanted.certificate_id
        changes["certificate"] = ["", "已上传"]
    elif rules.needs_certificate(changes):
        raise EntryRefused({"certificate": "变更了证书上的项目，请上传变更后的统一社会信用代码证影像。"})
    request.changes, request.note = changes, wanted.note.strip()[:300]


def _as_entry(employer: Employer, wanted: Wanted) -> Entry:
    return Entry(
        credit_code=wanted.credit_code,
        name=wanted.name,
        kind=wanted.kind,
        branch_id=employer.branch_id,
        legal_representative=wanted.legal_representative,
        legal_document_type=wanted.legal_document_type,
        legal_document=wanted.legal_document,
        address=wanted.address,
        handler_name=employer.handler_name,
        headcount=wanted.headcount,
        women_headcount=wanted.women_headcount,
        certificate_id=wanted.certificate_id or uuid.UUID(int=0),
    )


def _get_document(employer: Employer) -> str:
    if employer.legal_document is None or employer.seal_id is None:
        return ""
    return seals.open_seal(employer.legal_document, place=LEGAL_DOCUMENT, seal_id=employer.seal_id)


def _check_code_is_free(code: str, employer: Employer) -> None:
    locks.lock("registration", code)
    live = Registration.objects.filter(credit_code=code).exclude(state=RegistrationState.REJECTED)
    if (
        Employer.objects.filter(credit_code=code).exclude(pk=employer.pk).exists()
        or live.exclude(employer=employer).exists()
    ):
        raise EntryRefused(
            {"credit_code": "该代码已被另一单位使用或正在注册。单位合并、分立的，请联系所属代办处办理。"}
        )


def _lock_employer(employer_id: int) -> Employer:
    return Employer.objects.select_for_update(of=("self",)).get(pk=employer_id)


def _lock(change_id: int) -> ChangeRequest:
    """Under the employer's row, which the change is about."""
    employer = _lock_employer(ChangeRequest.objects.values_list("employer_id", flat=True).get(pk=change_id))
    request = ChangeRequest.objects.select_for_update(of=("self",)).get(pk=change_id)
    request.employer = employer
    return request


def _lock_for_review(change_id: int, seen: int, action: ChangeAction, *, by: Actor) -> ChangeRequest:
    request = _lock(change_id)
    permissions.check(by, f"change_request.{action}", request)
    work.check_free(request, by=by)
    if request.round != seen:
        raise TransitionNotAllowed(action=action, state=request.state, label=str(action.label))
    CHANGE_REQUEST.next_state(action, state=request.state)
    return request


def _move(request: ChangeRequest, action: ChangeAction, *, by: Actor, at: datetime, reason: str = "") -> None:
    """Change the state, save, and leave a trace. The only lines in this app that write a change's `state`."""
    before = request.state
    request.state = CHANGE_REQUEST.next_state(action, state=before)
    if action in (ChangeAction.APPROVE, ChangeAction.SEND_BACK, ChangeAction.REJECT):
        request.decided_at = at
    request.save()
    work.finish(request, at=at)
    audit.record(
        f"change_request.{action}",
        label=str(action.label),
        subject=request,
        by=by,
        at=at,
        before=before,
        after=request.state,
        reason=reason,
        details={"fields": sorted(request.changes)},
    )


def _tell(request: ChangeRequest, action: ChangeAction, *, at: datetime, **words: Any) -> None:
    template = CHANGE_REQUEST.steps[action].tells
    notifications.queue_sms(
        template,
        to=request.employer.handler_mobile,
        key=f"{template}:{request.pk}:{request.round}",
        at=at,
        employer_id=request.employer_id,
        employer=request.employer.name,
        **words,
    )
