"""Old policies and their bindings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from huzhu.cover import operations as cover
from huzhu.cover.models import PastPolicy
from huzhu.shared.actors import system_actor
from tests.factories.accounts import NOON
from tests.factories.plans import version
from tests.factories.roster import resident_number

START, END = dt.date(2025, 12, 1), dt.date(2026, 12, 1)


def past_policy(
    *,
    number: str = "ZY2025000001",
    people: Iterable[int] = range(1, 5),
    credit_code: str = "",
    plan: str = "HOSP25",
    shares: int = 1,
    start: dt.date = START,
    end: dt.date = END,
) -> PastPolicy:
    """A policy of the old system; `people` are the serials of `resident_number`."""
    return cover.record_past_policy(
        number=number,
        plan_version_id=version(plan).pk,
        holder_name="广州旧机床厂",
        holder_credit_code=credit_code,
        start=start,
        end=end,
        people=[
            cover.PastPerson(
                name="陈小明", document_type="resident_id", document_number=resident_number(serial), share_count=shares
            )
            for serial in people
        ],
        by=system_actor(),
        at=NOON,
    )
