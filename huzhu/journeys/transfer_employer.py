"""单位划转: an employer goes to another branch, and what people of the old one have taken on is free for the new one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.employers import operations as employers
from huzhu.employers.models import BranchTransfer
from huzhu.employers.states import TransferState
from huzhu.shared.actors import Actor
from huzhu.work import operations as work


@transaction.atomic
def request(*, employer_id: int, to_branch_id: int, reason: str, by: Actor, at: datetime) -> BranchTransfer:
    """
    This function will ask for an employer's transfer, and do it where both branches are the actor's.

    :raises huzhu.employers.permissions.NotPermitted: if the actor is no registrar of the employer's branch or of one above it
    :raises employers.TransferRefused: if the employer cannot go there
    """
    transfer = employers.request_transfer(
        employer_id=employer_id, to_branch_id=to_branch_id, reason=reason, by=by, at=at
    )
    _free_work(transfer, by=by, at=at)
    return transfer


@transaction.atomic
def accept(*, transfer_id: int, by: Actor, at: datetime) -> BranchTransfer:
    """
    This function will make an employer the receiving branch's own.

    :raises huzhu.employers.permissions.NotPermitted: if the actor is no registrar of the receiving side, or asked for it
    :raises employers.TransferRefused: if the employer cannot go there any more
    :raises TransitionNotAllowed: if it is decided already
    """
    transfer = employers.accept_transfer(transfer_id=transfer_id, by=by, at=at)
    _free_work(transfer, by=by, at=at)
    return transfer


def _free_work(transfer: BranchTransfer, *, by: Actor, at: datetime) -> None:
    if transfer.state == TransferState.ACCEPTED:
        work.free_stranded(employer_id=transfer.employer_id, by=by, at=at)
