"""Two endorsements of one policy at the same moment: both are made, one after the other, with numbers in a row."""

from __future__ import annotations

import threading

from django.db import connections

from huzhu.cover.models import Cover
from huzhu.policies import operations as policies
from huzhu.policies.models import Policy
from huzhu.policies.operations import endorsing
from tests.factories import policies as make
from tests.factories.policies import LATER
from tests.journeys.test_remove_members import clerk, covers_of, leaving


class TestTwoAtOnce:
    def race(self, policy: Policy) -> list[str]:
        """Two clerks record different people of one policy at the same moment."""
        ends, barrier = ["", ""], threading.Barrier(2)

        def run(number: int, cover: Cover) -> None:
            try:
                barrier.wait(timeout=20)
                policies.remove_members(policy_id=policy.pk, leaving=leaving(cover), by=clerk(policy), at=LATER)
                ends[number] = "made"
            except Exception as error:  # what stopped the session is the result
                ends[number] = type(error).__name__
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=each) for each in enumerate(covers_of(policy)[:2])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return ends

    def test_both_are_made_one_after_the_other(self, own_database):
        policy = make.policy(members=3)
        assert self.race(policy) == ["made", "made"]
        assert list(policy.versions.values_list("number", "left_count")) == [(1, 0), (2, 1), (3, 2)]

    def test_without_the_lock_they_would_take_the_same_number(self, own_database, monkeypatch):
        policy, both_read = make.policy(members=3), threading.Barrier(2)

        def read_without_lock(policy_id: int) -> Policy:
            return Policy.objects.get(pk=policy_id)

        real = endorsing.make_version

        def make_together(*args, **words):
            both_read.wait(timeout=20)
            return real(*args, **words)

        monkeypatch.setattr(endorsing, "lock_policy", read_without_lock)
        monkeypatch.setattr(endorsing, "make_version", make_together)
        assert sorted(self.race(policy)) == ["IntegrityError", "made"]
