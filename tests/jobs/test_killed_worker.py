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

import psycopg
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
HELD = 20_261_124  # key of the lock at which a worker is held

# Where a worker is held until it is killed. Its progress alone is no such place: the merge may end before anybody has looked.
POINTS = [
    "BEFORE UPDATE ON roster_rosterimport FOR EACH ROW WHEN (NEW.phase = 'reading')",
    "AFTER INSERT ON roster_worker FOR EACH STATEMENT",
    "AFTER INSERT ON roster_rosterentry FOR EACH STATEMENT",
]

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
    for point in POINTS:
        with held_at(own_database, point), worker(own_database, files) as process:
            wait_until(is_somebody_held, seconds=LONGEST)
            process.send_signal(signal.SIGKILL)
        wait_until(lambda: backends() == 0)
        assert (state(record), RosterEntry.objects.count(), Worker.objects.count()) == ("waiting", 0, 0), point
        connection.cursor().execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")

    RosterImport.objects.filter(pk=record.pk).update(phase="queued")
    with worker(
        own_database, files
    ) as process:  # once more wherever it happens to be; its death is noticed in its own time
        wait_until(lambda: phase(record) == "merging" or state(record) == "done", seconds=LONGEST)
        process.send_signal(signal.SIGKILL)
    died_at = time.monotonic()
    wait_until(lambda: backends() == 0)
    nothing_or_everything(record)

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


@contextmanager
def held_at(database: str, point: str) -> Iterator[None]:
    """Hold whoever comes to a point, by a trigger that waits for a lock, until the block ends."""
    with psycopg.connect(owner_of(database), autocommit=True) as owner:
        owner.execute("SELECT pg_advisory_lock(%s)", [HELD])
        owner.execute(f"""
            CREATE OR REPLACE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock_shared({HELD}); RETURN NEW; END';
            CREATE TRIGGER held {point} EXECUTE FUNCTION hold()
        """)
        yield
        owner.execute("SELECT pg_advisory_unlock(%s)", [HELD])
        owner.execute(f"DROP TRIGGER held ON {point.split()[3]}")


def owner_of(database: str) -> str:
    return postgres.url_for(os.environ["HUZHU_TEST_SERVER_URL"], role=postgres.OWNER, name=database)


def is_somebody_held() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [HELD]
        )
        return cursor.fetchone()[0] > 0


def nothing_or_everything(record: RosterImport) -> None:
    expected = {"waiting": 0, "done": ROWS}[state(record)]
    assert RosterEntry.objects.count() == Worker.objects.count() == expected


def state(record: RosterImport) -> str:
    return RosterImport.objects.values_list("state", flat=True).get(pk=record.pk)


def phase(record: RosterImport) -> str:
    return RosterImport.objects.values_list("phase", flat=True).get(pk=record.pk)


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
