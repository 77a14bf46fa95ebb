"""Of an application that came back for some of its people: who need not wait for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from huzhu.enrolment.models import EnrolmentApplication, Review
from huzhu.enrolment.queries.reviews import get_diff_to_last_submission
from huzhu.enrolment.states import State


@dataclass(frozen=True, kw_only=True)
class Rest:
    """How many people may go on by themselves, and those who stay: by the rows that the reviewer marked."""

    people: int
    staying: int
    member_ids: list[int]


def get_rest(*, application: EnrolmentApplication) -> Rest | None:
    """
    This function will tell who of a returned application may go on as an application of their own: everybody the reviewer did not
    mark, as long as plans and people stand as they were submitted. None where nobody may. At most five statements.
    """
    if application.state != State.RETURNED:
        return None
    last = Review.objects.filter(application=application, submission=application.submission_count).last()
    if last is None or last.is_approved or not last.member_ids:
        return None
    difference = get_diff_to_last_submission(application=application, limit=1)
    if difference.people_count or difference.plans:
        return None
    with connection.cursor() as cursor:
        cursor.execute(REST, {"application": application.pk, "marked": last.member_ids})
        people, staying = cursor.fetchone()
    return Rest(people=people, staying=staying, member_ids=last.member_ids) if people and staying else None


# A person marked in one plan stays with all of them.
REST = """
WITH staying AS (
    SELECT DISTINCT worker_id FROM enrolment_applicationmember
    WHERE application_id = %(application)s AND id = ANY (%(marked)s::bigint[]) AND removed_at IS NULL
)
SELECT count(DISTINCT worker_id) FILTER (WHERE worker_id NOT IN (SELECT worker_id FROM staying)),
       count(DISTINCT worker_id) FILTER (WHERE worker_id IN (SELECT worker_id FROM staying))
FROM enrolment_applicationmember WHERE application_id = %(application)s AND removed_at IS NULL
"""
