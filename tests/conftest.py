"""Strict for everyone: the real PostgreSQL as the run-time role, a database cloned from a migrated template, no network."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from huzhu.shared import postgres

TEMPLATE = "huzhu_template"


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


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """One migrated template per run, made as the owner; one clone per worker, used as the run-time role."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with django_db_blocker.unblock():
        with psycopg.connect(_server(), autocommit=True) as lock:
            lock.execute("SELECT pg_advisory_lock(4711)")
            _ensure_template()
            _clone(f"huzhu_test_{worker}")
        _point_default_at(f"huzhu_test_{worker}", role=postgres.APP)
    yield
    with django_db_blocker.unblock():
        connections["default"].close()


def _ensure_template() -> None:
    """Make the template anew unless this run has made it already."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    with psycopg.connect(_server(), autocommit=True) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [TEMPLATE]
        ).fetchone()
        if row and row[0] == run:
            return
        connection.execute(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
    postgres.ensure_database(_server(), TEMPLATE)
    _point_default_at(TEMPLATE, role=postgres.OWNER)
    call_command("migrate", verbosity=0)
    connections["default"].close()
    with psycopg.connect(_server(), autocommit=True) as connection:
        connection.execute(f"COMMENT ON DATABASE {TEMPLATE} IS '{run}'")


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """
    A database of its own for tests with several connections or real commits: cloned, used as the run-time role, dropped.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"huzhu_own_{worker}"
    with django_db_blocker.unblock():
        _clone(name)
        before = settings.DATABASES["default"]["NAME"]
        _point_default_at(name, role=postgres.APP)
        yield name
        _point_default_at(before, role=postgres.APP)
        with psycopg.connect(_server(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in a test may leave the machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "localhost", "::1"):
            raise OSError(f"a test tried to reach {address}")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
