"""What of the bank's lines waits for the cashiers (工作台)."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from huzhu.accounts.scope import is_of_whole_association
from huzhu.billing.models import AllocationProposal, BankTransaction, PaymentExtension, SlipCancellation
from huzhu.billing.states import BANK_LINE, CANCELLATION, EXTENSION, SlipRequestState, TransactionState
from huzhu.shared.actors import Actor, Side
from huzhu.shared.identity.names import masked_name
from huzhu.work.kinds import WorkKind, declare

LONGEST_NAME = 4


def _money_in(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return rows.filter(is_incoming=True)


def _not_own_proposals(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    """Neither importer nor proposer confirms, nor who stands in for either (rulebook §1)."""
    own = Q(proposed_by_person__in=actor.persons) | Q(proposed_for_person__in=actor.persons)
    imported = Q(statement__imported_by_person__in=actor.persons) | Q(statement__imported_for_person__in=actor.persons)
    proposed = AllocationProposal.objects.filter(own, transaction=OuterRef("pk"), is_open=True)
    return rows.exclude(imported).filter(~Exists(proposed))


def _hide_payer(remark: str, payer: str) -> tuple[str, str]:
    """A private payer by the surname, in the remark too; organisations have longer names than people, but for a dotted one."""
    if not payer or (len(payer) > LONGEST_NAME and "·" not in payer):
        return remark, payer
    hidden = masked_name(payer)
    return remark.replace(payer, hidden), hidden


_FIRST_PROPOSED = AllocationProposal.objects.filter(transaction=OuterRef("pk"), is_open=True).order_by("proposed_at")

_SHARED: dict[str, Any] = {
    "flow": BANK_LINE,
    "model": BankTransaction,
    "number": "remark",
    "title": "counterparty_name",
    "branch": "account__bank_name",
    "amount": "amount",
    "page": "office:matching-line",
    "argument": "line_id",
    "badge": "matching",
    "related": ("statement", "account"),
    "hides": _hide_payer,
}


def _not_asked(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return rows.exclude(asked_by_person__in=actor.persons)


def _not_asked_and_own_bank(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    """Money goes back by the cashiers of the whole association only: bank lines belong to no branch."""
    is_bank = actor.side == Side.SYSTEM or is_of_whole_association(actor)
    return _not_asked(rows, actor) if is_bank else rows.none()


declare(
    WorkKind(
        key="slip_cancellations",
        label="申请撤单",
        flow=CANCELLATION,
        state=SlipRequestState.REQUESTED,
        model=SlipCancellation,
        since="asked_at",
        number="slip__number",
        title="slip__employer__name",
        branch="slip__employer__branch__name",
        amount="slip__amount",
        page="office:slip-request-cancellation",
        argument="cancellation_id",
        verb="办理撤单",
        badge="slip_requests",
        leaves_out=_not_asked_and_own_bank,
        act="slip_cancellation.approve",
        related=("slip__employer__branch",),
    ),
    WorkKind(
        key="payment_extensions",
        label="延迟缴款申请",
        flow=EXTENSION,
        state=SlipRequestState.REQUESTED,
        model=PaymentExtension,
        since="asked_at",
        number="slip__number",
        title="slip__employer__name",
        branch="slip__employer__branch__name",
        amount="slip__amount",
        page="office:slip-request-extension",
        argument="extension_id",
        verb="办理延期",
        badge="slip_requests",
        leaves_out=_not_asked,
        act="payment_extension.approve",
        related=("slip__employer__branch",),
    ),
    WorkKind(
        key="matching",
        label="到账匹配",
        state=TransactionState.UNMATCHED,
        since="statement__imported_at",
        verb="认领款项",
        leaves_out=_money_in,
        act="bank_line.propose",
        **_SHARED,
    ),
    WorkKind(
        key="allocation_reviews",
        label="认领复核",
        state=TransactionState.PROPOSED,
        since=Subquery(_FIRST_PROPOSED.values("proposed_at")[:1]),
        verb="复核",
        leaves_out=_not_own_proposals,
        act="bank_line.confirm",
        starts=("billing.propose_line",),
        **_SHARED,
    ),
)
