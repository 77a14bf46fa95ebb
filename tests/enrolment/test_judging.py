"""Proofs one by one: accepted or refused with the reason; a refused one is filled anew, by something not seen before."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError, ProgrammingError

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions, queries
from huzhu.enrolment.models import ProofVerdict
from huzhu.work import operations as work
from tests.factories import enrolment as make

pytestmark = pytest.mark.django_db


def slot_of(case, kind="in_service_certificate", *, is_needed=True, files=1):
    slot, _ = case.application.proof_slots.get_or_create(kind=kind, defaults={"person_count": 1})
    slot.is_needed = is_needed
    slot.save()
    for _ in range(files):
        file = make.stored_file(case.employer, kind="proof")
        slot.files.create(file_id=file.pk, added_at=make.NOON)
    return slot


def refuse(slot, by=None, **more):
    said = {"reason_code": "unclear", "reason": "第二页看不清，请重拍"} | more
    return enrolment.judge_proof(slot_id=slot.pk, is_accepted=False, by=by or make.registrar(), at=make.NOON, **said)


def accept(slot, by=None, **more):
    return enrolment.judge_proof(slot_id=slot.pk, is_accepted=True, by=by or make.registrar(), at=make.NOON, **more)


@pytest.fixture
def case():
    return make.application("first_review")


def missing_of(case):
    return [each.kind for each in queries.get_missing(application=case.application)]


class TestRefusing:
    def test_says_why_and_stops_the_application_until_something_new_is_there(self, case):
        slot = slot_of(case)
        verdict = refuse(slot)
        slot.refresh_from_db()
        assert slot.is_refused
        assert verdict.file_ids == [slot.files.get().file_id]
        (missing,) = queries.get_missing(application=case.application)
        assert "材料未获认可" in missing.text

    @pytest.mark.parametrize("left_out", [{"reason": " "}, {"reason_code": ""}, {"reason_code": "invented"}])
    def test_needs_a_usual_reason_and_words(self, case, left_out):
        slot = slot_of(case)
        with pytest.raises(enrolment.ReasonNeeded):
            refuse(slot, **left_out)
        assert not ProofVerdict.objects.exists()

    def test_accepting_later_takes_it_back(self, case):
        slot = slot_of(case)
        refuse(slot)
        accept(slot)
        assert missing_of(case) == []
        assert ProofVerdict.objects.count() == 2

    def test_an_empty_slot_is_no_matter_for_reviewers(self, case):
        with pytest.raises(enrolment.NothingToJudge, match="还没有文件"):
            accept(slot_of(case, files=0))
        with pytest.raises(enrolment.NothingToJudge, match="找不到"):
            enrolment.judge_proof(slot_id=0, is_accepted=True, by=make.registrar(), at=make.NOON)

    def test_only_by_who_may_review(self, case):
        slot = slot_of(case)
        for by in (make.handler(case.employer), make.reviewer(), make.cashier()):
            with pytest.raises(permissions.NotPermitted):
                refuse(slot, by=by)
        make.claim(case, by=make.registrar())
        with pytest.raises(work.AlreadyClaimed):
            refuse(slot, by=make.registrar(person="13900000021"))
        assert not ProofVerdict.objects.exists()


class TestFilledAnew:
    @pytest.fixture
    def returned(self, case):
        slot = slot_of(case)
        refuse(slot)
        enrolment.return_for_correction(
            application_id=case.id, reason_codes=[], reason="请重传", by=make.registrar(), at=make.NOON
        )
        case.refresh()
        return case, slot

    def put(self, case, slot, file=None):
        file = file or make.stored_file(case.employer, kind="proof")
        return enrolment.add_proof_file(
            application_id=case.id, kind=slot.kind, file_id=file.pk, by=make.handler(case.employer), at=make.NOON
        )

    def test_a_new_file_opens_the_way_again(self, returned):
        case, slot = returned
        assert missing_of(case) == ["proof_missing"]
        self.put(case, slot)
        assert missing_of(case) == []

    def test_taking_the_new_file_out_closes_it(self, returned):
        case, slot = returned
        proof = self.put(case, slot)
        enrolment.remove_proof_file(
            application_id=case.id, proof_file_id=proof.pk, by=make.handler(case.employer), at=make.NOON
        )
        assert missing_of(case) == ["proof_missing"]

    def test_the_same_file_once_more_is_nothing_new(self, returned):
        case, slot = returned
        old = slot.files.get()
        by = make.handler(case.employer)
        enrolment.remove_proof_file(application_id=case.id, proof_file_id=old.pk, by=by, at=make.NOON)
        enrolment.add_proof_file(application_id=case.id, kind=slot.kind, file_id=old.file_id, by=by, at=make.NOON)
        assert missing_of(case) == ["proof_missing"]


class TestApproval:
    def test_takes_what_was_not_judged_as_accepted(self, case):
        slot = slot_of(case)
        enrolment.approve_first(application_id=case.id, by=make.registrar(), at=make.NOON)
        verdicts = ProofVerdict.objects.filter(slot__application=case.application)
        assert {each.is_accepted for each in verdicts} <= {True}
        assert slot.pk not in {each.slot_id for each in verdicts if not each.slot.is_needed}

    def test_a_floor_accepted_at_its_slot_needs_no_second_reason(self):
        employer = make.an_employer(headcount=10)
        case = make.application(employer=employer, people_count=2, has_list=False)
        by = make.handler(employer)
        for kind in ("participation_note", "insurance_roster"):
            file = make.stored_file(employer, kind="proof")
            enrolment.add_proof_file(application_id=case.id, kind=kind, file_id=file.pk, by=by, at=make.NOON)
        enrolment.submit(application_id=case.id, by=by, at=make.NOON)
        enrolment.send_form(application_id=case.id, file_id=make.stored_file(employer).pk, by=by, at=make.NOON)
        note = case.application.proof_slots.get(kind="participation_note")
        with pytest.raises(enrolment.ReasonNeeded, match="写明理由"):
            accept(note)
        accept(note, reason="新成立单位，其余人员在原单位参保")
        enrolment.approve_first(application_id=case.id, by=make.registrar(), at=make.NOON)

        with pytest.raises(enrolment.ReasonNeeded):  # the second reviewer confirms with a reason of their own
            enrolment.approve_second(application_id=case.id, by=make.reviewer(), at=make.NOON)
        accept(note, by=make.reviewer(), reason="同意初审意见")
        enrolment.approve_second(application_id=case.id, by=make.reviewer(), at=make.NOON)

        said = note.verdicts.values_list("stage", "reason")
        assert list(said) == [(1, "新成立单位，其余人员在原单位参保"), (2, "同意初审意见")]
        rest = case.application.proof_slots.get(kind="insurance_roster").verdicts
        assert list(rest.values_list("stage", "is_accepted")) == [(1, True), (2, True)]


class TestDatabase:
    def row(self, slot, **more):
        return ProofVerdict(
            **{
                "slot": slot,
                "submission": 1,
                "stage": 1,
                "is_accepted": True,
                "reviewer_id": 1,
                "reviewer_person": "13900000099",
                "reviewer_name": "某某",
                "reviewed_at": make.NOON,
            }
            | more
        )

    def test_nobody_accepts_the_proofs_they_handed_in(self, case):
        slot = slot_of(case)
        self.row(slot).save()  # the twin: another person's is kept
        with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
            self.row(slot, reviewer_person=case.application.submitted_by_person).save()

    def test_one_person_does_not_accept_twice_over(self, case):
        slot = slot_of(case)
        self.row(slot).save()
        with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
            self.row(slot, stage=2).save()

    def test_a_verdict_stays(self, case):
        verdict = accept(slot_of(case))
        with pytest.raises((ProgrammingError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE enrolment_proofverdict SET is_accepted = false WHERE id = %s", [verdict.pk])
