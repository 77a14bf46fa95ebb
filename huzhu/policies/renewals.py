"""Questions about 续保: whose cover ends, what is on its way for it, and how today's people differ from those of the old policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection

from huzhu.cover.queries import CHAINS
from huzhu.enrolment.states import State
from huzhu.policies import rules

PAGE = 100
ENDED = (State.DELETED, State.CANCELLED, State.EXPIRED)
# With the society, or settled: nobody has to be reminded. A draft, and what was returned, still waits for the employer.
ON_ITS_WAY = (State.FIRST_REVIEW, State.SECOND_REVIEW, State.AWAITING_PAYMENT, State.EFFECTIVE)

# The applications that ask for a plan which continues a policy's.
_CONTINUES = """
    EXISTS (SELECT FROM enrolment_applicationplan AS asked
            JOIN chain ON chain.plan_version_id = asked.plan_version_id AND policy.plan_id = ANY (chain.plan_ids)
            WHERE asked.application_id = application.id)
"""
# The application that renews a policy: begun to do so, or already with the society for anybody of its people.
_ASKS_FOR_MATES = """
    EXISTS (SELECT FROM enrolment_applicationmember AS asked_for
            JOIN cover_cover AS mate ON mate.worker_id = asked_for.worker_id AND mate.policy_id = policy.id
            WHERE asked_for.application_id = application.id AND asked_for.removed_at IS NULL)
"""
_RENEWAL = f"""
    SELECT application.id, application.number, application.state, link.id IS NOT NULL AS is_linked
    FROM enrolment_enrolmentapplication AS application
    LEFT JOIN policies_renewedpolicy AS link ON link.application_id = application.id AND link.policy_id = policy.id
    WHERE application.employer_id = policy.employer_id AND application.state <> ALL (%(ended)s)
      AND application.endorsed_policy_id IS DISTINCT FROM policy.id
      AND application.created_at > policy.issued_at AND {_CONTINUES}
      AND (link.id IS NOT NULL OR (application.state = ANY (%(on_its_way)s) AND {_ASKS_FOR_MATES}))
    ORDER BY application.state = ANY (%(on_its_way)s) DESC, application.id DESC LIMIT 1
"""
_STANDINGS = f"""
    WITH chain AS MATERIALIZED ({CHAINS})
    SELECT policy.id, held.first_end, held.last_end, held.people, renewal.id, renewal.number, renewal.state,
           renewal.is_linked
    FROM policies_policy AS policy
    CROSS JOIN LATERAL (
        SELECT min(cover.coverage_end) AS first_end, max(cover.coverage_end) AS last_end, count(*) AS people
        FROM cover_cover AS cover WHERE cover.policy_id = policy.id
    ) AS held
    LEFT JOIN LATERAL ({_RENEWAL}) AS renewal ON true
    WHERE policy.id = ANY (%(policies)s)
"""
# People in service whose cover ends within the days and who have no later cover, of policies for which no application is with the
# society that asks for anybody of them.
_UNRENEWED = f"""
    WITH chain AS MATERIALIZED ({CHAINS}), ending AS MATERIALIZED (
        SELECT cover.policy_id, cover.coverage_end, count(*) AS people
        FROM cover_cover AS cover
        WHERE cover.policy_id IS NOT NULL AND cover.coverage_end > %(day)s AND cover.coverage_end <= %(until)s
          AND (%(employer)s::bigint IS NULL OR cover.employer_id = %(employer)s)
          AND EXISTS (
              SELECT FROM roster_rosterentry AS here WHERE here.worker_id = cover.worker_id
                AND here.employer_id = cover.employer_id AND here.status = 'in_service')
          AND NOT EXISTS (
              SELECT FROM cover_cover AS later
              JOIN chain ON chain.plan_version_id = later.plan_version_id AND cover.plan_id = ANY (chain.plan_ids)
              WHERE later.worker_id = cover.worker_id AND later.employer_id = cover.employer_id
                AND later.coverage_end > cover.coverage_end)
        GROUP BY cover.policy_id, cover.coverage_end
    ), waiting AS MATERIALIZED (
        SELECT policy.id, policy.employer_id, policy.plan_id
        FROM policies_policy AS policy
        WHERE policy.id IN (SELECT policy_id FROM ending) AND NOT EXISTS (
            SELECT FROM enrolment_enrolmentapplication AS application
            WHERE application.employer_id = policy.employer_id AND application.state = ANY (%(on_its_way)s)
              AND application.created_at > policy.issued_at AND {_CONTINUES}
              AND application.endorsed_policy_id IS DISTINCT FROM policy.id AND {_ASKS_FOR_MATES})
    )
    SELECT waiting.id, waiting.employer_id, plan.name, plan.variant, ending.coverage_end, ending.people
    FROM waiting
    JOIN ending ON ending.policy_id = waiting.id
    JOIN plans_plan AS plan ON plan.id = waiting.plan_id
    ORDER BY waiting.employer_id, ending.coverage_end, waiting.id
