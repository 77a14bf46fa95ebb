"""
续保: one click makes a draft that renews a policy and those issued with it, from today's roster. One transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from huzhu.cover.models import Cover
from huzhu.cover.rules import default_reference_on
from huzhu.employers.models import Employer
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import ApplicationPlan, EnrolmentApplication
from huzhu.parameters import queries as parameters
from huzhu.parameters.rules import REFERENCE_DAYS_AHEAD
from huzhu.plans import queries as plans
from huzhu.plans.models import PlanVersion
from huzhu.policies import operations as policies
from huzhu.policies import renewals, rules
from huzhu.policies.models import Policy
from huzhu.policies.renewals import Standing
from huzhu.shared import locks
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date


class RenewalRefused(Exception):
    """The policy cannot be renewed now, or a plan has to be chosen first; the words say which and what to do."""


@dataclass(frozen=True, kw_only=True)
class Renewable:
    """One policy to be renewed with the versions that may follow on it, the one offered first; none where nothing does."""

    policy: Policy
    standing: Standing
    versions: Sequence[PlanVersion]

    @property
    def is_same_plan(self) -> bool:
        """Test if the plan itself is still sold."""
        return bool(self.versions) and self.versions[0].plan_id == self.policy.plan_id


@dataclass(frozen=True, kw_only=True)
class Renewed:
    """The draft of a renewal; `is_new` is false where it had been begun before."""

    application: EnrolmentApplication
    is_new: bool


def get_renewable(*, policy: Policy, employer: Employer, day: date) -> list[Renewable]:
    """
    This function will give the policies one click renews: the one chosen and those issued with it, each if its time has come and
    nothing renews it yet, with the plans that may follow. Five statements at most.
    """
    found = list(
        Policy.objects.filter(application_id=policy.application_id, employer_id=policy.employer_id)
        .select_related("plan", "plan_version__plan")
        .order_by("plan_id")
    )
    standings = renewals.get_standings(policy_ids=[each.pk for each in found])
    on_sale = list(plans.get_on_sale(day=day, branch=employer.branch))
    return [
        Renewable(
            policy=each,
            standing=standings[each.pk],
            versions=rules.get_successors(plan_id=each.plan_id, plan_code=each.plan.code, on_sale=on_sale),
        )
        for each in found
        if standings[each.pk].is_offered(day=day)
    ]


@transaction.atomic
def renew_policies(*, policy_id: int, chosen: Mapping[int, int], by: Actor, at: datetime) -> Renewed:
    """
    This function will begin the renewal of a policy and those issued with it: plans and shares as before or their successors,
    today's people, the previous end as reference date, checked. While such an application exists it is given instead of another.

    :param chosen: policy → plan version, where several may follow; a policy that maps to 0 is left out
    :raises RenewalRefused: if its time has not come or nothing follows on it; nothing is begun then
    :raises enrolment.PlansRefused: if the chosen plans exclude each other
    :raises permissions.NotPermitted: if this person may not enrol for the employer
    """
    policy = Policy.objects.select_related("plan", "employer__branch").get(pk=policy_id)
    locks.lock("renew-policies", policy.employer_id)
    standing = renewals.get_standings(policy_ids=[policy.pk])[policy.pk]
    if standing.application_id is not None:
        return Renewed(application=EnrolmentApplication.objects.get(pk=standing.application_id), is_new=False)
    day = local_date(at)
    pairs = _choose(get_renewable(policy=policy, employer=policy.employer, day=day), chosen)
    if not any(each.policy.pk == policy.pk for each, _ in pairs):
        raise RenewalRefused(tell_why_not(policy, standing, day=day))
    draft = enrolment.create_draft(employer_id=policy.employer_id, by=by, at=at)
    shares: dict[int, int] = {}
    for each, version in pairs:
        before = max(shares.get(version.pk, 0), each.policy.share_count)
        shares[version.pk] = rules.get_shares(shares=before, max_shares=version.max_shares)
    enrolment.set_plans(application_id=draft.pk, choices=list(shares.items()), by=by, at=at)
    sources = [(version.pk, each.policy.pk) for each, version in pairs]
    enrolment.enrol_for_renewal(application_id=draft.pk, sources=sources, by=by, at=at)
    policies.note_renewal(application_id=draft.pk, policy_ids=[pk for _, pk in sources], by=by, at=at)
    _set_dates(draft, sources, by=by, at=at)
    enrolment.set_wizard_step(application_id=draft.pk, step="members", by=by)
    draft.refresh_from_db()
    return Renewed(application=draft, is_new=True)


def _choose(renewable: Sequence[Renewable], chosen: Mapping[int, int]) -> list[tuple[Renewable, PlanVersion]]:
    pairs = []
    for each in renewable:
        wanted = chosen.get(each.policy.pk)
        if wanted == 0 or not each.versions:
            continue
        if wanted is None and len(each.versions) > 1:
            raise RenewalRefused(f"“{each.policy.plan}”已停止参保，有多个后续计划，请先选择一个再生成续保申请。")
        version = next((version for version in each.versions if wanted in (None, version.pk)), None)
        if version is None:
            raise RenewalRefused(f"“{each.policy.plan}”所选的后续计划已不可用，请刷新页面后重新选择。")
        pairs.append((each, version))
    return pairs


def tell_why_not(policy: Policy, standing: Standing, *, day: date) -> str:
    """
    This function will say why a policy cannot be renewed on a day, and what to do instead.
    """
    if not standing.is_offered(day=day):
        days = (standing.first_end - day).days
        if days > rules.OFFERED_DAYS_BEFORE:
            return f"保单{policy.number}还有{days}天到期，到期前{rules.OFFERED_DAYS_BEFORE}天起可以续保。"
        return f"保单{policy.number}到期已超过{rules.OFFERED_DAYS_AFTER}天，不能再续保，请通过“新增参保”办理。"
    return f"“{policy.plan}”没有可以续保的计划，或本次没有选择续保，请通过“新增参保”选择其他计划。"


def _set_dates(draft: EnrolmentApplication, sources: Sequence[tuple[int, int]], *, by: Actor, at: datetime) -> None:
    """The previous end as reference date of each plan where it can be chosen; setting it runs the precheck."""
    day = local_date(at)
    most = parameters.get_number(REFERENCE_DAYS_AHEAD, day=day)
    ends: dict[int, list[date]] = {}
    for policy_id, end in (
        Cover.objects.filter(policy_id__in=[pk for _, pk in sources])
        .values_list("policy_id", "coverage_end")
        .distinct()
    ):
        for version in {version for version, pk in sources if pk == policy_id}:
            ends.setdefault(version, []).append(end)
    dates = {}
    for plan in ApplicationPlan.objects.filter(application=draft):
        previous_end = rules.get_reference_end(ends=ends.get(plan.plan_version_id, []), day=day)
        offered = default_reference_on(previous_end=previous_end, submitted_on=day, most_days_ahead=most)
        if offered is not None:
            dates[plan.pk] = offered
    if dates:
        enrolment.set_reference_dates(application_id=draft.pk, dates=dates, by=by, at=at)
    else:
        enrolment.run_precheck(application_id=draft.pk, by=by, at=at)
