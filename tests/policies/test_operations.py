"""Sending back the stamped confirmation, and answering who checks a policy: yes or no, and not too often."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from huzhu.audit import queries as audit
from huzhu.cover.models import Cover
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.policies import operations as policies
from huzhu.policies import permissions, queries
from huzhu.policies.models import CheckAttempt
from huzhu.roster.models import WorkerDocument
from huzhu.shared.calendar import ONE_DAY
from tests.factories import policies as make
from tests.factories.employers import EmployerFactory
from tests.factories.policies import LATER, NOON
from tests.factories.roster import employer_actor

pytestmark = pytest.mark.django_db
ADDRESS = "192.0.2.7"


def sealed(policy, *, kind=FileKind.SEALED_CONFIRMATION, employer_id=None):
    return documents.store_upload(
        upload=make.photo(),
        kind=kind,
        employer_id=employer_id or policy.employer_id,
        by=make.payer(policy.employer),
        at=NOON,
    )


class TestAttachConfirmation:
    def test_is_kept_and_traced(self):
        policy = make.policy()
        file = sealed(policy)
        policies.attach_confirmation(policy_id=policy.pk, file_id=file.pk, by=make.payer(policy.employer), at=NOON)
        policy.refresh_from_db()
        assert policy.sealed_confirmation_id == file.pk
        assert audit.get_history(subject=policy).last().label == "上传盖章参保确认书"

    def test_a_better_photo_takes_the_place_and_the_trace_knows_the_first(self):
        policy = make.confirmed(make.policy())
        first = policy.sealed_confirmation_id
        file = sealed(policy)
        policies.attach_confirmation(policy_id=policy.pk, file_id=file.pk, by=make.payer(policy.employer), at=NOON)
        event = audit.get_history(subject=policy).last()
        assert (event.label, event.details["before"]) == ("重新上传盖章参保确认书", str(first))

    def test_only_the_own_payers_may(self):
        policy = make.policy()
        file = sealed(policy)
        for by in (make.payer(EmployerFactory()), employer_actor(policy.employer, "viewer", "liaison")):
            with pytest.raises(permissions.NotPermitted):
                policies.attach_confirmation(policy_id=policy.pk, file_id=file.pk, by=by, at=NOON)

    def test_only_a_confirmation_of_the_own_employer_will_do(self):
        policy = make.policy()
        strange = [
            sealed(policy, kind=FileKind.PROOF).pk,
            sealed(policy, employer_id=EmployerFactory().pk).pk,
            uuid.uuid4(),
        ]
        for file_id in strange:
            with pytest.raises(policies.ConfirmationRefused):
                policies.attach_confirmation(
                    policy_id=policy.pk, file_id=file_id, by=make.payer(policy.employer), at=NOON
                )
        policy.refresh_from_db()
        assert policy.sealed_confirmation_id is None


class TestCheckMember:
    def ask(self, policy, name, ending, *, at=LATER, address=ADDRESS):
        return policies.check_member(policy=policy, name=name, last_four=ending, address=address, at=at)

    def test_yes_for_name_and_ending_of_one_person(self):
        policy = make.policy()
        covers = list(Cover.objects.filter(policy_id=policy.pk))
        for cover in covers:
            number = WorkerDocument.objects.get(worker=cover.worker_id).reveal()
            assert self.ask(policy, f" {cover.name} ", number[-4:].lower())
            assert not self.ask(policy, cover.name, f"{(int(number[-4:-1]) + 1) % 1000:03d}{number[-1]}")
            assert not self.ask(policy, "无此人", number[-4:])

    @pytest.mark.parametrize("ending", ["", "4", "123", "12345", "%", "____"])
    def test_no_for_anything_that_is_no_ending(self, ending):
        policy = make.policy(members=1)
        assert not self.ask(policy, Cover.objects.get(policy_id=policy.pk).name, ending)

    def test_people_of_another_policy_are_not_on_this_one(self):
        policy, other = make.policy(members=1), make.policy(members=1)
        cover = Cover.objects.get(policy_id=other.pk)
        number = WorkerDocument.objects.get(worker=cover.worker_id).reveal()
        assert self.ask(other, cover.name, number[-4:])
        assert not self.ask(policy, cover.name, number[-4:])

    def test_an_address_that_asks_too_often_has_to_wait_an_hour(self):
        policy = make.policy(members=1)
        for _ in range(policies.checking.MOST_CHECKS_PER_ADDRESS):
            self.ask(policy, "张三", "1234")
        with pytest.raises(policies.TooManyChecks):
            self.ask(policy, "张三", "1234")
        self.ask(policy, "张三", "1234", address="192.0.2.8")
        self.ask(policy, "张三", "1234", at=LATER + dt.timedelta(hours=1))

    def test_many_addresses_together_may_not_guess_either(self):
        policy = make.policy(members=1)
        for number in range(policies.checking.MOST_CHECKS_PER_SUBJECT):
            self.ask(policy, "张三", "1234", address=f"198.51.100.{number}")
        with pytest.raises(policies.TooManyChecks):
            self.ask(policy, "张三", "1234", address="203.0.113.1")

    def test_addresses_are_forgotten_after_a_day(self):
        policy = make.policy(members=1)
        self.ask(policy, "张三", "1234")
        self.ask(policy, "张三", "1234", at=LATER + ONE_DAY)
        assert CheckAttempt.objects.count() == 1


class TestQueries:
    def wanted(self, **words):
        return queries.PolicyFilter(**words)

    def get(self, policy, today=dt.date(2025, 9, 1), **words):
        by = make.payer(policy.employer)
        return list(queries.get_policies(by=by, wanted=self.wanted(**words), today=today))

    def test_by_number_plan_and_state(self):
        policy = make.policy()
        assert self.get(policy) == [policy]
        assert self.get(policy, number=policy.number[2:12]) == [policy]
        assert self.get(policy, number=policy.application.number) == [policy]
        assert self.get(policy, number="BD1999") == []
        assert self.get(policy, plan_id=policy.plan_id) == [policy]
        assert self.get(policy, plan_id=policy.plan_id + 1) == []

    @pytest.mark.parametrize(
        ("day", "state"),
        [("2025-08-11", "pending"), ("2025-08-12", "in_force"), ("2026-08-11", "in_force"), ("2026-08-12", "ended")],
    )
    def test_the_state_of_a_day_agrees_with_the_record(self, day, state):
        policy, today = make.policy(), dt.date.fromisoformat(day)
        assert policy.state_on(today) == state
        shown = {each: self.get(policy, today=today, state=each) for each in ("pending", "in_force", "ended")}
        assert [each for each, found in shown.items() if found] == [state]

    def test_covered_on_a_day_means_that_somebody_was(self):
        policy = make.policy(members=2)
        late = Cover.objects.filter(policy_id=policy.pk).first()
        Cover.objects.filter(policy_id=policy.pk).exclude(pk=late.pk).update(coverage_end=dt.date(2025, 9, 20))
        Cover.objects.filter(pk=late.pk).update(coverage_start=dt.date(2025, 10, 1), full_from=dt.date(2025, 10, 31))
        days = {
            day: bool(self.get(policy, covered_on=dt.date.fromisoformat(day))) for day in ("2025-08-11", "2025-09-19")
        }
        assert days == {"2025-08-11": False, "2025-09-19": True}
        assert self.get(policy, covered_on=dt.date(2025, 9, 25)) == []
        assert self.get(policy, covered_on=dt.date(2025, 10, 1)) == [policy]

    def test_nobody_sees_the_policies_of_others(self):
        policy = make.policy()
        stranger = make.payer(EmployerFactory())
        assert not queries.get_policies(by=stranger, wanted=self.wanted(), today=dt.date(2025, 9, 1)).exists()
        assert queries.get_members(policy=policy, by=stranger).rows == []

    def test_members_turn_pages_in_the_order_of_their_initials(self, monkeypatch):
        monkeypatch.setattr(queries, "PAGE", 2)
        policy = make.policy(members=5)
        by = make.payer(policy.employer)
        whole = list(Cover.objects.filter(policy_id=policy.pk).order_by("name_initials", "pk"))
        first = queries.get_members(policy=policy, by=by)
        second = queries.get_members(policy=policy, by=by, after=first.after)
        third = queries.get_members(policy=policy, by=by, after=second.after)
        assert first.rows + second.rows + third.rows == whole
        assert (first.before, third.after) == (None, None)
        assert queries.get_members(policy=policy, by=by, before=third.before).rows == second.rows

    def test_members_are_found_by_part_of_the_name_or_initials(self):
        policy = make.policy(members=2)
        by, cover = make.payer(policy.employer), Cover.objects.filter(policy_id=policy.pk).first()
        for words in (cover.name, cover.name[1:], cover.name_initials.upper(), cover.name_initials[:2]):
            assert cover in queries.get_members(policy=policy, by=by, words=words).rows
        assert queries.get_members(policy=policy, by=by, words="%").rows == []

    @pytest.mark.parametrize("typed", ["{code}", " {code} ", "{spelt}", "{small}"])
    def test_a_code_is_read_however_it_is_typed(self, typed):
        policy = make.policy(members=1)
        code = policy.verify_code
        words = typed.format(code=code, spelt=f"{code[:6]}-{code[6:12]}-{code[12:]}", small=code.lower())
        assert queries.get_by_code(code=words) == policy
        assert queries.get_by_code(code=words[:-2]) is None
