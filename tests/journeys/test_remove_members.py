"""减员: people who left stand on the next version with their cover as it was; the roster hears of it; nothing else changes."""

from __future__ import annotations

import datetime as dt

import pytest

from huzhu.audit import queries as audit
from huzhu.billing.models import LedgerEntry
from huzhu.cover.models import Cover
from huzhu.journeys.remove_members import remove_members
from huzhu.policies import endorsements, papers, permissions, versions
from huzhu.policies import operations as policies
from huzhu.policies.models import Departure, Policy
from huzhu.policies.operations import Leaving, RemovalRefused
from huzhu.roster.models import RosterEntry
from huzhu.shared.actors import system_actor
from tests.factories import policies as make
from tests.factories.employers import EmployerFactory
from tests.factories.policies import LATER
from tests.factories.roster import employer_actor
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 8, 12)


def clerk(policy: Policy):
    return employer_actor(policy.employer, "handler")


def leaving(*covers: Cover, reason: str = "left", on: dt.date = DAY) -> list[Leaving]:
    return [Leaving(cover_id=cover.pk, reason=reason, left_on=on) for cover in covers]


def covers_of(policy: Policy) -> list[Cover]:
    return list(Cover.objects.filter(policy_id=policy.pk).order_by("pk"))


def remove(policy: Policy, *covers: Cover, **more):
    return remove_members(policy_id=policy.pk, leaving=leaving(*covers, **more), by=clerk(policy), at=LATER)


class TestRemoved:
    def test_makes_the_next_version_and_leaves_cover_and_money_alone(self):
        policy = make.confirmed(make.policy(members=3))
        before, ledger = list(Cover.objects.values()), LedgerEntry.objects.count()
        version = remove(policy, *covers_of(policy)[:2])
        policy.refresh_from_db()
        assert (version.number, version.cause, version.removed_count, version.left_count) == (
            2,
            "members_removed",
            2,
            2,
        )
        assert (version.member_count, version.contribution_amount) == (3, policy.contribution_amount)
        assert version.added_amount == 0
        assert list(Cover.objects.values()) == before
        assert LedgerEntry.objects.count() == ledger
        assert policy.sealed_confirmation_id == version.sealed_confirmation_id is not None
        event = audit.get_history(subject=policy).last()
        assert (event.label, event.details) == ("减员", {"版次": 2, "人数": 2})

    def test_the_roster_hears_of_whom_it_still_had_in_service(self):
        policy = make.policy(members=2)
        gone, stays = covers_of(policy)
        remove(policy, gone, reason="died")
        entry = RosterEntry.objects.get(employer=policy.employer, worker=gone.worker)
        assert (entry.status, entry.left_on) == ("left", DAY)
        assert RosterEntry.objects.get(employer=policy.employer, worker=stays.worker).status == "in_service"

    def test_who_left_by_the_roster_is_proposed_until_recorded(self):
        policy = make.policy(members=3)
        gone, _, _ = covers_of(policy)
        assert endorsements.get_left(policy=policy) == []
        RosterEntry.objects.filter(worker=gone.worker).update(
            status="retired", left_on=dt.date(2025, 8, 11), joined_on=dt.date(2020, 1, 1)
        )
        [person] = endorsements.get_left(policy=policy)
        assert (person.cover_id, person.status, person.last_day) == (
            gone.pk,
            "retired",
            gone.coverage_end - dt.timedelta(1),
        )
        assert endorsements.count_left(policy=policy) == 1
        remove(policy, gone, reason="retired", on=dt.date(2025, 8, 11))
        assert endorsements.get_left(policy=policy) == []
        assert RosterEntry.objects.get(worker=gone.worker).left_on == dt.date(2025, 8, 11)

    def test_versions_tell_who_had_left_by_then_and_the_papers_say_so(self):
        policy = make.policy(members=3)
        one, two, three = covers_of(policy)
        first, second = remove(policy, one), remove(policy, two, reason="retired")
        assert [each.cover for each in versions.get_changed(version=second)] == [two]
        assert list(versions.get_departures(version=first).values_list("cover_id", flat=True)) == [one.pk]
        paper = papers.describe_policy(policy=policy, version=second)
        assert {member.name: member.enrolment_class for member in paper.members} == {
            one.name: "已离开",
            two.name: "已离开",
            three.name: "首次",
        }
        assert [change.as_row(1)[1:3] + change.as_row(1)[-1:] for change in paper.changes] == [
            ["减员", two.name, "2025-08-12 退休"]
        ]
        assert paper.qr_text.endswith(f"{policy.verify_code}/3/")

    def test_the_paper_of_each_version_is_kept(self):
        policy = make.policy(members=2)
        old = policies.make_document(policy_id=policy.pk, by=system_actor(), at=LATER)
        remove(policy, covers_of(policy)[0])
        policy.refresh_from_db()
        assert policy.document_id is None
        new = policies.make_document(policy_id=policy.pk, by=system_actor(), at=LATER)
        assert new != old
        assert "第2版" in new.name
        assert policies.make_document(policy_id=policy.pk, number=1, by=system_actor(), at=LATER) == old
        policy.refresh_from_db()
        assert policy.document_id == new.pk

    def test_many_take_as_many_queries_as_few(self):
        few, many = make.policy(members=2), make.policy(members=30)
        counts = [count_queries(lambda policy=policy: remove(policy, *covers_of(policy))) for policy in (few, many)]
        assert counts[0] == counts[1]


class TestRefused:
    def refuse(self, policy: Policy, people: list[Leaving]) -> RemovalRefused:
        with pytest.raises(RemovalRefused) as refusal:
            remove_members(policy_id=policy.pk, leaving=people, by=clerk(policy), at=LATER)
        assert not Departure.objects.exists()
        assert policy.versions.count() == 1
        return refusal.value

    def test_nobody(self):
        self.refuse(make.policy(members=1), [])

    def test_somebody_of_another_policy_or_twice(self):
        policy, other = make.policy(members=1), make.policy(members=1)
        assert None in self.refuse(policy, leaving(*covers_of(other))).problems
        [cover] = covers_of(policy)
        assert None in self.refuse(policy, leaving(cover, cover)).problems

    @pytest.mark.parametrize("more", [{"on": dt.date(2025, 8, 13)}, {"reason": "bored"}, {"on": dt.date(1975, 1, 1)}])
    def test_a_day_to_come_an_unknown_reason_and_a_child(self, more):
        policy = make.policy(members=1)
        [cover] = covers_of(policy)
        assert cover.pk in self.refuse(policy, leaving(cover, **more)).problems
        assert RosterEntry.objects.get(worker=cover.worker).status == "in_service"

    def test_somebody_recorded_before(self):
        policy = make.policy(members=1)
        remove(policy, *covers_of(policy))
        with pytest.raises(RemovalRefused, match="已办理过减员"):
            remove(policy, *covers_of(policy))

    def test_a_policy_that_has_ended(self):
        policy = make.policy(members=1)
        with pytest.raises(RemovalRefused, match="已到期"):
            policies.remove_members(
                policy_id=policy.pk,
                leaving=leaving(*covers_of(policy)),
                by=clerk(policy),
                at=LATER + dt.timedelta(days=365),
            )

    def test_others_may_not(self):
        policy = make.policy(members=1)
        for by in (employer_actor(EmployerFactory(), "handler"), employer_actor(policy.employer, "finance", "viewer")):
            with pytest.raises(permissions.NotPermitted):
                remove_members(policy_id=policy.pk, leaving=leaving(*covers_of(policy)), by=by, at=LATER)
