"""Large roster files: the job acts as whoever sent the file."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from huzhu.documents import operations as documents
from huzhu.jobs import roster as jobs
from huzhu.roster import operations as roster
from huzhu.roster.models import RosterEntry
from huzhu.shared.actors import system_actor
from tests.factories.roster import NOON, EmployerFactory, resident_number
from tests.roster.files.sheets import HEADS, xlsx


def run(import_id: int, *, attempts: int = 0) -> None:
    """The task as a worker calls it, at its first try or a later one."""
    jobs.import_file(SimpleNamespace(job=SimpleNamespace(attempts=attempts)), import_id=import_id)


@pytest.mark.django_db
def test_what_the_program_sent_is_imported_by_the_program():
    employer = EmployerFactory()
    row = {"姓名": "陈小明", "证件类型": "居民身份证", "证件号码": resident_number(1)}
    file = documents.store_bytes(
        content=xlsx([[row.get(head, "") for head in HEADS]]),
        name="名册.xlsx",
        kind="roster",
        media_type="x",
        employer_id=employer.pk,
        by=system_actor(),
        at=NOON,
    )
    waiting = roster.queue_import(
        employer_id=employer.pk, file_id=file.pk, file_name=file.name, by=system_actor(), at=NOON
    )

    run(waiting.pk)

    waiting.refresh_from_db()
    assert waiting.state == "done"
    assert RosterEntry.objects.count() == 1
