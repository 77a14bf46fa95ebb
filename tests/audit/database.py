"""Other roles on the database of a test: the owner, and the superuser whom no trigger stops."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings

from huzhu.shared import postgres


@contextmanager
def connected(role: str) -> Iterator[psycopg.Connection]:
    """This function will connect to the database of the test as a role, each statement a transaction of its own."""
    name = settings.DATABASES["default"]["NAME"]
    address = postgres.url_for(os.environ["HUZHU_TEST_SERVER_URL"], role=role, name=name)
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


@contextmanager
def forging() -> Iterator[psycopg.Connection]:
    """This function will connect as the superuser with every trigger asleep: somebody who can pass all walls but the chain."""
    with connected("postgres") as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection
