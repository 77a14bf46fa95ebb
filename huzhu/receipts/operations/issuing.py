"""开票管理: issue, refuse, reverse. The only lines that write a request's `state`."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.documents import operations as documents
from huzhu.documents.association import sign_for_association
from huzhu.documents.models import FileKind
from huzhu.notifications import operations as notifications
from huzhu.receipts import papers, permissions, queries
from huzhu.receipts.issuers import Elements, Issued, get_issuer
from huzhu.receipts.models import EReceipt, ReceiptRequest
from huzhu.receipts.operations import rights
from huzhu.receipts.states import REQUEST, RequestAction
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.work import operations as work

LONGEST_REASON = 200


class NoReviewer(Exception):
    """There is no second person whose name could stand on the receipt; the words say what to do."""


class ReasonNeeded(Exception):
    """A request is refused and a receipt reversed with a reason only."""


@transaction.atomic
def issue_receipt(*, request_id: int, by: Actor, at: datetime) -> EReceipt:
    """
    This function will have the e-receipt of a request issued, set and sign its PDF, keep both, and tell the employer.

    :raises permissions.NotPermitted: if this person may not issue it
    :raises work.AlreadyClaimed: if a colleague has claimed it
    :raises TransitionNotAllowed: if it was issued, refused or reversed before
    :raises NoReviewer: if nobody else could be named as its reviewer
    :raises issuers.IssuingFailed: if the platform did not issue
    """
    request = _lock(request_id)
    permissions.check(by, "receipt_request.issue", request)
    work.check_free(request, by=by)
    REQUEST.next_state(RequestAction.ISSUE, state=request.state)  # before a number is drawn
    reviewer = queries.find_reviewer(request=request, by=by)
    if not reviewer:
        raise NoReviewer(
            "没有可列为复核人的另一位财务复核人员（须与开票人不同名），请联系系统管理员设置后再开票；申请仍保留。"
        )
    receipt = EReceipt(
        request=request,
        employer_id=request.employer_id,
        amount=request.amount,
        issued_on=local_date(at),
        issued_at=at,
        issuer_name=by.name,
        reviewer_name=reviewer,
        issued_by_person=by.person,
        issued_for_person=by.for_person,
    )
    _issue(receipt, by=by, at=at)
    _move(request, RequestAction.ISSUE, by=by, at=at, details={"receipt": str(receipt)})
    words = {"number": receipt.receipt_number, "amount": f"{receipt.amount:,.2f}"}
    notifications.queue_sms(
        "receipt_issued",
        to=request.employer.handler_mobile,
        key=f"receipt_issued:{receipt.pk}",
        at=at,
        employer_id=request.employer_id,
        **words,
    )
    _notify(
        request,
        title=f"电子票据已开具：{receipt.receipt_number}",
        body=f"开票申请 {request.number} 的电子票据（{receipt.amount:,.2f} 元）已开具，请在单位开票查询中下载。",
        event="issued",
        at=at,
    )
    return receipt


@transaction.atomic
def refuse_request(*, request_id: int, reason: str, by: Actor, at: datetime) -> ReceiptRequest:
    """
    This function will send a request back with a reason; its amount is free again and can be asked for anew.

    :raises permissions.NotPermitted: if this person may not refuse it
    :raises work.AlreadyClaimed: if a colleague has claimed it
    :raises TransitionNotAllowed: if it does not wait any more
    :raises ReasonNeeded: if the reason is empty
    """
    request = _lock(request_id)
    permissions.check(by, "receipt_request.refuse", request)
    work.check_free(request, by=by)
    request.reason = _read_reason(reason, "退回原因")
    _move(request, RequestAction.REFUSE, by=by, at=at, reason=request.reason)
    rights.give_back(request=request)
    notifications.queue_sms(
        "receipt_refused",
        to=request.employer.handler_mobile,
        key=f"receipt_refused:{request.pk}",
        at=at,
        employer_id=request.employer_id,
        number=request.number,
        reason=request.reason,
    )
    _notify(request, title=f"开票申请被退回：{request.number}", body=f"原因：{request.reason}", event="refused", at=at)
    return request


@transaction.atomic
def reverse_receipt(*, request_id: int, reason: str, by: Actor, at: datetime) -> EReceipt:
    """
    This function will reverse an issued receipt in full by a red one (红冲), as a second person; its amount is free again.

    :raises permissions.NotPermitted: if this person issued it, asked for it, or is no 财务复核
    :raises TransitionNotAllowed: if it is not issued, or reversed before
    :raises ReasonNeeded: if the reason is empty
    :raises issuers.IssuingFailed: if the platform did not issue
    """
    request = _lock(request_id)
    REQUEST.next_state(RequestAction.REVERSE, state=request.state)  # before a number is drawn
    original = request.receipts.get(reverses=None)
    permissions.check(by, "receipt_request.reverse", request)
    request.reason = _read_reason(reason, "红冲原因")
    red = EReceipt(
        request=request,
        employer_id=request.employer_id,
        amount=-original.amount,
        issued_on=local_date(at),
        issued_at=at,
        issuer_name=original.issuer_name,
        reviewer_name=by.name,
        issued_by_person=by.person,
        issued_for_person=by.for_person,
        reverses=original,
        reversal_reason=request.reason,
    )
    _issue(red, by=by, at=at)
    _move(request, RequestAction.REVERSE, by=by, at=at, reason=request.reason, details={"receipt": str(red)})
    rights.give_back(request=request)
    _notify(
        request,
        title=f"电子票据已红冲：{original.receipt_number}",
        body=f"原因：{request.reason}。原票据作废，可重新申请开票；红字票据可在单位开票查询中下载。",
        event="reversed",
        at=at,
    )
    return red


def _issue(receipt: EReceipt, *, by: Actor, at: datetime) -> None:
    """Number, data, PDF, row: in this order, because each needs the one before."""
    issued = _have_issued(receipt)
    receipt.receipt_code, receipt.receipt_number, receipt.check_code = (
        issued.receipt_code,
        issued.receipt_number,
        issued.check_code,
    )
    paper = papers.describe_receipt(receipt=receipt)
    receipt.elements = papers.get_elements(paper=paper)
    pdf = sign_for_association(pdf=papers.make_receipt_pdf(paper=paper), reason="开具电子票据", at=at)
    file = documents.store_bytes(
        content=pdf,
        name=f"电子票据{receipt.receipt_code}-{receipt.receipt_number}.pdf",
        kind=FileKind.RECEIPT,
        media_type="application/pdf",
        employer_id=receipt.employer_id,
        by=by,
        at=at,
    )
    receipt.document_id = file.pk
    receipt.save(force_insert=True)


def _have_issued(receipt: EReceipt) -> Issued:
    request, original = receipt.request, receipt.reverses
    return get_issuer().issue(
        elements=Elements(
            reference=f"{request.number}-{'R' if original else 'N'}",
            issued_on=receipt.issued_on,
            payer_name=request.title,
            payer_credit_code=request.credit_code,
            total=receipt.amount,
            reverses=(original.receipt_code, original.receipt_number) if original else None,
        )
    )


def _read_reason(reason: str, label: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise ReasonNeeded(f"请填写{label}。")
    if len(reason) > LONGEST_REASON:
        raise ReasonNeeded(f"{label}请控制在 {LONGEST_REASON} 字以内。")
    return reason


def _lock(request_id: int) -> ReceiptRequest:
    requests = ReceiptRequest.objects.select_for_update(of=("self",)).select_related("employer__branch")
    return requests.get(pk=request_id)


def _move(
    request: ReceiptRequest,
    action: RequestAction,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    details: dict[str, object] | None = None,
) -> None:
    """Change the state, save, and leave a trace. The only lines in this app that write `state`."""
    before = request.state
    request.state = REQUEST.next_state(action, state=before)
    request.decided_at = at
    request.save(update_fields=["state", "decided_at", "reason"])
    work.finish(request, at=at)
    audit.record(
        f"receipts.{action}",
        label=str(action.label),
        subject=request,
        by=by,
        at=at,
        before=before,
        after=request.state,
        reason=reason,
        details=details,
    )


def _notify(request: ReceiptRequest, *, title: str, body: str, event: str, at: datetime) -> None:
    notifications.post_notice(
        title=title,
        body=body,
        key=f"receipt_request:{request.pk}:{event}",
        employer_id=request.employer_id,
        at=at,
    )
