"""Submit, form, recall, delete: what is refused, and that the refusal names everything."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries
from huzhu.enrolment.permissions import NotPermitted
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db


def submit(case, at=make.NOON):
    return enrolment.submit(application_id=case.id, by=make.handler(case.employer), at=at)


def refused(case, at=make.NOON):
    with pytest.raises(enrolment.SubmitRefused) as refusal:
        submit(case, at=at)
    assert case.refresh().state == "draft"
    assert case.application.form_code == ""
    return refusal.value.missing


class TestRefusals:
    def test_no_plan(self):
        employer = make.an_employer()
        application = enrolment.create_draft(employer_id=employer.pk, by=make.handler(employer), at=make.NOON)
        missing = refused(make.Case(application=application, employer=employer, entries=[], versions=[]))
        assert [each.kind for each in missing] == ["no_plans"]

    def test_nobody_enrolled_names_the_plan(self):
        missing = refused(make.application(people_count=0))
        assert [(each.kind, each.step) for each in missing if each.kind == "nobody_enrolled"] == [
            ("nobody_enrolled", "people")
        ]
        assert "住院医保补充保障计划" in missing[0].text

    def test_blocking_findings_by_rule_with_their_number(self):
        employer = make.an_employer()
        entries = make.people(employer, 2, is_valid=False) + make.people(employer, name="王2")
        missing = refused(make.application(employer=employer, entries=entries))
        assert [(each.kind, each.code, each.count) for each in missing] == [
            ("blocking", "id_invalid", 2),
            ("blocking", "name_invalid", 1),
        ]
        assert "2人次不可参保：证件号码有误" in missing[0].text

    def test_empty_proof_slots_until_a_file_is_there(self):
        employer = make.an_employer()
        case = make.application(employer=employer, has_list=False)
        assert [(each.kind, each.code) for each in refused(case)] == [("proof_missing", "insurance_roster")]
        file, by = make.stored_file(employer, kind="proof"), make.handler(employer)
        proof = enrolment.add_proof_file(
            application_id=case.id, kind="insurance_roster", file_id=file.pk, by=by, at=make.NOON
        )
        enrolment.remove_proof_file(application_id=case.id, proof_file_id=proof.pk, by=by, at=make.NOON)
        assert [each.kind for each in refused(case)] == ["proof_missing"]
        enrolment.add_proof_file(application_id=case.id, kind="insurance_roster", file_id=file.pk, by=by, at=make.NOON)
        submit(case)
        assert case.refresh().state == "awaiting_form"

    def test_a_reference_date_is_judged_on_the_day_of_submitting(self):
        case = make.application(references=dt.date(2025, 8, 13))
        missing = refused(case, at=make.NOON + dt.timedelta(days=2))
        assert [(each.kind, each.step) for each in missing] == [("reference_date", "dates")]
        submit(case, at=make.NOON + dt.timedelta(days=1))

    def test_everything_at_once(self):
        employer = make.an_employer()
        entries = make.people(employer, 1, is_valid=False)
        case = make.application(employer=employer, entries=entries, has_list=False, references=dt.date(2025, 8, 12))
        kinds = [each.kind for each in refused(case, at=make.NOON + dt.timedelta(days=1))]
        assert kinds == ["blocking", "proof_missing", "reference_date"]

    def test_what_came_up_since_the_last_check_is_found(self):
        case = make.application()
        make.cover_of(
            make.also_at(case.entries[0], make.an_employer()), plans.version("HOSP25"), start=dt.date(2025, 8, 1)
        )
        assert [each.code for each in refused(case)] == ["already_covered"]
        assert queries.get_missing(application=case.application)[0].code == "already_covered"


class TestForm:
    def test_each_submission_has_a_code_of_its_own_and_editing_voids_it(self):
        case = make.application("awaiting_form")
        first = case.application.form_code
        by = make.handler(case.employer)
        enrolment.edit(application_id=case.id, by=by, at=make.NOON)
        assert (case.refresh().form_code, case.application.state) == ("", "draft")
        submit(case)
        assert len(case.refresh().form_code) == 16
        assert case.application.form_code != first
        assert case.application.submission_count == 2

    def test_somebody_elses_file_is_refused(self):
        case = make.application("awaiting_form")
        by = make.handler(case.employer)
        for file_id in (uuid.uuid4(), make.stored_file(make.an_employer()).pk):
            with pytest.raises(enrolment.FileUnknown, match="重新上传"):
                enrolment.send_form(application_id=case.id, file_id=file_id, by=by, at=make.NOON)
        assert case.refresh().state == "awaiting_form"

    def test_the_photo_is_kept(self):
        case = make.application("awaiting_form")
        file = make.stored_file(case.employer)
        enrolment.send_form(application_id=case.id, file_id=file.pk, by=make.handler(case.employer), at=make.NOON)
        assert case.refresh().sealed_form_id == file.pk


class TestRecall:
    def test_until_a_reviewer_has_claimed_it(self):
        case = make.application("first_review")
        by = make.handler(case.employer)
        make.claim(case, by=make.registrar())
        with pytest.raises(NotPermitted, match="已开始审核"):
            enrolment.recall(application_id=case.id, by=by, at=make.NOON)
        make.hand_back(case, by=make.registrar())
        enrolment.recall(application_id=case.id, by=by, at=make.NOON)
        assert (case.refresh().state, case.application.return_reason) == ("returned", "单位自行撤回")
        submit(case)

    def test_not_in_the_second_review(self):
        case = make.application("second_review")
        with pytest.raises(TransitionNotAllowed):
            enrolment.recall(application_id=case.id, by=make.handler(case.employer), at=make.NOON)


@pytest.mark.parametrize(("state", "works"), [("draft", True), ("awaiting_form", True), ("first_review", False)])
def test_deleting_before_the_review(state, works):
    case = make.application(state)
    by = make.handler(case.employer)
    if works:
        enrolment.delete(application_id=case.id, by=by, at=make.NOON)
        assert case.refresh().state == "deleted"
    else:
        with pytest.raises(TransitionNotAllowed, match="最新状态"):
            enrolment.delete(application_id=case.id, by=by, at=make.NOON)


def test_pressing_submit_twice_submits_once():
    case = make.application()
    submit(case)
    with pytest.raises(TransitionNotAllowed):
        submit(case)
    assert case.refresh().submission_count == 1
    assert case.application.submissions.count() == 1
