"""
Gathering the facts of one application into temporary tables that the rules read.

They have statistics of their own: from subqueries PostgreSQL would plan by those of the big tables, which know nothing yet of
people who joined a moment ago, and compare everybody with everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from huzhu.cover.queries import MOST_DAYS_AHEAD
from huzhu.enrolment.precheck.facts import (
    APPLICATION_FACTS,
    CHAIN_ENDS,
    COVERS,
    MEMBERS_NOTED,
    NAME_PATTERNS,
    NAME_SUSPICIOUS,
    PEOPLE_NOTED,
    PERSON_FACTS,
    members_sql,
    people_sql,
)
from huzhu.enrolment.precheck.registry import APPLICATION, PERSON
from huzhu.enrolment.rules import DAYS_TO_REVIEW_AND_PAY
from huzhu.shared.calendar import ONE_DAY

# Enough to sort and hash the people of a large list in memory.
_MEMORY = "SET LOCAL work_mem = '64MB'"
# Where nobody knows how many rows of a list there will be, a nested loop that fits ten compares everybody with everybody.
ONLY_HASHES, ANY_JOIN = "SET LOCAL enable_nestloop = off", "SET LOCAL enable_nestloop = on"


@dataclass(frozen=True)
class _Table:
    """
    A temporary table: what fills it, the columns it is joined by, and whether its own joins may only be hashed, because nobody
    knows how many rows of the list there will be.
    """

    name: str
    query: str
    joined_by: str = ""
    only_hashes: bool = False


def _get_tables(*, refreshes: bool, only_one: bool) -> list[_Table]:
    members = members_sql(refreshes=refreshes, only_one=only_one)
    return [
        _Table(APPLICATION, APPLICATION_FACTS),
        _Table("checked_person", people_sql(refreshes=refreshes, only_one=only_one), "worker_id, entry_id"),
        _Table("checked_cover", COVERS, "worker_id, plan_id"),
        _Table("checked_end", CHAIN_ENDS, "worker_id, plan_version_id"),
        _Table(
            "checked_member",
            members,
            "member_id, worker_id, entry_id, plan_id, plan_version_id",
            only_hashes=not only_one,
        ),
        _Table("member_noted", MEMBERS_NOTED, "member_id"),
        _Table("person_noted", PEOPLE_NOTED, "worker_id, entry_id"),
    ]


def get_params(*, application_id: int, day: date, is_final: bool) -> dict[str, Any]:
    """This function will give the parameters of all statements about one application on one day."""
    return {
        "application": application_id,
        "today": day,
        "tomorrow": day + ONE_DAY,
        "most_days_ahead": MOST_DAYS_AHEAD,
        "payment_expected_by": day + timedelta(days=DAYS_TO_REVIEW_AND_PAY),
        "is_final": is_final,
        "name_suspicious": NAME_SUSPICIOUS,
        **NAME_PATTERNS,
    }


@contextmanager
def gathered(params: dict[str, Any], *, refreshes: bool = False, only_one: bool = False) -> Iterator[CursorWrapper]:
    """
    This function will gather the facts and give a cursor that reads them as tables, which are gone at the end.

    :param refreshes: whether people are taken over from the roster as it stands now
    :param only_one: the facts of `worker` among the parameters, and of those who look the same, planned anew
    """
    tables = _get_tables(refreshes=refreshes, only_one=only_one)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MEMORY)
        for table in tables:
            cursor.execute(ONLY_HASHES if table.only_hashes else ANY_JOIN)
            cursor.execute(f"CREATE TEMPORARY TABLE {table.name} ON COMMIT DROP AS {table.query}", params)
            if table.joined_by:
                cursor.execute(f"ANALYZE {table.name} ({table.joined_by})")
        cursor.execute(f"CREATE TEMPORARY VIEW {PERSON} AS {PERSON_FACTS}", params)
        yield cursor
        cursor.execute(f"DROP VIEW {PERSON}; DROP TABLE {', '.join(table.name for table in tables)}")
