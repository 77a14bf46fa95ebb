"""Eight change one entry at once, on a database of its own."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from huzhu.code_lists import operations
from huzhu.code_lists.models import EntryVersion
from huzhu.enrolment.code_lists import RETURN_REASONS
from tests.factories import billing as money
from tests.factories.accounts import NOON, StaffPostFactory, office_actor

MANY = 8


@pytest.mark.parametrize("is_guarded", [True, False], ids=["with the look", "without it"])
def test_of_many_one_wins(own_database, monkeypatch, is_guarded):
    """The twin: who does not compare with what was on the screen writes over the one before."""
    by = office_actor(StaffPostFactory(branch=money.root(), system_admin=True))
    if not is_guarded:
        latest = operations._get_latest
        monkeypatch.setattr(
            operations,
            "_get_seen",
            lambda code_list, code, *, seen, at: ((every := latest(code_list, at=at))[code], every),
        )
    start, outcomes = threading.Barrier(MANY), []

    def change(number: int) -> None:
        start.wait(20)
        try:
            operations.change_entry(
                code_list=RETURN_REASONS,
                code="dates",
                words=f"说法{number}",
                place=100,
                reason="统一口径",
                seen=0,
                by=by,
                at=NOON,
            )
            outcomes.append("done")
        except operations.EntryConflict:
            outcomes.append("conflict")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=change, args=[number]) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(outcomes) == MANY
    assert outcomes.count("done") == EntryVersion.objects.count() == (1 if is_guarded else MANY)
