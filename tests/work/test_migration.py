"""The claims of the old columns live on in the one table of claims."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from huzhu.work.models import Assignment
from tests.factories import enrolment as make

MIGRATION = import_module("huzhu.enrolment.migrations.0004_claims_move_and_deputies")


@pytest.mark.django_db
def test_a_claim_moves_with_its_reviewer_state_and_moment():
    claimed, free, over = (make.application(state) for state in ("first_review", "second_review", "awaiting_form"))
    old = "SELECT id, state, submitted_at, first_reviewed_at, created_at"
    rows = {claimed.id: (7, "林晓敏"), over.id: (8, "陈静")}  # the last one was left behind by a recall
    source = (
        f"(SELECT a.*, c.claimed_by_id, c.claimed_by_name FROM ({old} FROM enrolment_enrolmentapplication) a LEFT JOIN "
        + (
            "(VALUES "
            + ", ".join("(%s::bigint, %s::bigint, %s)" for _ in rows)
            + ") c (id, claimed_by_id, claimed_by_name) "
            "USING (id))"
        )
    )
    with connection.cursor() as cursor:
        sql = MIGRATION.MOVE.replace("enrolment_enrolmentapplication a\n", f"{source} a\n")
        cursor.execute(sql, [value for pk, row in rows.items() for value in (pk, *row)])
    (made,) = Assignment.objects.all()
    assert (made.subject_id, made.kind, made.state) == (claimed.id, "first_reviews", "first_review")
    assert (made.assignee_id, made.assignee_name, made.assigned_at) == (7, "林晓敏", claimed.refresh().submitted_at)
    assert free.id not in {made.subject_id}
