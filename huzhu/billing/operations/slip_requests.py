"""What is asked about slips, and 延迟缴款申请: asked by the employer, decided by a cashier. The slip is locked first."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.billing import permissions, queries
from huzhu.billing.models import PaymentExtension, PaymentSlip, SlipCancellation
from huzhu.billing.states import CANCELLATION, EXTENSION, SlipRequestAction, SlipRequestState, SlipState
from huzhu.documents.models import StoredFile
from huzhu.notifications import operations as notifications
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.shared.workflow import Workflow
from huzhu.work import operations as work

LONGEST_REASON = 200
FLOWS: dict[type, tuple[Workflow, str, str]] = {
    PaymentExtension: (EXTENSION, "extension", "延迟缴款"),
    SlipCancellation: (CANCELLATION, "cancellation", "申请撤单"),
}


class RequestRefused(Exception):
    """This cannot be asked for, or not decided like this; `field` names the input that has to be mended."""

    def __init__(self, words: str, *, field: str = "") -> None:
        super().__init__(words)
        self.field = field


@transaction.atomic
def ask_extension(
    *, slip_id: int, reason_code: str, reason: str, new_due_on: date, proof_id: UUID | None, by: Actor, at: datetime
) -> PaymentExtension:
    """
    This function will ask for a later due date of an open slip (延迟缴款申请, §2.5). Until somebody decides, it does not expire.

    :raises permissions.NotPermitted: if `by` may not ask for this slip
    :raises RequestRefused: if the slip is not open, a request waits already, none is left, the day is not allowed by the reason,
        or its proof is missing
    """
    slip = lock_slip(slip_id)
    permissions.check(by, "payment_extension.ask", slip)
    _check_may_ask(slip, at=at)
    terms = queries.get_extension_terms(at=at).get(reason_code)
    if terms is None:
        raise RequestRefused("请选择延迟缴款的原因。", field="reason_code")
    _check_day(new_due_on, slip=slip, latest=terms.get_latest(due_on=slip.due_on), at=at)
    if terms.needs_proof and proof_id is None:
        raise RequestRefused(f"“{terms.words}”须上传证明材料。", field="proof")
    if proof_id is not None and not StoredFile.objects.filter(pk=proof_id, employer_id=slip.employer_id).exists():
        raise RequestRefused("找不到上传的证明材料，请重新上传。", field="proof")
    extension = PaymentExtension.objects.create(
        slip=slip,
        reason_code=reason_code,
        reason=read_reason(reason, "请写明为什么不能按期缴款、何时能缴。"),
        from_due_on=slip.due_on,
        new_due_on=new_due_on,
        proof_id=proof_id,
        asked_at=at,
        asked_by_id=by.user_id,
        asked_by_name=by.name,
        asked_by_person=by.person,
    )
    audit.record("billing.ask_extension", label="申请延迟缴款", subject=extension, by=by, at=at, after=extension.state)
    tell_on_slip(extension, f"申请延迟缴款至 {new_due_on}", by=by, at=at)
    return extension


@transaction.atomic
def withdraw_extension(*, extension_id: int, by: Actor, at: datetime) -> PaymentExtension:
    """
    This function will take a request back that nobody has decided yet.

    :raises permissions.NotPermitted: if `by` may not withdraw it
    :raises TransitionNotAllowed: if it was decided, or is void with its slip
    """
    extension = _lock_extension(extension_id)
    permissions.check(by, "payment_extension.withdraw", extension)
    move(extension, SlipRequestAction.WITHDRAW, by=by, at=at)
    tell_on_slip(extension, "撤回延迟缴款申请", by=by, at=at)
    return extension


@transaction.atomic
def approve_extension(*, extension_id: int, by: Actor, at: datetime) -> PaymentExtension:
    """
    This function will let a slip be paid until the day asked for. The caller tells the employer, who wants to hear about dates.

    :raises permissions.NotPermitted: if `by` is no cashier, or the person who asked
    :raises RequestRefused: if the day asked for is past by now
    :raises work.AlreadyClaimed: if a colleague has claimed it
    :raises TransitionNotAllowed: if it does not wait any more
    """
    extension = _lock_extension(extension_id)
    permissions.check(by, "payment_extension.approve", extension)
    work.check_free(extension, by=by)
    EXTENSION.next_state(SlipRequestAction.APPROVE, state=extension.state)
    if extension.new_due_on < local_date(at):
        raise RequestRefused(
            f"申请的日期 {extension.new_due_on} 已过，不能同意；请写明原因后选“不同意”，由单位重新申请。"
        )
    slip = extension.slip
    slip.due_on = extension.new_due_on
    slip.save(update_fields=["due_on"])
    sign(extension, by=by, at=at)
    move(extension, SlipRequestAction.APPROVE, by=by, at=at)
    tell_on_slip(extension, f"同意延期：缴款期限由 {extension.from_due_on} 改为 {extension.new_due_on}", by=by, at=at)
    return extension


@transaction.atomic
def refuse_extension(*, extension_id: int, reason: str, by: Actor, at: datetime) -> PaymentExtension:
    """
    This function will leave a slip's due date as it is, with a reason, and tell the employer.

    :raises permissions.NotPermitted: if `by` is no cashier, or the person who asked
    :raises RequestRefused: without a reason
    :raises work.AlreadyClaimed: if a colleague has claimed it
    :raises TransitionNotAllowed: if it does not wait any more
    """
    extension = _lock_extension(extension_id)
    permissions.check(by, "payment_extension.refuse", extension)
    work.check_free(extension, by=by)
    extension.decision_reason = read_reason(reason, "请写明不同意的原因，单位会看到。")
    sign(extension, by=by, at=at)
    move(extension, SlipRequestAction.REFUSE, by=by, at=at, reason=extension.decision_reason)
    tell_on_slip(extension, "不同意延迟缴款", by=by, at=at, reason=extension.decision_reason)
    slip = extension.slip
    notifications.queue_sms(
        "extension_refused",
        to=slip.employer.handler_mobile,
        key=f"extension_refused:{extension.pk}",
        at=at,
        employer_id=slip.employer_id,
        slip=slip.number,
        reason=extension.decision_reason.rstrip("。"),
        due=slip.due_on,
    )
    notifications.post_notice(
        title=f"延迟缴款申请未获同意：{slip.number}",
        body=f"原因：{extension.decision_reason} 缴款期限仍为 {slip.due_on}。",
        key=f"extension_refused:{extension.pk}",
        employer_id=slip.employer_id,
        at=at,
    )
    return extension


def void_requests(slip: PaymentSlip, *, by: Actor, at: datetime) -> None:
    """
    This function will end what was asked about a slip that is paid, cancelled or expired now: there is nothing to decide any more.
    """
    reason = f"缴款单{slip.get_state_display()}"
    for model in (PaymentExtension, SlipCancellation):
        for request in model.objects.select_for_update(of=("self",)).filter(
            slip=slip, state=SlipRequestState.REQUESTED
        ):
            move(request, SlipRequestAction.VOID, by=by, at=at, reason=reason)


def has_open_request(slip: PaymentSlip) -> bool:
    """Test if something is asked about a slip that nobody has decided: it does not expire meanwhile."""
    waiting = {"state": SlipRequestState.REQUESTED}
    return slip.extensions.filter(**waiting).exists() or slip.cancellations.filter(**waiting).exists()


def _check_may_ask(slip: PaymentSlip, *, at: datetime) -> None:
    if slip.state != SlipState.OPEN:
        words = {
            SlipState.EXPIRED: "已逾期失效，不能再延期；仍要参保的，请在 90 天内联系互助会重新生成缴款单。",
            SlipState.PAID: "已缴款，无需延期。",
            SlipState.CANCELLED: "已撤单，不能延期。",
        }[SlipState(slip.state)]
        raise RequestRefused(f"缴款单 {slip.number} {words}")
    if queries.get_open_extension(slip=slip) is not None:
        raise RequestRefused("已有一份延迟缴款申请在办理，请等待结果，或撤回后重新申请。")
    if not queries.count_extensions_left(slip=slip, day=local_date(at)):
        raise RequestRefused("这张缴款单的延期次数已用完，请按期缴款；确有困难的请联系互助会财务。")


def _check_day(day: date, *, slip: PaymentSlip, latest: date, at: datetime) -> None:
    if day <= slip.due_on:
        raise RequestRefused(f"新的缴款期限须晚于现缴款期限 {slip.due_on}。", field="new_due_on")
    if day < local_date(at):
        raise RequestRefused("新的缴款期限不能早于今天。", field="new_due_on")
    if day > latest:
        raise RequestRefused(f"按所选原因，缴款期限最晚延至 {latest}，请改选日期。", field="new_due_on")


def read_reason(reason: str, otherwise: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise RequestRefused(otherwise, field="reason")
    if len(reason) > LONGEST_REASON:
        raise RequestRefused(f"请控制在 {LONGEST_REASON} 字以内。", field="reason")
    return reason


def lock_slip(slip_id: int) -> PaymentSlip:
    rows = PaymentSlip.objects.select_related("employer", "application")
    return rows.select_for_update(of=("self",)).get(pk=slip_id)


def _lock_extension(extension_id: int) -> PaymentExtension:
    """The slip first, as everybody does who changes slips; then the request, as it stands now."""
    slip = lock_slip(PaymentExtension.objects.values_list("slip_id", flat=True).get(pk=extension_id))
    extension = PaymentExtension.objects.select_for_update(of=("self",)).get(pk=extension_id)
    extension.slip = slip
    return extension


def move(
    request: PaymentExtension | SlipCancellation,
    action: SlipRequestAction,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
) -> None:
    """
    This function will change the state, save, and leave a trace. The only lines in this app that write the `state` of a request.
    """
    flow, what, name = FLOWS[type(request)]
    before = request.state
    request.state = flow.next_state(action, state=before)
    request.save()
    work.finish(request, at=at)
    audit.record(
        f"billing.{action}_{what}",
        label=f"{name}：{action.label}",
        subject=request,
        by=by,
        at=at,
        before=before,
        after=request.state,
        reason=reason,
    )


def sign(request: PaymentExtension | SlipCancellation, *, by: Actor, at: datetime) -> None:
    """This function will note who decides on a request and when."""
    two_persons.sign(request, by=by)
    request.decided_at, request.decided_by_name = at, by.name


def tell_on_slip(
    request: PaymentExtension | SlipCancellation, label: str, *, by: Actor, at: datetime, reason: str = ""
) -> None:
    """The slip's own history says what was asked and decided about it."""
    audit.record("billing.slip_request", label=label, subject=request.slip, by=by, at=at, reason=reason)
