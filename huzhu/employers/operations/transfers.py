"""单位划转: an employer goes from one branch to another; whoever has both in their subtree does it at once, others ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from huzhu.accounts import operations as accounts
from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.audit import operations as audit
from huzhu.employers import permissions
from huzhu.employers.models import BranchTransfer, Employer
from huzhu.employers.operations.registering import shorten
from huzhu.employers.operations.versions import begin_version
from huzhu.employers.states import BRANCH_TRANSFER, TransferAction, TransferState
from huzhu.notifications import operations as notifications
from huzhu.shared.actors import Actor
from huzhu.work import operations as work


class TransferRefused(ValueError):
    """The employer cannot go to that branch; the words say what to change."""


@transaction.atomic
def request_transfer(*, employer_id: int, to_branch_id: int, reason: str, by: Actor, at: datetime) -> BranchTransfer:
    """
    This function will have an employer go to another branch: at once where the actor's subtree holds both, else when the
    receiving side has accepted it.

    :raises permissions.NotPermitted: if the actor is no registrar of the employer's branch or of one above it
    :raises TransferRefused: without a reason, if the branch is the same or closed, another transfer waits, or somebody who belongs
        to the employer's account would come to work above it
    """
    employer = _lock_employer(employer_id)
    permissions.check(by, "branch_transfer.ask", employer)
    to, reason = accounts.lock_branch(branch_id=to_branch_id), reason.strip()[:300]
    if not reason:
        raise TransferRefused("请填写划转原因。")
    if to.pk == employer.branch_id:
        raise TransferRefused(f"该单位已归属“{to.name}”，请选择另一机构。")
    _check_open(to)
    waiting = BranchTransfer.objects.filter(employer=employer, state=TransferState.REQUESTED).select_related(
        "to_branch"
    )
    if other := waiting.first():
        raise TransferRefused(f"该单位已有一项划转等待“{other.to_branch.name}”接收，请先撤回。")
    transfer = BranchTransfer(
        employer=employer,
        from_branch=employer.branch,
        to_branch=to,
        reason=reason,
        at_once=scope.includes(by, to),
        asked_at=at,
        asked_by_id=by.user_id,
        asked_by_name=by.name,
        asked_by_person=by.person,
        asked_for_person=by.for_person,
    )
    if transfer.at_once:
        transfer.state, transfer.decided_at = TransferState.ACCEPTED, at
        _note_decider(transfer, by)
    transfer.save(force_insert=True)
    audit.record(
        "branch_transfer.request",
        label="划转单位" if transfer.at_once else "发起划转",
        subject=transfer,
        by=by,
        at=at,
        after=transfer.state,
        reason=reason,
        details=_places(transfer),
    )
    if transfer.at_once:
        _hand_on(transfer, by=by, at=at)
    return transfer


@transaction.atomic
def accept_transfer(*, transfer_id: int, by: Actor, at: datetime) -> BranchTransfer:
    """
    This function will make an employer the receiving branch's own from now on.

    :raises permissions.NotPermitted: if the actor is no registrar of the receiving side, or asked for it
    :raises work.AlreadyClaimed: if a colleague has taken it on
    :raises TransferRefused: if the branch was closed meanwhile, or somebody who belongs to the employer's account works above it
    :raises TransitionNotAllowed: if it is decided already
    """
    transfer = _lock(transfer_id)
    permissions.check(by, "branch_transfer.accept", transfer)
    work.check_free(transfer, by=by)
    _move(transfer, TransferAction.ACCEPT, by=by, at=at)
    _hand_on(transfer, by=by, at=at)
    return transfer


@transaction.atomic
def refuse_transfer(*, transfer_id: int, reason: str, by: Actor, at: datetime) -> BranchTransfer:
    """
    This function will leave an employer where it is and tell who asked why.

    :raises permissions.NotPermitted: if the actor is no registrar of the receiving side, or asked for it
    :raises work.AlreadyClaimed: if a colleague has taken it on
    :raises TransferRefused: without a reason
    :raises TransitionNotAllowed: if it is decided already
    """
    transfer = _lock(transfer_id)
    permissions.check(by, "branch_transfer.refuse", transfer)
    work.check_free(transfer, by=by)
    BRANCH_TRANSFER.next_state(TransferAction.REFUSE, state=transfer.state)
    if not reason.strip():
        raise TransferRefused("请写明不予接收的原因，将以短信告知发起人。")
    transfer.answer = reason.strip()[:300]
    _move(transfer, TransferAction.REFUSE, by=by, at=at, reason=transfer.answer)
    _tell(transfer, TransferAction.REFUSE, to=transfer.asked_by_person, at=at, reason=shorten(transfer.answer))
    return transfer


@transaction.atomic
def withdraw_transfer(*, transfer_id: int, by: Actor, at: datetime) -> BranchTransfer:
    """
    This function will take back a transfer that waits.

    :raises permissions.NotPermitted: if the actor is no registrar of the side that asked
    :raises TransitionNotAllowed: if it is decided already
    """
    transfer = _lock(transfer_id)
    permissions.check(by, "branch_transfer.withdraw", transfer)
    _move(transfer, TransferAction.WITHDRAW, by=by, at=at)
    return transfer


def _hand_on(transfer: BranchTransfer, *, by: Actor, at: datetime) -> None:
    """The employer's branch, what holds from today on, and the employer told; the database's refusals in words."""
    employer, to = transfer.employer, transfer.to_branch
    _check_open(to)
    employer.branch = to
    try:
        with transaction.atomic():
            employer.save(update_fields=["branch"])
    except IntegrityError as error:
        raise TransferRefused(_why_not(error, to)) from error
    begin_version(employer, transfer=transfer, at=at)
    audit.record(
        "employers.transfer",
        label="划转单位",
        subject=employer,
        by=by,
        at=at,
        employer_id=employer.pk,
        reason=transfer.reason,
        changes={"branch": (transfer.from_branch.name, to.name)},
    )
    _tell(transfer, TransferAction.ACCEPT, to=employer.handler_mobile, at=at, former=transfer.from_branch.name)
    notifications.post_notice(
        title=f"贵单位的业务自今日起由{to.name}办理",
        body=f"原由{transfer.from_branch.name}办理。已提交的申请、缴款单和保单不受影响，由{to.name}继续办理，无需重新提交。",
        key=f"transfer_done:{transfer.pk}",
        employer_id=employer.pk,
        at=at,
    )


def _check_open(branch: Branch) -> None:
    if branch.closed_at:
        raise TransferRefused(f"接收机构“{branch.name}”已停用，请选择在用的机构。")


def _why_not(error: IntegrityError, to: Branch) -> str:
    if "own subtree" in str(error):
        return (
            f"“{to.name}”或其上级机构有工作人员是该单位账号的成员，划转后将管辖自己所在单位，"
            "请先由单位将其移出账号，或调整该人员的机构。"
        )
    if "the branch is closed" in str(error):
        return f"接收机构“{to.name}”已停用，请选择在用的机构。"
    raise error


def _lock_employer(employer_id: int) -> Employer:
    # Without its branch: who waits for a transfer would join the new row to the old branch, and find nothing.
    return Employer.objects.select_for_update(of=("self",)).get(pk=employer_id)


def _lock(transfer_id: int) -> BranchTransfer:
    """Under the employer's row, which the transfer is about."""
    employer = _lock_employer(BranchTransfer.objects.values_list("employer_id", flat=True).get(pk=transfer_id))
    rows = BranchTransfer.objects.select_for_update(of=("self",)).select_related("from_branch", "to_branch")
    transfer = rows.get(pk=transfer_id)
    transfer.employer = employer
    return transfer


