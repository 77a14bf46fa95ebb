"""Questions about cover: a person's timeline, who was covered on a day, and the effective date of rulebook §4 in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Max, QuerySet

from huzhu.accounts import scope
from huzhu.cover.models import (
    Cover,
    CoverQuerySet,
    PastPolicy,
    PastPolicyImport,
    PastPolicyUpload,
    PolicyBinding,
    PolicyBindingQuerySet,
)
from huzhu.cover.rules import MOST_DAYS_AHEAD
from huzhu.shared.actors import Actor, Side


def get_timeline(*, worker_id: int) -> CoverQuerySet:
    """
    This function will give every cover of one person, oldest first, with plan and employer.

    It is not scoped: pages narrow it with `visible_to`.
    """
    return (
        Cover.objects.filter(worker_id=worker_id)
        .select_related("plan", "plan_version", "employer")
        .order_by("coverage_start", "plan_id", "pk")
    )


def get_covered_on(
    *,
    day: date,
    worker_id: int | None = None,
    fingerprint: UUID | None = None,
    plan_id: int | None = None,
    employer_id: int | None = None,
) -> CoverQuerySet:
    """
    This function will give the covers in force on a day (waiting or not), of one person, plan or employer where asked.

    A person is named by worker or by the fingerprint of any of the own documents. Not scoped: pages narrow it with `visible_to`.
    """
    covers = Cover.objects.on_day(day).select_related("plan", "employer")
    wanted = {
        "worker_id": worker_id,
        "worker__documents__fingerprint": fingerprint,
        "plan_id": plan_id,
        "employer_id": employer_id,
    }
    return covers.filter(**{key: value for key, value in wanted.items() if value is not None}).order_by(
        "name_initials", "pk"
    )


def get_issued_end(*, policy_id: int) -> date | None:
    """
    This function will give the end of a policy's term as it was issued, exclusive: the latest end of the covers its first
    application brought, whoever was added later. None where the policy has no cover.
    """
    covers = Cover.objects.filter(policy_id=policy_id)
    ends = covers.order_by("application_id").values("application_id").annotate(end=Max("coverage_end"))
    return ends.values_list("end", flat=True).first()


# Per plan version the ids of the plans in its chain: the plan, those it renews from, and its exclusive group, closed ones too.
CHAINS = """
    SELECT version.id AS plan_version_id, array_agg(DISTINCT past.id) AS plan_ids
    FROM plans_planversion AS version
    JOIN plans_plan AS past
      ON past.id = version.plan_id
      OR past.code = ANY (version.renews_from)
      OR (version.exclusive_group <> '' AND EXISTS (
            SELECT FROM plans_planversion AS sister
            WHERE sister.plan_id = past.id AND sister.exclusive_group = version.exclusive_group
              AND sister.state IN ('published', 'closed')))
    GROUP BY version.id
"""


def get_chains(*, version_ids: Sequence[int]) -> dict[int, set[int]]:
    """
    This function will give the plans whose cover each plan version continues, in one statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({CHAINS}) AS chain WHERE chain.plan_version_id = ANY (%s::bigint[])", [list(version_ids)]
        )
        return {version: set(plans) for version, plans in cursor.fetchall()}


# What a person's period is reckoned from: the end of the own cover of the chain, and the latest end by the start. Looked up row by
# row, which fits any number of people however little is known of the table's statistics.
_OWN = """
        JOIN chain ON chain.plan_version_id = source.plan_version_id
        CROSS JOIN LATERAL (
            SELECT max(held.coverage_end) AS own_end FROM cover_cover AS held
            WHERE held.worker_id = source.worker_id AND held.employer_id = source.employer_id
              AND held.plan_id = ANY (chain.plan_ids)
        ) AS own
"""
_PAST = """
        CROSS JOIN LATERAL (
            SELECT max(held.coverage_end) AS previous_end FROM cover_cover AS held
            WHERE held.worker_id = source.worker_id AND held.plan_id = ANY (chain.plan_ids)
              AND held.coverage_end <= begun.coverage_start
        ) AS past
"""


