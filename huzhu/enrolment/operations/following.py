"""When the roster learns that somebody is another person than was thought, the people of applications follow their entry."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from huzhu.enrolment.states import State

# What the society already goes by: a number in these may not be corrected behind its back.
IN_HAND = (
    State.AWAITING_FORM,
    State.FIRST_REVIEW,
    State.SECOND_REVIEW,
    State.AWAITING_PAYMENT,
    State.EFFECTIVE,
    State.EXPIRED,
)

_FOLLOW = """
WITH followed AS (
    UPDATE enrolment_applicationmember AS member SET worker_id = entry.worker_id
    FROM roster_rosterentry AS entry
    WHERE member.entry_id = entry.id AND entry.id = ANY (%(entries)s) AND member.worker_id <> entry.worker_id
      AND NOT EXISTS (SELECT FROM enrolment_applicationmember AS other
                      WHERE other.application_plan_id = member.application_plan_id AND other.worker_id = entry.worker_id)
    RETURNING member.application_id
)
UPDATE enrolment_enrolmentapplication SET checked_at = NULL
WHERE id IN (SELECT application_id FROM followed) AND state IN ('draft', 'returned')
"""


def follow_entries(*, entry_ids: Sequence[int]) -> None:
    """
    This function will let everybody enrolled by these roster entries be the person the entry now stands for; what is still edited
    is checked anew. One statement, in the caller's transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, {"entries": list(entry_ids)})


def is_in_hand(*, entry_ids: Sequence[int]) -> bool:
    """
    This function will tell whether one of these roster entries stands on an application that was submitted and is not over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM enrolment_applicationmember AS member "
            "JOIN enrolment_enrolmentapplication AS application ON application.id = member.application_id "
            "WHERE member.entry_id = ANY (%s) AND member.removed_at IS NULL AND application.state = ANY (%s))",
            [list(entry_ids), [state.value for state in IN_HAND]],
        )
        return bool(cursor.fetchone()[0])
