"""续保 through the pages: the entry with the days left, the offer, the click, and the draft against the old policy."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.enrolment.models import EnrolmentApplication
from huzhu.policies.models import RenewedPolicy
from huzhu.roster.models import RosterEntry
from huzhu.shared.calendar import SHANGHAI
from tests.factories import enrolment as people
from tests.factories import policies as make
from tests.factories.employers import MembershipFactory
from tests.factories.flows import move
from tests.factories.plans import version
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
SOON = dt.datetime(2026, 7, 1, 10, tzinfo=SHANGHAI)  # 42 days before the end


@pytest.fixture(autouse=True)
def _soon():
    with time_machine.travel(SOON, tick=False):
        yield


@pytest.fixture
def policy():
    return make.policy(members=3)


def sign_in(employer, **role: bool) -> Client:
    client = Client()
    client.force_login(MembershipFactory(employer=employer, **role).user, backend=BACKEND)
    return client


@pytest.fixture
def clerk(policy) -> Client:
    return sign_in(policy.employer, handler=True)


def renew(client: Client, policy, **posted: object):
    return client.post(reverse("employer:policy-renew", args=[policy.pk]), posted)


def draft_of(policy) -> EnrolmentApplication:
    return EnrolmentApplication.objects.get(renewed_policies__policy=policy)


def show(client: Client, name: str, *args: object, **asked: object) -> str:
    return client.get(reverse(f"employer:{name}", args=args), asked).content.decode()


class TestEntry:
    @pytest.mark.parametrize("page", ["home", "policies"])
    def test_stands_on_the_home_page_and_above_the_policies_with_the_days_left(self, clerk, policy, page):
        shown = show(clerk, page)
        assert "还有 42 天" in shown
        assert reverse("employer:policy-renew", args=[policy.pk]) in shown

    def test_leads_to_the_draft_once_there_is_one_and_goes_when_it_is_settled(self, clerk, policy):
        renew(clerk, policy)
        shown = show(clerk, "home")
        assert "继续办理" in shown
        assert reverse("employer:policy-renew", args=[policy.pk]) not in shown
        application = draft_of(policy)
        move(application, "awaiting_form", at=SOON)
        move(application, "first_review", at=SOON)
        assert "查看进度" in show(clerk, "policies")

    def test_says_when_cover_has_ended(self, clerk, policy):
        with time_machine.travel(SOON + dt.timedelta(days=52), tick=False):
            assert "已到期 10 天" in show(sign_in(policy.employer, handler=True), "home")

    def test_is_not_there_before_its_time(self, policy):
        with time_machine.travel(SOON - dt.timedelta(days=60), tick=False):
            client = sign_in(policy.employer, handler=True)
            assert "即将到期" not in show(client, "policies")
            assert "到期前60天起可以续保" in show(client, "policy-renew", policy.pk)

    def test_does_not_ask_more_of_the_database_for_more_policies(self, clerk, policy):
        few = count_queries(lambda: clerk.get(reverse("employer:policies")))
        for _ in range(3):
            make.policy(members=1, owner=policy.employer)
        assert count_queries(lambda: clerk.get(reverse("employer:policies"))) == few


class TestOffer:
    def test_tells_the_plan_the_people_and_the_last_day(self, clerk, policy):
        shown = show(clerk, "policy-renew", policy.pk)
        for text in ("内容与上期相同", "3 人", "2026-08-11", "生成续保申请"):
            assert text in shown

    def test_one_click_makes_the_draft_and_shows_it_against_the_policy(self, clerk, policy):
        people.people(policy.employer)
        answer = renew(clerk, policy)
        application = draft_of(policy)
        assert answer.url == reverse("employer:application-renewal", args=[application.pk])
        assert application.member_count == 4
        again = renew(clerk, policy)
        assert again.url == answer.url
        assert RenewedPolicy.objects.count() == 1

    def test_of_two_successors_one_is_asked_for_and_the_differences_are_told(self, clerk, policy):
        version(policy.plan.code, valid_to=dt.date(2026, 1, 1))
        first = version("HOSP25", renews_from=[policy.plan.code])
        version("SELF25", renews_from=[policy.plan.code])
        shown = show(clerk, "policy-renew", policy.pk)
        assert "本计划已停止参保，可由下列计划接续" in shown
        assert shown.count("与上期不同之处（") == 2
        refused = renew(clerk, policy)
        assert refused.status_code == 422
        assert "多个后续计划" in refused.content.decode()
        renew(clerk, policy, **{f"plan-{policy.pk}": first.pk})
        assert draft_of(policy).plans.get().plan_version_id == first.pk

    def test_without_a_successor_it_says_what_to_do(self, clerk, policy):
        version(policy.plan.code, valid_to=dt.date(2026, 1, 1))
        shown = show(clerk, "policy-renew", policy.pk)
        assert "没有可以续保的计划" in shown
        assert "生成续保申请" not in shown
        assert renew(clerk, policy).status_code == 422

    def test_who_only_reads_sees_it_without_the_button(self, policy):
        reader = sign_in(policy.employer, viewer=True)
        assert "请由单位管理员或经办人办理续保" in show(reader, "policy-renew", policy.pk)
        assert renew(reader, policy).status_code == 403
        assert not RenewedPolicy.objects.exists()

    def test_another_employers_policy_is_not_there(self, policy):
        stranger = sign_in(people.an_employer(), handler=True)
        assert renew(stranger, policy).status_code == 404


class TestComparison:
    def test_lists_with_counts_and_how_each_joins(self, clerk, policy):
        gone = RosterEntry.objects.filter(employer=policy.employer).order_by("pk").first()
        RosterEntry.objects.filter(pk=gone.pk).update(status="retired", left_on=dt.date(2026, 5, 1))
        new = people.people(policy.employer)[0]
        renew(clerk, policy)
        application = draft_of(policy)

        kept = show(clerk, "application-renewal", application.pk)
        assert "2026-08-12 起，与上期相接" in kept
        joined = show(clerk, "application-renewal", application.pk, kind="joined")
        assert new.name in joined
        assert "首次参保，免责期 30 天" in joined
        left = show(clerk, "application-renewal", application.pk, kind="left")
        assert "退休 2026-05-01" in left
        assert "保障到 2026-08-11 为止" in left

    def test_people_are_taken_off_and_put_back(self, clerk, policy):
        renew(clerk, policy)
        application = draft_of(policy)
        member = application.members.order_by("pk").first()
        url = reverse("employer:application-renewal-change", args=[application.pk])

        clerk.post(url, {"act": "remove", "members": member.pk, "policy": policy.pk, "kind": "kept"})
        application.refresh_from_db()
        assert application.member_count == 2
        shown = show(clerk, "application-renewal", application.pk, kind="not_renewed")
        assert f'name="entries" value="{member.entry_id}"' in shown
        assert "到期即断保" in shown

        clerk.post(url, {"act": "add", "entries": member.entry_id, "policy": policy.pk, "kind": "not_renewed"})
        application.refresh_from_db()
        assert application.member_count == 3

    def test_nobody_ticked_changes_nothing_and_says_so(self, clerk, policy):
        renew(clerk, policy)
        application = draft_of(policy)
        url = reverse("employer:application-renewal-change", args=[application.pk])
        answer = clerk.post(url, {"act": "remove", "policy": policy.pk, "kind": "kept"}, follow=True)
        assert "请先在名单中勾选" in answer.content.decode()

    def test_an_application_that_renews_nothing_has_none(self, clerk, policy):
        answer = clerk.get(reverse("employer:application-renewal", args=[policy.application_id]))
        assert answer.url == reverse("employer:application", args=[policy.application_id])
        url = reverse("employer:application-renewal-change", args=[policy.application_id])
        assert clerk.post(url, {"act": "remove"}).url == reverse("employer:application", args=[policy.application_id])

    def test_after_submitting_it_is_only_read(self, clerk, policy):
        renew(clerk, policy)
        application = draft_of(policy)
        move(application, "awaiting_form", at=SOON)
        assert "移出勾选的人员" not in show(clerk, "application-renewal", application.pk)

    def test_asks_the_same_number_of_questions_for_many_people(self, clerk, policy):
        people.people(policy.employer)
        renew(clerk, policy)
        application = draft_of(policy)
        url = reverse("employer:application-renewal", args=[application.pk]) + "?kind=joined"
        clerk.get(url)
        few = count_queries(lambda: clerk.get(url))

        more = [entry.pk for entry in people.people(policy.employer, 6)]
        change = reverse("employer:application-renewal-change", args=[application.pk])
        clerk.post(change, {"act": "add", "entries": more, "policy": policy.pk, "kind": "outside"})
        clerk.get(url)

        assert show(clerk, "application-renewal", application.pk, kind="joined").count('name="members"') == 7
        assert count_queries(lambda: clerk.get(url)) == few
