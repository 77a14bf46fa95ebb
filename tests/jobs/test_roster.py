"""Large roster files: the job acts as whoever sent the file."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from django.db import connections

from huzhu.audit.models import AuditEvent
from huzhu.documents import operations as documents
from huzhu.documents.models import StoredFile
from huzhu.jobs import roster as jobs
from huzhu.roster import operations as roster
from huzhu.roster import progress
from huzhu.roster.models import RosterEntry, RosterImport, Worker
from huzhu.roster.operations import imports
from huzhu.shared.actors import system_actor
from tests.factories.roster import NOON, EmployerFactory, resident_number
from tests.roster.files.sheets import HEADS, sample, xlsx


def run(import_id: int, *, attempts: int = 0) -> None:
    """The task as a worker calls it, at its first try or a later one."""
    jobs.import_file(SimpleNamespace(job=SimpleNamespace(attempts=attempts)), import_id=import_id)


@pytest.mark.django_db
def test_what_the_program_sent_is_imported_by_the_program():
    waiting = wait_for(one_person())

    run(waiting.pk)

    waiting.refresh_from_db()
    assert waiting.state == "done"
    assert RosterEntry.objects.count() == 1


def wait_for(content: bytes, *, employer=None, by=None) -> RosterImport:
    """A stored file whose import waits for a job."""
    employer = employer or EmployerFactory()
    by = by or system_actor()
    file = documents.store_bytes(
        content=content, name="名册.xlsx", kind="roster", media_type="x", employer_id=employer.pk, by=by, at=NOON
    )
    return roster.queue_import(employer_id=employer.pk, file_id=file.pk, file_name=file.name, by=by, at=NOON)


def one_person() -> bytes:
    row = {"姓名": "陈小明", "证件类型": "居民身份证", "证件号码": resident_number(1)}
    return xlsx([[row.get(head, "") for head in HEADS]])


@pytest.mark.django_db
def test_a_file_that_was_not_kept_is_refused_with_the_reason():
    waiting = wait_for(one_person())
    StoredFile.objects.all().delete()

    run(waiting.pk)

    waiting.refresh_from_db()
    assert (waiting.state, "重新上传" in waiting.refusal) == ("refused", True)


@pytest.mark.django_db
def test_a_failing_import_is_tried_again_and_refused_in_the_end(monkeypatch):
    waiting = wait_for(one_person())
    monkeypatch.setattr(imports.apart, "check_file", lambda **_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        run(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == "waiting"

    with pytest.raises(ZeroDivisionError):
        run(waiting.pk, attempts=jobs.TRIES - 1)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.refusal) == ("refused", jobs.GAVE_UP)


@pytest.mark.django_db
def test_a_file_on_which_workers_died_too_often_is_not_tried_again():
    waiting = wait_for(one_person())

    run(waiting.pk, attempts=jobs.TRIES)

    waiting.refresh_from_db()
    assert (waiting.state, RosterEntry.objects.count()) == ("refused", 0)


@pytest.mark.django_db(transaction=False)
def test_results_and_their_files_go_after_ninety_days(django_capture_on_commit_callbacks):
    done, still_waiting = wait_for(one_person()), wait_for(one_person())
    run(done.pk)
    done.refresh_from_db()
    name = StoredFile.objects.get(pk=done.file_id).stored_as

    assert roster.purge_imports(at=done.finished_at + timedelta(days=90)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert roster.purge_imports(at=done.finished_at + timedelta(days=90, seconds=1)) == 1

    assert list(RosterImport.objects.all()) == [still_waiting]
    assert list(StoredFile.objects.values_list("pk", flat=True)) == [still_waiting.file_id]
    assert not default_storage.exists(name)
    assert RosterEntry.objects.count() == 1


class TestCancelling:
    """On a database of its own: what others see of an import in the middle of its transaction."""

    def test_progress_is_seen_from_outside_and_a_cancelled_merge_leaves_nothing(self, own_database, monkeypatch):
        waiting = wait_for(sample("roster-clean-1200.xlsx"))
        seen = []

        class Cancelling(progress.WatchedProgress):
            def tell(self, phase, *, done=0, total=0):
                self._told_at = 0.0  # every note is made
                super().tell(phase, done=done, total=total)
                seen.append((phase, *_elsewhere(waiting.pk)))
                if (phase, done) == ("merging", 900):
                    _in_another_thread(lambda: roster.cancel_import(import_id=waiting.pk, by=system_actor(), at=NOON))

        monkeypatch.setattr(progress, "WatchedProgress", Cancelling)
        run(waiting.pk)

        waiting.refresh_from_db()
        assert waiting.state == "cancelled"
        assert not RosterEntry.objects.exists()
        assert not Worker.objects.exists()
        assert seen == [
            ("reading", "reading", 0, 0),
            ("checking", "checking", 0, 1200),
            ("sealing", "sealing", 0, 1200),
            *[("merging", "merging", done, 1200) for done in (0, 300, 600, 900)],
        ]

    def test_two_workers_with_the_same_import_have_one_effect(self, own_database):
        waiting = wait_for(sample("roster-clean-1200.xlsx"))
        threads = [threading.Thread(target=_closing(lambda: run(waiting.pk))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        waiting.refresh_from_db()
        assert (waiting.state, waiting.inserted, waiting.unchanged) == ("done", 1200, 0)
        assert AuditEvent.objects.filter(event="roster.import").count() == 1


def _elsewhere(import_id: int) -> tuple[str, int, int]:
    found: list[tuple[str, int, int]] = []
    wanted = RosterImport.objects.filter(pk=import_id).values_list("phase", "rows_done", "rows_read")
    _in_another_thread(lambda: found.extend(wanted.all()))
    return found[0]


def _in_another_thread(act) -> None:
    thread = threading.Thread(target=_closing(act))
    thread.start()
    thread.join()


def _closing(act):
    def acting() -> None:
        try:
            act()
        finally:
            connections.close_all()

    return acting
