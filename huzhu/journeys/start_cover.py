"""
Cover starts: policies reserved, covers made, policies issued, application effective. One transaction: all of it or none of it.
Of 增员 the covers come to the policy that is there, which gets its next version.

The step after the money is there (`confirm_payment`), or after a second approval with nothing to pay (`approve_enrolment`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from huzhu.cover import operations as cover
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries as applications
from huzhu.policies import operations as policies
from huzhu.shared.actors import Actor


@dataclass(frozen=True, kw_only=True)
class StartedCover:
    """
    How many covers were made, the first day of the earliest, how many were left out, what their employer had paid for them, and
    what their sponsors need not pay, by sponsor.
    """

    covered: int
    left_out: int
    left_out_amount: Decimal
    earliest_start: date | None
    released: dict[int, Decimal] = field(default_factory=dict)


@transaction.atomic
def start_cover(*, application_id: int, arrival_on: date, by: Actor, at: datetime) -> StartedCover:
    """
    This function will cover everybody of an approved application by rulebook §4 and make its policies, or the next version of the
    one people are added to, in a fixed number of statements.

    People whose cover would by now break the share limit or an exclusive group, because another slip was settled first, are left
    out, marked on the application, and reported with their money; so are those who lost the place of a gift after expiry.

    :param arrival_on: the arrival of the money (rulebook §4); the day of approval where nothing is to pay
    :raises TransitionNotAllowed: if the application is in no state to be settled
    :raises enrolment.permissions.NotPermitted: if this person may not settle it
    """
    application = enrolment.lock_for_settlement(application_id=application_id, by=by)
    plan_ids = applications.get_plan_ids(application_id=application_id)
    if application.endorsed_policy_id is not None:
        policies.lock_policy(
            application.endorsed_policy_id
        )  # before the people: of two additions the second waits here
        policy_ids = dict.fromkeys(plan_ids, application.endorsed_policy_id)
    else:
        reserved = policies.reserve_policies(application_id=application_id, plan_ids=plan_ids, at=at)
        policy_ids = {plan_id: policy.policy_id for plan_id, policy in reserved.items()}
    sql, params = applications.get_cover_source(
        application_id=application_id, arrival_on=arrival_on, policy_ids=policy_ids
    )
    promised = applications.get_subsidies(application_id=application_id)
    created = cover.create_covers(source=cover.Source(sql=sql, params=params), at=at)
    if application.endorsed_policy_id is not None:
        policies.add_members(policy_id=application.endorsed_policy_id, application_id=application_id, by=by, at=at)
    else:
        policies.issue_policies(application_id=application_id, reserved=reserved, at=at)
    enrolment.settle(
        application_id=application_id,
        left_out={person.member_id: person.reason for person in created.left_out},
        earliest_start=created.earliest_start,
        by=by,
        at=at,
    )
    left_out = applications.get_left_out(application_id=application_id)
    held = applications.get_subsidies(application_id=application_id)
    return StartedCover(
        covered=created.count,
        left_out=left_out.count,
        left_out_amount=left_out.amount,
        earliest_start=created.earliest_start,
        released={
            sponsor: amount - held.get(sponsor, Decimal(0))
            for sponsor, amount in promised.items()
            if amount != held.get(sponsor)
        },
    )
