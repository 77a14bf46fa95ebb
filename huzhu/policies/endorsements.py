"""Questions about 批改: who on a policy has left the employer by the roster, and who was found for 减员."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from huzhu.policies.models import Policy
from huzhu.shared.calendar import ONE_DAY

MOST_AT_ONCE = 500

# Everybody on a policy not yet recorded as having left, with the last spell at the employer: none where the roster never had it.
_ON_POLICY = """
    SELECT cover.id AS cover_id, cover.name, cover.name_initials, cover.number_masked, cover.coverage_start, cover.coverage_end,
           entry.id AS entry_id, entry.status, entry.left_on
    FROM cover_cover AS cover
    LEFT JOIN LATERAL (
        SELECT spell.id, spell.status, spell.left_on FROM roster_rosterentry AS spell
        WHERE spell.employer_id = cover.employer_id AND spell.worker_id = cover.worker_id
        ORDER BY spell.left_on IS NULL DESC, spell.id DESC LIMIT 1
    ) AS entry ON true
    WHERE cover.policy_id = %(policy)s
      AND NOT EXISTS (SELECT FROM policies_departure AS gone WHERE gone.cover_id = cover.id)
"""
# How many of them have left: those with spells of which none is open. Joins of whole sets: every page of a policy asks for it.
_COUNT_LEFT = """
    SELECT count(*) FROM cover_cover AS cover
    WHERE cover.policy_id = %(policy)s
      AND NOT EXISTS (SELECT FROM policies_departure AS gone WHERE gone.cover_id = cover.id)
      AND EXISTS (SELECT FROM roster_rosterentry AS spell
                  WHERE spell.employer_id = cover.employer_id AND spell.worker_id = cover.worker_id)
      AND NOT EXISTS (SELECT FROM roster_rosterentry AS spell
                      WHERE spell.employer_id = cover.employer_id AND spell.worker_id = cover.worker_id AND spell.left_on IS NULL)
"""
_LEFT = f"SELECT * FROM ({_ON_POLICY}) AS person WHERE status <> 'in_service'"
_ASKED = f"""
    SELECT * FROM ({_ON_POLICY}) AS person
    WHERE cover_id = ANY (%(covers)s::bigint[])
       OR (%(words)s <> '' AND (strpos(name, %(words)s) > 0 OR starts_with(name_initials, lower(%(words)s))))
"""
_IN_ORDER = " ORDER BY name_initials, cover_id LIMIT %(limit)s"
_ASKED_IN_ORDER = " ORDER BY cover_id = ANY (%(covers)s::bigint[]) DESC, name_initials, cover_id LIMIT %(limit)s"


@dataclass(frozen=True, kw_only=True)
class OnPolicy:
    """Somebody on a policy; `status` and `left_on` by the roster, `entry_id` the last spell there."""

    cover_id: int
    name: str
    name_initials: str
    number_masked: str
    coverage_start: date
    coverage_end: date
    entry_id: int | None
    status: str | None
    left_on: date | None

    @property
    def last_day(self) -> date:
        """The last covered day, which leaving does not change."""
        return self.coverage_end - ONE_DAY


def count_left(*, policy: Policy) -> int:
    """
    This function will count the people of a policy who have left by the roster and of whom the policy does not say so yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_LEFT, {"policy": policy.pk})
        return cursor.fetchone()[0]


def get_left(*, policy: Policy) -> list[OnPolicy]:
    """
    This function will give them, by name initials, as many as one act takes.
    """
    return _get(_LEFT + _IN_ORDER, {"policy": policy.pk})


def get_asked(*, policy: Policy, cover_ids: Sequence[int] = (), words: str = "") -> list[OnPolicy]:
    """
    This function will give named people of a policy who are not recorded as having left, and those a name or its initials find;
    those named come first, so that however many are found nobody who was ticked is lost.
    """
    return _get(_ASKED + _ASKED_IN_ORDER, {"policy": policy.pk, "covers": list(cover_ids), "words": words.strip()})


def _get(statement: str, params: dict[str, Any]) -> list[OnPolicy]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**params, "limit": MOST_AT_ONCE})
        names = [column.name for column in cursor.description or ()]
        return [OnPolicy(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def get_open_spells(*, policy: Policy, cover_ids: Sequence[int]) -> list[tuple[int, int]]:
    """
    This function will give (cover, roster entry) of those people of a policy whom the roster still has in service.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cover.id, entry.id FROM cover_cover AS cover JOIN roster_rosterentry AS entry "
            "ON entry.employer_id = cover.employer_id AND entry.worker_id = cover.worker_id AND entry.left_on IS NULL "
            "WHERE cover.policy_id = %s AND cover.id = ANY (%s::bigint[]) ORDER BY cover.id",
            [policy.pk, list(cover_ids)],
        )
        return cursor.fetchall()
