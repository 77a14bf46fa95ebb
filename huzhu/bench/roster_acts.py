"""One measurement of `huzhu bench roster`, in a process of its own: `python -m huzhu.bench.roster_acts ACT …` prints JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TABLES = ("roster_worker", "roster_workerdocument", "roster_rosterentry")
WARMING = 9_000_000  # people nobody else is


def import_file(employer: str, path: str, folder: str = "") -> dict[str, float]:
    """
    This function will import a file twice through the real operation and, with `folder`, leave the rows it made there.
    """
    from django.db import connection

    from huzhu.bench import people
    from huzhu.roster.models import RosterEntry

    content = Path(path).read_bytes()
    _import(employer, people.write_roster(people.make_people(rows=50, first=WARMING)))
    first, record = _timed(lambda: _import(employer, content))
    if record.inserted != record.rows:
        raise RuntimeError(f"{record.inserted} of {record.rows} people were new")
    if folder:
        with connection.cursor() as cursor:
            for table in TABLES:
                with cursor.copy(f"COPY {table} TO STDOUT") as copy, (Path(folder) / table).open("wb") as file:
                    file.writelines(copy)
    again, record = _timed(lambda: _import(employer, content))
    if record.unchanged != record.rows:
        raise RuntimeError(f"{record.unchanged} of {record.rows} people were known")
    people_known = RosterEntry.objects.count() - 50
    return {"first": first, "again": again, "people": people_known}


def limit(employer: str, path: str, folder: str) -> dict[str, float]:
    """
    This function will measure what nothing can beat: the fastest reading of the file, and COPY of the finished rows.
    """
    import fastexcel
    from django.db import connection, transaction

    content = Path(path).read_bytes()
    rows = {table: (Path(folder) / table).read_bytes() for table in TABLES}
    readings: list[Callable[[], Any]] = [
        lambda: fastexcel.read_excel(content).load_sheet(0).to_polars(),
        lambda: fastexcel.read_excel(content).load_sheet(0, dtypes="string").to_polars(),
    ]
    read = min(_timed(reading)[0] for reading in readings * 2)

    def copy_all() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for table, content in rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(content)

    connection.ensure_connection()
    return {"read": read, "copied": _timed(copy_all)[0]}


def import_export(employer: str, path: str) -> dict[str, float]:
    """
    This function will import a file with django-import-export, as one writes it and as lean as it gets.
    """
    from huzhu.bench import import_export as other
    from huzhu.roster.models import RosterEntry

    whole, _ = _timed(lambda: other.import_whole(employer_id=int(employer), path=path))
    people = RosterEntry.objects.count()
    lean, _ = _timed(lambda: other.import_lean(employer_id=int(employer), path=path))
    return {"whole": whole, "lean": lean, "people": people}


def _import(employer: str, content: bytes) -> Any:
    from django.utils import timezone

    from huzhu.roster import operations as roster
    from huzhu.shared.actors import system_actor

    return roster.import_roster(
        employer_id=int(employer), content=content, file_name="bench.xlsx", by=system_actor(), at=timezone.now()
    )


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = act()
    return time.perf_counter() - began, answer


ACTS: dict[str, Callable[..., dict[str, float]]] = {
    "import": import_file,
    "limit": limit,
    "import_export": import_export,
}

if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(ACTS[sys.argv[1]](*sys.argv[2:])))
