"""
Cover starts: policies reserved, covers made, policies issued, application effective. One transaction: all of it or none of it.
Of 增员 the covers come to the policy that is there, which gets its next version.

The step after the money is there (`confirm_payment`), or after a second approval with nothing to pay (`approve_enrolment`).
"""

from __future__ import annotations

from dataclasses import dataclass
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
    """How many covers were made, the first day of the earliest, and how many were left out with how much money."""

    covered: int
    left_out: int
    left_out_amount: Decimal
    earliest_start: date | None


@transaction.atomic
def start_cover(*, application_id: int, arrival_on: date, by: Actor, at: datetime) -> StartedCover:
    """
    This function will cover everybody of an approved application by rulebook §4 and make its policies, or the next version of the
    one people are added to, in a fixed number of statements.

    People whose cover would by now break the share limit or an exclusive group, because another slip was settled first, are left
    out, marked on the application, and reported with their money.

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
    return StartedCover(
        covered=created.count,
        left_out=len(created.left_out),
        left_out_amount=created.left_out_amount,
        earliest_start=created.earliest_start,
    )
