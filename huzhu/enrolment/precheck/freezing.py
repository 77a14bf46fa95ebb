"""
Keeping what a run of the rules looked at: the gathered facts and the findings, as COPY gives them, compressed and sealed in parts.

A part ends where a person ends, so that somebody's facts are found again by opening one part.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from huzhu.enrolment.precheck.facts import NAME_PATTERNS, PLAN_FACTS
from huzhu.enrolment.precheck.registry import APPLICATION, GIFT, PERSON, PLAN, VERSIONS
from huzhu.shared import seals

PLACE = seals.Place("enrolment.frozen_facts", "rows")
FINDINGS = "kept_findings"
ROWS_OF_A_PART = 1_000
LEVEL = 3  # a quarter of the time of the usual level, for a fifth more bytes
NOBODY = 0  # the worker of rows that are about no person

_FINDINGS = f"""
    SELECT coalesce(member.worker_id, {NOBODY}) AS worker_id, finding.application_plan_id, finding.member_id, finding.code,
           finding.severity, finding.rule_version, finding.proof_kind, finding.inputs, finding.is_for_reviewers
    FROM enrolment_finding AS finding LEFT JOIN enrolment_applicationmember AS member ON member.id = finding.member_id
    WHERE finding.application_id = %(application)s
"""
# What is kept, and whose each row is.
_KEPT = {
    APPLICATION: str(NOBODY),
    PLAN: str(NOBODY),
    PERSON: "f.worker_id",
    GIFT: "f.worker_id",
    FINDINGS: "f.worker_id",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some rows of one table, of the people from the first to the last worker, sealed."""

    table: str
    first_worker: int
    last_worker: int
    row_count: int
    seal_id: uuid.UUID
    sealed: bytes


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """The facts and findings of one run, with all that is needed to read and judge them again."""

    rule_versions: dict[str, int]
    parameters: dict[str, Any]  # days as ISO texts
    columns: dict[str, list[tuple[str, str]]]  # of each table: name and type
    parts: list[Part]


def freeze(cursor: CursorWrapper, params: dict[str, Any]) -> Frozen:
    """
    This function will keep what the rules have just looked at and found; `cursor` reads the gathered facts.
    """
    cursor.execute(f"CREATE TEMPORARY TABLE {PLAN} ON COMMIT DROP AS {PLAN_FACTS}", params)
    cursor.execute(f"CREATE TEMPORARY TABLE {FINDINGS} ON COMMIT DROP AS {_FINDINGS}", params)
    columns = {table: _get_columns(cursor, table) for table in _KEPT}
    parts = [part for table, whose in _KEPT.items() for part in _read_parts(cursor, table, whose)]
    cursor.execute(f"DROP TABLE {PLAN}, {FINDINGS}")
    return Frozen(
        rule_versions=dict(VERSIONS),
        parameters={
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in params.items()
            if name not in NAME_PATTERNS and name != "name_suspicious"  # of the gathering, not of the rules
        },
        columns=columns,
        parts=parts,
    )


def _get_columns(cursor: CursorWrapper, table: str) -> list[tuple[str, str]]:
    cursor.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [f"pg_temp.{table}"],
    )
    return [(name, kind) for name, kind in cursor.fetchall()]


def _read_parts(cursor: CursorWrapper, table: str, whose: str) -> Iterator[Part]:
    """The rows of a table in the order of its people, one COPY; what is held in memory is one part and what is sealed already."""
    rows: list[bytes] = []
    first = last = NOBODY
    with cursor.copy(f"COPY (SELECT {whose}, f.* FROM {table} AS f ORDER BY 1) TO STDOUT") as copy:
        for line in copy:
            worker, row = bytes(line).split(b"\t", 1)
            if rows and len(rows) >= ROWS_OF_A_PART and int(worker) != last:
                yield _seal(table, rows, first, last)
                rows = []
            last = int(worker)
            first = first if rows else last
            rows.append(row)
    if rows:
        yield _seal(table, rows, first, last)


def _seal(table: str, rows: list[bytes], first: int, last: int) -> Part:
    seal_id = uuid.uuid4()
    return Part(
        table=table,
        first_worker=first,
        last_worker=last,
        row_count=len(rows),
        seal_id=seal_id,
        sealed=seals.seal_bytes(zlib.compress(b"".join(rows), LEVEL), place=PLACE, seal_id=seal_id),
    )


def open_part(*, sealed: bytes | memoryview, seal_id: uuid.UUID) -> bytes:
    """
    This function will give the rows of a part as COPY takes them.

    :raises SealBroken: if the part was changed or moved
    """
    return zlib.decompress(seals.open_bytes(sealed, place=PLACE, seal_id=seal_id))
