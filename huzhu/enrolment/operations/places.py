"""Places of gifts: taken at submitting, given back when an application goes back or ends, taken again for a new slip."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from huzhu.enrolment import queries
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, Subsidy
from huzhu.gifts import queries as gifts
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.rules import NotOffered
from huzhu.gifts.states import CampaignKind, Once
from huzhu.shared import locks
from huzhu.shared.calendar import local_date


class PlacesGone(Exception):
    """Others have the places of gifts by now that this application held before its slip expired."""


def lock_campaigns(application: EnrolmentApplication) -> None:
    """
    This function will keep everybody else from the places of the campaigns an application asks for to the end of the transaction.

    Where somebody must not have had another campaign's gift, all who give wait for each other.
    """
    chosen = queries.get_chosen_ids(application_id=application.pk)
    campaigns = GiftCampaign.objects.filter(pk__in=chosen)
    if campaigns.filter(kind=CampaignKind.GIFT).exists() or campaigns.filter(once=Once.EVER).exists():
        locks.lock("gifts")
    list(campaigns.select_for_update(no_key=True).order_by("pk"))


def hold(application: EnrolmentApplication, *, at: datetime) -> int:
    """
    This function will take the places that the check has planned, under the lock of their campaigns, and count them.
    """
    return Subsidy.objects.filter(application=application, held_at__isnull=True).update(held_at=at)


def release(application: EnrolmentApplication, *, member_ids: Iterable[int] | None = None) -> None:
    """
    This function will give back the places of an application, or of certain people of it.
    """
    held = Subsidy.objects.filter(application=application, held_at__isnull=False)
    if member_ids is not None:
        held = held.filter(member_id__in=list(member_ids))
    held.update(held_at=None)


def hold_again(application: EnrolmentApplication, *, at: datetime, is_new_slip: bool) -> list[int]:
    """
    This function will take the places again that an application held before its slip expired, as far as they are still there, in
    the order of the list; it gives the members who lost theirs.

    :param is_new_slip: what was closed meanwhile gives nothing for a new slip; money in time is as if nothing had expired
    """
    lock_campaigns(application)
    chosen = queries.get_chosen_ids(application_id=application.pk)
    if not chosen:
        return []
    offers = gifts.get_offers(employer=application.employer, day=local_date(at), campaign_ids=chosen)
    left = queries.get_left(offers=offers, prices=queries.get_prices(application_id=application.pk))
    shut = {
        offer.campaign.pk
        for offer in offers
        if is_new_slip and offer.not_offered in (NotOffered.CLOSED, NotOffered.OVER)
    }
    with connection.cursor() as cursor:
        cursor.execute(
            LOST,
            {
                "application": application.pk,
                "campaigns": [offer.campaign.pk for offer in offers],
                "places": [0 if offer.campaign.pk in shut else left[offer.campaign.pk] for offer in offers],
            },
        )
        lost = [member_id for (member_id,) in cursor.fetchall()]
    staying = Subsidy.objects.filter(application=application, held_at__isnull=True).exclude(member_id__in=lost)
    staying.update(held_at=at)
    return lost


def leave_out_lost(application: EnrolmentApplication, *, member_ids: list[int]) -> None:
    """
    This function will mark people whose place is somebody else's by now: settlement goes on without them.
    """
    ApplicationMember.objects.filter(application=application, pk__in=member_ids).update(
        left_out_reason="缴款单逾期后赠送名额已被使用"
    )


LOST = """
WITH places AS (
    SELECT * FROM unnest(%(campaigns)s::bigint[], %(places)s::int[]) AS campaign (id, count)
), wanted AS (
    SELECT planned.member_id, places.count, EXISTS (
               SELECT FROM enrolment_subsidy AS held WHERE held.campaign_id = planned.campaign_id
               AND held.worker_id = planned.worker_id AND held.held_at IS NOT NULL) AS is_elsewhere,
           planned.campaign_id
    FROM enrolment_subsidy AS planned JOIN places ON places.id = planned.campaign_id
    WHERE planned.application_id = %(application)s AND planned.held_at IS NULL
), ranked AS (
    SELECT wanted.*, row_number() OVER (PARTITION BY campaign_id, is_elsewhere ORDER BY member_id) AS place FROM wanted
)
SELECT DISTINCT member_id FROM ranked WHERE is_elsewhere OR place > count ORDER BY member_id
"""
