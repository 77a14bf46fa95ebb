"""Reasons given for differences from the month's list: who is no finding, whose proof is there already, who counts in the floor."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.enrolment.models import ProofFile
from huzhu.roster.models import DifferenceReason, InsuranceRoster, RosterEntry
from huzhu.shared.calendar import add_months
from tests.enrolment.test_precheck import found, recheck
from tests.factories import enrolment as make
from tests.factories.employers import MembershipFactory

pytestmark = pytest.mark.django_db
AUGUST = dt.date(2025, 8, 1)


def reason(listed: InsuranceRoster, code: str, *, entry: RosterEntry | None = None, row: int | None = None, **more):
    line = listed.lines.get(row=row) if row else None
    given = {"words": "说明" if code == "other" else "", "first_month": listed.month, "given_at": make.NOON, **more}
    return DifferenceReason.objects.create(roster=listed, entry=entry, line=line, code=code, **given)


def one_missing(*, employment_form: str = "contract", month: dt.date = AUGUST):
    """An application for two people, of whom the list knows one."""
    employer = make.an_employer()
    listed, missing = make.people(employer, 2, employment_form=employment_form)
    month_list = make.insurance_list(employer, [listed], month=month)
    return make.application(employer=employer, entries=[listed, missing], has_list=False), month_list, missing


class TestFinding:
    @pytest.mark.parametrize(
        ("code", "is_found"),
        [("joined", False), ("dispatched", True), ("other", True), ("retired", True), ("left", True)],
    )
    def test_only_newcomers_need_no_proof(self, code, is_found):
        case, listed, missing = one_missing()
        reason(listed, code, entry=missing)

        findings = found(recheck(case), "not_on_insurance_list")

        assert [finding.member.entry_id for finding in findings] == ([missing.pk] if is_found else [])

    @pytest.mark.parametrize(("months", "is_found"), [(0, False), (-1, False), (-2, True)])
    def test_a_newcomer_is_one_for_two_months(self, months, is_found):
        case, listed, missing = one_missing()
        reason(listed, "joined", entry=missing, first_month=add_months(AUGUST, months))

        assert bool(found(recheck(case), "not_on_insurance_list")) is is_found

    def test_a_reason_on_another_list_is_none(self):
        case, listed, missing = one_missing()
        other = make.insurance_list(case.employer, [], month=add_months(listed.month, -1))
        reason(other, "joined", entry=missing)

        assert found(recheck(case), "not_on_insurance_list")

    def test_the_words_follow_the_reason(self):
        case, listed, missing = one_missing()
        reason(listed, "dispatched", entry=missing)

        (finding,) = found(recheck(case), "not_on_insurance_list")

        assert (finding.inputs["employment_form"], finding.rule_version) == ("dispatched", 3)


class TestProofs:
    def test_a_proof_uploaded_with_the_reason_fills_the_slot_once(self):
        case, listed, missing = one_missing()
        proof = make.stored_file(case.employer, kind="proof")
        reason(listed, "dispatched", entry=missing, proof_id=proof.pk)

        recheck(recheck(case))

        (file,) = ProofFile.objects.filter(slot__application=case.id)
        assert (file.file_id, file.slot.kind, file.slot.is_needed) == (proof.pk, "dispatch_proof", True)

    def test_not_while_somebody_else_has_none(self):
        case, listed, missing = one_missing()
        (another,) = make.people(case.employer)
        case = make.application(employer=case.employer, entries=[missing, another], has_list=False)
        proof = make.stored_file(case.employer, kind="proof")
        reason(listed, "dispatched", entry=missing, proof_id=proof.pk)
        reason(listed, "dispatched", entry=another)

        recheck(case)

        assert not ProofFile.objects.exists()


class TestFloor:
    """Ten on the list; the base is ten unless some of them are said to be away."""

    def base(self, code: str, *, is_on_roster: bool = False) -> int:
        employer = make.an_employer(headcount=1000)
        entries = make.people(employer, 10)
        listed = make.insurance_list(employer, entries)
        away = entries[9]
        if not is_on_roster:
            away.status, away.left_on = "left", dt.date(2025, 7, 31)
            away.save()
        reason(listed, code, row=10)
        case = make.application(employer=employer, entries=entries[:2], has_list=False)
        return found(case, "participation_floor")[0].inputs["base"]

    @pytest.mark.parametrize(
        ("code", "base"), [("retired", 9), ("left", 9), ("dispatched", 9), ("joined", 10), ("other", 10)]
    )
    def test_who_is_away_is_no_part_of_the_base(self, code, base):
        assert self.base(code) == base

    def test_unless_the_roster_has_the_person_after_all(self):
        assert self.base("left", is_on_roster=True) == 10

    @pytest.mark.parametrize(
        ("number", "is_away", "base"),
        [("440106********0020", False, 6), ("440106********0020", True, 5), ("440106********0010", False, 5)],
    )
    def test_a_woman_unknown_to_anybody_is_told_by_her_number(self, number, is_away, base):
        employer = make.an_employer(headcount=1000)
        entries = make.people(employer, 5, gender="female")
        listed = make.insurance_list(employer, entries)
        line = listed.lines.last()
        line.pk, line.row, line.number_masked = None, 6, number
        line.fingerprint = "00000000-0000-0000-0000-000000000009"
        line.save()
        InsuranceRoster.objects.filter(pk=listed.pk).update(rows=6)
        if is_away:
            reason(listed, "left", row=6)

        case = make.application(employer=employer, entries=entries[:2], choices=[("WCI25", 1)], has_list=False)

        assert found(case, "participation_floor")[0].inputs["base"] == base


def test_the_wizard_checks_anew_after_a_reason_was_given(monkeypatch):
    case, listed, missing = one_missing()
    membership = MembershipFactory(employer=case.employer, handler=True)
    client = Client()
    client.force_login(membership.user, backend="django.contrib.auth.backends.ModelBackend")
    monkeypatch.setattr("django.utils.timezone.now", lambda: make.NOON + dt.timedelta(minutes=2))
    reason(listed, "joined", entry=missing)
    InsuranceRoster.objects.filter(pk=listed.pk).update(explained_at=make.NOON + dt.timedelta(minutes=1))

    client.get(reverse("employer:wizard-members", args=[case.id]))

    assert found(case, "not_on_insurance_list") == []