def period_sql(source: str, *, own: str = _OWN, past: str = _PAST) -> str:
    """
    This function will wrap a query of people into one that adds the period and class of rulebook §4 to every row.

    The source has at least the columns `worker_id, employer_id, plan_version_id, reference_on, arrival_on, common_end`; added are
    `own_end, coverage_start, coverage_end, previous_end, cover_class, grace_days`, equal to `rules.cover_period`.

    A start moves to the end of the cover the person has through the *same* employer: cover through another employer is no reason
    to wait but one to refuse (`already_covered`). The class looks back on all cover of the chain that has ended by the start.

    :param own: join that gives `own.own_end`, where the cover was gathered before
    :param past: join that gives `past.previous_end`, likewise; it may look at `own` and `begun.coverage_start`
    """
    return f"""
        WITH chain AS MATERIALIZED ({CHAINS})
        SELECT source.*, own.own_end, begun.coverage_start,
               least((begun.coverage_start + make_interval(months => version.term_months))::date, source.common_end)
                   AS coverage_end,
               past.previous_end,
               CASE WHEN past.previous_end IS NULL THEN 'first'
                    WHEN begun.coverage_start <= past.previous_end + version.renewal_grace_days THEN 'renewal'
                    ELSE 'lapse' END AS cover_class,
               version.renewal_grace_days AS grace_days
        FROM ({source}) AS source
        JOIN plans_planversion AS version ON version.id = source.plan_version_id
        {own}
        CROSS JOIN LATERAL (
            SELECT greatest(
                CASE WHEN source.reference_on IS NULL OR source.arrival_on > source.reference_on
                     THEN source.arrival_on + 1 ELSE source.reference_on END,
                own.own_end) AS coverage_start
        ) AS begun
        {past}
    """


def conflict_sql(timed: str) -> str:
    """
    This function will give lateral joins that tell what else a person holds during a period.

    :param timed: alias of a row with `worker_id, plan_id, plan_version_id, coverage_start, coverage_end`
    :returns: joins adding `held.shares` (most shares of the plan on any day of the period), `held.until`, and `rival.until` (end of
        the latest overlapping cover of another plan of the exclusive group); all null where there is nothing
    """
    return f"""
        LEFT JOIN LATERAL (
            SELECT max(other.coverage_end) AS until, max((
                SELECT sum(same_day.share_count) FROM cover_cover AS same_day
                WHERE same_day.worker_id = {timed}.worker_id AND same_day.plan_id = {timed}.plan_id
                  AND same_day.coverage_start <= greatest(other.coverage_start, {timed}.coverage_start)
                  AND same_day.coverage_end > greatest(other.coverage_start, {timed}.coverage_start)
            ))::int AS shares
            FROM cover_cover AS other
            WHERE other.worker_id = {timed}.worker_id AND other.plan_id = {timed}.plan_id
              AND other.coverage_end > {timed}.coverage_start AND other.coverage_start < {timed}.coverage_end
        ) AS held ON true
        LEFT JOIN LATERAL (
            SELECT max(other.coverage_end) AS until
            FROM plans_planversion AS mine
            JOIN plans_planversion AS rival_version
              ON rival_version.exclusive_group = mine.exclusive_group AND rival_version.plan_id <> mine.plan_id
            JOIN cover_cover AS other
              ON other.plan_version_id = rival_version.id AND other.worker_id = {timed}.worker_id
             AND other.coverage_end > {timed}.coverage_start AND other.coverage_start < {timed}.coverage_end
            WHERE mine.id = {timed}.plan_version_id AND mine.exclusive_group <> ''
        ) AS rival ON true
    """


# Lump sums of one share of a plan version, in yuan: the measure of "the amount up to the previous one" (rulebook §4).
LUMP_SUMS = """
    SELECT version.id AS plan_version_id, coalesce((
        SELECT sum((benefit ->> 'amount_yuan')::numeric) FROM jsonb_array_elements(version.benefits) AS benefit
        WHERE benefit ->> 'kind' = 'lump_sum'), 0) AS per_share
    FROM plans_planversion AS version
"""

