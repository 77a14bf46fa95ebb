"""Reviews: claimed, approved, returned with reasons, whole or for marked people."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries
from huzhu.enrolment.models import Review, Submission
from huzhu.notifications.models import SmsMessage
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.work import operations as work
from huzhu.work.queries import get_live
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db


def send_back(case, by=None, reason="第3行身份证照片看不清", **kwargs):
    return enrolment.return_for_correction(
        application_id=case.id,
        reason_codes=kwargs.pop("reason_codes", ["proof_unclear"]),
        reason=reason,
        by=by or make.registrar(),
        at=make.NOON,
        **kwargs,
    )


class TestClaim:
    def test_one_reviewer_at_a_time(self):
        case = make.application("first_review")
        make.claim(case, by=make.registrar())
        other = make.registrar(person="13900000021")
        for attempt in (make.claim, make.hand_back):
            with pytest.raises(work.AlreadyClaimed, match="员工11已认领"):
                attempt(case, by=other)
        with pytest.raises(work.AlreadyClaimed, match="员工11已认领"):
            enrolment.approve_first(application_id=case.id, by=other, at=make.NOON)
        make.claim(case, by=make.registrar())  # once more is harmless
        enrolment.approve_first(application_id=case.id, by=make.registrar(), at=make.NOON)
        assert get_live(case.refresh()) is None  # free for the second review


class TestReturn:
    @pytest.mark.parametrize(("state", "reviewer", "stage"), [
        ("first_review", make.registrar, 1), ("second_review", make.reviewer, 2)])  # fmt: skip
    def test_goes_back_with_reasons_and_the_employer_is_told(self, state, reviewer, stage):
        case = make.application(state)
        send_back(case, by=reviewer())
        assert case.refresh().state == "returned"
        assert (case.application.return_reason, case.application.return_codes) == (
            "第3行身份证照片看不清",
            ["proof_unclear"],
        )
        review = Review.objects.get(application=case.application, is_approved=False)
        assert (review.stage, review.submission, review.reviewer_person) == (stage, 1, reviewer().person)
        message = SmsMessage.objects.get(template="enrolment_returned")
        assert message.mobile == case.employer.handler_mobile
        assert case.application.number in message.body
        assert "看不清" in message.body

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_needs_a_reason_in_words(self, reason):
        case = make.application("first_review")
        with pytest.raises(enrolment.ReasonNeeded, match="写明退回原因"):
            send_back(case, reason=reason)
        assert case.refresh().state == "first_review"

    def test_may_mark_the_people_it_is_about(self):
        case = make.application("first_review", people_count=3)
        other = make.application("first_review")
        marked = case.application.members.first().pk
        send_back(case, member_ids=[marked, other.application.members.first().pk])
        review = case.application.reviews.get()
        assert review.member_ids == [marked]  # another application's people are no concern of this one

    def test_the_corrected_application_is_reviewed_anew_and_told_again(self):
        case = make.application("second_review")
        send_back(case, by=make.reviewer())
        assert case.refresh().first_reviewed_by_person == ""
        case.application.refresh_from_db()
        by = make.handler(case.employer)
        enrolment.submit(application_id=case.id, by=by, at=make.NOON)
        file = make.stored_file(case.employer)
        enrolment.send_form(application_id=case.id, file_id=file.pk, by=by, at=make.NOON)
        assert case.refresh().return_reason == ""
        send_back(case)
        assert SmsMessage.objects.filter(template="enrolment_returned").count() == 2
        assert list(case.application.reviews.values_list("submission", "stage", "is_approved")) == [
            (1, 1, True),
            (1, 2, False),
            (2, 1, False),
        ]


class TestApproval:
    def test_what_blocks_by_now_stops_it_and_is_kept(self):
        case = make.application("first_review")
        make.cover_of(
            make.also_at(case.entries[0], make.an_employer()), plans.version("HOSP25"), start=dt.date(2025, 8, 1)
        )
        with pytest.raises(enrolment.StillBlocked, match="已参保") as refusal:
            enrolment.approve_first(application_id=case.id, by=make.registrar(), at=make.NOON)
        assert [each.code for each in refusal.value.missing] == ["already_covered"]
        assert case.refresh().state == "first_review"
        assert case.codes() == {"already_covered": 1}
        assert case.application.reviews.count() == 0

    def test_a_floor_not_met_is_accepted_and_confirmed_with_reasons(self):
        employer = make.an_employer(headcount=10)
        case = make.application(employer=employer, people_count=2, has_list=False)
        by = make.handler(employer)
        for kind in ("participation_note", "insurance_roster"):
            file = make.stored_file(employer, kind="proof")
            enrolment.add_proof_file(application_id=case.id, kind=kind, file_id=file.pk, by=by, at=make.NOON)
        make.advance(case, "first_review")
        with pytest.raises(enrolment.ReasonNeeded, match="参保比例不足"):
            enrolment.approve_first(application_id=case.id, by=make.registrar(), at=make.NOON)
        enrolment.approve_first(
            application_id=case.id, by=make.registrar(), at=make.NOON, reason="新设单位，其余人员下月参保"
        )
        with pytest.raises(enrolment.ReasonNeeded):
            enrolment.approve_second(application_id=case.id, by=make.reviewer(), at=make.NOON)
        enrolment.approve_second(application_id=case.id, by=make.reviewer(), at=make.NOON, reason="同意初审意见")
        assert list(case.application.reviews.values_list("reason", flat=True)) == [
            "新设单位，其余人员下月参保",
            "同意初审意见",
        ]

    def test_out_of_turn_is_refused(self):
        case = make.application("first_review")
        with pytest.raises(TransitionNotAllowed):
            enrolment.approve_second(application_id=case.id, by=make.reviewer(), at=make.NOON)


@pytest.mark.parametrize("model", [Review, Submission])
def test_verdicts_and_submissions_are_never_changed(model):
    case = make.application("second_review")
    row = model.objects.get(application=case.application)
    with pytest.raises(ProgrammingError), transaction.atomic():
        model.objects.filter(pk=row.pk).update(application_id=case.id)
    with pytest.raises(ProgrammingError), transaction.atomic():
        row.delete()


def test_a_return_without_reason_is_refused_by_the_database_too():
    case = make.application("first_review")
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            application=case.application,
            submission=1,
            stage=1,
            is_approved=False,
            reviewer_id=1,
            reviewer_person="1",
            reviewer_name="员工",
            reviewed_at=make.NOON,
        )


class TestWorkList:
    def test_each_sees_what_waits_for_them_oldest_first(self):
        newer = make.application("first_review", at=make.NOON + dt.timedelta(hours=1))
        older = make.application("first_review")
        waiting = make.application("second_review")
        assert [each.pk for each in queries.get_work_list(actor=make.registrar(), stage=1)] == [older.id, newer.id]
        assert [each.pk for each in queries.get_work_list(actor=make.reviewer(), stage=2)] == [waiting.id]
        assert not queries.get_work_list(actor=make.registrar(), stage=2)
        assert not queries.get_work_list(actor=make.reviewer(), stage=1)

    def test_not_what_the_same_person_has_done(self):
        case = make.application("second_review")
        assert not queries.get_work_list(actor=make.reviewer(person=make.registrar().person), stage=2)
        assert not queries.get_work_list(actor=make.reviewer(person=make.handler(case.employer).person), stage=2)

    def test_ones_own_are_marked(self):
        case = make.application("first_review")
        make.application("first_review")
        make.claim(case, by=make.registrar())
        mine = {each.pk: each.is_mine for each in queries.get_work_list(actor=make.registrar(), stage=1)}
        assert mine[case.id] is True
        assert list(mine.values()).count(True) == 1


class TestDifference:
    def test_a_first_submission_has_nothing_to_compare_with(self):
        case = make.application("first_review")
        assert queries.get_diff_to_last_submission(application=case.application).since is None

    def test_the_reviewer_sees_what_changed_since_the_last_submission(self):
        employer = make.an_employer()
        entries = make.people(employer, 4, job_category="worker")
        case = self.returned_and_corrected(employer, entries)
        difference = queries.get_diff_to_last_submission(application=case.application)
        assert difference.since == 1
        kinds = {(person.kind, person.name) for person in difference.people}
        assert kinds == {("removed", entries[0].name), ("changed", "王改名"), ("added", entries[3].name)}
        assert difference.people_count == 3
        assert [plan[1:] for plan in difference.plans] == [
            ("每人1份，业务参考日期未设置", "每人1份，业务参考日期2025-09-01")
        ]

    def returned_and_corrected(self, employer, entries):
        make.insurance_list(employer, entries[:3])
        case = make.application("first_review", employer=employer, entries=entries[:3], has_list=False)
        send_back(case)
        by, at = make.handler(employer), make.NOON
        gone = case.application.members.get(entry=entries[0])
        enrolment.remove_members(application_id=case.id, member_ids=[gone.pk], by=by, at=at)
        entries[1].name = "王改名"
        entries[1].save()
        enrolment.add_from_roster(application_id=case.id, entry_ids=[entries[3].pk], by=by, at=at)
        self.list_everybody(employer, entries)
        dates = {case.application.plans.get().pk: dt.date(2025, 9, 1)}
        enrolment.set_reference_dates(application_id=case.id, dates=dates, by=by, at=at)
        enrolment.submit(application_id=case.id, by=by, at=at)
        file = make.stored_file(employer)
        enrolment.send_form(application_id=case.id, file_id=file.pk, by=by, at=at)
        case.refresh()
        return case

    def list_everybody(self, employer, entries):
        roster = employer.insurance_rosters.get()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO roster_insurancerosterline (roster_id, row, fingerprint, number_masked, name) "
                "VALUES (%s, 9, %s, '', '')",
                [roster.pk, entries[3].document.fingerprint],
            )
            cursor.execute(
                "DELETE FROM roster_insurancerosterline WHERE fingerprint = %s", [entries[0].document.fingerprint]
            )
