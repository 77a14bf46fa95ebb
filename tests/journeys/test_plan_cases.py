"""An example case is judged as the precheck judges a person: what is published on the strength of cases happens to people."""

from __future__ import annotations

import datetime as dt
import tomllib

import pytest

from huzhu.enrolment.models import ApplicationMember, Finding
from huzhu.journeys import plan_cases
from huzhu.plans import operations as plans
from huzhu.plans.rules import CODES, ExampleCase, Verdict, read_case
from huzhu.shared.calendar import SHANGHAI, add_months
from tests.factories import enrolment as make
from tests.factories.plans import version

pytestmark = pytest.mark.django_db

CASES = [
    (figures["code"], read_case(case))
    for figures in tomllib.loads(plans.CATALOGUE.read_text())["plan"]
    for case in figures["cases"]
    # a man is not taken into a women's plan at all; what is closed cannot be chosen any more
    if figures["on_sale"] and "gender_not_eligible" not in case["expected"]["codes"]
]


def precheck(code: str, case: ExampleCase) -> Verdict:
    """The same person on an employer's list, checked on the day on which the case's money arrives."""
    sold, at = version(code), dt.datetime.combine(case.arrival_on, dt.time(12), SHANGHAI)
    employer = make.an_employer()
    entries = make.people(employer, gender=case.gender, born_on=case.born_on, job_category=case.job_category)
    if case.previous_end:
        began = add_months(case.previous_end, -sold.term_months)
        make.cover_of(entries[0], sold, start=began, end=case.previous_end)
    made = make.application(
        employer=employer,
        entries=entries,
        choices=[(code, case.share_count)],
        has_list=False,
        references=case.reference_on,
        at=at,
    )
    found = Finding.objects.filter(member__application=made.application, code__in=CODES)
    codes = tuple(sorted(found.values_list("code", flat=True)))
    if Verdict(codes=codes).is_refused:
        return Verdict(codes=codes)
    member = ApplicationMember.objects.get(application=made.application)
    told = Finding.objects.get(member=member, code__in=["first_enrolment", "renewal", "lapsed"])
    return Verdict(
        codes=codes,
        start=member.planned_start,
        end=member.planned_end,
        cover_class=member.planned_class,
        waiting_days=told.inputs["waiting_days"],
        contribution=member.contribution_amount,
    )


@pytest.mark.parametrize(("code", "case"), CASES, ids=[f"{code} {case.name}" for code, case in CASES])
def test_a_case_comes_as_the_precheck_says(code: str, case: ExampleCase):
    assert plan_cases.judge(version(code), case) == precheck(code, case)


@pytest.mark.parametrize(
    ("figures", "born_on"),
    [
        ({"min_age": 18}, dt.date(2008, 3, 12)),
        ({"min_age": 18}, dt.date(2008, 3, 11)),
        ({"max_age": 40}, dt.date(1985, 3, 11)),
        ({"max_age": 40}, dt.date(1985, 3, 12)),
        ({"renewal_grace_days": 90, "waiting_days_renewal": 7}, dt.date(1990, 1, 1)),
        ({"contribution_amount": 120, "term_months": 24}, dt.date(1990, 1, 1)),
    ],
)
def test_so_it_does_with_other_figures(figures, born_on):
    version("HOSP25", **figures)
    case = read_case(
        {
            "name": "甲",
            "born_on": born_on,
            "gender": "male",
            "job_category": "worker",
            "arrival_on": "2026-03-10",
            "previous_end": "2026-01-10",
            "expected": {},
        }
    )
    assert plan_cases.judge(version("HOSP25"), case) == precheck("HOSP25", case)


def test_a_woman_without_category_is_judged_by_the_later_date():
    case = read_case(
        {"name": "甲", "born_on": "1974-01-01", "gender": "female", "arrival_on": "2026-03-10", "expected": {}}
    )
    assert plan_cases.judge(version("HOSP25"), case).codes == ("category_unknown",) == precheck("HOSP25", case).codes
