"""Rows with several parents belong to one employer by all of them, whatever code forgot (docs/adr/0030)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction

from huzhu.roster.models import DifferenceReason, InsuranceRosterLine
from huzhu.shared import postgres
from tests.factories import enrolment as make
from tests.factories import policies as papers

Mixed = tuple[models.Model, dict[str, Any]]  # a row, and what makes it hang on another employer's


def member(column: str) -> Mixed:
    mine, others = (make.application(people_count=1) for _ in range(2))
    other = others.application.members.get()
    also = {} if column == "application_plan_id" else {"worker_id": other.worker_id}
    return mine.application.members.get(), {column: getattr(other, column)} | also


def receipt_line(column: str) -> Mixed:
    mine, others = (papers.receipt_request() for _ in range(2))
    other = others.lines.first()
    also = {"policy_id": other.policy_id} if column == "right_id" else {}
    return mine.lines.first(), {column: getattr(other, column)} | also


def reason(column: str) -> Mixed:
    mine, others = (make.application(people_count=1) for _ in range(2))
    rows = []
    for case in (mine, others):
        listed = case.application.insurance_roster
        line = InsuranceRosterLine.objects.filter(roster=listed).first()
        rows.append(
            DifferenceReason.objects.create(
                roster=listed,
                entry=None if column == "line_id" else case.entries[0],
                line=line if column == "line_id" else None,
                code="leave",
                first_month=make.NOON.date().replace(day=1),
                given_at=make.NOON,
            )
        )
    return rows[0], {column: getattr(rows[1], column)}


CASES: list[tuple[Callable[[str], Mixed], str]] = [
    (member, "application_id"),
    (member, "application_plan_id"),
    (member, "entry_id"),
    (receipt_line, "request_id"),
    (receipt_line, "right_id"),
    (receipt_line, "policy_id"),
    (reason, "roster_id"),
    (reason, "entry_id"),
    (reason, "line_id"),
]
TRIGGERS = ("pgtrigger_one_employer_", "pgtrigger_one_employer_still_")


def insert(row: models.Model, **changed: Any) -> None:
    """The row once more, with a parent of somebody else."""
    row.pk = None
    for column, value in changed.items():
        setattr(row, column, value)
    row.save(force_insert=True)


@pytest.mark.django_db
@pytest.mark.parametrize(("make_row", "column"), CASES, ids=lambda each: getattr(each, "__name__", each))
class TestEveryParent:
    def test_a_row_with_parents_of_two_employers_is_not_written(self, make_row, column):
        row, changed = make_row(column)
        with pytest.raises(IntegrityError, match="parents of two employers"), transaction.atomic():
            insert(row, **changed)

    def test_nor_does_a_row_become_one(self, make_row, column):
        row, changed = make_row(column)
        with pytest.raises(Exception, match=r"parents of two employers|permission denied"), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**changed)


@pytest.mark.parametrize(("make_row", "column"), CASES, ids=lambda each: getattr(each, "__name__", each))
def test_without_the_triggers_it_is(own_database, make_row, column):
    """The twin: the single keys have nothing against it."""
    row, changed = make_row(column)
    place = settings.DATABASES["default"]
    with psycopg.connect(host=place["HOST"], dbname=own_database, user=postgres.OWNER) as owner:
        for name in get_names(row._meta.db_table):
            owner.execute(f'ALTER TABLE {row._meta.db_table} DISABLE TRIGGER "{name}"')
    with transaction.atomic():
        insert(row, **changed)
        transaction.set_rollback(True)


def get_names(table: str) -> list[str]:
    """The names of the two triggers of a table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", [table])
        found = [name for (name,) in cursor.fetchall() if name.startswith(TRIGGERS)]
    assert len(found) == 2
    return found
