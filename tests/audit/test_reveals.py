"""Looks at full numbers are bounded per person, also when many are taken at once; the twin shows the bound at work."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from huzhu.audit import reveals
from huzhu.audit.models import AuditEvent
from huzhu.audit.reveals import RevealReason, RevealRefused, Why
from huzhu.roster.models import Worker
from huzhu.shared import fresh_factor
from huzhu.shared.actors import Actor, Side
from tests.factories.accounts import NOON

BY = Actor(
    user_id=7, name="李明", person="13900001111", side=Side.OFFICE, roles=frozenset({"registrar"}), proven_at=NOON
)
CHECK = Why(reason="check")


def look(*, by: Actor = BY, at=NOON, why: Why = CHECK) -> None:
    with transaction.atomic():
        reveals.note("cover.reveal", subject=Worker(pk=1), field="document", why=why, by=by, at=at)


def looks() -> int:
    return AuditEvent.objects.filter(event="cover.reveal").count()


@pytest.mark.django_db
class TestReason:
    @pytest.mark.parametrize(
        "why", [Why(reason=""), Why(reason="想看"), Why(reason="other"), Why(reason="other", text=" a ")]
    )
    def test_without_one_nothing_is_written(self, why):
        with pytest.raises(RevealRefused):
            look(why=why)
        assert looks() == 0

    def test_the_choice_and_the_words_are_kept_in_one_line(self):
        look(why=Why(reason="other", text="核对\r\n工伤材料"))
        assert AuditEvent.objects.get().reason == "其他原因：核对 工伤材料"

    def test_every_reason_can_be_told(self):
        assert all(Why(reason=each).tell() for each in RevealReason.values)

    def test_an_event_that_would_not_be_counted_is_a_mistake(self):
        with pytest.raises(ValueError, match="counted"):
            reveals.note("cover.look", subject=Worker(pk=1), field="document", why=CHECK, by=BY, at=NOON)


@pytest.mark.django_db
class TestBound:
    def test_the_31st_look_in_ten_minutes_is_refused_in_words_and_one_later_is_not(self):
        for _ in range(reveals.MOST):
            look()
        with pytest.raises(RevealRefused, match="30 个完整号码"):
            look()
        assert looks() == reveals.MOST
        look(by=replace(BY, proven_at=NOON + reveals.WITHIN), at=NOON + reveals.WITHIN + timedelta(seconds=1))

    def test_the_twin_without_the_bound_would_go_on(self, monkeypatch):
        monkeypatch.setattr(reveals, "_check_number", lambda by, at: None)
        for _ in range(reveals.MOST + 5):
            look()
        assert looks() == reveals.MOST + 5

    def test_a_second_account_of_the_same_person_does_not_start_anew(self):
        for number in range(reveals.MOST):
            look(by=replace(BY, user_id=number))
        with pytest.raises(RevealRefused):
            look(by=replace(BY, user_id=99))
        look(by=replace(BY, user_id=100, person="13900002222"))

    def test_beyond_ten_the_second_factor_is_asked_for_again(self):
        stale = replace(BY, proven_at=NOON - timedelta(hours=1))
        for _ in range(reveals.BEFORE_THE_FACTOR):
            look(by=stale)
        with pytest.raises(fresh_factor.FactorStale):
            look(by=stale)
        look()


class TestManyAtOnce:
    """Two looks are left, eight are taken at once."""

    @pytest.fixture(autouse=True)
    def _two_left(self, own_database, monkeypatch):
        for _ in range(reveals.MOST - 2):
            look()
        count = reveals.count_recent

        def count_slowly(by, *, at):
            found = count(by, at=at)
            time.sleep(0.1)
            return found

        monkeypatch.setattr(reveals, "count_recent", count_slowly)

    def take(self) -> int:
        def one(_: int) -> bool:
            try:
                look()
            except RevealRefused:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(8) as pool:
            return sum(pool.map(one, range(8)))

    def test_two_are_given(self):
        assert self.take() == 2
        assert looks() == reveals.MOST

    def test_the_twin_without_the_lock_gives_more(self, monkeypatch):
        monkeypatch.setattr(reveals, "lock", lambda *parts: None)
        assert self.take() > 2
