"""Filling the catalogue."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.plans.models import Gender, Plan, PlanVersion
from huzhu.plans.operations.moving import check_cases
from huzhu.plans.rules import PROOFS, Judge, read_case
from huzhu.plans.states import VersionState
from huzhu.shared.actors import Actor

CATALOGUE = Path(__file__).parents[1] / "catalogue" / "plans.toml"

# The catalogue's names of figures, and ours where they differ; `assumed_fields` is translated with them.
FIGURES = {
    "contribution_yuan": "contribution_amount",
    "cap_per_person_yuan": "cap_amount",
    "cap_by_region_yuan": "caps_by_region",
}


@transaction.atomic
def load_catalogue(*, judge: Judge, by: Actor, at: datetime, path: Path = CATALOGUE) -> list[PlanVersion]:
    """
    This function will bring the plans of the catalogue file into the database, each as a first version, published or closed.

    Plans that are there already are left alone: a version that was sold is never rewritten. The new ones pass the gate of their
    example cases as every later version does.

    :returns: the versions that were new
    :raises CasesFail: if an example case does not come as the catalogue says
    """
    with path.open("rb") as file:
        catalogue = tomllib.load(file)
    known = set(Plan.objects.values_list("code", flat=True))
    new = []
    for figures in catalogue["plan"]:
        if figures["code"] in known:
            continue
        plan = Plan.objects.create(
            code=figures["code"], name=figures["name"], variant=figures["variant"], generation=figures["generation"]
        )
        version = PlanVersion(
            plan=plan, version=1, published_at=at, is_from_catalogue=True, **_version_fields(figures, catalogue)
        )
        check_cases(version, judge=judge)
        version.save()
        audit.record("plans.load", subject=version, by=by, at=at, label="载入保障计划", details={"code": plan.code})
        new.append(version)
    return new


def _version_fields(figures: Mapping[str, Any], catalogue: Mapping[str, Any]) -> dict[str, Any]:
    """One plan of the catalogue in the words of our table."""
    return {
        "state": VersionState.PUBLISHED if figures["on_sale"] else VersionState.CLOSED,
        "valid_from": _day(figures.get("valid_from")),
        "valid_to": _day(figures.get("valid_to")),
        "contribution_amount": Decimal(figures["contribution_yuan"]),
        "gender": "" if figures["gender"] == "any" else Gender(figures["gender"]),
        "min_participation_ratio": Decimal(str(figures["min_participation_ratio"])),
        "requires_medical_insurance": figures.get("requires_medical_insurance", False),
        "cap_amount": Decimal(figures["cap_per_person_yuan"]) if "cap_per_person_yuan" in figures else None,
        "caps_by_region": figures.get("cap_by_region_yuan", {}),
        "benefits": [_benefit(benefit, catalogue) for benefit in figures.get("benefits", [])],
        "proofs": dict(PROOFS),
        "cases": [read_case(case).write() for case in figures["cases"]],
        "assumed_fields": [FIGURES.get(name, name) for name in figures.get("assumed_fields", [])],
        **{name: figures[name] for name in SAME_NAME},
    }


SAME_NAME = (
    "max_shares",
    "term_months",
    "min_age",
    "max_age",
    "exclusive_group",
    "renews_from",
    "min_headcount",
    "all_must_join_below",
    "participation_base",
    "waiting_days_first",
    "waiting_days_lapsed",
    "waiting_days_renewal",
    "renewal_grace_days",
    "uniform_shares",
    "mid_term_period",
    "gift_eligible",
    "claim_limit_days",
    "exclusions",
    "source",
)


def _benefit(benefit: Mapping[str, Any], catalogue: Mapping[str, Any]) -> dict[str, Any]:
    """A benefit with its diseases and document names spelled out, so that a version stands on its own."""
    spelled = dict(benefit)
    disease_set = catalogue["disease_sets"].get(benefit.get("disease_set", ""))
    if disease_set:
        spelled["diseases"] = disease_set["diseases"]
    spelled["document_names"] = [catalogue["documents"][code] for code in benefit.get("required_documents", [])]
    return spelled


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None