_OVERLAP = """
    SELECT past.id, count(DISTINCT member.id) AS people, count(DISTINCT member.id) FILTER (WHERE here.id IS NOT NULL) AS matching
    FROM cover_pastpolicy AS past
    JOIN cover_pastpolicymember AS member ON member.past_policy_id = past.id
    LEFT JOIN roster_workerdocument AS document ON document.fingerprint = member.fingerprint
    LEFT JOIN roster_rosterentry AS here ON here.worker_id = document.worker_id AND here.employer_id = %(employer)s
    WHERE past.id = ANY (%(policies)s) GROUP BY past.id
"""

# Unbound policies of the same credit code, and those of which at least half of the people are on the roster.
_PROPOSED = """
    WITH known AS (
        SELECT member.past_policy_id AS id, count(*) AS matching
        FROM roster_rosterentry AS entry
        JOIN roster_workerdocument AS document ON document.worker_id = entry.worker_id
        JOIN cover_pastpolicymember AS member ON member.fingerprint = document.fingerprint
        WHERE entry.employer_id = %(employer)s AND entry.left_on IS NULL GROUP BY member.past_policy_id
    )
    SELECT past.id, size.people, coalesce(known.matching, 0) AS matching, past.holder_credit_code = %(code)s AS is_own
    FROM cover_pastpolicy AS past
    LEFT JOIN known USING (id)
    CROSS JOIN LATERAL (SELECT count(*) AS people FROM cover_pastpolicymember AS m WHERE m.past_policy_id = past.id) AS size
    WHERE (past.holder_credit_code = %(code)s OR known.matching * 2 >= size.people)
      AND NOT EXISTS (
          SELECT FROM cover_policybinding AS bound WHERE bound.past_policy_id = past.id
          AND (bound.state = 'confirmed' OR (bound.state = 'requested' AND bound.employer_id = %(employer)s)))
    ORDER BY is_own DESC, past.coverage_end DESC, past.id LIMIT 50
"""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An old policy an employer may bind: `is_own` by the same credit code, otherwise by its people."""

    policy: PastPolicy
    people: int
    matching: int
    is_own: bool


def count_overlap(*, past_policy_id: int, employer_id: int) -> tuple[int, int]:
    """
    This function will tell how many people an old policy has, and how many of them the employer's roster has or had.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAP, {"policies": [past_policy_id], "employer": employer_id})
        row = cursor.fetchone()
    return (row[1], row[2]) if row else (0, 0)


def get_proposals(*, employer_id: int, credit_code: str) -> list[Proposal]:
    """
    This function will give the old policies that seem to be the employer's, the surest first, in two statements.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PROPOSED, {"employer": employer_id, "code": credit_code})
        rows = cursor.fetchall()
    policies = PastPolicy.objects.select_related("plan_version__plan").in_bulk([row[0] for row in rows])
    return [
        Proposal(policy=policies[pk], people=people, matching=matching, is_own=is_own)
        for pk, people, matching, is_own in rows
    ]


def get_bindings(*, by: Actor, state: str = "") -> PolicyBindingQuerySet:
    """The bindings somebody may see, those that wait longest first."""
    found = PolicyBinding.objects.visible_to(by).select_related("past_policy__plan_version__plan", "employer__branch")
    return (found.filter(state=state) if state else found).order_by("asked_at", "id")


__all__ = [
    "CHAINS",
    "LUMP_SUMS",
    "MOST_DAYS_AHEAD",
    "Proposal",
    "conflict_sql",
    "count_overlap",
    "get_bindings",
    "get_chains",
    "get_covered_on",
    "get_proposals",
    "get_timeline",
    "period_sql",
]


def get_past_imports(*, by: Actor) -> QuerySet[PastPolicyImport]:
    """
    This function will give the lists of old policies that came as files, latest first; none but to staff of the whole association.
    """
    if by.side != Side.OFFICE or not scope.is_of_whole_association(by):
        return PastPolicyImport.objects.none()
    return PastPolicyImport.objects.order_by("-pk")


def get_past_uploads(*, by: Actor) -> QuerySet[PastPolicyUpload]:
    """
    This function will give the large lists of old policies that a job reads, latest first; to whom the lists themselves are open.
    """
    if by.side != Side.OFFICE or not scope.is_of_whole_association(by):
        return PastPolicyUpload.objects.none()
    return PastPolicyUpload.objects.order_by("-pk")
