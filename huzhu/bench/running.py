"""`huzhu bench`: every promise of speed, measured in one run on a database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg

from huzhu.shared import postgres

ROOT = Path(__file__).resolve().parents[2]
NAME = "huzhu_bench"
SERVER = "HUZHU_BENCH_SERVER_URL"  # for benches that measure on copies of the database


def run(name: str) -> None:
    """
    This function will make a scratch database on the embedded server, run one bench or all, print the figures and drop it.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    server = postgres.start_embedded(ROOT / "var" / "pg").get_uri()
    _drop(server)
    postgres.ensure_database(server, NAME)
    os.environ[SERVER] = server
    os.environ["DATABASE_URL"] = postgres.url_for(server, role=postgres.APP, name=NAME)
    os.environ["DATABASE_OWNER_URL"] = postgres.url_for(server, role=postgres.OWNER, name=NAME)
    os.environ["HUZHU_POOLED"] = "0"
    subprocess.run([sys.executable, "-m", "huzhu.cli.main", "migrate"], check=True, stdout=subprocess.DEVNULL)
    try:
        import django

        django.setup()
        for bench in _choose(name):
            bench()
    finally:
        from django.db import connections

        connections.close_all()
        _drop(server)


def _choose(name: str) -> list[Callable[[], None]]:
    from huzhu.bench import chain, dates, precheck, roster

    known = {"chain": chain.run, "dates": dates.run, "precheck": precheck.run, "roster": roster.run}
    if name and name not in known:
        raise SystemExit(f"no bench “{name}”; there are: {', '.join(known)}")
    return [known[name]] if name else list(known.values())


def _drop(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
