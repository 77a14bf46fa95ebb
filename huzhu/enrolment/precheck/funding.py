"""
What sponsors pay for whom (rulebook §3, gift_not_eligible): planned anew by every check while the list may be edited, one statement
per campaign whatever the number of people. From submitting on the plan stands, and with it what was said of gifts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from huzhu.enrolment import queries
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.precheck.registry import GIFT, PERSON
from huzhu.gifts import queries as gifts
from huzhu.shared.calendar import local_date

DROP_PLANNED = "DELETE FROM enrolment_subsidy WHERE application_id = %(application)s"
TAKE_BACK = """
UPDATE enrolment_applicationmember
SET removed_at = CASE WHEN lacks_gift THEN NULL ELSE removed_at END, lacks_gift = false, subsidy_amount = 0
WHERE application_id = %(application)s AND (lacks_gift OR subsidy_amount <> 0)
"""

FACTS = f"""
CREATE TEMPORARY TABLE {GIFT} (
    worker_id bigint, member_id bigint, application_plan_id bigint, campaign text, kind text, reason text, is_gift_only boolean,
    start date, for_gender text, least_age int, most_age int, for_categories jsonb
) ON COMMIT DROP
"""

# Who comes first within one application: who came onto its list first.
FUND = f"""
WITH candidate AS MATERIALIZED (
    SELECT f.member_id, f.application_plan_id, f.worker_id, plan.is_gift_only, campaign.name AS campaign, campaign.kind,
           campaign.gender, campaign.min_age, campaign.max_age, campaign.job_categories, f.coverage_start AS start,
           f.contribution_amount - member.subsidy_amount AS unpaid,
           coalesce(campaign.amount_per_person, version.contribution_amount) AS per_person,
           CASE WHEN %(not_offered)s::text <> '' THEN %(not_offered)s::text
                WHEN campaign.gender <> '' AND f.gender <> campaign.gender THEN 'gender'
                WHEN f.born_on + make_interval(years => campaign.min_age) > f.coverage_start THEN 'too_young'
                WHEN f.born_on + make_interval(years => campaign.max_age + 1) <= f.coverage_start THEN 'too_old'
                WHEN cardinality(campaign.job_categories) > 0 AND NOT f.job_category = ANY (campaign.job_categories)
                    THEN 'job_category'
                WHEN campaign.is_first_only AND f.cover_class <> 'first' THEN 'not_first'
                WHEN EXISTS (SELECT FROM enrolment_subsidy AS held WHERE held.campaign_id = campaign.id
                             AND held.worker_id = f.worker_id AND held.held_at IS NOT NULL) THEN 'once'
                WHEN campaign.once = 'ever' AND (EXISTS (
                    SELECT FROM enrolment_subsidy AS held
                    JOIN gifts_giftcampaign AS other ON other.id = held.campaign_id AND other.kind = 'gift'
                    WHERE held.worker_id = f.worker_id AND held.held_at IS NOT NULL
                ) OR f.worker_id IN (
                    SELECT here.worker_id FROM enrolment_subsidy AS here
                    JOIN gifts_giftcampaign AS other ON other.id = here.campaign_id AND other.kind = 'gift'
                    WHERE here.application_id = %(application)s
                )) THEN 'ever'
                ELSE '' END AS bar
    FROM {PERSON} AS f
    JOIN enrolment_applicationmember AS member ON member.id = f.member_id
    JOIN enrolment_applicationplan AS plan ON plan.id = f.application_plan_id
    JOIN plans_planversion AS version ON version.id = f.plan_version_id
    JOIN gifts_giftcampaign AS campaign ON campaign.id = %(campaign)s AND campaign.plan_id = f.plan_id
), settled AS MATERIALIZED (
    SELECT candidate.*, CASE
        WHEN bar = '' AND unpaid > 0
             AND row_number() OVER (PARTITION BY bar = '' AND unpaid > 0 ORDER BY member_id) > %(places)s THEN 'used_up'
        ELSE bar END AS reason
    FROM candidate
), told AS (
    INSERT INTO {GIFT}
    SELECT worker_id, member_id, application_plan_id, campaign, kind, reason, is_gift_only, start, gender, min_age, max_age,
           to_jsonb(job_categories)
    FROM settled
), paid AS (
    INSERT INTO enrolment_subsidy (application_id, member_id, worker_id, campaign_id, quota_id, amount)
    SELECT %(application)s, member_id, worker_id, %(campaign)s, %(quota)s::bigint, least(unpaid, per_person)
    FROM settled WHERE reason = '' AND unpaid > 0
    RETURNING member_id, amount
)
UPDATE enrolment_applicationmember AS member SET subsidy_amount = member.subsidy_amount + paid.amount
FROM paid WHERE member.id = paid.member_id
"""

# A plan that came with a gift takes only those whom sponsors pay in full; the others are not on its list.
LEAVE_OUT = f"""
WITH short AS MATERIALIZED (
    SELECT f.member_id
    FROM {PERSON} AS f
    JOIN enrolment_applicationplan AS plan ON plan.id = f.application_plan_id AND plan.is_gift_only
    JOIN enrolment_applicationmember AS member ON member.id = f.member_id
    WHERE member.subsidy_amount < f.contribution_amount
), dropped AS (
    DELETE FROM enrolment_subsidy WHERE member_id IN (SELECT member_id FROM short)
), unlisted AS (
    DELETE FROM checked_member WHERE member_id IN (SELECT member_id FROM short)
)
UPDATE enrolment_applicationmember SET removed_at = %(at)s, lacks_gift = true, subsidy_amount = 0
WHERE id IN (SELECT member_id FROM short)
"""
FORGET = "DELETE FROM checked_person WHERE worker_id NOT IN (SELECT worker_id FROM checked_member)"

# Where nothing is planned anew: what was said of gifts at the last check, of those who get one and those who do not.
AS_SUBMITTED = f"""
INSERT INTO {GIFT}
SELECT member.worker_id, found.member_id, found.application_plan_id, said.*
FROM enrolment_finding AS found
JOIN enrolment_applicationmember AS member ON member.id = found.member_id
CROSS JOIN LATERAL jsonb_to_record(found.inputs) AS said (campaign text, kind text, reason text, is_gift_only boolean, start date,
    for_gender text, least_age int, most_age int, for_categories jsonb)
