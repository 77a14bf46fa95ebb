"""Preparing a version: drafted from the latest one, edited, proposed, taken back, discarded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.plans import permissions
from huzhu.plans.models import Plan, PlanVersion
from huzhu.plans.operations.moving import PlanRefused, check_cases, lock_version, move
from huzhu.plans.rules import ExampleCase, Judge, check_figures, check_names
from huzhu.plans.states import OPEN, VersionAction
from huzhu.shared import locks
from huzhu.shared.actors import Actor

# What a draft may say otherwise than the version it was drafted from.
FIGURES = (
    "valid_from",
    "valid_to",
    "contribution_amount",
    "max_shares",
    "term_months",
    "min_age",
    "max_age",
    "gender",
    "requires_medical_insurance",
    "exclusive_group",
    "renews_from",
    "min_participation_ratio",
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
    "cap_amount",
    "caps_by_region",
    "benefits",
    "exclusions",
    "proofs",
    "cases",
    "assumed_fields",
    "source",
    "change_note",
)
# Lists stand in versions with hundreds of words; the trace says that they changed, the versions say how.
LONG = frozenset({"benefits", "exclusions", "proofs", "cases", "caps_by_region"})


class VersionConflict(ValueError):
    """Somebody else changed the draft meanwhile."""

    def __init__(self) -> None:
        super().__init__("草稿刚被他人修改，未保存您的修改。请在新页面打开最新的草稿，对照后重新填写。")


@transaction.atomic
def draft_version(*, plan_id: int, by: Actor, at: datetime) -> PlanVersion:
    """
    This function will begin the next version of a plan, as a copy of the latest one that was published, or of a first
    draft given up.

    :raises permissions.NotPermitted: if the actor may not
    :raises PlanRefused: if a version of the plan is in preparation already
    """
    locks.lock("plan", plan_id)
    plan = Plan.objects.get(pk=plan_id)
    permissions.check(by, "plan.draft", plan)
    versions = PlanVersion.objects.filter(plan=plan)
    if versions.filter(state__in=OPEN).exists():
        raise PlanRefused(f"“{plan}”已有一个版本在准备中，请在该版本上修改，或先作废它。")
    latest = versions.order_by("-version")[0]
    former = versions.told().order_by("-version").first() or latest  # of a plan never sold, what was given up
    words = {name: getattr(former, name) for name in FIGURES}
    words |= {"valid_from": None, "valid_to": None, "change_note": ""}
    draft = PlanVersion.objects.create(
        plan=plan, version=latest.version + 1, drafted_at=at, drafted_by_name=by.name, **words
    )
    audit.record(
        "plan_version.draft",
        label="起草新版本",
        subject=draft,
        by=by,
        at=at,
        after=draft.state,
        details={"plan": plan.code, "version": draft.version, "from": former.version},
    )
    return draft


@transaction.atomic
def begin_plan(
    *, code: str, name: str, variant: str = "", generation: str, like_version_id: int, by: Actor, at: datetime
) -> PlanVersion:
    """
    This function will begin a new plan with its first version, a draft that says what a version of another plan says.

    It is sold once the draft is published. Whose cover it continues (`renews_from`) is for its writer to say.

    :param code: capitals and digits; it stays, whatever the plan is called later
    :raises permissions.NotPermitted: if the actor may not
    :raises FiguresRefused: if code or name are taken or not usable; each problem at its field
    """
    permissions.check(by, "plan.draft", None)
    locks.lock("plan-code", 0)
    like = PlanVersion.objects.told().get(pk=like_version_id)
    taken = Plan.objects.filter(code=code).exists(), Plan.objects.filter(name=name, variant=variant).exists()
    check_names(code=code, name=name, generation=generation, is_code_taken=taken[0], is_name_taken=taken[1])
    plan = Plan.objects.create(code=code, name=name, variant=variant, generation=generation)
    words = {each: getattr(like, each) for each in FIGURES}
    words |= {"valid_from": None, "valid_to": None, "change_note": "", "cases": [], "source": "", "exclusive_group": ""}
    words |= {"renews_from": []}
    draft = PlanVersion.objects.create(plan=plan, version=1, drafted_at=at, drafted_by_name=by.name, **words)
    audit.record(
        "plan.begin",
        label="新增计划",
        subject=draft,
        by=by,
        at=at,
        after=draft.state,
        details={"plan": plan.code, "name": str(plan), "like": f"{like.plan.code} v{like.version}"},
    )
    return draft


@transaction.atomic
def change_draft(*, version_id: int, revision: int, figures: Mapping[str, Any], by: Actor, at: datetime) -> PlanVersion:
    """
    This function will change what a draft says.

    :param revision: of the draft that was on the screen
    :param figures: by name, any of `FIGURES`
    :raises permissions.NotPermitted: if the actor may not
    :raises PlanRefused: if the version is not being written any more
    :raises VersionConflict: if somebody else changed it meanwhile
    :raises FiguresRefused: if this makes no plan; each problem at its field
    """
    draft = lock_version(version_id)
    permissions.check(by, "plan.draft", draft)
    if not draft.is_editable:
        raise PlanRefused("该版本已提交复核或已发布，不能修改。要修改请先撤回，或起草新版本。")
    if draft.revision != revision:
        raise VersionConflict
    if unknown := figures.keys() - set(FIGURES):
        raise KeyError(sorted(unknown))
    changes = audit.get_changes(draft, figures)
    check_figures({name: figures.get(name, getattr(draft, name)) for name in FIGURES}, known_codes=_get_codes())
    if not changes:
        return draft
    for name, value in figures.items():
        setattr(draft, name, value)
    draft.revision += 1
    draft.save(update_fields=[*figures, "revision"])
    audit.record(
        "plan_version.change",
        label="修改计划草稿",
        subject=draft,
        by=by,
        at=at,
        changes={name: ("", "已修改") if name in LONG else change for name, change in changes.items()},
    )
    return draft


def change_cases(*, version_id: int, revision: int, cases: list[ExampleCase], by: Actor, at: datetime) -> PlanVersion:
    """
    This function will set the example cases of a draft; see `change_draft`.
    """
    figures = {"cases": [case.write() for case in cases]}
    return change_draft(version_id=version_id, revision=revision, figures=figures, by=by, at=at)


@transaction.atomic
def propose(*, version_id: int, revision: int, judge: Judge, by: Actor, at: datetime) -> PlanVersion:
    """
    This function will hand a draft to a second person.

    :raises permissions.NotPermitted: if the actor may not
    :raises VersionConflict: if somebody else changed it meanwhile
    :raises FiguresRefused: if it makes no plan
    :raises CasesFail: if an example case does not come as expected, or a kind of case is missing
    :raises PlanRefused: without a note on what changes
    :raises TransitionNotAllowed: if it is not being written any more
    """
    draft = lock_version(version_id)
    permissions.check(by, "plan_version.propose", draft)
    if draft.revision != revision:
        raise VersionConflict
    check_figures({name: getattr(draft, name) for name in FIGURES}, known_codes=_get_codes())
    check_cases(draft, judge=judge)
    if not draft.change_note:
        raise PlanRefused("请先在“基本”一节填写变更说明：改了什么、依据哪份文件。")
    draft.proposed_at, draft.proposed_by_id = at, by.user_id
    draft.proposed_by_name, draft.proposed_by_person = by.name, by.person
    draft.decided_at, draft.decided_by_id, draft.decided_by_name = None, None, ""
    draft.decided_by_person = draft.decided_for_person = draft.return_reason = ""
    return move(draft, VersionAction.PROPOSE, by=by, at=at)


@transaction.atomic
def recall(*, version_id: int, by: Actor, at: datetime) -> PlanVersion:
    """
    This function will take a proposed version back to be written on.

    :raises permissions.NotPermitted: if the actor may not
    :raises TransitionNotAllowed: if it is not proposed any more
    """
    version = lock_version(version_id)
    permissions.check(by, "plan_version.recall", version)
    return move(version, VersionAction.RECALL, by=by, at=at)


@transaction.atomic
def discard(*, version_id: int, by: Actor, at: datetime) -> PlanVersion:
    """
    This function will give up a draft; its number is not given again.

    :raises permissions.NotPermitted: if the actor may not
    :raises TransitionNotAllowed: if it is not being written any more
    """
    version = lock_version(version_id)
    permissions.check(by, "plan_version.discard", version)
    return move(version, VersionAction.DISCARD, by=by, at=at)


def _get_codes() -> list[str]:
    return list(Plan.objects.values_list("code", flat=True))
