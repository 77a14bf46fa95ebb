"""How a month's 社保/医保 list and the people in service differ, and the reasons given for it (rulebook §2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from huzhu.roster.models import InsuranceRoster, ReasonCode
from huzhu.shared.calendar import add_months

ONLY_ROSTER, ONLY_LIST, NAME_DIFFERS = "only_roster", "only_list", "name_differs"
SIDES = {ONLY_ROSTER: "仅名册有", ONLY_LIST: "仅名单有", NAME_DIFFERS: "姓名不同"}
ELSEWHERE = "elsewhere"  # on the roster and on the list of the other kind: no difference, and no reason is asked for

# Two months: who joins must be registered for social insurance within 30 days, so the list of the month after still may lack them.
MONTHS_A_NEWCOMER = 2


@dataclass(frozen=True, kw_only=True)
class ReasonRule:
    """What a reason asks for on one side of the comparison."""

    needs_words: bool = False
    needs_proof: bool = False


REASONS: dict[str, dict[str, ReasonRule]] = {
    ONLY_ROSTER: {
        ReasonCode.RETIRED: ReasonRule(),
        ReasonCode.LEFT: ReasonRule(),
        ReasonCode.JOINED: ReasonRule(),
        ReasonCode.DISPATCHED: ReasonRule(needs_proof=True),
        ReasonCode.OTHER: ReasonRule(needs_words=True, needs_proof=True),
    },
    ONLY_LIST: {
        ReasonCode.RETIRED: ReasonRule(),
        ReasonCode.LEFT: ReasonRule(),
        ReasonCode.JOINED: ReasonRule(),
        ReasonCode.DISPATCHED: ReasonRule(),
        ReasonCode.OTHER: ReasonRule(needs_words=True),
    },
    NAME_DIFFERS: {ReasonCode.OTHER: ReasonRule(needs_words=True)},
}


def is_newcomer_no_more(*, first_month: date, month: date) -> bool:
    """
    This function will tell whether 新入职, first given for one month, explains nothing any more in the list of another.
    """
    return month >= add_months(first_month, MONTHS_A_NEWCOMER)


@dataclass(frozen=True, kw_only=True)
class DifferingPerson:
    """
    One person on one side only, or on both under two names. `row` is the row in the list; without a reason `code` is empty.
    """

    side: str
    entry_id: int | None
    worker_id: int | None
    number_masked: str
    roster_name: str
    list_name: str
    department: str
    line_id: int | None
    row: int | None
    code: str
    words: str
    proof_id: UUID | None
    first_month: date | None


@dataclass(frozen=True, kw_only=True)
class DifferenceCounts:
    """
    How many are on both sides, how many of the roster are on the list of the other kind instead, and on each side how many differ
    and how many of those have a reason.
    """

    in_both: int
    elsewhere: int
    differing: dict[str, int]
    explained: dict[str, int]

    def of_side(self, side: str) -> tuple[int, int]:
        """How many a side has, and how many of them have a reason or need none."""
        if side == ELSEWHERE:
            return self.elsewhere, self.elsewhere
        return self.differing[side], self.explained[side]

    @property
    def unexplained(self) -> int:
        """How many still lack a reason."""
        return sum(self.differing.values()) - sum(self.explained.values())


# A full join is never worked out by nested loops: rows written a moment ago have no statistics, and a loop over them would grow
# with the square of the people. A reason stands only while the difference is of the kind it was given for.
# Whom the list lacks may stand on the list of the other kind that counts with it (docs/adr/0015): the newest of the same month,
# else of the month before or after.
_OTHER_LIST = """
    SELECT other.id, other.kind, other.month
    FROM roster_insuranceroster AS here
    JOIN roster_insuranceroster AS other ON other.employer_id = here.employer_id AND other.kind <> here.kind
     AND other.month BETWEEN here.month - interval '1 month' AND here.month + interval '1 month'
    WHERE here.id = %(roster)s
    ORDER BY other.month = here.month DESC, other.month, other.id DESC LIMIT 1
