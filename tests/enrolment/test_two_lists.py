"""社保 and 省直医保 lists count together: on any of them is on the list, and nobody counts twice (docs/adr/0015)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.papers import get_content
from huzhu.enrolment.wording import words
from huzhu.roster.models import InsuranceRoster, WorkerDocument
from tests.enrolment.test_insurance_reasons import reason
from tests.enrolment.test_precheck import found, recheck
from tests.factories import enrolment as make

pytestmark = pytest.mark.django_db
JULY, AUGUST = dt.date(2025, 7, 1), dt.date(2025, 8, 1)
LATER = make.NOON + dt.timedelta(minutes=5)


def case_of(employer, entries, **more) -> make.Case:
    return make.application(employer=employer, entries=entries, has_list=False, **more)


def used(case: make.Case) -> list[tuple[str, dt.date]]:
    return [(each.kind, each.month) for each in case.refresh().insurance_rosters]


class TestOnAnyList:
    def test_who_is_on_either_is_no_finding(self):
        employer = make.an_employer()
        here, there, nowhere = make.people(employer, 3)
        make.insurance_list(employer, [here])
        make.insurance_list(employer, [there], kind="medical")

        (finding,) = found(case_of(employer, [here, there, nowhere]), "not_on_insurance_list")

        assert finding.member.entry_id == nowhere.pk
        assert (finding.inputs["lists"], finding.rule_version) == (
            [{"kind": "social", "month": "2025-08-01"}, {"kind": "medical", "month": "2025-08-01"}],
            3,
        )
        assert words(finding.code, finding.inputs).what == "不在本单位2025年8月社保、省直医保名单中"

    def test_the_newest_of_each_kind_within_two_months(self):
        employer = make.an_employer()
        here, there = make.people(employer, 2)
        make.insurance_list(employer, [there], month=JULY)
        make.insurance_list(employer, [here])
        make.insurance_list(employer, [here], kind="medical", month=dt.date(2025, 6, 1))
        make.insurance_list(employer, [there], kind="medical", month=JULY)

        case = case_of(employer, [here, there])

        assert used(case) == [("social", AUGUST), ("medical", JULY)]
        assert case.codes() == {}

    def test_lists_of_different_months_are_named_with_their_own(self):
        employer = make.an_employer()
        (nobody,) = make.people(employer)
        make.insurance_list(employer, [])
        make.insurance_list(employer, [], kind="medical", month=JULY)

        (finding,) = found(case_of(employer, [nobody]), "not_on_insurance_list")

        assert words(finding.code, finding.inputs).what == "不在本单位2025年8月社保、2025年7月省直医保名单中"

    def test_findings_of_before_name_their_month(self):
        old = {"month": "2025-08-01", "employment_form": "contract"}

        assert words("not_on_insurance_list", old).what == "不在本单位2025年8月社保/医保名单中"

    @pytest.mark.parametrize("at_list", [0, 1])
    def test_a_reason_on_either_list_counts(self, at_list):
        employer = make.an_employer()
        (missing,) = make.people(employer)
        lists = [make.insurance_list(employer, []), make.insurance_list(employer, [], kind="medical")]
        reason(lists[at_list], "joined", entry=missing)

        assert found(case_of(employer, [missing]), "not_on_insurance_list") == []

    def test_a_proof_given_on_one_list_fills_the_slot(self):
        employer = make.an_employer()
        (missing,) = make.people(employer)
        lists = [make.insurance_list(employer, []), make.insurance_list(employer, [], kind="medical")]
        proof = make.stored_file(employer, kind="proof")
        reason(lists[0], "dispatched", entry=missing)
        reason(lists[1], "dispatched", entry=missing, proof_id=proof.pk)

        case = case_of(employer, [missing])

        assert [file.file_id for file in case.application.proof_slots.get().files.all()] == [proof.pk]


class TestFloor:
    def base(self, employer, entries, *, women: bool = False) -> int:
        choices = [("WCI25", 1)] if women else None
        return found(case_of(employer, entries, choices=choices), "participation_floor")[0].inputs["base"]

    @pytest.mark.parametrize("women", [False, True])
    def test_counts_each_person_once_over_both(self, women):
        employer = make.an_employer(headcount=1000)
        entries = make.people(employer, 12, gender="female")
        make.insurance_list(employer, entries[:8])
        make.insurance_list(employer, entries[5:], kind="medical")

        assert self.base(employer, entries[:2], women=women) == 12

    def test_men_are_no_women(self):
        employer = make.an_employer(headcount=1000)
        women, men = make.people(employer, 7, gender="female"), make.people(employer, 3)
        make.insurance_list(employer, women + men)
        make.insurance_list(employer, men, kind="medical")

        assert self.base(employer, women[:2], women=True) == 7

    def test_one_person_under_two_documents_is_one(self):
        employer = make.an_employer(headcount=1000)
        entries = make.people(employer, 8)
        listed = make.insurance_list(employer, entries)
        other = WorkerDocument.objects.get(pk=entries[0].document_id)
        other.pk, other.fingerprint, other.seal_id = None, uuid.uuid4(), uuid.uuid4()
        other.save()
        line = listed.lines.last()
        line.pk, line.row, line.fingerprint = None, 9, other.fingerprint
        line.save()
        InsuranceRoster.objects.filter(pk=listed.pk).update(rows=9)

        assert self.base(employer, entries[:2]) == 8

    def test_rows_that_name_somebody_again_are_nobody_and_unreadable_ones_somebody(self):
        employer = make.an_employer(headcount=1000)
        entries = make.people(employer, 8)
        listed = make.insurance_list(employer, entries)
        InsuranceRoster.objects.filter(pk=listed.pk).update(rows=13, failed=5, repeated=3)

        assert self.base(employer, entries[:2]) == 10

    def test_who_is_said_to_be_away_on_one_list_is_away_on_both(self):
        employer = make.an_employer(headcount=1000)
        entries = make.people(employer, 10)
        lists = [make.insurance_list(employer, entries), make.insurance_list(employer, entries, kind="medical")]
        entries[9].status, entries[9].left_on = "left", dt.date(2025, 7, 31)
        entries[9].save()
        reason(lists[1], "left", row=10)

        assert self.base(employer, entries[:2]) == 9

    def test_names_the_lists_it_is_taken_from(self):
        employer = make.an_employer(headcount=1000)
        entries = make.people(employer, 8)
        make.insurance_list(employer, entries[:4], kind="medical")
        make.insurance_list(employer, entries)

        (finding,) = found(case_of(employer, entries[:2]), "participation_floor")

        assert "按2025年8月社保、省直医保名单，在职职工8人" in words(finding.code, finding.inputs).why

    def test_the_printed_form_counts_as_the_floor_does(self):
        employer = make.an_employer(headcount=1000)
        entries = make.people(employer, 12)
        make.insurance_list(employer, entries[:8])
        make.insurance_list(employer, entries[5:], kind="medical")
        case = case_of(employer, entries)

        assert get_content(application=case.refresh(), at=make.NOON).in_service_count == 12


class TestChoice:
    def both(self):
        employer = make.an_employer()
        entries = make.people(employer, 2)
        lists = [make.insurance_list(employer, entries), make.insurance_list(employer, [], kind="medical")]
        return case_of(employer, entries), lists

    def set_aside(self, case, listed, *, at=make.NOON):
        by = make.handler(case.employer)
        enrolment.set_aside_insurance_roster(application_id=case.id, insurance_roster_id=listed.pk, by=by, at=at)

    def test_a_list_set_aside_counts_no_more_until_one_of_its_kind_is_uploaded(self):
        case, (_, medical) = self.both()
        self.set_aside(case, medical)
        assert used(recheck(case)) == [("social", AUGUST)]

        make.insurance_list(case.employer, [], kind="medical", month=JULY, at=LATER)

        assert used(recheck(case)) == [("social", AUGUST), ("medical", AUGUST)]

    def test_the_only_one_stays(self):
        case, (social, medical) = self.both()
        self.set_aside(case, medical)

        with pytest.raises(enrolment.InsuranceRosterRefused, match="至少要保留一份"):
            self.set_aside(case, social)

    def test_a_list_that_does_not_count_cannot_be_set_aside(self):
        case, _ = self.both()
        foreign = make.insurance_list(make.an_employer(), [])

        with pytest.raises(enrolment.InsuranceRosterRefused):
            self.set_aside(case, foreign)

    def test_a_later_upload_of_the_month_replaces_the_earlier_of_itself(self):
        case, _ = self.both()

        again = make.insurance_list(case.employer, [], at=LATER)

        assert recheck(case).refresh().insurance_roster == again

    def test_a_list_chosen_of_one_kind_leaves_the_other(self):
        case, _ = self.both()
        july = make.insurance_list(case.employer, case.entries, month=JULY)
        by = make.handler(case.employer)
        enrolment.attach_insurance_roster(application_id=case.id, insurance_roster_id=july.pk, by=by, at=make.NOON)

        assert used(recheck(case)) == [("social", JULY), ("medical", AUGUST)]


@pytest.mark.parametrize("state", ["awaiting_form", "first_review", "second_review", "awaiting_payment"])
@pytest.mark.parametrize("kind", ["social", "medical"])
def test_a_list_uploaded_after_submitting_changes_nothing(state, kind):
    employer = make.an_employer()
    entries = make.people(employer, 2)
    make.insurance_list(employer, entries)
    case = case_of(employer, entries)
    make.advance(case, state)
    before = used(case), case.codes()

    make.insurance_list(employer, [], kind=kind, at=LATER)
    if state in ("first_review", "second_review"):
        by = make.registrar() if state == "first_review" else make.reviewer()
        enrolment.recheck_under_review(application_id=case.id, by=by, at=LATER)

    assert (used(case), case.codes()) == before


def test_the_only_list_of_an_application_from_before_may_be_of_either_kind():
    employer = make.an_employer()
    entries = make.people(employer, 2)
    listed = make.insurance_list(employer, entries[:1], kind="medical")
    case = make.advance(case_of(employer, entries[:1]), "first_review")
    EnrolmentApplication.objects.filter(pk=case.id).update(insurance_roster=listed, medical_roster=None)

    enrolment.recheck_under_review(application_id=case.id, by=make.registrar(), at=make.NOON)

    assert (used(case), case.codes()) == ([("medical", AUGUST)], {})
