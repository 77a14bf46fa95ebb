"""
Putting checked people into the roster: one COPY into a temporary table, then one statement per outcome.

The temporary table is private to the connection, is not written to the log, and is gone when the transaction ends, whatever
ends it. The number of statements does not depend on the number of rows.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
import psycopg
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper

from huzhu.roster.models import DOCUMENT_NUMBER, ImportPhase
from huzhu.roster.progress import Progress
from huzhu.shared import calendar, locks, seals
from huzhu.shared.identity.documents import DOCUMENT_TYPES

DOCUMENT_PURPOSE = "document"  # of fingerprints
LONGEST_WAIT = "20s"
SLICE = 5_000  # people sealed between two notes of progress
UNWATCHED = Progress()

# What an employer says about a person; an import with an empty cell keeps what is there.
OPTIONAL = ("mobile", "job_category", "employment_form", "department", "note")

# What the numbers of these documents tell; of others the employer states it, each on its own row (docs/adr/0016).
_TELLS_GENDER = tuple(kind.code for kind in DOCUMENT_TYPES.values() if kind.carries_gender)
_TELLS_BIRTHDAY = tuple(kind.code for kind in DOCUMENT_TYPES.values() if kind.carries_birthday)


def _quoted(codes: tuple[str, ...]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


_COLUMNS = {
    "excel_row": "integer",
    "document_type": "varchar(24)",
    "fingerprint": "uuid",
    "seal_id": "uuid",
    "number_sealed": "bytea",
    "number_masked": "varchar(24)",
    "gender": "varchar(6)",
    "born_on": "date",
    "name": "varchar(50)",
    "name_initials": "varchar(50)",
    "mobile": "varchar(20)",
    "job_category": "varchar(12)",
    "employment_form": "varchar(12)",
    "department": "varchar(100)",
    "note": "varchar(500)",
}
_STAGE = (
    "CREATE TEMPORARY TABLE staged_person ("
    + ", ".join(f"{name} {kind} NOT NULL" for name, kind in _COLUMNS.items())
    + ") ON COMMIT DROP"
)
_COPY = (
    f"COPY staged_person ({', '.join(_COLUMNS)}) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL ({', '.join(_COLUMNS)}))"
)

# People nobody knew, in a table of their own that is counted before it is joined: from a subquery PostgreSQL expects one row here
# as soon as the documents are many, and compares every new person with every other.
_FIND_UNKNOWN = """
CREATE TEMPORARY TABLE unknown_person ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('roster_worker', 'id')) AS worker_id, s.*
FROM staged_person s
WHERE NOT EXISTS (SELECT FROM roster_workerdocument d WHERE d.fingerprint = s.fingerprint)
"""

# The document decides, so that two employers who meet the same new person at the same moment make one.
_ADD_UNKNOWN = """
WITH added AS (
    INSERT INTO roster_workerdocument
        (worker_id, document_type, fingerprint, seal_id, number_sealed, number_masked, is_valid, first_seen_at)
    SELECT worker_id, document_type, fingerprint, seal_id, number_sealed, number_masked, true, %(at)s
    FROM unknown_person ORDER BY fingerprint
    ON CONFLICT (fingerprint) DO NOTHING
    RETURNING worker_id
)
INSERT INTO roster_worker (id, gender, born_on, first_seen_at)
SELECT u.worker_id, u.gender, u.born_on, %(at)s FROM unknown_person u JOIN added USING (worker_id)
"""

# A document this employer has replaced by a newly issued one stands for the same person, and the newer one stays in force, with
# what its number tells.
_RESOLVE = f"""
CREATE TEMPORARY TABLE resolved_person ON COMMIT DROP AS
WITH replaced AS (
    SELECT DISTINCT ON (p.document_id) p.document_id, o.worker_id, o.document_id AS newer_id,
           CASE WHEN n.document_type IN ({_quoted(_TELLS_GENDER)}) THEN o.gender END AS told_gender,
           CASE WHEN n.document_type IN ({_quoted(_TELLS_BIRTHDAY)}) THEN o.born_on END AS told_born_on
    FROM roster_documentreplacement p
    JOIN roster_rosterentry o ON o.id = p.entry_id
    JOIN roster_workerdocument n ON n.id = o.document_id
    WHERE p.employer_id = %(employer)s AND NOT p.is_wrong ORDER BY p.document_id, p.id DESC
), known AS (
    SELECT s.excel_row, coalesce(p.worker_id, d.worker_id) AS worker_id, coalesce(p.newer_id, d.id) AS document_id,
           coalesce(p.told_gender, s.gender) AS gender, coalesce(p.told_born_on, s.born_on) AS born_on
    FROM staged_person s
    JOIN roster_workerdocument d USING (fingerprint)
    LEFT JOIN replaced p ON p.document_id = d.id
)
SELECT k.excel_row, k.worker_id, k.document_id, k.gender, k.born_on, e.id AS entry_id,
       row_number() OVER (PARTITION BY k.worker_id ORDER BY k.excel_row) > 1 AS is_again
