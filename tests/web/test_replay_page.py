"""按提交时规则重演: the page of reviewers and auditors, and the command."""

from __future__ import annotations

import json

import pytest
import time_machine
import typer
from django.test import Client
from django.urls import reverse

from huzhu.cli.replaying import replay_command
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import RecordedFinding
from huzhu.enrolment.precheck import registry, replaying
from huzhu.web.office.views import replays
from tests.factories import enrolment as make
from tests.factories import varied
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(make.NOON, tick=False):
        yield


@pytest.fixture
def case() -> make.Case:
    return make.advance(varied.prove(varied.application()), "first_review")


def staff(**post) -> Client:
    client = Client()
    client.force_login(StaffPostFactory(**{"branch": make.province()} | post).user, backend=BACKEND)
    return client


def page_of(client: Client, case: make.Case, **asked) -> str:
    answer = client.get(reverse("office:review-replay", args=[case.id]), asked)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", ["registrar", "reviewer", "auditor"])
def test_reviewers_and_auditors_see_that_it_comes_out_as_it_did(case, role):
    page = page_of(staff(**{role: True}), case)
    count = case.application.findings.count()
    assert f"完全一致：{count} 项校验结果" in page
    assert "第 1 次提交，提交" in page


def test_the_review_leads_there(case):
    page = staff(registrar=True).get(reverse("office:first-review", args=[case.id])).content.decode()
    assert reverse("office:review-replay", args=[case.id]) in page


def test_a_changed_finding_is_told_by_person_plan_and_rule(case):
    finding = RecordedFinding.objects.filter(application=case.application, code="over_age").first()
    RecordedFinding.objects.filter(pk=finding.pk).update(inputs={**finding.inputs, "retires_on": "2030-01-01"})

    page = page_of(staff(auditor=True), case)

    assert "完全一致" not in page
    assert "2 处不同" in page
    for words in ("当时有，重演没有", "重演有，当时没有", finding.member.name, "2030年1月1日", "超龄"):
        assert words in page
    assert finding.member.number_masked in page


def test_each_run_is_replayed_on_request(case):
    enrolment.approve_first(application_id=case.id, by=make.registrar(), at=make.NOON, reason="比例不足已核实")
    first, second = case.application.judgements.all()
    auditor = staff(auditor=True)
    assert "第 1 次提交，初审" in page_of(auditor, case)
    page = page_of(auditor, case, run=first.pk)
    assert "第 1 次提交，提交" in page
    assert "与该次校验时留存的结果比较" in page
    assert f"?run={second.pk}" in page


def test_somebody_elses_run_and_branch_are_404(case):
    other = make.application("first_review")
    url = reverse("office:review-replay", args=[case.id])
    auditor = staff(auditor=True)
    assert auditor.get(url, {"run": other.application.judgements.get().pk}).status_code == 404
    far = BranchFactory(parent=make.province(), level="city", name="韶关")
    assert staff(branch=far, registrar=True).get(url).status_code == 404


def test_what_cannot_be_replayed_says_why(case, monkeypatch):
    monkeypatch.setattr(registry, "RULES", tuple(rule for rule in registry.RULES if rule.code != "over_age"))
    page = page_of(staff(auditor=True), case)
    assert "不能重演" in page
    assert "over_age" in page


def test_an_application_from_before_says_that_nothing_was_kept(case, monkeypatch):
    monkeypatch.setattr(replays, "get_runs", lambda record: [])
    page = page_of(staff(auditor=True), case)
    assert "没有留存校验依据" in page


def test_the_page_asks_the_same_number_of_questions_whatever_the_people(case):
    many = make.advance(varied.prove(varied.application(plain=60)), "first_review")
    auditor = staff(auditor=True)
    page_of(auditor, case)
    counts = [count_queries(lambda each=each: page_of(auditor, each)) for each in (case, many)]
    assert counts[0] == counts[1]


class TestCommand:
    def test_it_prints_one_json_object(self, case, capsys):
        replay_command(case.application.number, True)
        answer = json.loads(capsys.readouterr().out)
        (run,) = answer["runs"]
        count = case.application.findings.count()
        assert (run["equal"], run["kept"], run["made"], run["occasion"]) == (True, count, count, "submit")

    def test_it_says_it_in_words(self, case, capsys):
        replay_command(case.application.number, False)
        assert "第1次提交 提交 2025-08-11 12:00" in capsys.readouterr().out

    def test_a_difference_ends_with_1(self, case):
        RecordedFinding.objects.filter(application=case.application, code="over_age").delete()
        with pytest.raises(typer.Exit) as ended:
            replay_command(case.application.number, False)
        assert ended.value.exit_code == 1

    @pytest.mark.parametrize("number", ["SQ0", None])
    def test_nothing_to_replay_ends_with_2(self, number, capsys):
        number = number or make.application().application.number
        with pytest.raises(typer.Exit) as ended:
            replay_command(number, False)
        assert ended.value.exit_code == 2
        assert number in capsys.readouterr().err


def test_the_runs_rules_are_those_recorded(case):
    judgement = case.application.judgements.get()
    assert judgement.rule_versions == {rule.code: rule.version for rule in registry.RULES}
    assert replaying.get_parameters(judgement)["is_final"] is True
