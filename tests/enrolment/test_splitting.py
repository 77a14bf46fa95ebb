"""其余人员先行参保: who goes on, what goes along, when it is refused, and that two clicks make one."""

import datetime as dt
import threading
from contextlib import suppress

import psycopg
import pytest
from django.db import IntegrityError, connections, transaction

from huzhu.audit.models import AuditEvent
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, ProofFile, ProofSlot, Subsidy
from huzhu.enrolment.operations import splitting
from huzhu.enrolment.permissions import NotPermitted
from huzhu.journeys.split_enrolment import split_enrolment
from huzhu.shared import postgres
from tests.factories import enrolment as make
from tests.factories import gifts, plans

NOON = make.NOON
LATER = NOON + dt.timedelta(hours=2)


def returned(people: int = 10, *, marked: int = 2, stage: int = 1, **words) -> make.Case:
    """An application that came back for its first people only."""
    employer = make.an_employer()
    entries = make.people(employer, people)
    words = {"choices": [("CI25-A", 1)]} | words
    case = make.application(
        "second_review" if stage == 2 else "first_review", employer=employer, entries=entries, **words
    )
    send_back(case, marked=marked, by=make.reviewer() if stage == 2 else make.registrar())
    return case


def send_back(case: make.Case, *, marked: int, by) -> None:
    rows = list(members(case)[:marked]) if marked else []
    enrolment.return_for_correction(
        application_id=case.id,
        reason_codes=["people_wrong"],
        reason="请核对",
        member_ids=[row.pk for row in rows],
        by=by,
        at=NOON,
    )
    case.refresh()


def members(case: make.Case):
    return ApplicationMember.objects.filter(application=case.id, removed_at__isnull=True).order_by("worker_id", "pk")


def split(case: make.Case, *, by=None) -> EnrolmentApplication:
    return split_enrolment(application_id=case.id, by=by or make.handler(case.employer), at=LATER)


@pytest.mark.django_db
class TestSplit:
    @pytest.mark.parametrize("stage", [1, 2])
    def test_the_others_go_on_into_the_first_review_and_the_marked_stay(self, stage):
        case = returned(20, marked=2, stage=stage)
        before = list(members(case).values_list("worker_id", "planned_class"))
        case_price = case.versions[0].contribution_amount
        assert queries.get_rest(application=case.application).people == 18

        part = split(case)

        old = case.refresh()
        assert (part.state, part.member_count, part.submission_count) == ("first_review", 18, 1)
        assert (old.state, old.member_count) == ("returned", 2)
        assert (part.split_from, part.split_of_submission) == (old, 1)
        assert list(old.splits.all()) == [part]
        moved = set(part.members.values_list("worker_id", "planned_class"))
        assert moved | set(old.members.values_list("worker_id", "planned_class")) == set(before)
        assert part.contribution_amount + old.contribution_amount == case_price * 20
        assert (part.first_reviewed_by_person, part.first_reviewed_at) == ("", None)

    def test_form_lists_dates_and_proofs_go_along(self):
        reference = make.TODAY + dt.timedelta(days=30)
        case = returned(20, references=reference)
        kind = "dispatch_proof"
        slot = ProofSlot.objects.create(application_id=case.id, kind=kind, person_count=0, is_needed=False)
        file = make.stored_file(case.employer, kind="proof")
        ProofFile.objects.create(slot=slot, file_id=file.pk, added_at=NOON)

        part = split(case)

        assert part.sealed_form_id == case.refresh().sealed_form_id is not None
        assert part.insurance_roster_id == case.application.insurance_roster_id is not None
        assert [plan.reference_on for plan in part.plans.all()] == [reference]
        assert list(ProofFile.objects.filter(slot__application=part).values_list("file_id", flat=True)) == [file.pk]
        assert ProofFile.objects.filter(slot__application=case.id).count() == 1

    def test_somebody_marked_in_one_plan_stays_with_all_of_them(self):
        case = returned(60, marked=1, choices=[("CI25-A", 1), ("ACC25", 1)])
        part = split(case)
        assert members(case).count() == 2
        assert len(set(members(case).values_list("worker_id", flat=True))) == 1
        assert part.members.count() == 118

    def test_subsidies_go_along_and_their_places_are_taken_anew(self):
        campaign = gifts.running(make.city(), at=NOON, **gifts.subsidy("15.00"))
        case = returned(60, choices=[("HOSP25", 1)], gifts=[campaign])
        part = split(case)
        held = Subsidy.objects.filter(held_at__isnull=False)
        assert (part.state, part.subsidy_amount) == ("first_review", make.money("15.00") * 58)
        assert held.filter(application=part).count() == 58
        assert not held.filter(application=case.id).exists()
        assert case.refresh().subsidy_amount == make.money("30.00")

    def test_a_place_that_is_gone_holds_the_part_up_because_it_would_cost_more(self):
        campaign = gifts.running(make.city(), at=NOON, **gifts.subsidy("15.00"))
        case = returned(60, choices=[("HOSP25", 1)], gifts=[campaign])
        gifts.close(campaign, at=NOON)
        with pytest.raises(enrolment.SplitRefused, match="应缴金额"):
            split(case)

    def test_both_are_judged_anew_and_both_tell_of_it(self):
        case = returned(20)
        part = split(case)
        assert part.checked_at == LATER
        assert case.refresh().checked_at == LATER
        assert part.recorded_findings.exclude(member__application=part).count() == 0
        labels = AuditEvent.objects.filter(subject_type="enrolment.enrolmentapplication")
        assert labels.filter(subject_id=str(case.id), label=f"其余 18 人先行参保（{part.number}）").exists()
        assert labels.filter(subject_id=str(part.pk), label=f"由申请 {case.application.number} 拆出").exists()

    def test_what_stays_is_mended_and_submitted_as_ever(self):
        case = returned(20)
        split(case)
        by = make.handler(case.employer)
        enrolment.submit(application_id=case.id, by=by, at=LATER)
        difference = queries.get_diff_to_last_submission(application=case.refresh())
        assert (difference.since, {each.kind for each in difference.people}) == (1, {"removed"})
        assert difference.people_count == 18

    def test_whoever_filled_the_old_one_in_reviews_the_part_neither(self):
        case = returned(20)
        part = split(case)
        with pytest.raises(NotPermitted):
            enrolment.approve_first(
                application_id=part.pk, by=make.registrar(person=case.application.created_by_person), at=LATER
            )
        assert enrolment.approve_first(application_id=part.pk, by=make.registrar(), at=LATER).state == "second_review"


