"""为什么: what it says of everybody agrees with the findings, before and after submitting."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import rule_words
from huzhu.enrolment.models import RecordedFinding
from huzhu.enrolment.precheck import explaining, registry
from huzhu.roster.models import RosterEntry
from tests.factories import enrolment as make
from tests.factories import plans, varied

pytestmark = pytest.mark.django_db


def explain(case: make.Case, worker_id: int, day: dt.date = make.TODAY) -> explaining.Explanation:
    return explaining.explain(application=case.refresh(), worker_id=worker_id, day=day)


def struck(explanation: explaining.Explanation) -> Counter[str]:
    return Counter(
        repr((line.member_id, line.application_plan_id, line.rule.code, line.rule.severity.value, line.rule.version, line.inputs))
        for line in explanation.lines
        if line.is_struck
    )  # fmt: skip


def found(case: make.Case, worker_id: int) -> Counter[str]:
    fields = ("member_id", "application_plan_id", "code", "severity", "rule_version", "inputs")
    about = case.application.findings.filter(member__worker_id=worker_id)
    general = case.application.findings.filter(member__isnull=True)
    return Counter(repr(row) for rows in (about, general) for row in rows.values_list(*fields))


def test_it_agrees_with_the_findings_about_everybody_of_a_draft():
    case = varied.application(blocks=True)
    for entry in case.entries:
        explanation = explain(case, entry.worker_id)
        assert struck(explanation) == found(case, entry.worker_id), entry.name
        assert explanation.is_as_found


def test_every_rule_is_told_once_for_each_plan():
    case = varied.application(blocks=True)
    lines = explain(case, case.entries[0].worker_id).lines
    told = Counter((line.rule.code, line.application_plan_id) for line in lines)
    asked = [plan.pk for plan in case.application.plans.all()]
    expected = {
        (rule.code, plan)
        for rule in registry.RULES
        if rule.facts != registry.GIFT  # told once for each campaign chosen (test_gifts)
        for plan in ([None] if rule.facts == registry.APPLICATION else asked)
    }
    assert told == Counter(expected)


def test_after_a_refused_submission_it_says_what_that_found():
    case = varied.application()
    with pytest.raises(enrolment.SubmitRefused):
        enrolment.submit(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
    unknown = next(entry for entry in case.entries if not entry.job_category)
    explanation = explain(case, unknown.worker_id)
    assert {line.rule.code for line in explanation.lines if line.is_struck} >= {"category_unknown", "over_age"}
    assert struck(explanation) == found(case, unknown.worker_id)


class TestSubmitted:
    @pytest.fixture
    def case(self) -> make.Case:
        return make.advance(varied.prove(varied.application()), "awaiting_form")

    def test_it_agrees_about_everybody_and_says_what_was_judged_then(self, case):
        before = {entry.worker_id: found(case, entry.worker_id) for entry in case.entries}
        RosterEntry.objects.filter(employer=case.employer).update(born_on=dt.date(1940, 1, 1))
        other = make.an_employer()
        for entry in case.entries:
            if not Cover.objects.filter(worker=entry.worker, coverage_end__gt=make.TODAY).exists():
                make.cover_of(make.also_at(entry, other), plans.version("HOSP25"), start=make.TODAY)
        for worker_id, findings in before.items():
            explanation = explain(case, worker_id, day=make.TODAY + dt.timedelta(days=300))
            assert struck(explanation) == findings
            assert explanation.judged_on == make.TODAY
            assert explanation.has_facts

    def test_it_holds_inputs_of_rules_that_passed(self, case):
        lines = explain(case, case.entries[0].worker_id).lines
        passed = {line.rule.code: line.inputs for line in lines if not line.is_struck}
        assert passed["over_age"]["start"] == "2025-08-12"
        assert passed["already_covered"]["requested"] == 1

    def test_from_before_facts_were_kept_only_findings_are_known(self, case, monkeypatch):
        monkeypatch.setattr(explaining, "is_standing", lambda judgement: False)
        old = next(entry for entry in case.entries if entry.born_on.year == 1964)
        explanation = explain(case, old.worker_id)
        assert not explanation.has_facts
        assert struck(explanation) == found(case, old.worker_id)


def test_what_has_changed_since_the_check_is_told():
    case = make.application(people_count=1)
    (entry,) = case.entries
    assert explain(case, entry.worker_id).is_as_found
    make.cover_of(make.also_at(entry, make.an_employer()), plans.version("HOSP25"), start=make.TODAY)
    assert not explain(case, entry.worker_id).is_as_found


def test_the_twin_a_finding_written_by_other_hands_does_not_agree():
    case = varied.application(blocks=True)
    finding = RecordedFinding.objects.filter(application=case.application, member__isnull=False).first()
    RecordedFinding.objects.filter(pk=finding.pk).update(inputs={})
    assert not explain(case, finding.member.worker_id).is_as_found


@pytest.mark.parametrize("state", ["draft", "awaiting_form"])
def test_the_statements_do_not_grow_with_the_people(state):
    counts = []
    for plain in (4, 60):
        case = varied.prove(varied.application(plain=plain))
        make.advance(case, state) if state != "draft" else None
        with CaptureQueriesContext(connection) as queries:
            explain(case, case.entries[0].worker_id)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_every_rule_and_every_input_has_words():
    rules = [*registry.FORMER, *registry.RULES]
    assert {rule.code for rule in rules} == set(rule_words.WORDS)
    assert {name for rule in rules for name in rule.inputs} <= set(rule_words.INPUTS)
    assert {name for words in rule_words.WORDS.values() for name in words.also} <= set(rule_words.INPUTS)


def test_every_input_of_everybody_can_be_told():
    case = varied.application(blocks=True)
    for entry in case.entries:
        for line in explain(case, entry.worker_id).lines:
            told = rule_words.tell_inputs(line.rule.code, line.inputs, line.facts)
            assert len(told) >= len(line.inputs)
            assert all(label and value for label, value in told), (line.rule.code, told)
