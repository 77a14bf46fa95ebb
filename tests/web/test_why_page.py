"""为什么 through the pages: both sides, findings first, passed rules with their inputs, nothing that is for reviewers only."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries, wording
from huzhu.enrolment.models import ApplicationMember, RecordedFinding
from huzhu.enrolment.precheck import registry
from huzhu.web.presenters import why as presenter
from tests.factories import enrolment as make
from tests.factories import plans, varied
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.employers import MembershipFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(make.NOON, tick=False):
        yield


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def clerk_of(case, **roles) -> Client:
    return sign_in(MembershipFactory(employer=case.employer, **(roles or {"handler": True})).user)


def staff(**post) -> Client:
    return sign_in(StaffPostFactory(**{"branch": make.province()} | post).user)


def page_of(client: Client, member: ApplicationMember, side: str = "employer") -> str:
    name = "employer:application-why" if side == "employer" else "office:review-why"
    answer = client.get(reverse(name, args=[member.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def members_of(case, code: str) -> list[ApplicationMember]:
    return list(case.application.members.filter(findings__code=code).order_by("born_on", "pk"))


def test_every_rule_has_a_title_and_every_person_agrees_with_the_list():
    case = varied.application(blocks=True)
    assert set(presenter.TITLES) == set(wording.LABELS) == {rule.code for rule in registry.RULES}
    listed = queries.get_member_rows(application_id=case.id, limit=200, for_reviewers=False).rows
    for row in listed:
        page = presenter.get_page(application=case.application, member=row.member, day=make.TODAY, for_reviewers=False)
        (part,) = [each for each in page.plans if each.name == str(row.member.application_plan.plan_version.plan)]
        own = [line for line in part.found if line.code != "participation_floor"]  # of the plan, not of the person
        assert sorted(line.code for line in own) == sorted(each.code for each in row.findings)
        assert sorted(line.what for line in own) == sorted(each.words.what for each in row.findings)
        told = [line.code for line in (*part.found, *part.passed, *part.not_asked)]
        assert sorted(told) == sorted(
            rule.code
            for rule in registry.RULES
            if rule.facts in (registry.PERSON, registry.PLAN) and not rule.is_for_reviewers
        )


def test_the_list_leads_there_and_back():
    case = varied.application()
    clerk, (member, *_) = clerk_of(case), members_of(case, "over_age")
    listed = clerk.get(reverse("employer:wizard-members", args=[case.id])).content.decode()
    assert reverse("employer:application-why", args=[member.pk]) in listed
    page = page_of(clerk, member)
    assert reverse("employer:wizard-members", args=[case.id]) in page
    for words in (
        "超龄：2024年6月1日已到本人法定退休时间",
        "出生日期",
        "1964年6月1日",
        "over_age 第 1 版",
        "通过的规则",
        "不适用的规则",
    ):
        assert words in page, words
    assert "上传在职证明" in page  # what to do, with the button that does it


def test_what_only_reviewers_see_stays_with_them():
    case = make.advance(varied.prove(varied.application()), "first_review")
    (member, *_) = members_of(case, "name_differs")
    ours, theirs = page_of(clerk_of(case), member), page_of(staff(registrar=True), member, "office")
    assert "欧阳别名" in theirs
    assert "参保单位看不到" in theirs
    for hidden in ("欧阳别名", "name_differs", "姓名与既有保障", "另一家单位"):
        assert hidden not in ours, hidden


def test_cover_through_others_is_told_to_the_employer_only_where_it_stands_in_the_way():
    """Rulebook §3, already_covered: whoever passes is not looked up elsewhere by opening a page."""
    employer, other = make.an_employer(), make.an_employer(name="另一家单位")
    (entry,) = make.people(employer, 1)
    illness = plans.version("CI25-A", max_shares=5)
    make.cover_of(make.also_at(entry, other), illness, start=dt.date(2025, 1, 1))
    case = make.application(employer=employer, entries=[entry], choices=[("CI25-A", 1)])
    (member,) = case.application.members.all()
    assert not member.findings.filter(code="already_covered").exists()
    assert "期内已有份数" not in page_of(clerk_of(case), member)
    reviewed = make.advance(case, "first_review")
    (member,) = reviewed.application.members.all()
    assert "期内已有份数" in page_of(staff(registrar=True), member, "office")


def test_a_submitted_application_shows_what_was_judged_then():
    case = make.advance(varied.prove(varied.application()), "first_review")
    (member, *_) = members_of(case, "over_age")
    member.entry.born_on = dt.date(1990, 1, 1)
    member.entry.save(update_fields=["born_on"])
    for client, side in (
        (clerk_of(case), "employer"),
        (staff(reviewer=True), "office"),
        (staff(auditor=True), "office"),
    ):
        page = page_of(client, member, side)
        assert "1964年6月1日" in page
        assert "2025-08-11 校验时的数据和规则" in re.sub(r"<[^>]+>", "", page)


def test_whoever_fills_it_in_has_it_checked_anew_where_something_changed():
    case = make.application(people_count=2)
    member = case.application.members.order_by("pk").first()
    make.cover_of(make.also_at(member.entry, make.an_employer()), plans.version("HOSP25"), start=make.TODAY)
    assert not RecordedFinding.objects.filter(member=member).exists()
    page = page_of(clerk_of(case), member)
    assert "已在其他单位参保 1 份" in page
    assert "情况有变化" not in page
    assert RecordedFinding.objects.get(member=member).code == "already_covered"


def test_a_reader_who_may_not_check_is_told_that_something_changed():
    case = make.application(people_count=2)
    member = case.application.members.order_by("pk").first()
    make.cover_of(make.also_at(member.entry, make.an_employer()), plans.version("HOSP25"), start=make.TODAY)
    page = page_of(clerk_of(case, viewer=True), member)
    assert "自上次校验后情况有变化" in page
    assert not RecordedFinding.objects.filter(member=member).exists()


def test_what_is_kept_and_does_not_open_is_said(monkeypatch):
    case = make.advance(varied.prove(varied.application()), "first_review")
    rules = tuple(rule for rule in registry.RULES if rule.code != "over_age")
    monkeypatch.setattr(registry, "RULES", rules)
    page = page_of(staff(auditor=True), case.application.members.first(), "office")
    assert "打不开当时的校验依据" in page


def test_others_get_404():
    case = make.advance(varied.prove(varied.application()), "first_review")
    member = case.application.members.first()
    url = reverse("employer:application-why", args=[member.pk])
    assert sign_in(MembershipFactory(employer=make.an_employer(), handler=True).user).get(url).status_code == 404
    far = BranchFactory(parent=make.province(), level="city", name="韶关")
    office = reverse("office:review-why", args=[member.pk])
    assert staff(branch=far, registrar=True).get(office).status_code == 404
    draft = make.application().application.members.first()
    assert staff(registrar=True).get(reverse("office:review-why", args=[draft.pk])).status_code == 404


def test_somebody_taken_off_one_plan_is_told_so():
    case = varied.application()
    member = case.application.members.order_by("pk").first()
    ApplicationMember.objects.filter(pk=member.pk).update(removed_at=make.NOON)
    assert "不再校验" in page_of(clerk_of(case), member)


@pytest.mark.parametrize("state", ["draft", "first_review"])
def test_the_page_asks_the_same_number_of_questions_whatever_the_people(state):
    counts = []
    for plain in (2, 40):
        case = varied.prove(varied.application(plain=plain))
        if state != "draft":
            make.advance(case, state)
        else:
            enrolment.run_precheck(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
        client, member = clerk_of(case), case.application.members.order_by("pk").first()
        page_of(client, member)
        counts.append(count_queries(lambda client=client, member=member: page_of(client, member)))
    assert counts[0] == counts[1]
