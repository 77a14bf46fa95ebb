"""Strict for everyone: the real PostgreSQL as the run-time role, a database cloned from a migrated template, no network."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client
from hypothesis import settings as properties

from huzhu.shared import postgres
from tests.factories.accounts import ALWAYS

ROOT = Path(__file__).resolve().parents[1]

# A property says what holds, not how fast: promises of speed are benchmarks, and a busy machine is no counterexample.
properties.register_profile("house", deadline=None)
properties.load_profile("house")


def _fingerprint() -> str:
    """What the schema is made from: our migrations and the versions of the packages that bring their own."""
    files = [*(ROOT / "huzhu").glob("*/migrations/0*.py"), *(ROOT / "huzhu" / "audit").glob("*")]
    parts = [path.read_bytes() for path in sorted(files) if path.is_file()]
    return sha256(b"".join([*parts, (ROOT / "requirements.lock").read_bytes()])).hexdigest()[:16]


TEMPLATE = f"huzhu_template_{_fingerprint()}"
RUN = f"{os.environ.get('PYTEST_XDIST_TESTRUNUID', 'alone')[:8]}_{os.environ.get('PYTEST_XDIST_WORKER', os.getpid())}"


GROWTH = re.compile(r"same_statements|as_many_|_queries|number_of_queries|costs_the_same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Mark as slow what `make quick` leaves out by kind: races on databases of their own, properties, and counts of queries by size.
    """
    for item in items:
        is_race = "own_database" in getattr(item, "fixturenames", ())
        is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if is_race or is_property or GROWTH.search(item.name):
            item.add_marker(pytest.mark.slow)


# Routes that were seen writing with a trace, and routes that were sent extras, of the workers that are done.
TRACED: set[str] = set()
SMUGGLED: set[str] = set()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker has seen."""
    TRACED.update(getattr(node, "workeroutput", {}).get("traced", ()))
    SMUGGLED.update(getattr(node, "workeroutput", {}).get("smuggled", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """
    After all page tests: every route that takes POST was seen writing with a trace, or is known to write nothing; and was sent
    extras beside a good form. A new one without a test fails the run.
    """
    from tests.web import extras, traced

    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["traced"] = sorted(traced.seen)
        session.config.workeroutput["smuggled"] = sorted(extras.compared)
        return
    option = session.config.option
    is_whole = session.config.args in (["tests"], ["tests/web"]) and not option.keyword and not option.markexpr
    missing = set(traced.get_writing_routes()) - traced.READS - traced.ELSEWHERE.keys() - traced.seen - TRACED
    if is_whole and missing:
        sys.stderr.write(f"\nThese routes take POST and no test saw them write with a trace: {sorted(missing)}\n")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    unsent = set(traced.get_writing_routes()) - traced.READS - extras.UNSENT.keys() - extras.compared - SMUGGLED
    if is_whole and unsent:
        sys.stderr.write(
            f"\nThese routes take POST and no test sent them a good form to smuggle extras into: {sorted(unsent)}\n"
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _server() -> str:
    return os.environ["HUZHU_TEST_SERVER_URL"]


def _clone(name: str) -> None:
    with psycopg.connect(_server(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE} OWNER {postgres.OWNER} STRATEGY file_copy')


def _point_default_at(name: str, *, role: str) -> None:
    connections["default"].close()
    for source in (settings.DATABASES["default"], connections["default"].settings_dict):
        source["NAME"], source["USER"] = name, role


def _drop(name: str) -> None:
    with psycopg.connect(_server(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A migrated template for this schema, made once as the owner; a clone for this run and worker, used as the run-time role."""
    name = f"huzhu_test_{RUN}"
    with django_db_blocker.unblock():
        with psycopg.connect(_server(), autocommit=True) as lock:
            lock.execute("SELECT pg_advisory_lock(4711)")
            _ensure_template(lock)
            _clone(name)
        _point_default_at(name, role=postgres.APP)
    yield
    with django_db_blocker.unblock():
        connections["default"].close()
        _drop(name)


def _ensure_template(connection: psycopg.Connection) -> None:
    """Make the template unless it is there; what older schemas and killed runs left behind is cleared away."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate", [TEMPLATE]).fetchone():
        return
    idle = "SELECT datname, datistemplate FROM pg_database d WHERE datname LIKE 'huzhu_%' AND NOT EXISTS "
    for name, is_template in connection.execute(
        idle + "(SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)"
    ).fetchall():
        if is_template:  # a run that was killed while dropping leaves one that can only be dropped
            connection.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE false')
        connection.execute(f'DROP DATABASE "{name}"')
    postgres.ensure_database(_server(), TEMPLATE)
    _point_default_at(TEMPLATE, role=postgres.OWNER)
    call_command("migrate", verbosity=0)
    connections["default"].close()
    connection.execute(f'ALTER DATABASE "{TEMPLATE}" IS_TEMPLATE true')


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """
    A database of its own for tests with several connections or real commits: cloned, used as the run-time role, dropped.
    """
    name = f"huzhu_own_{RUN}"
    with django_db_blocker.unblock():
        _clone(name)
        before = settings.DATABASES["default"]["NAME"]
        _point_default_at(name, role=postgres.APP)
        yield name
        _point_default_at(before, role=postgres.APP)
        _drop(name)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in a test may leave the machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "localhost", "::1"):
            raise OSError(f"a test tried to reach {address}")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _forced_sign_ins_prove_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    `client.force_login` stands for a whole sign-in, second factor included, that never grows stale; tests of signing in itself
    go through the pages.
    """
    real = Client.force_login

    def force_login(
        self: Client, user: object, backend: str | None = "django.contrib.auth.backends.ModelBackend"
    ) -> None:
        real(self, user, backend)
        session = self.session
        session.prove(at=ALWAYS, proof="authenticator")
        session.save()

    monkeypatch.setattr(Client, "force_login", force_login)
