"""The hash chain over the days of the trace: closing them, and finding what was altered afterwards."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator
from datetime import date, datetime

from django.db import connection, transaction

from huzhu.audit.models import ClosedDay
from huzhu.shared.calendar import ONE_DAY, local_date

log = logging.getLogger("huzhu.audit")
NAMES = {"removed": "被删除", "added": "被补写或迟到", "changed": "被改动"}
MOST_ROWS = 20  # named per day


STILL_RUNNING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = session_user AND pid <> pg_backend_pid()
AND xact_start < date_trunc('day', clock_timestamp(), 'Asia/Shanghai')
"""


class DayStillOpen(Exception):
    """A transaction that began on the day is not over; its rows would come too late."""


def close_days() -> list[ClosedDay]:
    """
    This function will close every day that is over, each in a transaction of its own, and write its hash into the log, where a
    second copy of the anchor lives.

    :raises DayStillOpen: if a transaction that began before the end of a day has not ended; the job tries again
    """
    closed: list[ClosedDay] = []
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                STILL_RUNNING
            )  # first: whoever ends between the question and the closing is seen by the closing
            if cursor.fetchone()[0]:
                raise DayStillOpen("a transaction that began before today is still running")
            cursor.execute("SELECT audit_close_next_day()")
            day = cursor.fetchone()[0]
        if day is None:
            return closed
        one = ClosedDay.objects.get(day=day)
        log.info(
            "trace closed day=%s events=%d changes=%d hash=%s",
            one.day,
            one.event_count,
            one.change_count,
            bytes(one.hash).hex(),
        )
        closed.append(one)


def verify(*, at: datetime, since: date | None = None) -> Iterator[str]:
    """
    Read the whole chain again, or from one day on; yield what differs, the first first. Nothing is healthy.
    """
    days = ClosedDay.objects.order_by("day")
    if since:
        days = days.filter(day__gte=since)
    previous = None
    for one in days.iterator(chunk_size=1):
        if previous is None:
            before = ClosedDay.objects.filter(day__lt=one.day).order_by("-day").first() if since else None
            expected = bytes(before.hash) if before else bytes(one.previous_hash) if since else b""
        else:
            before, expected = previous, bytes(previous.hash)
        if before and one.day != before.day + ONE_DAY:
            yield f"{before.day + ONE_DAY}: 链上缺少这一天至 {one.day - ONE_DAY} 的封存记录"
        elif bytes(one.previous_hash) != expected:
            yield f"{one.day}: 与前一天的封存值不衔接"
        yield from _verify_day(one)
        previous = one
    last = ClosedDay.objects.order_by("-day").first()
    yield from _verify_open(last, at=at)


def _verify_day(one: ClosedDay) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hash, events_index, changes_index FROM audit_seal_day(%s, %s)", [one.day, bytes(one.previous_hash)]
        )
        now_hash, events, changes = (bytes(each) for each in cursor.fetchone())
    if now_hash == bytes(one.hash):
        return
    found = [
        *_compare("操作日志", bytes(one.events_index), events),
        *_compare("数据变更", bytes(one.changes_index), changes),
    ]
    if not found:
        yield f"{one.day}: 封存记录本身被改动，逐行未见差异"
    for name, row, what in found[:MOST_ROWS]:
        yield f"{one.day}: {name} {row} {NAMES[what]}"
    if len(found) > MOST_ROWS:
        yield f"{one.day}: 另有 {len(found) - MOST_ROWS} 行"


def _compare(name: str, kept: bytes, now: bytes) -> list[tuple[str, int, str]]:
    """The rows that differ between two indexes of a day, in the order of their ids."""
    before, after = (dict(struct.iter_unpack(">q8s", index)) for index in (kept, now))
    return [
        (name, row, "removed" if row not in after else "added" if row not in before else "changed")
        for row in sorted(before.keys() | after.keys())
        if before.get(row) != after.get(row)
    ]


def _verify_open(last: ClosedDay | None, *, at: datetime) -> Iterator[str]:
    """Every day before yesterday should be closed by now, and nothing may lie before the first one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least((SELECT min(written_at) FROM audit_auditevent), (SELECT min(written_at) FROM audit_rowchange))"
        )
        oldest = cursor.fetchone()[0]
    if oldest is None:
        return
    first = ClosedDay.objects.order_by("day").values_list("day", flat=True).first()
    if first and local_date(oldest) < first:
        yield f"{local_date(oldest)}: 有记录早于链上的第一天 {first}"
    next_day = last.day + ONE_DAY if last else local_date(oldest)
    if next_day < local_date(at) - ONE_DAY:
        yield f"{next_day}: 从这一天起没有封存，请检查每晚的封存任务"