@pytest.mark.django_db
class TestFloor:
    """Five in service, all of whom must join where they are so few."""

    def test_a_part_below_the_floor_is_a_draft_that_asks_for_the_note(self):
        case = returned(5, marked=1)
        part = split(case)
        assert (part.state, part.member_count, part.wizard_step) == ("draft", 4, "proofs")
        assert [each.code for each in queries.get_missing(application=part)] == ["participation_note"]

    def test_who_has_gone_ahead_counts_for_those_who_follow(self):
        case = returned(20, marked=2)
        split(case)
        assert not case.refresh().recorded_findings.filter(code="participation_floor").exists()

    def test_the_twin_without_a_part_is_below_it(self):
        case = returned(20, marked=2)
        part = split(case)
        EnrolmentApplication.objects.filter(pk=part.pk).update(split_from=None, split_of_submission=None)
        enrolment.run_precheck(application_id=case.id, by=make.handler(case.employer), at=LATER)
        assert case.refresh().recorded_findings.filter(code="participation_floor").exists()


@pytest.mark.django_db
class TestRefused:
    def test_when_the_whole_came_back(self):
        case = returned(5, marked=0)
        with pytest.raises(enrolment.SplitRefused, match="仅标出部分人员"):
            split(case)

    def test_when_everybody_was_marked(self):
        case = returned(3, marked=3)
        assert queries.get_rest(application=case.application) is None

    def test_once_the_list_was_changed(self):
        case = returned(20)
        row = members(case).last()
        enrolment.remove_members(application_id=case.id, member_ids=[row.pk], by=make.handler(case.employer), at=LATER)
        assert queries.get_rest(application=case.refresh()) is None
        with pytest.raises(enrolment.SplitRefused):
            split(case)

    def test_a_second_time(self):
        case = returned(20)
        split(case)
        with pytest.raises(enrolment.SplitRefused):
            split(case)

    @pytest.mark.parametrize("role", ["finance", "viewer", "liaison"])
    def test_by_those_who_do_not_enrol(self, role):
        case = returned(20)
        with pytest.raises(NotPermitted):
            split(case, by=make.handler(case.employer, roles=(role,)))

    def test_by_another_employer(self):
        case = returned(20)
        with pytest.raises(NotPermitted):
            split(case, by=make.handler(make.an_employer()))

    def test_a_proof_that_was_refused_holds_up_whoever_needs_it(self):
        employer = make.an_employer()
        entries = make.people(employer, 20)
        make.insurance_list(employer, entries[:10])
        case = make.application("draft", employer=employer, entries=entries, has_list=False, choices=[("CI25-A", 1)])
        file = make.stored_file(employer, kind="proof")
        by = make.handler(employer)
        enrolment.add_proof_file(application_id=case.id, kind="dispatch_proof", file_id=file.pk, by=by, at=NOON)
        make.advance(case, "first_review")
        slot = ProofSlot.objects.get(application=case.id, kind="dispatch_proof")
        enrolment.judge_proof(
            slot_id=slot.pk, is_accepted=False, reason_code="unclear", reason="看不清", by=make.registrar(), at=NOON
        )
        send_back(case, marked=2, by=make.registrar())
        with pytest.raises(enrolment.SplitRefused, match="未获认可"):
            split(case)
        assert members(case).count() == 20