"""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """
    Where a policy stands on the way to its renewal: the ends of its people's cover, and the application that renews it, `is_linked`
    where it was begun by 续保.
    """

    policy_id: int
    first_end: date
    last_end: date
    people: int
    application_id: int | None
    number: str
    state: State | None
    is_linked: bool

    def is_offered(self, *, day: date) -> bool:
        """Test if 续保 may begin on a day: its time has come, and no application renews the policy yet."""
        is_open = rules.is_offered(first_end=self.first_end, last_end=self.last_end, day=day)
        return is_open and self.application_id is None

    @property
    def is_on_its_way(self) -> bool:
        """Test if nothing is left to the employer but to pay."""
        return self.state in ON_ITS_WAY


def get_standings(*, policy_ids: Iterable[int]) -> dict[int, Standing]:
    """
    This function will tell of policies where their renewal stands, by policy, in one statement.
    """
    params: dict[str, Any] = {"policies": list(policy_ids), "ended": list(ENDED), "on_its_way": list(ON_ITS_WAY)}
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, params)
        rows = cursor.fetchall()
    return {
        pk: Standing(
            policy_id=pk,
            first_end=first,
            last_end=last,
            people=people,
            application_id=application,
            number=number or "",
            state=State(state) if state else None,
            is_linked=bool(is_linked),
        )
        for pk, first, last, people, application, number, state, is_linked in rows
    }


@dataclass(frozen=True, kw_only=True)
class Unrenewed:
    """People of one policy whose cover ends on one day, with nothing on its way for the policy."""

    policy_id: int
    employer_id: int
    plan: str
    ends_on: date
    people: int


def get_unrenewed(*, day: date, employer_id: int | None = None) -> list[Unrenewed]:
    """
    This function will give the ends of cover that come within the days of the first reminder and that nothing follows on, by
    employer and day, in one statement.
    """
    params: dict[str, Any] = {
        "day": day,
        "until": day + timedelta(days=rules.OFFERED_DAYS_BEFORE),
        "employer": employer_id,
        "on_its_way": list(ON_ITS_WAY),
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNRENEWED, params)
        return [
            Unrenewed(
                policy_id=policy,
                employer_id=employer,
                plan=f"{name}（{variant}）" if variant else name,
                ends_on=end,
                people=people,
            )
            for policy, employer, name, variant, end, people in cursor.fetchall()
        ]


class Kind(StrEnum):
    """How a person stands in a renewal, against the old policy and today's roster."""

    KEPT = "kept"
    JOINED = "joined"
    LEFT = "left"
    NOT_RENEWED = "not_renewed"
    OUTSIDE = "outside"
    OVER_AGE = "over_age"
    SHARES = "shares"


