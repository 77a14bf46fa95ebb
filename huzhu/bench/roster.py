"""
The roster import at 100,000 people against what the machine can do at all: the fastest reading of the same file and a COPY of the
same rows into the same tables. Every measurement stands in a process and a database of its own, in turns, and the best of each
counts, because other work on the machine only ever adds time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import psycopg
from django.db import connections
from django.utils import timezone

from huzhu.bench import chain, memory, people, running
from huzhu.demo.seed import found_association
from huzhu.demo.telling import Teller
from huzhu.shared import postgres

SIZES = (10_000, 20_000, 100_000)
MEASURED, COMPARED, SMALL = 100_000, 20_000, 10_000
TURNS = 3
COPY_NAME = "huzhu_bench_copy"

# What issue 3 promises
LIMIT_RATIO, AGAIN_RATIO, GROWTH, TIMES_FASTER, MOST_MEGABYTES = 3.0, 1.5, 1.2, 25.0, 600


def run() -> None:
    """This function will measure the import and print every promise with its figure."""
    found_association(at=timezone.now() - timedelta(days=500))
    teller = Teller(chain._story(20, 970), now=timezone.now())
    teller.register()
    employer = str(teller.employer_id)
    connections.close_all()
    with tempfile.TemporaryDirectory() as folder:
        paths = {rows: _write(Path(folder), rows) for rows in SIZES}
        whole, small, limits = [], [], []
        for _ in range(TURNS):
            whole.append(_measure("import", employer, paths[MEASURED], folder))
            limits.append(_measure("limit", employer, paths[MEASURED], folder))
            small.append(_measure("import", employer, paths[SMALL]))
        _tell(whole, small, limits)
        _compare(employer, paths[COMPARED])


def _write(folder: Path, rows: int) -> str:
    path = folder / f"{rows}.xlsx"
    path.write_bytes(people.write_roster(people.make_people(rows=rows)))
    return str(path)


def _best(measured: list[dict[str, float]], name: str) -> float:
    return min(one[name] for one in measured)


def _tell(whole: list[dict[str, float]], small: list[dict[str, float]], limits: list[dict[str, float]]) -> None:
    first, again = _best(whole, "first"), _best(whole, "again")
    read, copied = _best(limits, "read"), _best(limits, "copied")
    print(f"\nroster: {MEASURED:,} rows × 11 columns, xlsx as Excel writes it, everything included; best of {TURNS}")
    print(f"  limit: fastest reading {read:.2f} s + COPY into the same tables {copied:.2f} s = {read + copied:.2f} s")
    print(f"  first upload {first:.2f} s, second upload {again:.2f} s")
    _promise("against the limit", first / (read + copied), LIMIT_RATIO)
    _promise("second upload against the first", again / first, AGAIN_RATIO)
    per_row, per_row_small = first / MEASURED, _best(small, "first") / SMALL
    print(f"  per row: {per_row_small * 1e6:.1f} µs at {SMALL:,}, {per_row * 1e6:.1f} µs at {MEASURED:,}")
    _promise(f"cost per row, {MEASURED:,} against {SMALL:,}", per_row / per_row_small, GROWTH)
    peak = max(one["peak"] for one in whole)
    print(f"  peak memory of the importing process and its children together {peak:.0f} MB", end=" ")
    print(f"(at most {MOST_MEGABYTES}): {_word(peak <= MOST_MEGABYTES)}")


def _compare(employer: str, path: str) -> None:
    if find_spec("import_export") is None:
        raise SystemExit("django-import-export is not installed: make bench, or pip install -r requirements-bench.lock")
    own = [_measure("import", employer, path) for _ in range(TURNS)]
    theirs = _measure(
        "import_export", employer, path, role=postgres.OWNER
    )  # it sets sequences back, which needs the owner
    if theirs["people"] != own[0]["people"]:
        raise RuntimeError(f"{theirs['people']:.0f} people instead of {own[0]['people']:.0f}")
    print(f"\nroster: the same {COMPARED:,} people by django-import-export with use_bulk")
    first = _best(own, "first")
    for name, words in (
        ("whole", "doing what our import does"),
        ("lean", "only its own part, people known beforehand"),
    ):
        print(f"  {theirs[name]:>6.2f} s {words}: {theirs[name] / first:.1f} times ours")
    print(f"  {first:>6.2f} s ours, everything included")
    times = theirs["whole"] / first
    print(f"  times faster: {times:.1f} (at least {TIMES_FASTER:.0f}): {_word(times >= TIMES_FASTER)}")


def _promise(name: str, figure: float, most: float) -> None:
    print(f"  {name}: {figure:.2f} (at most {most:.2f}): {_word(figure <= most)}")


def _word(held: bool) -> str:
    return "held" if held else "NOT HELD"


def _measure(act: str, *arguments: str, role: str = postgres.APP) -> dict[str, float]:
    with _database(role) as env:
        command = [sys.executable, "-m", "huzhu.bench.roster_acts", act, *arguments]
        with (
            subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as process,  # noqa: S603 - our own module
            memory.watched(process.pid) as watch,
        ):
            told, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{act} ended with {process.returncode}")
    return json.loads(told.splitlines()[-1]) | {"peak": watch.peak}


@contextmanager
def _database(role: str) -> Iterator[dict[str, str]]:
    """A copy of the bench's database; gives the environment of a process that uses it."""
    server = os.environ[running.SERVER]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {COPY_NAME} WITH (FORCE)")
        connection.execute(
            f"CREATE DATABASE {COPY_NAME} TEMPLATE {running.NAME} OWNER {postgres.OWNER} STRATEGY file_copy"
        )
        try:
            url = postgres.url_for(server, role=role, name=COPY_NAME)
            yield {**os.environ, "DATABASE_URL": url, "DATABASE_OWNER_URL": url}
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {COPY_NAME} WITH (FORCE)")