@pytest.mark.django_db
def test_moving_many_takes_as_many_statements_as_moving_few(django_assert_max_num_queries):
    few, many = returned(20), returned(100)
    with django_assert_max_num_queries(400) as small:
        split(few)
    with django_assert_max_num_queries(400) as large:
        split(many)
    assert len(large) <= len(small) + 2


@pytest.fixture
def drop_constraint(own_database):
    """A wall taken down, as only the owner of the tables can."""
    at = connections["default"].settings_dict

    def drop(table: str, name: str) -> None:
        with psycopg.connect(
            dbname=at["NAME"],
            user=postgres.OWNER,
            host=at["HOST"],
            port=at["PORT"] or None,
            password=at["PASSWORD"] or None,
        ) as owner:
            owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')

    return drop


class TestRace:
    """Two clicks at once. The twin has neither the lock nor the unique row, and makes two applications of the same people."""

    def split_twice(self, monkeypatch) -> tuple[int, list[str]]:
        plans.version("CI25-A")
        case = returned(20)
        meet, ends = threading.Barrier(2), []
        real = splitting._make_part

        def slow(old, **words):
            with suppress(threading.BrokenBarrierError):
                meet.wait(timeout=1.5)  # both have looked, if both are let in
            return real(old, **words)

        monkeypatch.setattr(splitting, "_make_part", slow)

        def run():
            try:
                split(case)
                ends.append("done")
            except Exception as error:
                ends.append(type(error).__name__)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return EnrolmentApplication.objects.filter(split_from=case.id).count(), sorted(ends)

    def test_one_part_is_made(self, own_database, monkeypatch):
        assert self.split_twice(monkeypatch) == (1, ["SplitRefused", "done"])

    def test_twin_without_the_lock_runs_into_the_unique_row(self, own_database, monkeypatch):
        monkeypatch.setattr(splitting, "lock", _read)
        made, ends = self.split_twice(monkeypatch)
        assert (made, ends.count("done")) == (1, 1)
        assert "IntegrityError" in ends

    def test_twin_without_either_makes_two(self, own_database, monkeypatch, drop_constraint):
        drop_constraint("enrolment_enrolmentapplication", "a_submission_is_split_once")
        monkeypatch.setattr(splitting, "lock", _read)
        monkeypatch.setattr(splitting, "MOVED", "SELECT 18, 0")  # nor looks who was moved
        monkeypatch.setattr(splitting, "_send_on", lambda *_, **__: None)
        made, ends = self.split_twice(monkeypatch)
        assert (made, ends) == (2, ["done", "done"])


def _read(application_id: int) -> EnrolmentApplication:
    return EnrolmentApplication.objects.select_related("employer__branch").get(pk=application_id)


@pytest.mark.django_db
def test_the_database_splits_a_submission_once():
    case = returned(20)
    part = split(case)
    with pytest.raises(IntegrityError, match="a_submission_is_split_once"), transaction.atomic():
        EnrolmentApplication.objects.create(
            number="SQ-again",
            employer_id=part.employer_id,
            created_at=NOON,
            created_by_person="x",
            split_from=part.split_from,
            split_of_submission=1,
        )
