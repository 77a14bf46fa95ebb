"""What the product managers do in the demo: a draft, a version that waits, one about to begin, and windows of branches."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from huzhu.accounts.models import Branch
from huzhu.demo import office
from huzhu.journeys import plan_cases
from huzhu.plans import operations as plans
from huzhu.plans.models import Plan, PlanVersion
from huzhu.plans.states import WindowKind
from huzhu.shared.calendar import ONE_DAY, local_date


def prepare_plans(*, now: datetime) -> None:
    """
    This function will leave 住院津贴 being drafted, 住院医保补充 dearer and waiting, 住院自费补贴 about to begin, and two cities
    of which one takes a plan in a season only and the other does not take one.
    """
    by, second, today = office.get_actor("chanpin"), office.get_actor("chanpin-fuhe"), local_date(now)
    begins = (today.replace(day=1) + timedelta(days=62)).replace(day=1)
    _draft("CASH25", begins=begins, note="住院津贴日额拟由 20 元调整", at=now - timedelta(days=2), max_shares=4)
    dearer = _draft(
        "HOSP25",
        begins=begins,
        note="2027 年度保障费调整，理事会〔2026〕18 号",
        at=now - timedelta(days=4),
        contribution_amount=Decimal(105),
        waiting_days_lapsed=60,
        cases=_get_cases("HOSP25", price=105, lapsed=60),
    )
    plan_cases.propose(version_id=dearer.pk, revision=dearer.revision, by=by, at=now - timedelta(days=1))
    wider = _draft(
        "SELF25",
        begins=begins,
        note="责任免除增加一条，理事会〔2026〕15 号",
        at=now - timedelta(days=12),
        exclusions=[*PlanVersion.objects.get(plan__code="SELF25").exclusions, "医疗事故、医疗损害引起的住院"],
    )
    waiting = plan_cases.propose(version_id=wider.pk, revision=wider.revision, by=by, at=now - timedelta(days=11))
    plan_cases.publish(version_id=waiting.pk, revision=waiting.revision, by=second, at=now - timedelta(days=10))
    for code, branch, kind, closes in (
        ("CI25-A", "4401", WindowKind.OWN, today + 40 * ONE_DAY),
        ("CASH25", "4420", WindowKind.NONE, None),
    ):
        plans.set_window(
            version_id=PlanVersion.objects.get(plan__code=code, version=1).pk,
            branch_id=Branch.objects.get(code=branch).pk,
            kind=kind,
            opens_on=today - 20 * ONE_DAY if closes else None,
            closes_on=closes,
            effective_from=today,
            reason="2026 年度集中参保通知",
            by=by,
            at=now - timedelta(hours=6),
        )


def _draft(code: str, *, begins: date, note: str, at: datetime, **figures: Any) -> PlanVersion:
    by = office.get_actor("chanpin")
    draft = plans.draft_version(plan_id=Plan.objects.get(code=code).pk, by=by, at=at)
    words = {"valid_from": begins, "change_note": note, **figures}
    return plans.change_draft(version_id=draft.pk, revision=draft.revision, figures=words, by=by, at=at)


def _get_cases(code: str, *, price: int, lapsed: int) -> list[dict[str, Any]]:
    """The examples of the version before, as the new price and waiting days want them."""
    cases = deepcopy(PlanVersion.objects.get(plan__code=code).cases)
    for expected in (case["expected"] for case in cases):
        if expected["contribution"]:
            expected["contribution"] = f"{price}.00"
        if expected["cover_class"] == "lapse":
            expected["waiting_days"] = lapsed
    return cases
