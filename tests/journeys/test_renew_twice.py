"""Two people press 续保 at the same moment: one draft."""

from __future__ import annotations

import threading

from django.db import connections

from huzhu.journeys import renew_policies as journey
from huzhu.journeys.renew_policies import renew_policies
from huzhu.policies import renewals
from huzhu.policies.models import Policy, RenewedPolicy
from tests.factories import policies as papers
from tests.journeys.test_renew_policies import SOON, handler


class TestTwoClicks:
    def click_twice(self, policy: Policy) -> list[int]:
        barrier, made = threading.Barrier(2), []

        def run(person: str) -> None:
            try:
                barrier.wait(timeout=20)
                by = handler(policy, person)
                made.append(renew_policies(policy_id=policy.pk, chosen={}, by=by, at=SOON).application.pk)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(person,)) for person in ("13800000001", "13800000002")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return made

    def test_of_two_people_make_one_draft(self, own_database):
        policy = papers.policy(members=2)
        first, second = self.click_twice(policy)
        assert first == second
        assert RenewedPolicy.objects.count() == 1

    def test_without_the_lock_would_make_two(self, own_database, monkeypatch):
        policy = papers.policy(members=2)
        both_looked = threading.Barrier(2)

        def look(**asked):
            found = renewals.get_standings(**asked)
            if threading.current_thread() not in seen:
                seen.add(threading.current_thread())
                both_looked.wait(timeout=20)
            return found

        seen: set[threading.Thread] = set()
        monkeypatch.setattr(journey.locks, "lock", lambda *parts: None)
        monkeypatch.setattr(journey, "renewals", type("Looked", (), {"get_standings": staticmethod(look)}))
        first, second = self.click_twice(policy)
        assert first != second
