"""The daily hash chain: whoever passes every other wall is found by it."""

from __future__ import annotations

import logging
import threading
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from huzhu.audit import closing
from huzhu.audit.models import AuditEvent, ClosedDay, RowChange
from huzhu.shared import postgres
from huzhu.shared.calendar import local_date
from tests.audit.database import connected, forging

DAYS = 4  # with events, up to yesterday
A_DAY = 5  # events on each

EVENTS = """
INSERT INTO audit_auditevent (at, written_at, transaction, trace_id, result, event, label, subject_type, subject_id,
    by_name, by_side, stands_in_for_name, by_person, address, device, before, after, reason, changes, details)
SELECT moment, moment, n, '', 'done', 'roster.change', '修改', 'roster.rosterentry', n::text, '李经办', 'employer',
    '', '13800138000', '', '', '', '', '理由' || n, '{}', jsonb_build_object('n', n)
FROM generate_series(1, %(count)s) n,
    LATERAL (SELECT date_trunc('day', now(), 'Asia/Shanghai') - make_interval(days => %(ago)s) + n * interval '1 minute'
        AS moment) m
"""


@pytest.fixture
def chain(own_database: str) -> list[ClosedDay]:
    with forging() as forger:
        for ago in range(DAYS, 0, -1):
            forger.execute(EVENTS, {"count": A_DAY, "ago": ago})
    return closing.close_days()


def verify(**more: object) -> list[str]:
    return list(closing.verify(at=timezone.now(), **more))


def event(*, ago: int, nth: int) -> AuditEvent:
    day = ClosedDay.objects.order_by("-day")[ago - 1].day
    events = [each for each in AuditEvent.objects.order_by("id") if local_date(each.written_at) == day]
    return events[nth]


class TestClosing:
    def test_every_day_that_is_over_is_closed_once_with_its_counts(self, chain):
        today = local_date(timezone.now())
        assert [one.day for one in chain] == [today - timedelta(days=ago) for ago in range(DAYS, 0, -1)]
        assert {one.event_count for one in chain} == {A_DAY}
        assert closing.close_days() == []
        assert verify() == []

    def test_each_hangs_on_the_day_before(self, chain):
        assert bytes(chain[0].previous_hash) == b""
        for before, after in pairwise(chain):
            assert bytes(after.previous_hash) == bytes(before.hash)

    def test_the_hash_is_written_to_the_log(self, own_database, caplog):
        with forging() as forger:
            forger.execute(EVENTS, {"count": 1, "ago": 1})
        with caplog.at_level(logging.INFO, "huzhu.audit"):
            (closed,) = closing.close_days()
        assert bytes(closed.hash).hex() in caplog.text

    def test_a_day_without_events_is_closed_too(self, own_database):
        with forging() as forger:
            forger.execute(EVENTS, {"count": 1, "ago": 3})
        assert [one.event_count for one in closing.close_days()] == [1, 0, 0]
        assert verify() == []

    def test_a_transaction_of_yesterday_that_is_not_over_is_waited_for(self, own_database, monkeypatch):
        """Told by a question that takes this very moment for the end of the day."""
        with forging() as forger:
            forger.execute(EVENTS, {"count": 1, "ago": 1})
        today = "date_trunc('day', clock_timestamp(), 'Asia/Shanghai')"
        monkeypatch.setattr(closing, "STILL_RUNNING", closing.STILL_RUNNING.replace(today, "now()"))
        with connected(postgres.APP) as other, other.transaction():
            other.execute("SELECT 1")
            with pytest.raises(closing.DayStillOpen):
                closing.close_days()
            assert not ClosedDay.objects.exists()
        assert len(closing.close_days()) == 1

    def test_two_at_once_close_each_day_once(self, own_database):
        with forging() as forger:
            forger.execute(EVENTS, {"count": 50, "ago": 3})

        def close() -> None:
            closing.close_days()
            connection.close()

        threads = [threading.Thread(target=close) for _ in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(30)
        assert ClosedDay.objects.count() == 3
        assert verify() == []

    def test_every_column_of_the_trace_is_in_the_digest(self, own_database):
        with connection.cursor() as cursor:
            for model, function in ((AuditEvent, "audit_digest_events"), (RowChange, "audit_digest_changes")):
                cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [function])
                text = cursor.fetchone()[0]
                alias = "e" if model is AuditEvent else "c"
                missing = [f.column for f in model._meta.concrete_fields if f"{alias}.{f.column}" not in text]
                assert missing == []


