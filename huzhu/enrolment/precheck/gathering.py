"""
Gathering the facts of one application into temporary tables that the rules read.

They have statistics of their own: from subqueries PostgreSQL would plan by those of the big tables, which know nothing yet of
people who joined a moment ago, and compare everybody with everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from huzhu.cover.queries import MOST_DAYS_AHEAD
from huzhu.enrolment.precheck.facts import (
    APPLICATION_FACTS,
    HOLDINGS,
    MEMBERS,
    NAME_PATTERNS,
    NAME_SUSPICIOUS,
    PEOPLE,
    PERSON_FACTS,
)
from huzhu.enrolment.precheck.registry import APPLICATION, PERSON
from huzhu.enrolment.rules import DAYS_TO_REVIEW_AND_PAY
from huzhu.shared.calendar import ONE_DAY

# Table, what fills it, and the columns it is joined by.
_TABLES = (
    (APPLICATION, APPLICATION_FACTS, ""),
    ("checked_member", MEMBERS, "member_id, worker_id, plan_id"),
    ("checked_person", PEOPLE, "worker_id"),
    ("checked_holding", HOLDINGS, "worker_id, plan_id"),
    (PERSON, PERSON_FACTS, ""),
)


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
def gathered(params: dict[str, Any]) -> Iterator[CursorWrapper]:
    """
    This function will gather the facts and give a cursor that reads them as tables, which are gone at the end.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for table, query, joined_by in _TABLES:
            cursor.execute(f"CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS {query}", params)
            if joined_by:
                cursor.execute(f"ANALYZE {table} ({joined_by})")
        yield cursor
        cursor.execute(f"DROP TABLE {', '.join(table for table, _, _ in _TABLES)}")
