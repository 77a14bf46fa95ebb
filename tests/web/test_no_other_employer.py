"""
Nobody's other employer is named: not on any page of the employer's, not in its papers, not in its messages (rulebook §3).

The people of one application hold everything that makes the rules look elsewhere: cover, a rival plan, another name, another
birthday, an unbound policy. The twin lets a wording name the other employer, and the same search finds it.
"""

from __future__ import annotations

import datetime as dt
import io

import pypdf
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.billing.papers import make_slip_pdf
from huzhu.cover.models import PastPolicy, PastPolicyMember
from huzhu.enrolment import wording
from huzhu.enrolment.models import RecordedFinding
from huzhu.enrolment.precheck import RULES
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.notifications.models import Notice, SmsMessage
from tests.factories import billing as money
from tests.factories import enrolment as make
from tests.factories import plans
from tests.factories.employers import MembershipFactory

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
SECRET = "绝密重工集团"
OTHER_NAME = "欧阳别名"
LOOKS_ELSEWHERE = {
    "already_covered", "exclusive_plan", "name_differs", "birth_or_gender_differs", "bound_policy_found", "renewal", "lapsed",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(make.NOON, tick=False):
        yield


def a_case_full_of_others() -> make.Case:
    """One application whose people each meet another rule that looks at other employers' records."""
    employer, other = make.an_employer(headcount=7), make.an_employer(name=SECRET)
    covered, rival, renamed, born_otherwise, bound, renews, lapsed = entries = make.people(employer, 7)
    illness, hospital = plans.version("CI25-A"), plans.version("HOSP25")
    make.cover_of(make.also_at(covered, other), hospital, start=dt.date(2025, 8, 1))
    make.cover_of(make.also_at(rival, other), plans.version("CI25-B"), start=dt.date(2025, 8, 1))
    make.cover_of(make.also_at(renamed, other), illness, start=dt.date(2020, 8, 1), name=OTHER_NAME)
    make.also_at(born_otherwise, other, born_on=dt.date(1991, 1, 1))
    make.cover_of(make.also_at(renews, other), hospital, start=dt.date(2024, 8, 12))
    make.cover_of(make.also_at(lapsed, other), hospital, start=dt.date(2022, 1, 1))
    past = PastPolicy.objects.create(
        number="ZY1", plan_version=hospital, holder_name=SECRET, holder_credit_code="", coverage_start=dt.date(2024, 8, 12),
        coverage_end=make.TOMORROW, recorded_at=make.NOON,
    )  # fmt: skip
    PastPolicyMember.objects.create(
        past_policy=past, name=bound.name, fingerprint=bound.document.fingerprint,
        number_masked=bound.document.number_masked, share_count=1,
    )  # fmt: skip
    return make.application(employer=employer, entries=entries, choices=[("HOSP25", 1), ("CI25-A", 1)])


def said_to_the_employer(case: make.Case) -> dict[str, str]:
    """Everything the employer gets to read about an application, by where it stands."""
    clerk = Client()
    clerk.force_login(MembershipFactory(employer=case.employer, handler=True).user, backend=BACKEND)
    pages = {
        f"employer:{name}": reverse(f"employer:{name}", args=[case.id])
        for name in (
            "wizard-people",
            "wizard-members",
            "wizard-proofs",
            "wizard-dates",
            "wizard-submit",
            "application-arrival",
        )
    }
    pages |= {
        f"application {tab}": f"{reverse('employer:application', args=[case.id])}?tab={tab}"
        for tab in ("people", "plans", "files", "money", "history")
    }
    pages |= {
        f"people {code}": f"{reverse('employer:wizard-members', args=[case.id])}?code={code}"
        for code in LOOKS_ELSEWHERE
    }
    pages |= {
        f"why {member}": reverse("employer:application-why", args=[member])
        for member in case.application.members.values_list("pk", flat=True)
    }
    pages |= {f"roster {entry.pk}": reverse("employer:roster-person", args=[entry.pk]) for entry in case.entries}
    pages["roster"] = reverse("employer:roster")
    said = {}
    for place, address in pages.items():
        answer = clerk.get(address)
        assert answer.status_code == 200, (place, answer.status_code)
        said[place] = answer.content.decode()
    return said


def test_the_case_meets_every_rule_that_looks_elsewhere():
    case = a_case_full_of_others()
    assert set(case.application.findings.values_list("code", flat=True)) >= LOOKS_ELSEWHERE


def test_no_page_of_the_employers_names_another_employer():
    case = a_case_full_of_others()
    for place, text in said_to_the_employer(case).items():
        assert SECRET not in text, place
        assert OTHER_NAME not in text, place
        assert "1991年1月1日" not in text, place


def test_the_twin_a_wording_that_names_it_is_found(monkeypatch):
    case = a_case_full_of_others()
    RecordedFinding.objects.filter(application=case.application, code="already_covered").update(
        inputs={
            "is_own": False,
            "shares": 1,
            "requested": 1,
            "max_shares": 1,
            "until": "2026-08-01",
            "employer": SECRET,
        }
    )

    def naming(inputs):
        return wording.Words(what=f"已在{inputs.get('employer', '别处')}参保", why="原因。", fix="办法。")

    monkeypatch.setitem(wording._WORDS, "already_covered", naming)

    found = [place for place, text in said_to_the_employer(case).items() if SECRET in text]

    assert {"employer:wizard-members", "application people"} <= set(found)


def test_no_finding_carries_another_employer_even_unsaid():
    """What is stored for the employer to read holds neither name nor id of another employer, whatever a wording does with it."""
    case = a_case_full_of_others()
    for finding in case.application.findings.all():
        assert SECRET not in str(finding.inputs), finding.code
        assert not {"employer", "employer_id", "holder", "policy"} & set(finding.inputs), finding.code
        words = wording.words(finding.code, finding.inputs)
        assert SECRET not in "".join(words), finding.code
        if not finding.is_for_reviewers:
            assert OTHER_NAME not in "".join(words), finding.code


def test_no_rule_reads_the_name_of_an_employer():
    for rule in RULES:
        told = " ".join(rule.inputs.values())
        assert "employer" not in told, rule.code


def test_neither_the_form_nor_a_message_names_it():
    employer, other = make.an_employer(headcount=2), make.an_employer(name=SECRET)
    renews, lapsed = entries = make.people(employer, 2)
    make.cover_of(make.also_at(renews, other), plans.version("HOSP25"), start=dt.date(2024, 8, 12))
    make.cover_of(make.also_at(lapsed, other), plans.version("HOSP25"), start=dt.date(2022, 1, 1))
    case = make.application("awaiting_form", employer=employer, entries=entries)
    clerk = Client()
    clerk.force_login(MembershipFactory(employer=employer, handler=True).user, backend=BACKEND)

    answer = clerk.get(reverse("employer:application-form", args=[case.id]))
    pages = pypdf.PdfReader(io.BytesIO(b"".join(answer.streaming_content))).pages
    assert case.application.number in (text := "".join(page.extract_text() for page in pages))
    assert SECRET not in text

    make.advance(case, "second_review")
    money.society_account()
    slip = approve_enrolment(application_id=case.id, by=make.reviewer(), at=make.NOON).slip
    pages = pypdf.PdfReader(io.BytesIO(make_slip_pdf(slip=slip))).pages
    assert slip.number in (text := "".join(page.extract_text() for page in pages))
    assert SECRET not in text
    told = [*SmsMessage.objects.values_list("body", flat=True), *(str(vars(notice)) for notice in Notice.objects.all())]
    assert any("最晚到账日" in text for text in told)
    assert not [text for text in told if SECRET in text]
