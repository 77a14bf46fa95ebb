"""What pages ask: few statements, the same number for many people."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries
from huzhu.enrolment.states import Severity
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed() -> make.Case:
    """Two good people, one with a bad number, one who needs a proof, one with a warning."""
    employer = make.an_employer()
    entries = [
        *make.people(employer, 2),
        *make.people(employer, name="艾坏号", name_initials="ahh", is_valid=False),
        *make.people(employer, name="白超龄", name_initials="bcl", born_on=dt.date(1963, 1, 1)),
        *make.people(
            employer, name="高类别", name_initials="glb", born_on=dt.date(1974, 1, 1), gender="female", job_category=""
        ),
    ]
    return make.application(employer=employer, entries=entries)


def names(case, **kwargs):
    return [row.member.name for row in queries.get_member_rows(application_id=case.id, **kwargs).rows]


def test_a_summary_counts_people_money_and_findings(mixed):
    summary = queries.get_summary(application=mixed.application)
    assert (summary.people, summary.rows, summary.removed, summary.amount) == (5, 5, 0, make.money("475.00"))
    assert summary.by_severity == {"block": 1, "proof": 1, "warn": 1, "normal": 2}
    assert [(each.code, each.count) for each in summary.codes] == [
        ("id_invalid", 1),
        ("over_age", 1),
        ("category_unknown", 1),
        ("first_enrolment", 5),
    ]
    (plan,) = summary.plans
    assert (plan.people, plan.share_count, plan.amount) == (5, 1, make.money("475.00"))
    assert [each.kind for each in summary.missing] == ["blocking", "proof_missing"]
    assert summary.is_checked


def test_filters_show_each_person_where_the_clerk_looks(mixed):
    assert names(mixed, severity="block") == ["艾坏号"]
    assert names(mixed, severity="proof") == ["白超龄"]
    assert names(mixed, severity="warn") == ["高类别"]
    assert len(names(mixed, severity="normal")) == 2
    assert names(mixed, code="over_age") == ["白超龄"]
    assert names(mixed, search="bc") == ["白超龄"]
    assert names(mixed, search="类别") == ["高类别"]
    assert names(mixed, search="nobody") == []


def test_rows_carry_their_findings_in_words_gravest_first(mixed):
    row = queries.get_member_rows(application_id=mixed.id, search="ahh").rows[0]
    assert row.severity == "block"
    assert [each.severity for each in row.findings] == [Severity.BLOCK, Severity.INFO]
    assert "未通过校验" in row.findings[0].words.what


def test_pages_follow_one_another_without_gap_or_double():
    case = make.application(people_count=7)
    seen, after = [], None
    while True:
        page = queries.get_member_rows(application_id=case.id, after=after, limit=3)
        seen += [row.member.pk for row in page.rows]
        after = page.next_after
        if after is None:
            break
    assert sorted(seen) == sorted(case.application.members.values_list("pk", flat=True))
    assert len(seen) == len(set(seen)) == 7


def test_removed_people_are_listed_apart(mixed):
    member = mixed.application.members.get(name="艾坏号")
    enrolment.remove_members(
        application_id=mixed.id, member_ids=[member.pk], by=make.handler(mixed.employer), at=make.NOON
    )
    assert names(mixed, is_removed=True) == ["艾坏号"]
    assert "艾坏号" not in names(mixed)
    assert queries.get_summary(application=mixed.application).removed == 1


def test_findings_by_rule_with_their_first_people():
    employer = make.an_employer()
    case = make.application(employer=employer, entries=make.people(employer, 7, is_valid=False), has_list=False)
    groups = queries.get_findings_grouped(application_id=case.id, samples=3)
    assert [(group.code, group.count, len(group.samples)) for group in groups] == [
        ("id_invalid", 7, 3),
        ("insurance_list_missing", 1, 1),
        ("first_enrolment", 7, 3),
    ]
    assert groups[1].samples[0][0] is None  # the application as a whole


@pytest.mark.parametrize(
    "ask",
    [
        lambda case: queries.get_summary(application=case.application, day=make.TODAY),
        lambda case: queries.get_missing(application=case.application, day=make.TODAY),
        lambda case: queries.get_member_rows(application_id=case.id, severity="normal"),
        lambda case: queries.get_findings_grouped(application_id=case.id),
        lambda case: list(queries.get_slots(application=case.application)),
    ],
    ids=["summary", "missing", "rows", "groups", "slots"],
)
def test_questions_take_the_same_statements_whatever_the_people(ask):
    def count(people: int) -> int:
        case = make.application(people_count=people, choices=[("HOSP25", 1), ("ACC25", 1)], has_list=False)
        with CaptureQueriesContext(connection) as captured:
            ask(case)
        return len(captured)

    assert count(1) == count(40) <= 11


def test_staff_do_not_see_drafts_until_they_were_submitted_once():
    draft, sent = make.application(), make.application("first_review")
    enrolment.recall(application_id=sent.id, by=make.handler(sent.employer), at=make.NOON)
    seen = type(draft.application).objects.visible_to(make.registrar())
    assert set(seen) == {sent.application}


def test_the_source_of_covers_leaves_out_people_taken_off():
    case = make.application("first_review", people_count=2)
    version = plans.version("HOSP25")
    sql, params = queries.get_cover_source(
        application_id=case.id, arrival_on=make.TODAY, policy_ids={version.plan_id: 77}
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT policy_id, arrival_on FROM ({sql}) AS source", params)
        assert cursor.fetchall() == [(77, make.TODAY)] * 2