class TestTampering:
    """As the superuser, with the triggers asleep."""

    def test_one_byte(self, chain):
        victim = event(ago=2, nth=3)
        with forging() as forger:
            forger.execute("UPDATE audit_auditevent SET reason = reason || '.' WHERE id = %s", [victim.pk])
        assert verify() == [f"{chain[-2].day}: 操作日志 {victim.pk} 被改动"]

    def test_a_row_taken_out(self, chain):
        victim = event(ago=3, nth=0)
        with forging() as forger:
            forger.execute("DELETE FROM audit_auditevent WHERE id = %s", [victim.pk])
        assert verify() == [f"{chain[-3].day}: 操作日志 {victim.pk} 被删除"]

    def test_a_row_slipped_into_a_closed_day(self, chain):
        with forging() as forger:
            forger.execute(EVENTS, {"count": 1, "ago": 2})
        late = AuditEvent.objects.latest("id")
        assert verify() == [f"{chain[-2].day}: 操作日志 {late.pk} 被补写或迟到"]

    def test_two_rows_swapped(self, chain):
        one, other = event(ago=2, nth=1), event(ago=2, nth=2)
        with forging() as forger, forger.transaction():
            for source, target in ((one.pk, -1), (other.pk, one.pk), (-1, other.pk)):
                forger.execute("UPDATE audit_auditevent SET id = %s WHERE id = %s", [target, source])
        assert verify() == [f"{chain[-2].day}: 操作日志 {each.pk} 被改动" for each in (one, other)]

    def test_a_row_moved_to_another_day(self, chain):
        victim = event(ago=2, nth=1)
        with forging() as forger:
            forger.execute(
                "UPDATE audit_auditevent SET written_at = written_at - interval '1 day' WHERE id = %s", [victim.pk]
            )
        assert verify() == [
            f"{chain[-3].day}: 操作日志 {victim.pk} 被补写或迟到",
            f"{chain[-2].day}: 操作日志 {victim.pk} 被删除",
        ]

    def test_a_closing_taken_out(self, chain):
        with forging() as forger:
            forger.execute("DELETE FROM audit_closedday WHERE day = %s", [chain[1].day])
        assert verify() == [f"{chain[1].day}: 链上缺少这一天至 {chain[1].day} 的封存记录"]

    def test_the_first_closing_taken_out(self, chain):
        with forging() as forger:
            forger.execute("DELETE FROM audit_closedday WHERE day = %s", [chain[0].day])
        assert [line.split(":")[0] for line in verify()] == [str(chain[1].day), str(chain[0].day)]

    def test_a_day_altered_and_closed_anew(self, chain):
        """The forger mends the day's own closing; the next day still hangs on the old one."""
        victim = event(ago=3, nth=2)
        with forging() as forger:
            forger.execute("UPDATE audit_auditevent SET by_name = '别人' WHERE id = %s", [victim.pk])
            forger.execute(
                "UPDATE audit_closedday d SET (events_hash, events_index, hash) = "
                "(SELECT s.events_hash, s.events_index, s.hash FROM audit_seal_day(d.day, d.previous_hash) s) WHERE day = %s",
                [chain[-3].day],
            )
        assert verify() == [f"{chain[-2].day}: 与前一天的封存值不衔接"]

    def test_a_closing_altered(self, chain):
        with forging() as forger:
            forger.execute("UPDATE audit_closedday SET hash = sha256('x') WHERE day = %s", [chain[-1].day])
        assert verify() == [f"{chain[-1].day}: 封存记录本身被改动，逐行未见差异"]

    def test_a_history_row(self, chain):
        with forging() as forger:
            forger.execute(
                "INSERT INTO audit_rowchange (written_at, login_role, table_name, row_id, act) "
                "SELECT now() - interval '2 days', 'x', 'x', '1', 'insert'"
            )
        assert [line.split(" ")[1] for line in verify()] == ["数据变更"]

    def test_from_a_day_on_earlier_ones_are_not_read(self, chain):
        victim = event(ago=4, nth=0)
        with forging() as forger:
            forger.execute("DELETE FROM audit_auditevent WHERE id = %s", [victim.pk])
        assert verify(since=chain[1].day) == []
        assert len(verify(since=chain[0].day)) == 1

    def test_nights_without_closing_are_told(self, own_database):
        with forging() as forger:
            forger.execute(EVENTS, {"count": 1, "ago": 3})
        assert len(verify()) == 1


class TestRunTimeRole:
    def test_cannot_choose_the_moment_or_the_transaction_of_an_event(self, own_database):
        with connection.cursor() as cursor:
            cursor.execute(EVENTS, {"count": 1, "ago": 9})
        written = AuditEvent.objects.get()
        assert local_date(written.written_at) == local_date(timezone.now())

    def test_cannot_write_a_closing_itself(self, chain):
        with pytest.raises(Error, match="permission denied"), transaction.atomic():
            ClosedDay.objects.create(day=date(2020, 1, 1), form=1, event_count=0, change_count=0)
