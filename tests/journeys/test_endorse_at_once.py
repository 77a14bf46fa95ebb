"""Two endorsements of one policy at the same moment: both are made, one after the other, with numbers in a row."""

from __future__ import annotations

import threading

from django.db import connections

from huzhu.cover.models import Cover
from huzhu.journeys.start_cover import start_cover
from huzhu.policies import operations as policies
from huzhu.policies.models import Policy
from huzhu.policies.operations import endorsing
from huzhu.shared.actors import system_actor
from tests.factories import additions
from tests.factories import policies as make
from tests.factories.flows import move
from tests.factories.policies import LATER
from tests.journeys.test_remove_members import clerk, covers_of, leaving

OCTOBER = additions.noon("2025-10-09")


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


class TestTwoAdditionsAtOnce:
    """Two slips for one policy are settled in the same moment."""

    def race(self) -> tuple[Policy, list[str]]:
        policy = additions.issued()
        applications = []
        for _ in range(2):
            [new] = additions.joined(policy)
            application = additions.begun(policy, at=OCTOBER)
            application.members.exclude(worker=new.worker).delete()
            application.first_reviewed_by_person, application.first_reviewed_at = "13900000008", OCTOBER
            application.second_reviewed_by_person, application.second_reviewed_at = "13900000009", OCTOBER
            for state in ("awaiting_form", "first_review", "second_review", "awaiting_payment"):
                move(application, state, at=OCTOBER)
            applications.append(application)
        ends, barrier = ["", ""], threading.Barrier(2)

        def run(number: int) -> None:
            try:
                barrier.wait(timeout=20)
                start_cover(
                    application_id=applications[number].pk, arrival_on=OCTOBER.date(), by=system_actor(), at=OCTOBER
                )
                ends[number] = "settled"
            except Exception as error:  # what stopped the session is the result
                ends[number] = type(error).__name__
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return policy, ends

    def test_both_come_onto_the_policy_with_numbers_in_a_row(self, own_database):
        policy, ends = self.race()
        assert ends == ["settled", "settled"]
        assert list(policy.versions.values_list("number", "member_count")) == [(1, 2), (2, 3), (3, 4)]
        assert additions.get(policy).member_count == 4

    def test_without_the_lock_they_would_take_the_same_number(self, own_database, monkeypatch):
        both_read = threading.Barrier(2)
        real = endorsing.make_version

        def make_together(*args, **words):
            both_read.wait(timeout=20)
            return real(*args, **words)

        def read_without_lock(policy_id: int) -> Policy:
            return Policy.objects.get(pk=policy_id)

        monkeypatch.setattr(endorsing, "lock_policy", read_without_lock)
        monkeypatch.setattr(policies, "lock_policy", read_without_lock)
        monkeypatch.setattr(endorsing, "make_version", make_together)
        _, ends = self.race()
        assert sorted(ends) == ["IntegrityError", "settled"]
