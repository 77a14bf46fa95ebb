"""
新增参保: a draft with its first plans, in one transaction; pressing the button twice begins one application.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.shared import locks
from huzhu.shared.actors import Actor

SAME_PRESS = timedelta(minutes=1)


@transaction.atomic
def begin_enrolment(
    *,
    employer_id: int,
    choices: Sequence[tuple[int, int]],
    by: Actor,
    at: datetime,
    campaign_ids: Sequence[int] = (),
) -> EnrolmentApplication:
    """
    This function will begin an application for an employer with the plans, shares, gifts and subsidies chosen.

    An empty draft that the same person began with the same choice less than a minute ago is given instead of a second one.

    :param choices: (plan version, shares per person)
    :raises enrolment.GiftsRefused: if these gifts or subsidies cannot be asked for; nothing is begun then
    :raises enrolment.PlansRefused: if these plans cannot be asked for; nothing is begun then
    :raises permissions.NotPermitted: if this person may not enrol for the employer
    """
    locks.lock("begin-enrolment", employer_id, by.user_id)
    just_begun = EnrolmentApplication.objects.filter(
        employer_id=employer_id,
        created_by_id=by.user_id,
        state=State.DRAFT,
        member_count=0,
        submission_count=0,
        created_at__gt=at - SAME_PRESS,
    ).order_by("-pk")
    for draft in just_begun:
        asked = draft.plans.filter(is_gift_only=False).values_list("plan_version_id", "share_count")
        gifts = draft.chosen_campaigns.values_list("campaign_id", flat=True)
        if set(asked) == set(choices) and set(gifts) == set(campaign_ids):
            return draft
    draft = enrolment.create_draft(employer_id=employer_id, by=by, at=at)
    return enrolment.set_plans(application_id=draft.pk, choices=choices, campaign_ids=campaign_ids, by=by, at=at)
