"""What of the account flows waits for the office (工作台)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from huzhu.employers import queries
from huzhu.employers.models import BranchTransfer, ChangeRequest, HandOver, Registration
from huzhu.employers.states import (
    BRANCH_TRANSFER,
    CHANGE_REQUEST,
    HAND_OVER,
    REGISTRATION,
    ChangeState,
    HandOverState,
    RegistrationState,
    TransferState,
)
from huzhu.shared.actors import Actor
from huzhu.shared.identity.credit_code import check_credit_code
from huzhu.shared.identity.names import masked_name
from huzhu.work.kinds import NeedsLook, WorkKind, declare

WHO_IT_IS = frozenset(
    {"name", "credit_code", "legal_representative", "branch_id", "branch"}
)  # compared with the certificate


def _not_own_registrations(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return rows.exclude(handler_mobile__in=actor.persons)


def _not_own_changes(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    mine = actor.persons
    return rows.exclude(Q(asked_by_person__in=mine) | Q(employer__handler_mobile__in=mine))


def _not_own_hand_overs(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    mine = actor.persons
    return rows.exclude(Q(mobile__in=mine) | Q(former_mobile__in=mine) | Q(asked_by_person__in=mine))


def _check_registration(record: Registration) -> None:
    if record.round > 1:
        raise NeedsLook("该单位曾被退回修改，请打开核对修改处后再通过。")
    if found := queries.get_lookalikes(name=record.name, credit_code=record.credit_code):
        raise NeedsLook(f"名称与已参保单位“{found[0].employer.name}”相近，请打开核对是否为同一单位。")
    if warning := check_credit_code(record.credit_code).warning:
        raise NeedsLook(f"统一社会信用代码有提示：{warning}")


def _check_change(record: ChangeRequest) -> None:
    if record.round > 1:
        raise NeedsLook("该变更曾被退回修改，请打开核对修改处后再通过。")
    if WHO_IT_IS & set(record.changes) or record.legal_document is not None:
        raise NeedsLook("变更了单位名称、信用代码或法定代表人，请打开对照证书核对。")


declare(
    WorkKind(
        key="registrations",
        label="单位审核",
        flow=REGISTRATION,
        state=RegistrationState.PENDING,
        model=Registration,
        since="submitted_at",
        number="credit_code",
        title="name",
        branch="branch__name",
        people="headcount",
        page="office:registration",
        argument="registration_id",
        verb="审核",
        leaves_out=_not_own_registrations,
        act="registration.approve",
        check_in_bulk=_check_registration,
        related=("branch",),
    ),
    WorkKind(
        key="changes",
        label="资料变更",
        flow=CHANGE_REQUEST,
        state=ChangeState.PENDING,
        model=ChangeRequest,
        since="asked_at",
        number="employer__credit_code",
        title="employer__name",
        branch="employer__branch__name",
        page="office:change",
        argument="change_id",
        badge="registrations",
        verb="审核",
        leaves_out=_not_own_changes,
        act="change_request.approve",
        check_in_bulk=_check_change,
        related=("employer__branch",),
    ),
    WorkKind(
        key="hand_overs",
        label="经办人变更",
        flow=HAND_OVER,
        state=HandOverState.PENDING,
        model=HandOver,
        since="asked_at",
        number="name",
        title="employer__name",
        branch="employer__branch__name",
        page="office:hand-over",
        argument="hand_over_id",
        badge="registrations",
        verb="审核",
        leaves_out=_not_own_hand_overs,
        act="hand_over.approve",
        hides=lambda name, employer: (masked_name(name), employer),
        related=("employer__branch",),
    ),
    WorkKind(
        key="transfers",
        label="单位划转",
        flow=BRANCH_TRANSFER,
        state=TransferState.REQUESTED,
        model=BranchTransfer,
        since="asked_at",
        number="employer__credit_code",
        title="employer__name",
        branch="to_branch__name",
        people="employer__headcount",
        page="office:transfer",
        argument="transfer_id",
        verb="接收",
        leaves_out=queries.leave_out_own_transfers,
        act="branch_transfer.accept",
        badge="registrations",
        starts=("branch_transfer.request",),
        related=("employer", "from_branch", "to_branch"),
    ),
)