FROM known k
LEFT JOIN roster_rosterentry e ON e.worker_id = k.worker_id AND e.employer_id = %(employer)s AND e.left_on IS NULL
"""

_TAKE_OUT_AGAIN = "DELETE FROM resolved_person WHERE is_again RETURNING excel_row"

_KEPT = {field: f"coalesce(nullif(s.{field}, ''), e.{field})" for field in OPTIONAL}
_UPDATE = f"""
UPDATE roster_rosterentry e
SET name = s.name, name_initials = s.name_initials, document_id = r.document_id, gender = r.gender, born_on = r.born_on,
    {", ".join(f"{field} = {value}" for field, value in _KEPT.items())}, changed_at = %(at)s
FROM staged_person s JOIN resolved_person r USING (excel_row)
WHERE e.id = r.entry_id
  AND (e.name, e.document_id, e.gender, e.born_on, {", ".join(f"e.{field}" for field in OPTIONAL)})
      IS DISTINCT FROM (s.name, r.document_id, r.gender, r.born_on, {", ".join(_KEPT.values())})
"""

_INSERT = f"""
WITH rejoining AS (
    SELECT count(*) AS people FROM resolved_person r
    WHERE r.entry_id IS NULL AND EXISTS (
        SELECT FROM roster_rosterentry e WHERE e.employer_id = %(employer)s AND e.worker_id = r.worker_id)
), added AS (
    INSERT INTO roster_rosterentry
        (employer_id, worker_id, document_id, name, name_initials, gender, born_on, {", ".join(OPTIONAL)},
         status, joined_on, left_on, entered_at, changed_at)
    SELECT %(employer)s, r.worker_id, r.document_id, s.name, s.name_initials, r.gender, r.born_on,
           {", ".join(f"s.{f}" for f in OPTIONAL)},
           'in_service', %(today)s, NULL, %(at)s, %(at)s
    FROM staged_person s JOIN resolved_person r USING (excel_row)
    WHERE r.entry_id IS NULL ORDER BY s.excel_row
    RETURNING 1
)
SELECT (SELECT count(*) FROM added), people FROM rejoining
"""


_ENTRIES = """
SELECT e.id FROM resolved_person r
JOIN roster_rosterentry e ON e.worker_id = r.worker_id AND e.employer_id = %(employer)s AND e.left_on IS NULL
ORDER BY r.excel_row
"""


class RosterBusy(Exception):
    """Another import of the same employer has not finished."""

    def __init__(self) -> None:
        super().__init__("本单位的另一份名册正在导入，请稍后再试。")


@dataclass(frozen=True, kw_only=True)
class Merged:
    """
    What became of staged people. `again` are row numbers whose person stands in an earlier row under another document;
    `entry_ids` the open entries of all others, new and old, in the order of the file.
    """

    inserted: int
    rejoined: int
    updated: int
    unchanged: int
    again: list[int]
    entry_ids: list[int]


def lock_roster(*, employer_id: int) -> None:
    """
    This function will make all writers of one employer's roster take turns until the transaction ends.

    :raises RosterBusy: when another one holds on for more than twenty seconds
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")
        locks.lock("roster", employer_id)
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise RosterBusy from error
        raise


@dataclass(frozen=True)
class Sealed:
    """People as COPY reads them, numbers sealed and fingerprinted."""

    parts: list[bytes]
    rows: int


def merge_people(*, people: pl.DataFrame, employer_id: int, at: datetime) -> Merged:
    """
    This function will seal people and merge them as `merge_sealed` does.
    """
    return merge_sealed(sealed=seal_people(people=people), employer_id=employer_id, at=at)


def seal_people(*, people: pl.DataFrame, progress: Progress = UNWATCHED) -> Sealed:
    """
    This function will seal and fingerprint the numbers of checked people (`roster.files.checks.Checked.people`).

    :raises ImportStopped: if the import was cancelled
    """
    parts = []
    for start in range(0, people.height, SLICE):
        progress.tell(ImportPhase.SEALING, done=start, total=people.height)
        parts.append(_as_csv(people[start : start + SLICE]))
    return Sealed(parts, rows=people.height)


