"""What the administrators do in the demo: change parameters, one of which waits for the second person."""

from __future__ import annotations

from datetime import datetime, timedelta

from huzhu.accounts.models import Branch
from huzhu.demo import office
from huzhu.parameters import operations as parameters
from huzhu.parameters.rules import PAYMENT_DAYS, REFERENCE_DAYS_AHEAD, SECOND_REVIEW_LEVEL
from huzhu.shared.calendar import local_date


def change_parameters(*, now: datetime) -> None:
    """
    This function will leave a history: a lead shortened and widened again, a city that reviews itself from next month on, and a
    longer time to pay that nobody has confirmed yet.
    """
    by, day = office.get_actor("xitong"), local_date(now)
    for days_ago, value, reason in ((200, "120", "试行缩短"), (120, "180", "试行结束，恢复原定")):
        at = now - timedelta(days=days_ago)
        parameters.change_parameter(
            key=REFERENCE_DAYS_AHEAD, value=value, effective_from=local_date(at), reason=reason, by=by, at=at
        )
    parameters.change_parameter(
        key=SECOND_REVIEW_LEVEL,
        value="city",
        effective_from=day + timedelta(days=30),
        reason="复审下放试点",
        branch_id=Branch.objects.get(code="4403").pk,
        by=by,
        at=now - timedelta(days=3),
    )
    parameters.change_parameter(
        key=PAYMENT_DAYS,
        value="20",
        effective_from=day + timedelta(days=7),
        reason="年底汇款较慢，放宽缴款期限",
        by=by,
        at=now - timedelta(days=1),
    )
