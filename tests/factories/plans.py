"""The plans of the catalogue, and plans made to measure."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pgtrigger
from django.db import transaction

from huzhu.journeys import plan_cases
from huzhu.plans import operations
from huzhu.plans.models import Plan, PlanVersion
from huzhu.shared.actors import Actor, system_actor
from huzhu.shared.calendar import SHANGHAI

NOON = dt.datetime(2025, 8, 11, 12, tzinfo=SHANGHAI)


def version(code: str = "HOSP25", **figures: object) -> PlanVersion:
    """The catalogue's version of a plan, with other figures where a test needs them."""
    if not Plan.objects.filter(code=code).exists():
        plan_cases.load_catalogue(by=system_actor(), at=NOON)
    found = PlanVersion.objects.select_related("plan").get(plan__code=code, version=1)
    if figures:
        with pgtrigger.ignore("plans.PlanVersion:published_stays"), transaction.atomic():
            PlanVersion.objects.filter(pk=found.pk).update(**figures)
        found.refresh_from_db()
    return found


def drafted(code: str, *, by: Actor, at: dt.datetime, **figures: object) -> PlanVersion:
    """The next version of a plan, being written; its cases follow the price if that is given with them."""
    draft = operations.draft_version(plan_id=version(code).plan_id, by=by, at=at)
    words = {"valid_from": at.date(), "change_note": "理事会决议", **figures}
    return operations.change_draft(version_id=draft.pk, revision=draft.revision, figures=words, by=by, at=at)


def proposed(code: str, *, by: Actor, at: dt.datetime, **figures: object) -> PlanVersion:
    """The next version of a plan, waiting for a second person."""
    draft = drafted(code, by=by, at=at, **figures)
    return plan_cases.propose(version_id=draft.pk, revision=draft.revision, by=by, at=at)


def published(code: str, *, by: Actor, second: Actor, at: dt.datetime, **figures: object) -> PlanVersion:
    """The next version of a plan, published by a second person."""
    waiting = proposed(code, by=by, at=at, **figures)
    return plan_cases.publish(version_id=waiting.pk, revision=waiting.revision, by=second, at=at)


def priced(cases: list[dict[str, Any]], amount: int) -> list[dict[str, Any]]:
    """Example cases of another price per share."""
    dear = copy.deepcopy(cases)
    for case in dear:
        if case["expected"]["contribution"]:
            case["expected"]["contribution"] = f"{amount * case['share_count']}.00"
    return dear
