"""Making cover: set-based, under the locks of the overlap guard, by rulebook §4."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from huzhu.cover.queries import CHAINS, LUMP_SUMS, MOST_DAYS_AHEAD, conflict_sql, period_sql


@dataclass(frozen=True, kw_only=True)
class Source:
    """
    The people to cover, as a query that other apps compose: `sql` with named placeholders and their `params`.

    Columns: `member_id, worker_id, employer_id, application_id, policy_id, plan_id, plan_version_id, name, name_initials,
    number_masked, share_count, contribution_amount, reference_on, arrival_on, common_end`; one row per person and plan.
    """

    sql: str
    params: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Somebody who could not be covered any more, and by which rule: `already_covered`, `exclusive_plan` or `no_time_left`."""

    member_id: int
    worker_id: int
    plan_id: int
    name: str
    reason: str
    until: date
    contribution_amount: Decimal


@dataclass(frozen=True, kw_only=True)
class CreatedCovers:
    """What came of a source: how many covers, from when at the earliest, and who was left out."""

    count: int
    earliest_start: date | None
    contribution_amount: Decimal
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def left_out_amount(self) -> Decimal:
        """The contributions of those left out, in yuan."""
        return sum((person.contribution_amount for person in self.left_out), Decimal("0.00"))


@transaction.atomic
def create_covers(*, source: Source, at: datetime) -> CreatedCovers:
    """
    This function will cover everybody of a source in two statements: locks, then cover (rulebook §4).

    Period, class and waiting days are worked out under the locks. People whose cover would by now break the share limit or an
    exclusive group, whose own cover has meanwhile come to end more than 180 days after the arrival, who are on the policy already,
    or for whom no day is left before the common end, are left out and listed.

    :raises django.db.IntegrityError: if somebody of the source has a cover of this application and plan already
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT cover_lock_workers(ARRAY(SELECT source.worker_id FROM ({source.sql}) AS source))", source.params
        )
        cursor.execute(
            CREATE.format(period=period_sql("SELECT * FROM source"), source=source.sql),
            {**source.params, "created_at": at, "most_days_ahead": MOST_DAYS_AHEAD},
        )
        count, earliest_start, amount, left_out = cursor.fetchone()
    return CreatedCovers(
        count=count,
        earliest_start=earliest_start,
        contribution_amount=amount,
        left_out=[
            LeftOut(
                member_id=row["member_id"],
                worker_id=row["worker_id"],
                plan_id=row["plan_id"],
                name=row["name"],
                reason=row["reason"],
                until=date.fromisoformat(row["until"]),
                contribution_amount=Decimal(row["contribution_amount"]),
            )
            for row in json.loads(left_out)
        ],
    )


# Shares stand in for amounts where neither the plan nor the earlier one pays lump sums (a daily allowance, a ratio).
CREATE = f"""
WITH source AS MATERIALIZED ({{source}}),
lump AS MATERIALIZED ({LUMP_SUMS}),
chain AS MATERIALIZED ({CHAINS}),
timed AS MATERIALIZED ({{period}}),
judged AS MATERIALIZED (
    SELECT timed.*, version.waiting_days_first, version.waiting_days_lapsed, version.waiting_days_renewal,
           coalesce(rival.until, held.until, timed.own_end, timed.common_end) AS until,
           CASE WHEN EXISTS (
                    SELECT FROM cover_cover AS mate WHERE mate.worker_id = timed.worker_id AND mate.policy_id = timed.policy_id
                      AND mate.application_id <> timed.application_id) THEN 'already_covered'
                WHEN timed.coverage_end <= timed.coverage_start THEN 'no_time_left'
                WHEN timed.own_end > timed.arrival_on + %(most_days_ahead)s THEN 'already_covered'
                WHEN coalesce(held.shares, 0) + timed.share_count > version.max_shares THEN 'already_covered'
                WHEN rival.until IS NOT NULL THEN 'exclusive_plan'
                ELSE '' END AS reason
    FROM timed
    JOIN plans_planversion AS version ON version.id = timed.plan_version_id
    {conflict_sql("timed")}
),
valued AS (
    SELECT judged.*, mine.per_share,
           judged.share_count * coalesce(nullif(mine.per_share, 0), 1) AS amount,
           coalesce(before.amount, 0) AS previous_amount
    FROM judged
    JOIN lump AS mine USING (plan_version_id)
    LEFT JOIN LATERAL (
        SELECT sum(past.share_count * CASE WHEN mine.per_share = 0 AND theirs.per_share = 0 THEN 1 ELSE theirs.per_share END)
               AS amount
        FROM cover_cover AS past
        JOIN lump AS theirs ON theirs.plan_version_id = past.plan_version_id
        JOIN chain ON chain.plan_version_id = judged.plan_version_id
        WHERE past.worker_id = judged.worker_id AND past.plan_id = ANY (chain.plan_ids)
          AND past.coverage_end <= judged.coverage_start
          AND past.coverage_end + judged.grace_days >= judged.coverage_start
    ) AS before ON judged.cover_class = 'renewal'
    WHERE judged.reason = ''
),
waiting AS (
    SELECT valued.*,
           CASE WHEN cover_class = 'renewal' THEN least(amount, previous_amount) ELSE 0 END AS carried,
           CASE cover_class WHEN 'first' THEN waiting_days_first WHEN 'lapse' THEN waiting_days_lapsed
                ELSE CASE WHEN amount > previous_amount AND previous_amount = 0 THEN waiting_days_first
                          ELSE waiting_days_renewal END END AS days,
           CASE cover_class WHEN 'first' THEN waiting_days_first WHEN 'lapse' THEN waiting_days_lapsed
                ELSE CASE WHEN amount > previous_amount THEN waiting_days_first ELSE waiting_days_renewal END END AS added_days
    FROM valued
),
created AS (
    INSERT INTO cover_cover (worker_id, plan_id, plan_version_id, employer_id, application_id, policy_id, name, name_initials,
        number_masked, share_count, carried_share_count, carried_amount, contribution_amount, coverage_start, coverage_end,
        cover_class, previous_end, full_from, added_full_from, created_at)
    SELECT worker_id, plan_id, plan_version_id, employer_id, application_id, policy_id, name, name_initials,
        number_masked, share_count, floor(carried / (amount / share_count)), CASE WHEN per_share = 0 THEN 0 ELSE carried END,
        contribution_amount, coverage_start, coverage_end, cover_class, previous_end,
        coverage_start + days, coverage_start + added_days, %(created_at)s
    FROM waiting
    RETURNING coverage_start, contribution_amount
)
SELECT (SELECT count(*) FROM created), (SELECT min(coverage_start) FROM created),
       (SELECT coalesce(sum(contribution_amount), 0.00) FROM created),
       (SELECT coalesce(jsonb_agg(jsonb_build_object('member_id', member_id, 'worker_id', worker_id, 'plan_id', plan_id,
            'name', name, 'reason', reason, 'until', until, 'contribution_amount', contribution_amount::text)
            ORDER BY name_initials, member_id), '[]')
        FROM judged WHERE reason <> '')
"""
