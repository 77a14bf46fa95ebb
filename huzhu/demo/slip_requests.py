"""What employers ask about their slips in the demo: more time, refused once and waiting once; and to cancel an underpaid one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.demo import files, office
from huzhu.journeys.cancel_slip import cancel_or_ask
from huzhu.journeys.extend_slip import ask_extension
from huzhu.shared.actors import Actor


def leave_slip_requests(actors: Sequence[Actor], *, now: datetime) -> None:
    """
    This function will let the last of the first three employers with an open slip ask for more time in vain, and then again with a
    proof; the second, whose money is short, asks to cancel.
    """
    _, underpaid, late = PaymentSlip.objects.filter(state=SlipState.OPEN).order_by("id")[:3]
    by = {actor.employer_id: actor for actor in actors}
    _ask_for_time(late, by=by[late.employer_id], now=now)
    cancel_or_ask(
        slip_id=underpaid.pk,
        to_draft=True,
        reason="汇款时发现漏报 1 人，金额也少汇，改好名单后重新提交",
        by=by[underpaid.employer_id],
        at=now - timedelta(hours=4),
    )


def _ask_for_time(slip: PaymentSlip, *, by: Actor, now: datetime) -> None:
    asked = ask_extension(
        slip_id=slip.pk,
        reason_code="approval",
        reason="付款流程尚未走完",
        new_due_on=slip.due_on + timedelta(days=15),
        proof=None,
        by=by,
        at=now - timedelta(days=2),
    )
    billing.refuse_extension(
        extension_id=asked.pk,
        reason="距缴款期限还有多日，请先催办；确需延期的请写明预计付款日期并附材料",
        by=office.get_actor("caiwu-fuhe"),
        at=now - timedelta(days=1),
    )
    ask_extension(
        slip_id=slip.pk,
        reason_code="budget",
        reason="上级拨款预计下月中旬到账，到账后两日内缴清",
        new_due_on=slip.due_on + timedelta(days=20),
        proof=files.photo("拨款计划.jpg"),
        by=by,
        at=now - timedelta(hours=6),
    )
