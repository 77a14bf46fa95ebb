"""The plans of the catalogue, and plans made to measure."""

from __future__ import annotations

import datetime as dt

from huzhu.plans import operations
from huzhu.plans.models import Plan, PlanVersion
from huzhu.shared.actors import system_actor
from huzhu.shared.calendar import SHANGHAI

NOON = dt.datetime(2025, 8, 11, 12, tzinfo=SHANGHAI)


def version(code: str = "HOSP25", **figures: object) -> PlanVersion:
    """The catalogue's version of a plan, with other figures where a test needs them."""
    if not Plan.objects.filter(code=code).exists():
        operations.load_catalogue(by=system_actor(), at=NOON)
    found = PlanVersion.objects.select_related("plan").get(plan__code=code)
    if figures:
        PlanVersion.objects.filter(pk=found.pk).update(**figures)
        found.refresh_from_db()
    return found
