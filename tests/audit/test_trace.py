"""The trace cannot be altered by the program's own role, whatever it tries."""

from datetime import UTC, datetime

import pytest
from django.db import Error, connection, transaction

from huzhu.accounts.models import Branch
from huzhu.audit import operations as audit
from huzhu.audit.models import AuditEvent
from huzhu.audit.queries import get_history
from huzhu.shared.actors import system_actor
from tests.factories.accounts import BranchFactory

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def branch() -> Branch:
    return BranchFactory(code="44", name="广东省")


def test_the_history_of_a_record_is_in_order(branch):
    for label in ("登记", "变更"):
        audit.record("branch.change", subject=branch, by=system_actor(), at=NOON, label=label)
    assert [event.label for event in get_history(subject=branch)] == ["登记", "变更"]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditevent SET reason = 'other'",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent",
        "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
        "DROP TABLE audit_auditevent",
    ],
)
def test_a_written_event_stays(branch, sql: str):
    audit.record("branch.change", subject=branch, by=system_actor(), at=NOON)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert AuditEvent.objects.count() == 1
