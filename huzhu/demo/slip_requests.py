"""What employers ask about their slips in the demo: more time, once refused and once waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.demo import files, office
from huzhu.journeys.extend_slip import ask_extension
from huzhu.shared.actors import Actor


def leave_slip_requests(actors: Sequence[Actor], *, now: datetime) -> None:
    """
    This function will let the last employer with an open slip ask for more time in vain, and then again with a proof.
    """
    slip = PaymentSlip.objects.filter(state=SlipState.OPEN).order_by("id")[2:3].get()
    by = next(actor for actor in actors if actor.employer_id == slip.employer_id)
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
