"""历史保单绑定: at once with the same credit code, after review otherwise; the cover that follows joins the chain."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connections

from huzhu.cover import operations as cover
from huzhu.cover import permissions, queries
from huzhu.cover.models import Cover, PastPolicy, PolicyBinding
from huzhu.enrolment.states import Severity
from huzhu.notifications.models import SmsMessage
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories import enrolment as make
from tests.factories.accounts import NOON, StaffPostFactory, office_actor
from tests.factories.cover import END, START, past_policy
from tests.factories.employers import EmployerFactory
from tests.factories.plans import version
from tests.factories.roster import RosterEntryFactory, employer_actor, resident_number

LATER = NOON + dt.timedelta(days=1)


def on_roster(employer, *serials: int):
    return [RosterEntryFactory(employer=employer, document__number=resident_number(serial)) for serial in serials]


def bind(employer, number="ZY2025000001", *, by=None):
    return cover.bind_policy(employer_id=employer.pk, number=number, by=by or employer_actor(employer), at=NOON)


def confirm(binding, *, post=None):
    post = post or StaffPostFactory(branch=binding.employer.branch)
    return cover.confirm_binding(binding_id=binding.pk, by=office_actor(post), at=LATER)


@pytest.mark.django_db
class TestBinding:
    def test_the_same_credit_code_is_bound_at_once_and_its_people_are_covered(self):
        employer = EmployerFactory()
        past_policy(credit_code=employer.credit_code, shares=1)
        entries = on_roster(employer, 1, 2)
        on_roster(EmployerFactory(), 3)  # somebody else's now
        binding = bind(employer, " zy2025 000001 ")
        assert binding.state == "confirmed"
        assert set(Cover.objects.values_list("worker_id", "employer_id", "coverage_start", "coverage_end")) == {
            (entry.worker_id, employer.pk, START, END) for entry in entries
        }
        assert "ZY2025000001" in SmsMessage.objects.get(template="binding_confirmed").body

    def test_another_code_waits_for_the_registrar_who_sees_how_many_match(self):
        employer = EmployerFactory()
        past_policy(credit_code="91440100MA5TERT07K")
        on_roster(employer, 1, 2, 3, 77)
        binding = bind(employer)
        assert (binding.state, binding.people, binding.matching) == ("requested", 4, 3)
        assert not Cover.objects.exists()
        confirm(binding)
        assert Cover.objects.count() == 3

    def test_a_number_nobody_has_and_one_of_strangers_get_the_same_answer(self):
        employer = EmployerFactory()
        past_policy()
        answers = []
        for number in ("ZY2025000001", "ZY0000000000"):
            with pytest.raises(cover.BindingRefused) as refused:
                bind(employer, number)
            answers.append(str(refused.value))
        assert answers[0] == answers[1]

    def test_a_policy_is_bound_to_one_employer(self):
        first, second = EmployerFactory(), EmployerFactory()
        past_policy()
        on_roster(first, 1)
        on_roster(second, 2)
        one, two = bind(first), bind(second)
        confirm(one)
        with pytest.raises(cover.BindingRefused, match="已经绑定"):
            confirm(two)
        with pytest.raises(cover.BindingRefused, match="已经绑定"):
            bind(first)

    def test_refusing_needs_a_reason_and_withdrawing_ends_it(self):
        employer = EmployerFactory()
        past_policy()
        on_roster(employer, 1)
        binding = bind(employer)
        registrar = office_actor(StaffPostFactory(branch=employer.branch))
        with pytest.raises(cover.BindingRefused, match="原因"):
            cover.reject_binding(binding_id=binding.pk, reason=" ", by=registrar, at=LATER)
        cover.reject_binding(binding_id=binding.pk, reason="保单属于其他单位。", by=registrar, at=LATER)
        assert "保单属于其他单位" in SmsMessage.objects.get(template="binding_rejected").body
        again = bind(employer)
        cover.withdraw_binding(binding_id=again.pk, by=employer_actor(employer), at=LATER)
        with pytest.raises(TransitionNotAllowed):
            confirm(again)

    def test_who_may(self):
        employer = EmployerFactory()
        past_policy()
        on_roster(employer, 1)
        for by in (employer_actor(employer, "viewer"), employer_actor(EmployerFactory())):
            with pytest.raises(permissions.NotPermitted):
                bind(employer, by=by)
        binding = bind(employer)
        for post in (StaffPostFactory(), StaffPostFactory(branch=employer.branch, cashier=True)):
            with pytest.raises(permissions.NotPermitted):
                confirm(binding, post=post)
        same = StaffPostFactory(branch=employer.branch)
        same.user.mobile = binding.asked_by_person
        same.user.save()
        with pytest.raises(permissions.NotPermitted, match="同一人"):
            confirm(binding, post=same)

    def test_old_policies_come_from_the_program_alone_and_once(self):
        past_policy()
        past_policy(people=[9])
        assert PastPolicy.objects.get().members.count() == 4
        with pytest.raises(permissions.NotPermitted):
            cover.record_past_policy(
                number="X",
                plan_version_id=1,
                holder_name="",
                holder_credit_code="",
                start=START,
                end=END,
                people=[],
                by=employer_actor(EmployerFactory()),
                at=NOON,
            )


@pytest.mark.django_db
class TestFollowing:
    def test_whoever_joins_the_roster_later_is_covered_when_it_runs_again(self):
        employer = EmployerFactory()
        past_policy(credit_code=employer.credit_code)
        bind(employer)
        on_roster(employer, 4)
        assert cover.follow_bindings(employer_id=employer.pk, at=LATER) == 1
        assert cover.follow_bindings(employer_id=employer.pk, at=LATER) == 0

    def test_who_is_covered_elsewhere_to_the_limit_stays_out(self):
        employer, other = EmployerFactory(), EmployerFactory()
        [entry] = on_roster(employer, 1)
        on_roster(employer, 2)
        make.cover_of(make.also_at(entry, other), version("HOSP25"), start=START, end=END)
        past_policy(credit_code=employer.credit_code)
        bind(employer)
        assert Cover.objects.filter(employer=employer).count() == 1


@pytest.mark.django_db
class TestProposals:
    def test_the_own_code_first_then_those_with_half_of_their_people_here(self):
        employer = EmployerFactory()
        past_policy(number="A", credit_code=employer.credit_code, people=[101])
        past_policy(number="B", people=[1, 2, 3, 4])
        past_policy(number="C", people=[1, 5, 6, 7])
        past_policy(number="D", people=[1, 2])
        on_roster(employer, 1, 2)
        bind(employer, "D")
        proposed = queries.get_proposals(employer_id=employer.pk, credit_code=employer.credit_code)
        assert [(one.policy.number, one.people, one.matching, one.is_own) for one in proposed] == [
            ("A", 1, 0, True),
            ("B", 4, 2, False),
        ]


@pytest.mark.django_db
class TestPrecheck:
    ENDED = dt.date(2025, 9, 1)

    def application(self, *, end=ENDED):
        employer = make.an_employer()
        [entry] = make.people(employer)
        old = past_policy(credit_code=employer.credit_code, people=[1], start=end - dt.timedelta(days=365), end=end)
        entry.document.fingerprint = old.members.get().fingerprint
        entry.document.save()
        return employer, make.application(
            employer=employer, entries=[entry], choices=[("HOSP25", 1)], references=self.ENDED
        )

    def test_an_unbound_policy_that_would_close_the_gap_is_pointed_out_and_bound_it_is_a_renewal(self):
        employer, case = self.application()
        finding = case.application.findings.get(code="bound_policy_found")
        assert (finding.severity, finding.inputs["until"]) == (Severity.INFO, self.ENDED.isoformat())
        assert case.application.findings.filter(code="first_enrolment").exists()
        cover.bind_policy(employer_id=employer.pk, number="ZY2025000001", by=make.handler(employer), at=make.NOON)
        from huzhu.enrolment import operations as enrolment

        enrolment.run_precheck(application_id=case.id, by=make.handler(employer), at=make.NOON)
        codes = set(case.application.findings.values_list("code", flat=True))
        assert "renewal" in codes
        assert not codes & {"bound_policy_found", "first_enrolment"}

    def test_one_that_ended_long_before_is_not(self):
        _, case = self.application(end=dt.date(2021, 1, 1))
        assert not case.application.findings.filter(code="bound_policy_found").exists()


class TestRace:
    """On a database of its own: two registrars confirm the same policy for two employers."""

    def test_one_employer_gets_it(self, own_database):
        past_policy()
        bindings = []
        for serial in (1, 2):
            employer = EmployerFactory()
            on_roster(employer, serial)
            bindings.append(bind(employer))
        outcomes = []

        def press(binding, post):
            try:
                confirm(binding, post=post)
                outcomes.append("bound")
            except cover.BindingRefused:
                outcomes.append("refused")
            finally:
                connections.close_all()

        posts = [StaffPostFactory(branch=binding.employer.branch) for binding in bindings]
        threads = [threading.Thread(target=press, args=pair) for pair in zip(bindings, posts, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["bound", "refused"]
        assert PolicyBinding.objects.filter(state="confirmed").count() == 1
