"""Policies with people added during the term (增员), made by the real journeys from draft to money."""

from __future__ import annotations

import datetime as dt

from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentSlip
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.journeys.add_members import add_members
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.journeys.confirm_payment import confirm_payment
from huzhu.plans.models import PlanVersion
from huzhu.policies.models import Policy
from huzhu.roster.models import RosterEntry
from huzhu.shared.actors import system_actor
from huzhu.shared.calendar import SHANGHAI
from tests.factories import billing as money
from tests.factories import enrolment as make
from tests.factories import plans


def noon(day: str | dt.date) -> dt.datetime:
    """Noon of a day in Shanghai."""
    day = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return dt.datetime.combine(day, dt.time(12), tzinfo=SHANGHAI)


def plan_version(*, is_common: bool = False, **figures: object) -> PlanVersion:
    """The hospital plan, 95 yuan and twelve months, with or without a common end."""
    return plans.version("HOSP25", mid_term_period="common" if is_common else "own", **figures)


def issued(*, people: int = 2, is_common: bool = False, references: dt.date | None = None) -> Policy:
    """A policy paid on 2025-08-11, so from 2025-08-12 on."""
    plan_version(is_common=is_common)
    case = make.application("second_review", people_count=people, references=references)
    settle(case.application, at=make.NOON)
    return get(Policy.objects.get(application=case.application))


def get(policy: Policy) -> Policy:
    """The policy as it stands now."""
    return Policy.objects.select_related("employer", "application", "plan", "plan_version").get(pk=policy.pk)


def joined(policy: Policy, count: int = 1, *, on: str = "2025-10-01", **fields: object) -> list[RosterEntry]:
    """People who came to the employer after the policy was issued."""
    return make.people(policy.employer, count, joined_on=dt.date.fromisoformat(on), **fields)


def begun(policy: Policy, *, at: dt.datetime) -> EnrolmentApplication:
    """The draft of an addition, with everybody who came since, and this month's list of all."""
    entries = list(RosterEntry.objects.filter(employer=policy.employer, left_on=None).select_related("document"))
    make.insurance_list(policy.employer, entries, month=at.date().replace(day=1), at=at)
    return add_members(policy_id=policy.pk, by=make.handler(policy.employer), at=at).application


def reviewed(policy: Policy, *, at: dt.datetime, everybody: bool = False) -> EnrolmentApplication:
    """The same, submitted and through the first review; `everybody` adds the whole roster, those on their way already too."""
    draft = begun(policy, at=at)
    if everybody:
        enrolment.add_from_roster(application_id=draft.pk, by=make.handler(policy.employer), at=at)
    case = make.Case(application=draft, employer=policy.employer, entries=[], versions=[])
    return make.advance(case, "second_review", at=at).application


def approved(application: EnrolmentApplication, *, at: dt.datetime) -> PaymentSlip:
    """The slip of an application in its second review."""
    money.society_account()
    slip = approve_enrolment(application_id=application.pk, by=make.reviewer(), at=at).slip
    assert slip is not None
    return slip


def pay(slip: PaymentSlip, *, at: dt.datetime) -> None:
    """The money is there, and what follows from it."""
    money.imported(money.transfer(slip.amount, slip.number, day=at.date()))
    billing.match_new(by=system_actor(), at=at)
    confirm_payment(slip_id=slip.pk, by=system_actor(), at=at)


def settle(application: EnrolmentApplication, *, at: dt.datetime) -> PaymentSlip:
    """From the second review to cover."""
    slip = approved(application, at=at)
    pay(slip, at=at)
    return slip


def added(policy: Policy, *, at: dt.datetime, everybody: bool = False) -> EnrolmentApplication:
    """An addition told to its end."""
    application = reviewed(policy, at=at, everybody=everybody)
    settle(application, at=at)
    return EnrolmentApplication.objects.get(pk=application.pk)
