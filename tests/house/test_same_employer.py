"""A row of one employer never hangs on a row of another: the database refuses it, whatever code forgot (security.md §2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from psycopg import sql

from huzhu.employers.models import Employer
from huzhu.shared import postgres

# Pairs without the key, each with the reason.
WITHOUT = {
    (
        "receipts_receiptright",
        "slip_id",
    ): "a head that pays for its subsidiary has the right, the slip is the subsidiary's",
    (
        "roster_documentreplacement",
        "entry_id",
    ): "roster rows are loaded by the hundred thousand; one more index on each costs",
}
FILLERS = {
    "boolean": False,
    "date": "2026-01-01",
    "timestamp with time zone": "2026-01-01",
    "uuid": "0" * 32,
    "bytea": b"1",
}
FILLERS |= dict.fromkeys(["bigint", "integer", "smallint", "numeric"], 1)
FILLERS |= {"jsonb": "{}", "ARRAY": "{}", "int4range": "empty", "daterange": "empty"}
MINE, OTHERS = 1, 2


def get_pairs() -> list[tuple[str, str, str]]:
    """Every child with an employer and a foreign key to a parent with an employer: its table, its column, the parent's table."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("huzhu.")]
    owned = {model for model in ours if any(each.column == "employer_id" for each in model._meta.concrete_fields)}
    return sorted(
        (model._meta.db_table, each.column, each.related_model._meta.db_table)
        for model in owned - {Employer}
        for each in model._meta.concrete_fields
        if isinstance(each, models.ForeignKey) and each.related_model in owned - {Employer}
    )


PAIRS = [pair for pair in get_pairs() if pair[:2] not in WITHOUT]


def get_key(child: str, column: str) -> str:
    """The name of the composite key, by the tables' names."""
    return f"{child}_{column.removesuffix('_id')}_same_employer"


@pytest.fixture
def owner(own_database) -> Iterator[psycopg.Cursor]:
    """The owner's connection; nothing of it is kept."""
    place = settings.DATABASES["default"]
    with psycopg.connect(host=place["HOST"], dbname=own_database, user=postgres.OWNER) as connection:
        yield connection.cursor()
        connection.rollback()


def bare(cursor: psycopg.Cursor, table: str) -> None:
    """Take everything from a table but its keys: only those between employers are asked here."""
    cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
    checks = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'"
    for (name,) in cursor.execute(checks, [table]).fetchall():
        cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name)))


def insert(cursor: psycopg.Cursor, table: str, **given: Any) -> None:
    """One row with what the columns insist on and nothing sensible in it."""
    columns = cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO' "
        "AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'",
        [table],
    ).fetchall()
    values = {name: FILLERS.get(kind, str(given["id"] % 10)) for name, kind in columns} | given
    cursor.execute(
        sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
        ),
        list(values.values()),
    )


def hang(cursor: psycopg.Cursor, pair: tuple[str, str, str], *, of: int) -> None:
    """A child of one employer on a parent of the other or of the same, asked of the one key."""
    child, column, parent = pair
    for table in {child, parent}:
        bare(cursor, table)
    insert(cursor, parent, id=900, employer_id=MINE)
    insert(cursor, child, id=901, employer_id=of, **{column: 900})


def ask(cursor: psycopg.Cursor, pair: tuple[str, str, str]) -> None:
    """Have the database look at this one key now; those to other tables are asked at the end, which never comes."""
    cursor.execute(sql.SQL("SET CONSTRAINTS {} IMMEDIATE").format(sql.Identifier(get_key(*pair[:2]))))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: ".".join(pair[:2]))
class TestEveryPair:
    def test_a_parent_of_another_employer_is_refused(self, owner, pair):
        hang(owner, pair, of=OTHERS)
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match="same_employer"):
            ask(owner, pair)

    def test_a_parent_of_the_same_employer_is_not(self, owner, pair):
        hang(owner, pair, of=MINE)
        ask(owner, pair)

    def test_without_the_key_it_passes(self, owner, pair):
        """The twin: Django's own foreign key has nothing against it."""
        child, column, _ = pair
        hang(owner, pair, of=OTHERS)
        plain = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f' AND conname <> %s"
        owner.execute(plain + " AND conkey = ARRAY[(SELECT attnum FROM pg_attribute WHERE attrelid = conrelid "
            "AND attname = %s)]", [child, get_key(child, column), column])  # fmt: skip
        (own,) = owner.fetchone()
        owner.execute(sql.SQL("SET CONSTRAINTS {} IMMEDIATE").format(sql.Identifier(own)))


def test_every_exception_is_still_needed():
    assert set(WITHOUT) <= {pair[:2] for pair in get_pairs()}
    assert PAIRS
