"""The employer's precheck and the reviewer's check are one run of the same code, and compare equal row for row (rulebook §3)."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

import pytest

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import precheck, queries
from huzhu.enrolment.operations import reviewing, submitting
from tests.factories import enrolment as make
from tests.factories import plans, varied

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def found(case: make.Case) -> Counter[tuple]:
    """Everything found: person, plan, code, severity, version, inputs, and whom it may be shown to."""
    fields = (
        *("member_id", "member__worker_id", "application_plan_id", "code", "severity", "rule_version", "proof_kind"),
        *("inputs", "is_for_reviewers"),
    )
    return Counter(map(repr, case.application.findings.values_list(*fields)))


def as_employer(case: make.Case, *, at: dt.datetime = make.NOON, is_final: bool = True) -> Counter[tuple]:
    precheck.check(application_id=case.id, at=at, is_final=is_final, refreshes=True)
    return found(case)


def as_reviewer(case: make.Case, *, at: dt.datetime = make.NOON, is_final: bool = True) -> Counter[tuple]:
    precheck.check(application_id=case.id, at=at, is_final=is_final, refreshes=False)
    return found(case)


def test_the_last_check_of_submitting_and_that_of_the_review_are_equal():
    case = make.advance(varied.prove(varied.application()), "awaiting_form")
    submitted = found(case)
    make.advance(case, "first_review")

    enrolment.recheck_under_review(application_id=case.id, by=make.registrar(), at=make.NOON)

    assert found(case) == submitted
    employers, reviewers = case.application.judgements.all()
    assert (employers.occasion, reviewers.occasion) == ("submit", "first_review")
    assert employers.parameters == reviewers.parameters
    assert employers.rule_versions == reviewers.rule_versions


def test_both_doors_open_on_the_same_function():
    assert submitting.check is reviewing.check is precheck.check


@pytest.mark.parametrize("references", [None, make.TODAY + 20 * DAY], ids=["no date", "a reference date"])
def test_a_list_that_meets_every_rule(references):
    case = varied.application(blocks=True, references=references)
    codes = set(case.application.findings.values_list("code", flat=True))
    assert codes >= varied.BLOCKS - ({"already_covered"} if references else set())
    assert as_employer(case) == as_reviewer(case)


def any_list(seed: int) -> make.Case:
    """People by the throw of dice: age, gender, category, document, name, list, cover here and elsewhere, two plans."""
    dice = random.Random(seed)
    employer, other = make.an_employer(headcount=dice.randrange(1, 60)), make.an_employer()
    entries, listed = [], []
    for _ in range(25):
        gender = dice.choice(["male", "female"])
        (entry,) = make.people(
            employer,
            gender=gender,
            born_on=dt.date(dice.randrange(1955, 2011), dice.randrange(1, 13), dice.randrange(1, 29)),
            is_valid=dice.random() > 0.1,
            job_category=dice.choice(["worker", "management", "technical", ""]),
            employment_form=dice.choice(["contract", "dispatched"]),
            **(
                {"name": dice.choice(["王2", "李明(大)", "李双"]), "mobile": "13766660000"}
                if dice.random() < 0.2
                else {}
            ),
        )
        entries.append(entry)
        if dice.random() < 0.8:
            listed.append(entry)
        if dice.random() < 0.5:
            held = plans.version(dice.choice(["HOSP25", "CI25-A", "CI25-B"]))
            start = make.TODAY - dt.timedelta(days=dice.randrange(0, 800))
            place = entry if dice.random() < 0.5 else make.also_at(entry, other, born_on=dt.date(1980, 1, 1))
            make.cover_of(place, held, start=start, name=dice.choice([None, "欧阳别名"]))
    if dice.random() < 0.8:
        make.insurance_list(employer, listed)
    references = dice.choice([None, make.TODAY + dt.timedelta(days=dice.randrange(2, 60))])
    return make.application(
        employer=employer, entries=entries, choices=varied.CHOICES, has_list=False, references=references
    )


@pytest.mark.parametrize("seed", range(4))
def test_any_list_is_judged_alike(seed):
    case = any_list(seed)
    employers = as_employer(case)
    assert as_reviewer(case) == employers
    assert as_employer(case) == employers  # and judging twice changes nothing
    shown = {row.member.pk: {each.code for each in row.findings} for row in rows(case, for_reviewers=False)}
    for row in rows(case, for_reviewers=True):
        only_reviewers = {each.code for each in row.findings} - shown[row.member.pk]
        assert only_reviewers <= {"name_differs", "birth_or_gender_differs"}


def rows(case: make.Case, *, for_reviewers: bool) -> list[queries.MemberRow]:
    return queries.get_member_rows(application_id=case.id, limit=200, for_reviewers=for_reviewers).rows


OTHERWISE = {
    "another day": {"at": make.NOON + 40 * DAY},
    "not final": {"is_final": False},
}


@pytest.mark.parametrize("otherwise", OTHERWISE.values(), ids=OTHERWISE)
def test_the_twin_another_day_or_flag_is_another_result(otherwise):
    case = varied.application(blocks=True)
    assert as_employer(case) != as_reviewer(case, **otherwise)