def _move(transfer: BranchTransfer, action: TransferAction, *, by: Actor, at: datetime, reason: str = "") -> None:
    """Change the state, save, and leave a trace. The only lines in this app that write a transfer's `state`."""
    before = transfer.state
    transfer.state = BRANCH_TRANSFER.next_state(action, state=before)
    transfer.decided_at = at
    _note_decider(transfer, by)
    transfer.save()
    work.finish(transfer, at=at)
    audit.record(
        f"branch_transfer.{action}",
        label=str(action.label),
        subject=transfer,
        by=by,
        at=at,
        before=before,
        after=transfer.state,
        reason=reason,
        details=_places(transfer),
    )


def _note_decider(transfer: BranchTransfer, by: Actor) -> None:
    transfer.decided_by_id, transfer.decided_by_name = by.user_id, by.name
    transfer.decided_by_person, transfer.decided_for_person = by.person, by.for_person


def _places(transfer: BranchTransfer) -> dict[str, str]:
    return {"from": transfer.from_branch.name, "to": transfer.to_branch.name}


def _tell(transfer: BranchTransfer, action: TransferAction, *, to: str, at: datetime, **words: Any) -> None:
    template = BRANCH_TRANSFER.steps[action].tells
    notifications.queue_sms(
        template,
        to=to,
        key=f"{template}:{transfer.pk}",
        at=at,
        employer_id=transfer.employer_id,
        employer=transfer.employer.name,
        branch=transfer.to_branch.name,
        **words,
    )
