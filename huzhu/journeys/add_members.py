"""
增员: one click makes a draft that adds people to a policy during its term, with those who came since. One transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import EDITABLE
from huzhu.policies import rules
from huzhu.policies.models import Policy
from huzhu.policies.versions import get_version
from huzhu.shared import locks
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date


class AdditionRefused(Exception):
    """Nobody can be added to the policy any more; the words say why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Addition:
    """The draft that adds people to a policy; `is_new` is false where it had been begun before."""

    application: EnrolmentApplication
    is_new: bool


@transaction.atomic
def add_members(*, policy_id: int, by: Actor, at: datetime) -> Addition:
    """
    This function will begin adding people to a policy: its plan, version and shares, those who came since, checked. While such an
    application is still with the employer it is given instead of another.

    :raises AdditionRefused: if the policy's term is over, or no day is left before the common end
    :raises permissions.NotPermitted: if this person may not enrol for the employer
    """
    policy = Policy.objects.select_related("plan_version").get(pk=policy_id)
    locks.lock("add-members", policy.pk)
    open_drafts = EnrolmentApplication.objects.filter(endorsed_policy_id=policy.pk, state__in=EDITABLE)
    if draft := open_drafts.order_by("-pk").first():
        permissions.check(by, "enrolment.fill_in", draft)
        return Addition(application=draft, is_new=False)
    day = local_date(at)
    if words := tell_why_not(policy, day=day):
        raise AdditionRefused(words)
    draft = enrolment.begin_addition(
        employer_id=policy.employer_id,
        policy=enrolment.EndorsedPolicy(
            policy_id=policy.pk,
            number=policy.number,
            plan_version_id=policy.plan_version_id,
            share_count=policy.share_count,
            common_end=get_common_end(policy),
            issued_at=policy.issued_at,
            issued_on=local_date(policy.issued_at),
        ),
        by=by,
        at=at,
    )
    step = "members" if draft.member_count else "people"
    enrolment.set_wizard_step(application_id=draft.pk, step=step, by=by)
    draft.refresh_from_db()
    return Addition(application=draft, is_new=True)


def get_common_end(policy: Policy) -> date | None:
    """
    This function will give the end that joiners of a policy share; None where each has an own full term.
    """
    return (
        get_version(policy=policy, number=1).coverage_end if policy.plan_version.mid_term_period == "common" else None
    )


def tell_why_not(policy: Policy, *, day: date) -> str:
    """
    This function will say why nobody can be added to a policy on a day, and what to do instead; empty where somebody can.
    """
    first = get_version(policy=policy, number=1)
    is_common = policy.plan_version.mid_term_period == "common"
    if rules.is_open_for_additions(first_end=first.coverage_end, is_common=is_common, day=day):
        return ""
    if day >= first.coverage_end:
        return f"保单{policy.number}的保障期已过，不能再增员，请通过“续保”或“新增参保”办理。"
    return f"保单{policy.number}明天到期，增员已没有保障期，请在续保时一并参保。"
