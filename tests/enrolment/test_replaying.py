"""按提交时规则重演: an old application is judged by its own facts and its own rules, and comes out as it did."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import ApplicationMember, JudgedPart, Judgement, RecordedFinding
from huzhu.enrolment.precheck import freezing, funding, gathering, registry, replaying
from huzhu.enrolment.precheck.facts import PLAN_FACTS
from huzhu.enrolment.precheck.registry import PLAN
from huzhu.plans import operations as plan_operations
from huzhu.roster.models import RosterEntry
from huzhu.shared.seals import SealBroken
from tests.factories import enrolment as make
from tests.factories import plans, varied
from tests.factories.accounts import StaffPostFactory, office_actor

pytestmark = pytest.mark.django_db
LATER = make.NOON + dt.timedelta(days=400)


def submitted() -> make.Case:
    return make.advance(varied.prove(varied.application()), "awaiting_form")


def change_the_world(case: make.Case, monkeypatch) -> None:
    """A year later everything is different: plans, roster, cover, and a rule."""
    by, second = [office_actor(StaffPostFactory(branch=make.province(), product_manager=True)) for _ in range(2)]
    plans.published(
        "HOSP25", by=by, second=second, at=make.NOON, valid_from=make.TOMORROW, contribution_amount=Decimal(120),
        cases=plans.priced(plans.version("HOSP25").cases, 120),
    )  # fmt: skip
    plan_operations.close(version_id=plans.version("CI25-A").pk, reason="停办", by=by, at=make.NOON)
    RosterEntry.objects.filter(employer=case.employer).update(
        status="left", left_on=make.TODAY, born_on=dt.date(1940, 1, 1)
    )
    other = make.an_employer()
    for entry in case.entries:
        if not Cover.objects.filter(worker=entry.worker, coverage_end__gt=make.TODAY).exists():
            make.cover_of(make.also_at(entry, other), plans.version("HOSP25"), start=make.TODAY)
    today = registry.RULES
    raised = tuple(
        dataclasses.replace(rule, version=rule.version + 1, condition="true") if rule.code == "over_age" else rule
        for rule in today
    )
    monkeypatch.setattr(registry, "FORMER", tuple(rule for rule in today if rule.code == "over_age"))
    monkeypatch.setattr(registry, "RULES", raised)


def stored(case: make.Case) -> list[tuple]:
    fields = ("member_id", "application_plan_id", "code", "severity", "rule_version", "inputs", "is_for_reviewers")
    return sorted(case.application.findings.values_list(*fields), key=str)


def test_the_list_meets_the_rules_it_says():
    case = submitted()
    codes = set(case.application.findings.values_list("code", flat=True))
    assert codes >= varied.PROOFS_AND_HINTS | {"participation_floor", "first_enrolment", "renewal", "lapsed"}


def test_an_old_application_comes_out_as_it_did(monkeypatch):
    case = submitted()
    before = stored(case)
    change_the_world(case, monkeypatch)

    replayed = replaying.replay(judgement=case.application.judgements.get())

    assert stored(case) == before
    assert replayed.is_equal, replayed.differences
    assert replayed.is_latest
    assert (replayed.kept, replayed.made) == (len(before), len(before))
    assert {code for _, _, code, *_ in before} >= varied.PROOFS_AND_HINTS


def test_the_twin_facts_of_today_come_out_otherwise(monkeypatch):
    """Without the frozen facts the same rules on the same application give other findings."""
    case = submitted()
    change_the_world(case, monkeypatch)

    @contextmanager
    def gathered_today(judgement, worker_id=None):
        params = gathering.get_params(application_id=case.id, day=make.TODAY, is_final=True)
        with gathering.gathered(params) as cursor, funding.judged(cursor, params, at=make.NOON, plans_anew=False):
            cursor.execute(f"CREATE TEMPORARY TABLE {PLAN} ON COMMIT DROP AS {PLAN_FACTS}", params)
            yield cursor

    monkeypatch.setattr(replaying, "thawed", gathered_today)
    replayed = replaying.replay(judgement=case.application.judgements.get())

    assert not replayed.is_equal
    gone = {(each.code, each.is_kept) for each in replayed.differences}
    assert {("not_in_service", False), ("already_covered", False)} <= gone
    assert replayed.difference_count >= len(case.entries)


def test_the_twin_a_rule_of_today_comes_out_otherwise(monkeypatch):
    case = submitted()
    change_the_world(case, monkeypatch)
    raised = [rule for rule in registry.RULES if rule.code == "over_age"]
    monkeypatch.setattr(registry, "get_rules", lambda versions: raised)
    monkeypatch.setattr(replaying, "get_rules", lambda versions: raised)

    replayed = replaying.replay(judgement=case.application.judgements.get())

    assert not replayed.is_equal


def test_a_finding_changed_afterwards_is_told_with_its_person():
    case = submitted()
    finding = RecordedFinding.objects.filter(application=case.application, code="over_age").first()
    RecordedFinding.objects.filter(pk=finding.pk).update(inputs={**finding.inputs, "retires_on": "2030-01-01"})

    replayed = replaying.replay(judgement=case.application.judgements.get())

    told = [(each.code, each.is_kept, each.inputs["retires_on"]) for each in replayed.differences]
    assert told == [("over_age", True, "2030-01-01"), ("over_age", False, finding.inputs["retires_on"])]
    assert {each.name for each in replayed.differences} == {finding.member.name}
    assert {each.number_masked for each in replayed.differences} == {finding.member.number_masked}


def test_every_review_keeps_its_own_run_and_each_replays():
    case = make.advance(submitted(), "first_review")
    later = make.NOON + dt.timedelta(days=20)
    note = "比例不足已核实"
    enrolment.approve_first(application_id=case.id, by=make.registrar(), at=later, reason=note)
    enrolment.approve_second(application_id=case.id, by=make.reviewer(), at=later + dt.timedelta(days=1), reason=note)

    runs = list(case.application.judgements.all())

    assert [(run.occasion, run.submission) for run in runs] == [
        ("submit", 1),
        ("first_review", 1),
        ("second_review", 1),
    ]
    assert [run.parameters["today"] for run in runs] == ["2025-08-11", "2025-08-31", "2025-09-01"]
    replays = [replaying.replay(judgement=run) for run in runs]
    assert [replay.is_equal for replay in replays] == [True] * 3, [replay.differences for replay in replays]
    assert [replay.is_latest for replay in replays] == [False, False, True]


def test_a_list_edited_afterwards_is_compared_with_what_was_found_then():
    case = submitted()
    by = make.handler(case.employer)
    enrolment.edit(application_id=case.id, by=by, at=LATER)
    enrolment.set_plans(application_id=case.id, choices=[(plans.version("HOSP25").pk, 1)], by=by, at=make.NOON)
    assert ApplicationMember.objects.filter(application=case.application).count() == len(case.entries)

    replayed = replaying.replay(judgement=case.application.judgements.get())

    assert replayed.is_equal
    assert not replayed.is_latest


def test_a_refused_submission_keeps_nothing():
    case = varied.application()
    with pytest.raises(enrolment.SubmitRefused):
        enrolment.submit(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
    assert not Judgement.objects.exists()


def test_what_is_kept_is_sealed_and_stays():
    case = submitted()
    judgement = case.application.judgements.get()
    names = [entry.name.encode() for entry in case.entries]
    for part in judgement.parts.all():
        assert not any(name in bytes(part.sealed) for name in names)
    opened = b"".join(freezing.open_part(sealed=part.sealed, seal_id=part.seal_id) for part in judgement.parts.all())
    assert all(name in opened for name in names)  # the twin: opened, they are there

    for rows in (JudgedPart.objects.all(), Judgement.objects.all()):
        for write in (rows.delete, lambda rows=rows: rows.update(id=0)):
            with pytest.raises(DatabaseError), transaction.atomic():
                write()


def test_a_part_put_in_anothers_place_does_not_open():
    case = submitted()
    first, *_ = case.application.judgements.get().parts.all()
    with pytest.raises(SealBroken):
        freezing.open_part(sealed=first.sealed, seal_id=type(first.seal_id)(int=1))


def test_parts_end_where_a_person_ends(monkeypatch):
    monkeypatch.setattr(freezing, "ROWS_OF_A_PART", 3)
    judgement = submitted().application.judgements.get()
    parts = list(judgement.parts.filter(table="person_facts"))
    assert len(parts) > 5
    for before, after in itertools.pairwise(parts):
        assert before.last_worker < after.first_worker
    assert replaying.replay(judgement=judgement).is_equal


def test_the_statements_do_not_grow_with_the_people():
    few, many = submitted(), make.advance(varied.prove(varied.application(plain=150)), "awaiting_form")
    counts = []
    for case in (few, many):
        with CaptureQueriesContext(connection) as queries:
            replaying.replay(judgement=case.application.judgements.get())
        counts.append(len(queries))
    assert counts[0] == counts[1]
