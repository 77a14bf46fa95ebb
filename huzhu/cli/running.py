"""`huzhu run`: one command from a checkout to a running site."""

from __future__ import annotations

import ipaddress
import os
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from huzhu.cli import environment

if TYPE_CHECKING:
    from psycopg import Connection


class Tls(NamedTuple):
    """Where the certificate and its key are."""

    certificate: Path
    key: Path


def run(*, host: str, port: int, tls: Tls | None = None) -> None:
    """
    This function will start the database, bring it up to date, seed it the first time, and run web and worker until Ctrl-C.

    :raises typer.Exit: if it would answer on plain http beyond this machine: passwords and session cookies travel in it
    """
    began = time.monotonic()
    is_demo = os.environ.get("HUZHU_DEMO", "1") == "1" and "DJANGO_SETTINGS_MODULE" not in os.environ
    if is_demo and not _is_loopback(host):
        typer.echo(
            "Demo mode runs on this machine only (127.0.0.1). Unset HUZHU_DEMO and use config.settings.prod.", err=True
        )
        raise typer.Exit(2)
    is_behind_proxy = os.environ.get("HUZHU_BEHIND_TLS_PROXY", "").lower() in {"1", "true", "yes", "on"}
    if not _is_loopback(host) and tls is None and not is_behind_proxy:
        typer.echo(
            "Plain http is for this machine only (127.0.0.1). Give --tls-certificate and --tls-key, or set "
            "HUZHU_BEHIND_TLS_PROXY=1 if a proxy in front of it speaks TLS.",
            err=True,
        )
        raise typer.Exit(2)
    environment.prepare()
    _bring_up_to_date(is_demo=is_demo)
    address = f"{'https' if tls else 'http'}://{'localhost' if _is_loopback(host) else host}:{port}"
    _serve(
        host=host, port=port, address=address, lines=_welcome(address) if is_demo else [address], began=began, tls=tls
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bring_up_to_date(*, is_demo: bool) -> None:
    """Migrate as the owner if anything is pending; seed as the run-time role if this database is new and for demonstration."""
    import subprocess

    import psycopg

    with psycopg.connect(
        os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"]), autocommit=True
    ) as connection:
        is_new = connection.execute("SELECT to_regclass('public.django_migrations') IS NULL").fetchone() == (True,)
        if is_new or _has_pending(connection):
            typer.echo("Bringing the database up to date …")
            subprocess.run(_huzhu("migrate"), check=True, stdout=subprocess.DEVNULL)
        mark = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        if is_demo and is_new:
            connection.execute(
                "DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS ''huzhu demo''', current_database()); END $$"
            )
        elif is_demo and mark != ("huzhu demo",):
            typer.echo(
                "This database is not marked as a demo: demo mode is refused. Use config.settings.prod.", err=True
            )
            raise typer.Exit(2)
        is_empty = connection.execute("SELECT NOT EXISTS (SELECT FROM accounts_branch)").fetchone() == (True,)
    if is_demo and is_empty:
        subprocess.run(_huzhu("seed"), check=True)


def _has_pending(connection: Connection[Any]) -> bool:
    """Test if a migration file on disk is not in the database; cheap enough for every start."""
    applied = {tuple(row) for row in connection.execute("SELECT app, name FROM django_migrations")}
    ours = {(path.parts[-3], path.stem) for path in (environment.ROOT / "huzhu").glob("*/migrations/0*.py")}
    return not ours <= applied


def _huzhu(command: str) -> list[str]:
    return [sys.executable, "-m", "huzhu.cli.main", command]


def _welcome(address: str) -> list[str]:
    from huzhu.demo.people import get_welcome

    return get_welcome(address=address)


def _serve(*, host: str, port: int, address: str, lines: list[str], began: float, tls: Tls | None) -> None:
    """Run web and worker under one process manager until Ctrl-C or until one of them ends."""
    from honcho.manager import Manager

    env = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "HUZHU_PUBLIC_URL": os.environ.get("HUZHU_PUBLIC_URL", address),
    }
    env.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    threads = os.environ.get("HUZHU_WEB_THREADS", "4")
    manager = Manager()
    web = f"{sys.executable} -m granian --interface wsgi --host {host} --port {port} --workers 1"
    web += f" --blocking-threads {threads} --log-level warning config.wsgi:application"
    if tls:
        web += f" --ssl-certificate {shlex.quote(str(tls.certificate))} --ssl-keyfile {shlex.quote(str(tls.key))}"
    manager.add_process("web", web, env=env, cwd=str(environment.ROOT))
    manager.add_process("worker", " ".join(_huzhu("worker")), env=env, cwd=str(environment.ROOT))
    typer.echo("\n".join(lines))
    typer.echo(f"\nStarted in {time.monotonic() - began:.1f} s. Ctrl-C stops everything.\n")
    manager.loop()
    raise typer.Exit(
        manager.returncode if manager.returncode and manager.returncode > 0 and manager.returncode != 130 else 0
    )