# One row per person: on the old policy, on today's roster, or both; `kind` is null for those the plan's gender shuts out.
_PEOPLE = """
    WITH held AS (
        SELECT cover.worker_id, cover.name, cover.name_initials, cover.number_masked, cover.share_count, cover.coverage_start,
               cover.coverage_end
        FROM cover_cover AS cover WHERE cover.policy_id = %(policy)s
    ), here AS (
        SELECT entry.worker_id, entry.id AS entry_id, entry.name, entry.name_initials, document.number_masked, entry.gender,
               entry.joined_on, entry.department
        FROM roster_rosterentry AS entry JOIN roster_workerdocument AS document ON document.id = entry.document_id
        WHERE entry.employer_id = %(employer)s AND entry.status = 'in_service'
    ), planned AS (
        SELECT member.*, EXISTS (
            SELECT FROM enrolment_finding AS found JOIN held ON held.worker_id = member.worker_id
            WHERE found.member_id = member.id AND (
                (found.code = 'over_age' AND (found.inputs ->> 'retires_on')::date > held.coverage_start)
                OR (found.code = 'over_max_age' AND (found.inputs ->> 'limit_on')::date > held.coverage_start))) AS is_newly_old
        FROM enrolment_applicationmember AS member WHERE member.application_plan_id = %(plan)s
    )
    SELECT worker_id, here.entry_id, planned.id AS member_id, planned.removed_at IS NULL AND planned.id IS NOT NULL AS is_planned,
           coalesce(here.name, held.name) AS name, coalesce(here.name_initials, held.name_initials) AS name_initials,
           coalesce(here.number_masked, held.number_masked) AS number_masked, here.department, here.joined_on,
           held.share_count AS old_shares, planned.share_count AS new_shares, held.coverage_end AS old_end,
           planned.planned_start, planned.planned_class, planned.previous_end,
           coalesce(planned.is_newly_old AND planned.removed_at IS NULL, false) AS is_over_age,
           coalesce(planned.removed_at IS NULL AND held.share_count <> planned.share_count, false) AS is_share_changed,
           CASE WHEN here.entry_id IS NULL THEN 'left'
                WHEN planned.id IS NOT NULL AND planned.removed_at IS NULL AND held.worker_id IS NOT NULL THEN 'kept'
                WHEN planned.id IS NOT NULL AND planned.removed_at IS NULL THEN 'joined'
                WHEN held.worker_id IS NOT NULL THEN 'not_renewed'
                WHEN %(gender)s = '' OR here.gender = %(gender)s THEN 'outside' END AS kind
    FROM held FULL JOIN here USING (worker_id) LEFT JOIN planned USING (worker_id)
"""
_COUNTS = f"""
    SELECT {", ".join(f"count(*) FILTER (WHERE kind = '{kind}')" for kind in list(Kind)[:5])},
           count(*) FILTER (WHERE is_over_age), count(*) FILTER (WHERE is_share_changed)
    FROM ({_PEOPLE}) AS person
"""
_WHERE = {Kind.OVER_AGE: "person.is_over_age", Kind.SHARES: "person.is_share_changed"}
_PAGE = f"""
    SELECT person.*, gone.left_on, gone.status
    FROM (
        SELECT * FROM ({_PEOPLE}) AS person
        WHERE {{where}} AND (%(initials)s::text IS NULL OR (name_initials, worker_id) > (%(initials)s, %(worker)s))
        ORDER BY name_initials, worker_id LIMIT %(limit)s
    ) AS person
    LEFT JOIN LATERAL (
        SELECT entry.left_on, entry.status FROM roster_rosterentry AS entry
        WHERE entry.employer_id = %(employer)s AND entry.worker_id = person.worker_id ORDER BY entry.id DESC LIMIT 1
    ) AS gone ON person.kind = 'left'
    ORDER BY person.name_initials, person.worker_id
"""


@dataclass(frozen=True, kw_only=True)
class Side:
    """What is compared: a policy of an employer, and the plan of an application that renews it."""

    employer_id: int
    policy_id: int
    application_plan_id: int
    gender: str

    @property
    def params(self) -> dict[str, Any]:
        """For the statements."""
        return {
            "employer": self.employer_id,
            "policy": self.policy_id,
            "plan": self.application_plan_id,
            "gender": self.gender,
        }


@dataclass(frozen=True, kw_only=True)
class RenewalPerson:
    """One person of a comparison. `old_end` is the end of the cover on the old policy, `left_on` of those who left."""

    worker_id: int
    entry_id: int | None
    member_id: int | None
    is_planned: bool
    name: str
    name_initials: str
    number_masked: str
    department: str | None
    joined_on: date | None
    old_shares: int | None
    new_shares: int | None
    old_end: date | None
    planned_start: date | None
    planned_class: str | None
    previous_end: date | None
    is_over_age: bool
    is_share_changed: bool
    kind: str
    left_on: date | None
    status: str | None


@dataclass(frozen=True, kw_only=True)
class RenewalPage:
    """One page of people; `next_after` is the key of the next page, None on the last one."""

    rows: Sequence[RenewalPerson]
    next_after: tuple[str, int] | None


def count_kinds(side: Side) -> dict[Kind, int]:
    """
    This function will count the people of a comparison by kind, in one statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, side.params)
        return dict(zip(Kind, cursor.fetchone(), strict=True))


def get_people(side: Side, *, kind: Kind, after: tuple[str, int] | None = None, limit: int = PAGE) -> RenewalPage:
    """
    This function will give one page of the people of a kind, by pinyin initials, in one statement.

    :param after: (initials, worker) of the last row of the page before
    """
    where = _WHERE.get(kind, f"person.kind = '{kind}'")
    initials, worker = after or (None, None)
    with connection.cursor() as cursor:
        cursor.execute(
            _PAGE.format(where=where), side.params | {"initials": initials, "worker": worker, "limit": limit + 1}
        )
        names = [column.name for column in cursor.description or ()]
        found = [RenewalPerson(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
    rows = found[:limit]
    last = rows[-1] if len(found) > limit else None
    return RenewalPage(rows=rows, next_after=(last.name_initials, last.worker_id) if last else None)