"""
DIFFERING = f"""
elsewhere AS (
    SELECT held.worker_id
    FROM ({_OTHER_LIST}) AS other
    JOIN roster_insurancerosterline AS line ON line.roster_id = other.id
    JOIN roster_workerdocument AS held ON held.fingerprint = line.fingerprint
), own AS (
    SELECT e.id, e.worker_id, e.name, e.name_initials, e.department, d.number_masked
    FROM roster_rosterentry e JOIN roster_workerdocument d ON d.id = e.document_id
    WHERE e.left_on IS NULL
      AND e.employer_id = (SELECT employer_id FROM roster_insuranceroster WHERE id = %(roster)s)
), listed AS (
    SELECT l.id, l.row, l.name, l.number_masked, l.fingerprint, d.worker_id
    FROM roster_insurancerosterline l LEFT JOIN roster_workerdocument d ON d.fingerprint = l.fingerprint
    WHERE l.roster_id = %(roster)s
), compared AS (
    SELECT CASE WHEN listed.id IS NULL AND own.worker_id IN (SELECT worker_id FROM elsewhere) THEN 'elsewhere'
                WHEN listed.id IS NULL THEN 'only_roster' WHEN own.id IS NULL THEN 'only_list'
                WHEN own.name <> listed.name THEN 'name_differs' ELSE 'both' END AS side,
           own.id AS entry_id, own.worker_id, coalesce(own.number_masked, listed.number_masked) AS number_masked,
           coalesce(own.name, '') AS roster_name, coalesce(listed.name, '') AS list_name,
           coalesce(own.department, '') AS department, listed.id AS line_id, listed.row, listed.fingerprint, own.name_initials
    FROM own FULL JOIN listed ON listed.worker_id = own.worker_id
), differing AS (
    SELECT * FROM compared WHERE side <> 'both'
), told AS (
    SELECT differing.*, coalesce(here.id, there.id) AS reason_id,
           coalesce(here.code, there.code, '') AS code, coalesce(here.words, there.words, '') AS words,
           coalesce(here.proof_id, there.proof_id) AS proof_id, coalesce(here.first_month, there.first_month) AS first_month
    FROM differing
    LEFT JOIN roster_differencereason here
      ON here.roster_id = %(roster)s AND here.entry_id = differing.entry_id
     AND here.line_id IS NOT DISTINCT FROM differing.line_id
    LEFT JOIN roster_differencereason there
      ON there.roster_id = %(roster)s AND there.line_id = differing.line_id
     AND there.entry_id IS NULL AND differing.entry_id IS NULL
)
"""
_COUNTS = f"""
WITH {DIFFERING}
SELECT side, count(*), count(*) FILTER (WHERE code <> '') FROM told GROUP BY side
UNION ALL SELECT 'both', count(*), 0 FROM compared WHERE entry_id IS NOT NULL AND line_id IS NOT NULL
"""
_COLUMNS = ", ".join(DifferingPerson.__dataclass_fields__)
_PEOPLE = f"""
WITH {DIFFERING}
SELECT {_COLUMNS} FROM told
WHERE side = %(side)s AND (code = '' OR NOT %(is_open)s)
ORDER BY name_initials, entry_id, row OFFSET %(offset)s LIMIT %(limit)s
"""


def get_counts(*, insurance_roster_id: int) -> DifferenceCounts:
    """
    This function will compare a month's 社保/医保 list with the people in service now, by whichever known document of a person
    the list names, in one statement.
    """
    values = {"roster": insurance_roster_id}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        found = {side: (people, explained) for side, people, explained in cursor.fetchall()}
    return DifferenceCounts(
        in_both=found["both"][0],
        elsewhere=found.get(ELSEWHERE, (0, 0))[0],
        differing={side: found.get(side, (0, 0))[0] for side in SIDES},
        explained={side: found.get(side, (0, 0))[1] for side in SIDES},
    )


def get_other_list(*, insurance_roster_id: int) -> InsuranceRoster | None:
    """
    This function will give the list of the other kind that counts together with this one, without its errors.
    """
    lists = InsuranceRoster.objects.raw(_OTHER_LIST, {"roster": insurance_roster_id})
    return next(iter(lists), None)


def get_people(
    *, insurance_roster_id: int, side: str, is_open: bool = False, offset: int = 0, limit: int | None = None
) -> list[DifferingPerson]:
    """
    This function will give the people of one side, those on the roster by pinyin, in one statement.

    :param side: one of `SIDES`, or `ELSEWHERE`
    :param is_open: only those without a reason
    """
    values: dict[str, Any] = {
        "roster": insurance_roster_id,
        "side": side,
        "is_open": is_open,
        "offset": offset,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, values)
        heads = [column.name for column in cursor.description]
        return [DifferingPerson(**dict(zip(heads, row, strict=True))) for row in cursor.fetchall()]
