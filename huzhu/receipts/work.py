"""What of the receipt requests waits for the cashiers (工作台)."""

from __future__ import annotations

from huzhu.receipts.models import ReceiptRequest
from huzhu.receipts.states import REQUEST, RequestState
from huzhu.work.kinds import WorkKind, declare

declare(
    WorkKind(
        key="receipts",
        label="开票管理",
        flow=REQUEST,
        state=RequestState.REQUESTED,
        model=ReceiptRequest,
        since="requested_at",
        number="number",
        title="employer__name",
        branch="employer__branch__name",
        amount="amount",
        page="office:receipt",
        argument="request_id",
        verb="开票",
        leaves_out=lambda rows, actor: rows.exclude(requested_by_person__in=actor.persons),
        act="receipt_request.issue",
        check_in_bulk=lambda record: None,  # everything on it was checked when it was asked for
        related=("employer__branch",),
    )
)
