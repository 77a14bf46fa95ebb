"""Questions about policies: which there are, who is in one, and whether a paper somebody holds is genuine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from huzhu.cover.models import Cover, CoverState
from huzhu.plans.models import Plan
from huzhu.policies.models import Policy, PolicyQuerySet
from huzhu.shared.actors import Actor
from huzhu.shared.check_characters import folded

PAGE = 100


@dataclass(frozen=True, kw_only=True)
class PolicyFilter:
    """What a list of policies is narrowed by; empty means any. `covered_on`: at least one member was covered on that day."""

    number: str = ""
    plan_id: int | None = None
    state: str = ""
    covered_on: date | None = None
    employer_ids: QuerySet | None = None


@dataclass(frozen=True, kw_only=True)
class MemberPage:
    """One page of a policy's members by name initials, with the ids after and before which the others lie."""

    rows: list[Cover]
    after: int | None
    before: int | None


def get_policies(*, by: Actor, wanted: PolicyFilter, today: date) -> PolicyQuerySet:
    """
    This function will give the policies somebody may see that fit, with plan, employer and application; the page sorts them.
    """
    found = Policy.objects.visible_to(by).select_related("plan", "employer", "application")
    if number := wanted.number.strip():
        found = found.filter(Q(number__icontains=number) | Q(application__number__icontains=number))
    if wanted.plan_id:
        found = found.filter(plan_id=wanted.plan_id)
    if wanted.state:
        found = found.filter(_in_state(wanted.state, today))
    if wanted.covered_on:
        found = _covered_on(found, wanted.covered_on)
    if wanted.employer_ids is not None:
        found = found.filter(employer_id__in=wanted.employer_ids)
    return found


def _in_state(state: str, today: date) -> Q:
    match state:
        case CoverState.PENDING:
            return Q(coverage_start__gt=today)
        case CoverState.ENDED:
            return Q(coverage_end__lte=today)
        case _:
            return Q(coverage_start__lte=today, coverage_end__gt=today)


def _covered_on(found: PolicyQuerySet, day: date) -> PolicyQuerySet:
    """The widest period first, which is cheap; then a cover that was really in force, since members have own periods."""
    covers = Cover.objects.on_day(day).filter(policy_id=OuterRef("pk"))
    return found.filter(Exists(covers), coverage_start__lte=day, coverage_end__gt=day)


def get_plans(*, by: Actor) -> QuerySet[Plan]:
    """This function will give the plans somebody may see policies of, for a filter."""
    return Plan.objects.filter(pk__in=Policy.objects.visible_to(by).values("plan_id")).order_by("pk")


def get_members(
    *, policy: Policy, by: Actor, words: str = "", after: int | None = None, before: int | None = None
) -> MemberPage:
    """
    This function will give one page of the people on a policy, in the order of their initials, in at most two statements.

    :param words: part of the name, or pinyin initials from the beginning
    :param after: id of the last cover of the page before; `before` the first of the page after
    """
    covers = Cover.objects.visible_to(by).filter(policy_id=policy.pk).select_related("departure")
    if words := words.strip():
        wanted = Q(name__contains=words)
        if words.isascii():
            wanted |= Q(name_initials__startswith=words.replace(" ", "").lower())
        covers = covers.filter(wanted)
    anchor = after if after is not None else before
    key = covers.filter(pk=anchor).values_list("name_initials", flat=True).first() if anchor is not None else None
    if key is None:
        rows = list(covers.order_by("name_initials", "pk")[: PAGE + 1])
        return _page(rows[:PAGE], is_more_after=len(rows) > PAGE, is_more_before=False)
    if after is not None:
        later = Q(name_initials__gt=key) | Q(name_initials=key, pk__gt=anchor)
        rows = list(covers.filter(later).order_by("name_initials", "pk")[: PAGE + 1])
        return _page(rows[:PAGE], is_more_after=len(rows) > PAGE, is_more_before=True)
    earlier = Q(name_initials__lt=key) | Q(name_initials=key, pk__lt=anchor)
    rows = list(covers.filter(earlier).order_by("-name_initials", "-pk")[: PAGE + 1])
    return _page(rows[:PAGE][::-1], is_more_after=True, is_more_before=len(rows) > PAGE)


def _page(rows: list[Cover], *, is_more_after: bool, is_more_before: bool) -> MemberPage:
    return MemberPage(
        rows=rows,
        after=rows[-1].pk if rows and is_more_after else None,
        before=rows[0].pk if rows and is_more_before else None,
    )


def get_by_code(*, code: str) -> Policy | None:
    """
    This function will find the policy that a verification code opens, however it was typed: spaces, hyphens and small letters
    do not matter.
    """
    return Policy.objects.select_related("plan", "employer").filter(verify_code=folded(code)).first()