def merge_sealed(*, sealed: Sealed, employer_id: int, at: datetime, progress: Progress = UNWATCHED) -> Merged:
    """
    This function will bring sealed people (one row per comparison key) into one employer's roster, in one transaction of the
    caller and under `lock_roster`.

    New people begin on the day of the import; somebody who left this employer before begins a new spell and the ended one
    stays as it is. Empty optional cells keep what is known. Other employers' rows are never touched and never told of.

    :raises ImportStopped: if the import was cancelled; the caller's transaction must not be committed then
    """
    if not sealed.rows:
        return Merged(inserted=0, rejoined=0, updated=0, unchanged=0, again=[], entry_ids=[])
    values: dict[str, int | date | datetime] = {"employer": employer_id, "at": at, "today": calendar.local_date(at)}

    def passed(quarters: int) -> None:
        progress.tell(ImportPhase.MERGING, done=sealed.rows * quarters // 4, total=sealed.rows)

    passed(0)
    with _staged(sealed) as cursor:
        passed(1)
        cursor.execute(_FIND_UNKNOWN)
        cursor.execute("ANALYZE unknown_person (worker_id, fingerprint)")
        cursor.execute(_ADD_UNKNOWN, values)
        passed(2)
        cursor.execute(_RESOLVE, values)
        cursor.execute(_TAKE_OUT_AGAIN)
        again = sorted(row for (row,) in cursor.fetchall())
        cursor.execute("ANALYZE resolved_person (excel_row, worker_id, entry_id)")
        cursor.execute(_UPDATE, values)
        updated = cursor.rowcount
        cursor.execute(_INSERT, values)
        inserted, rejoined = cursor.fetchone()
        cursor.execute(_ENTRIES, values)
        entry_ids = [entry_id for (entry_id,) in cursor.fetchall()]
        passed(3)
    return Merged(
        inserted=inserted,
        rejoined=rejoined,
        updated=updated,
        unchanged=len(entry_ids) - inserted - updated,
        again=again,
        entry_ids=entry_ids,
    )


@contextmanager
def _staged(sealed: Sealed) -> Iterator[CursorWrapper]:
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(_COPY) as copy:
            for part in sealed.parts:
                copy.write(part)
        cursor.execute(
            "ANALYZE staged_person (excel_row, fingerprint)"
        )  # what is joined by; the rest would take ten times as long
        yield cursor
        cursor.execute("DROP TABLE IF EXISTS staged_person, unknown_person, resolved_person")


def _as_csv(people: pl.DataFrame) -> bytes:
    """
    Seal and fingerprint the numbers and write the rows as COPY reads them.
    """
    numbers, keys = people["document_number"].to_list(), people["comparison_key"].to_list()
    seal_ids = seals.new_seal_ids(people.height)
    sealed = seals.seal_for_bytes(numbers, place=DOCUMENT_NUMBER, seal_ids=seal_ids)
    prints = seals.fingerprint_bytes(keys, purpose=DOCUMENT_PURPOSE)
    frame = people.select(
        "excel_row",
        "document_type",
        pl.Series("fingerprint", prints).bin.encode("hex"),
        pl.Series("seal_id", seal_ids).bin.encode("hex"),
        pl.concat_str(pl.lit("\\x"), pl.Series("number_sealed", sealed).bin.encode("hex")).alias("number_sealed"),
        "number_masked",
        "gender",
        "born_on",
        "name",
        pl.col("initials").str.slice(0, 50).alias("name_initials"),
        *(pl.col(field).fill_null("") for field in OPTIONAL),
    )
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False)
    return buffer.getvalue()


_COPY_LINES = (
    "COPY roster_insurancerosterline (row, name, number_masked, fingerprint, roster_id) FROM STDIN "
    "WITH (FORMAT csv, FORCE_NOT_NULL (name, number_masked))"
)
_COUNT_WOMEN = """
SELECT count(*) FILTER (WHERE gender = 'female') FROM (
    SELECT DISTINCT ON (e.worker_id) e.gender
    FROM roster_insurancerosterline l
    JOIN roster_insuranceroster i ON i.id = l.roster_id
    JOIN roster_workerdocument d ON d.fingerprint = l.fingerprint
    JOIN roster_rosterentry e ON e.worker_id = d.worker_id AND e.employer_id = i.employer_id
    WHERE l.roster_id = %(roster)s AND l.row = ANY(%(rows)s)
    ORDER BY e.worker_id, e.id DESC
) AS latest_spells
"""


def copy_insurance_lines(*, people: pl.DataFrame, roster_id: int) -> None:
    """
    This function will store the people of a month's list in one COPY, each as fingerprint, masked number and name.
    """
    prints = seals.fingerprint_bytes(people["comparison_key"].to_list(), purpose=DOCUMENT_PURPOSE)
    fingerprint = pl.Series("fingerprint", prints, dtype=pl.Binary).bin.encode("hex")
    buffer = io.BytesIO()
    people.select("excel_row", "name", "number_masked", fingerprint, pl.lit(roster_id)).write_csv(
        buffer, include_header=False
    )
    with connection.cursor() as cursor, cursor.copy(_COPY_LINES) as copy:
        copy.write(buffer.getvalue())


def count_women(*, roster_id: int, rows: list[int]) -> int:
    """
    This function will count the women among lines whose number tells no gender, as far as the employer's own roster knows them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_WOMEN, {"roster": roster_id, "rows": rows})
        (count,) = cursor.fetchone() or (0,)
        return int(count)
