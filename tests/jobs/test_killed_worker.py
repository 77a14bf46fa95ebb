"""
kill −9 of a real worker in the middle of an import: nothing or everything of it is there, and the next worker goes on by itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection

from huzhu.audit.models import AuditEvent
from huzhu.bench.people import make_people, write_roster
from huzhu.roster.models import RosterEntry, RosterImport, Worker
from huzhu.shared import postgres
from tests.jobs.test_roster import wait_for

ROOT = Path(__file__).resolve().parents[2]
ROWS = 30_000
LONGEST = 90.0  # seconds from a worker's death to the result
POINTS = [("reading", 0), ("sealing", 0), ("merging", ROWS // 2), ("merging", ROWS)]

pytestmark = pytest.mark.slow


def test_the_defaults_leave_time_to_spare():
    heartbeat, start, work = 10, 5, 15
    assert 2.5 * heartbeat <= configured.HUZHU_STALLED_AFTER  # a busy worker is not a dead one
    assert configured.HUZHU_STALLED_AFTER + configured.HUZHU_RESCUE_EVERY + heartbeat + start + work <= LONGEST


@pytest.fixture
def files(settings, tmp_path) -> Path:
    where = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": where}
    return tmp_path


def test_a_worker_killed_again_and_again_leaves_nothing_or_everything_and_in_the_end_one_effect(own_database, files):
    record = wait_for(write_roster(make_people(rows=ROWS)))
    for phase, done in POINTS:
        with worker(own_database, files) as process:
            reach(record, phase, done)
            process.send_signal(signal.SIGKILL)
        died_at = time.monotonic()
        wait_until(lambda: backends() == 0)
        nothing_or_everything(record)
        if (phase, done) != POINTS[-1]:  # the last death is noticed in its own time, the others at once
            connection.cursor().execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")

    with worker(own_database, files):
        wait_until(lambda: state(record) == "done", seconds=LONGEST)
        assert time.monotonic() - died_at < LONGEST
        # A worker that was only thought dead may still be at it: the same job once more changes nothing.
        connection.cursor().execute(
            "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL WHERE task_name = 'roster.import_file'"
        )
        wait_until(lambda: job() == "succeeded", seconds=30)

    record.refresh_from_db()
    assert (record.rows, record.inserted, record.failed) == (ROWS, ROWS, 0)
    assert RosterEntry.objects.count() == Worker.objects.count() == ROWS
    assert AuditEvent.objects.filter(event="roster.import").count() == 1


@contextmanager
def worker(database: str, files: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`huzhu worker` on the test's database, ended whatever happens."""
    url = postgres.url_for(os.environ["HUZHU_TEST_SERVER_URL"], role=postgres.APP, name=database)
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
        "DATABASE_URL": url,
        "HUZHU_TEST_FILES": str(files),
        "HUZHU_STALLED_AFTER": "20",
        "HUZHU_RESCUE_EVERY": "2",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "huzhu.cli.main", "worker"]
    with (files / "worker.log").open("ab") as log, subprocess.Popen(command, env=env, cwd=ROOT, stderr=log) as process:
        try:
            yield process
            assert process.poll() is None or process.returncode == -signal.SIGKILL
        finally:
            process.kill()


def reach(record: RosterImport, phase: str, done: int) -> None:
    """Wait until the import is at this point, or past it."""
    order = ["queued", "reading", "checking", "sealing", "merging"]

    def is_there() -> bool:
        at = RosterImport.objects.filter(pk=record.pk).values_list("phase", "rows_done").get()
        return (order.index(at[0]), at[1]) >= (order.index(phase), done)

    RosterImport.objects.filter(pk=record.pk).update(phase="queued", rows_done=0)
    wait_until(is_there, seconds=LONGEST)


def nothing_or_everything(record: RosterImport) -> None:
    expected = {"waiting": 0, "done": ROWS}[state(record)]
    assert RosterEntry.objects.count() == Worker.objects.count() == expected


def state(record: RosterImport) -> str:
    return RosterImport.objects.values_list("state", flat=True).get(pk=record.pk)


def job() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE task_name = 'roster.import_file'")
        return cursor.fetchone()[0]


def backends() -> int:
    """Connections of others: a dead worker's last statement ends before its connection does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def wait_until(happens, *, seconds: float = 30.0) -> None:
    ends = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < ends, "waited too long"
        time.sleep(0.005)