WHERE found.application_id = %(application)s AND found.code = 'gift_not_eligible'
UNION ALL
SELECT member.worker_id, member.id, member.application_plan_id, campaign.name, campaign.kind, '', plan.is_gift_only,
       member.planned_start, campaign.gender, campaign.min_age, campaign.max_age, to_jsonb(campaign.job_categories)
FROM enrolment_subsidy AS paid
JOIN enrolment_applicationmember AS member ON member.id = paid.member_id
JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
JOIN gifts_giftcampaign AS campaign ON campaign.id = paid.campaign_id
WHERE paid.application_id = %(application)s
"""


def take_back(*, application_id: int) -> None:
    """
    This function will forget what was planned, and bring back whom an earlier check had taken off for want of a gift.
    """
    with connection.cursor() as cursor:
        for statement in (DROP_PLANNED, TAKE_BACK):
            cursor.execute(statement, {"application": application_id})


@contextmanager
def judged(
    cursor: CursorWrapper, params: dict[str, Any], *, plans_anew: bool, at: datetime | None = None
) -> Iterator[None]:
    """
    This function will have, beside the gathered facts, those of everybody and every chosen campaign as a table, gone at the end.

    :param plans_anew: plan what each campaign pays for whom; otherwise that stands as it was checked last
    """
    cursor.execute(FACTS)
    if plans_anew:
        assert at is not None, "whom a campaign is open to depends on the day"
        _fund(cursor, application_id=params["application"], at=at)
    else:
        cursor.execute(AS_SUBMITTED, params)
    yield
    cursor.execute(f"DROP TABLE {GIFT}")


def _fund(cursor: CursorWrapper, *, application_id: int, at: datetime) -> None:
    """
    Gifts before subsidies, never more together than a person's contribution: six queries and one statement per campaign.
    """
    chosen = queries.get_chosen_ids(application_id=application_id)
    if not chosen:
        return
    application = EnrolmentApplication.objects.select_related("employer__branch").get(pk=application_id)
    offers = gifts.get_offers(employer=application.employer, day=local_date(at), campaign_ids=chosen)
    left = queries.get_left(offers=offers, prices=queries.get_prices(application_id=application_id))
    for offer in offers:
        cursor.execute(
            FUND,
            {
                "application": application_id,
                "campaign": offer.campaign.pk,
                "quota": offer.quota.pk if offer.quota else None,
                "places": left[offer.campaign.pk],
                "not_offered": str(offer.not_offered or ""),
            },
        )
    cursor.execute(LEAVE_OUT, {"application": application_id, "at": at})
    cursor.execute(FORGET)
