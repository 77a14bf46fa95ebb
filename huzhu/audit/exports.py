"""Taking the trace out as a workbook; taking it out is an event itself."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

import polars as pl
from rustpy_xlsxwriter import Format, write_worksheet

from huzhu.audit import operations as audit
from huzhu.audit.models import AuditEvent
from huzhu.shared.actors import Actor

MOST_ROWS = 50_000
LONGEST_REASON = 200


class ExportRefused(Exception):
    """The workbook cannot be had so; the words say what to do."""


def check_export(*, count: int, reason: str) -> None:
    """
    Ask before the rows are read.

    :raises ExportRefused: without a reason, or with more rows than a workbook should hold
    """
    if not reason.strip():
        raise ExportRefused("请填写导出用途后再导出，用途会记入操作日志。")
    if count > MOST_ROWS:
        raise ExportRefused(f"符合条件的记录超过 {MOST_ROWS:,} 条，请缩小日期范围后分次导出。")


def export_events(
    rows: Sequence[Sequence[str]],
    *,
    heads: Sequence[str],
    title: str,
    filters: Mapping[str, object],
    reason: str,
    by: Actor,
    at: datetime,
) -> bytes:
    """
    This function will write rows of the trace as xlsx, every cell text, and return the bytes after writing down who took what: the
    filters, the columns, the number of rows and the file's digest.

    :raises ExportRefused: without a reason, or with more rows than a workbook should hold
    """
    check_export(count=len(rows), reason=reason)
    columns = {head: [row[place] for row in rows] for place, head in enumerate(heads)}
    buffer = io.BytesIO()
    write_worksheet(
        pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)),
        buffer,
        sheet_name=title,
        freeze_row=1,
        bold_headers=True,
        column_widths=dict.fromkeys(columns, 18.0),
        column_formats={head: Format().set_num_format("@") for head in columns},
    )
    content = buffer.getvalue()
    audit.record(
        "audit.export",
        subject=AuditEvent(pk=0),
        label=f"导出{title}",
        by=by,
        at=at,
        reason=reason.strip()[:LONGEST_REASON],
        details={
            "rows": len(rows),
            "filters": dict(filters),
            "fields": list(heads),
            "sha256": sha256(content).hexdigest(),
        },
    )
    return content
