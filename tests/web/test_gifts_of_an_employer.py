"""添加赠送 through the pages: both entries of the guide, prices as they come to be, reasons at the person, what the office sees."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.gifts.models import Sponsor
from huzhu.gifts.rules import QuotaLine
from huzhu.journeys.approve_enrolment import approve_enrolment
from tests.factories import billing as bank
from tests.factories import enrolment as make
from tests.factories import gifts, plans
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.enrolment import NOON
from tests.factories.gifts import subsidy
from tests.web.queries import count_queries
from tests.web.test_wizard import BACKEND, sign_in, tick, url, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def employer():
    return make.an_employer()


@pytest.fixture
def clerk(employer) -> Client:
    return sign_in(employer, handler=True)


def bare(page: str) -> str:
    """The words of a page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def campaign(**others):
    return gifts.running(make.city(), at=NOON, **others)


def wanted(*campaigns) -> dict[str, str]:
    """What the first step posts where a gift is wanted."""
    return {"gifts": "yes", **{f"campaign_{each.pk}": "on" for each in campaigns}}


class TestChoosing:
    def test_the_first_step_asks_and_lists_what_is_open(self, clerk):
        quotas = [QuotaLine(code=make.city().code, person_count=7)]
        campaign(name="关爱行动", quotas=quotas)
        gifts.running(BranchFactory(parent=make.province(), level="city"), at=NOON, name="别处的活动")
        page = words_of(clerk.get(reverse("employer:application-new")))
        for words in ("是否添加赠送计划", "需要添加", "不需要", "关爱行动", "佛山市总工会出资", "剩余 <b>7</b> 个名额"):
            assert words in page
        assert "别处的活动" not in page

    def test_where_nothing_is_open_it_says_so(self, clerk):
        assert "目前没有对本单位开放的赠送或补贴活动" in words_of(clerk.get(reverse("employer:application-new")))

    def test_a_gift_alone_begins_an_application(self, clerk, employer):
        clerk.post(reverse("employer:application-new"), wanted(campaign()))
        application = EnrolmentApplication.objects.get(employer=employer)
        assert application.plans.get().is_gift_only

    def test_wanted_without_a_tick_is_asked_again_and_keeps_the_plans(self, clerk):
        campaign()
        answer = clerk.post(reverse("employer:application-new"), tick("HOSP25") | {"gifts": "yes"})
        assert answer.status_code == 422
        assert "请勾选赠送或补贴活动" in words_of(answer)
        assert re.search(rf'name="plan_{plans.version("HOSP25").pk}" checked', words_of(answer))
        assert not EnrolmentApplication.objects.exists()

    def test_the_second_entry_leads_back_and_loses_nothing(self, clerk, employer):
        paid = campaign(**subsidy())
        case = make.application(employer=employer, people_count=2)
        for step in ("people", "members", "dates", "submit"):
            page = words_of(clerk.get(url(f"wizard-{step}", case)))
            assert "上一步" in page
            assert f'href="{url("wizard-plans", case)}#gifts"' in page
        clerk.post(url("wizard-plans", case), tick("HOSP25") | wanted(paid), headers={"HX-Request": "true"})
        assert case.refresh().payable_amount == make.money("160.00")
        page = words_of(clerk.get(url("wizard-members", case)))
        assert case.refresh().member_count == 2
        assert case.application.payable_amount == make.money("160.00")
        assert "赠送、补贴 15.00 · 应缴 80.00" in bare(page)
        again = words_of(clerk.get(url("wizard-plans", case)))
        assert re.search(rf'name="campaign_{paid.pk}" checked', again)
        clerk.post(url("wizard-plans", case), tick("HOSP25") | {"gifts": "no", f"campaign_{paid.pk}": "on"})
        assert not case.application.chosen_campaigns.exists()

    def test_a_subsidy_without_its_plan_is_refused_in_words(self, clerk, employer):
        case = make.application(employer=employer)
        answer = clerk.post(url("wizard-plans", case), tick("ACC25") | wanted(campaign(**subsidy())))
        assert answer.status_code == 422
        assert "请同时勾选该计划" in words_of(answer)

    def test_what_is_used_up_cannot_be_ticked(self, clerk):
        gift = campaign(quotas=[QuotaLine(code=make.city().code, person_count=1)])
        make.application("awaiting_form", choices=[], employer=make.an_employer(), people_count=1, gifts=[gift])
        page = words_of(clerk.get(reverse("employer:application-new")))
        assert "名额已用完" in page
        assert re.search(rf'name="campaign_{gift.pk}" disabled', page)
        refused = clerk.post(reverse("employer:application-new"), tick("HOSP25") | wanted(gift))
        assert (refused.status_code, "名额已用完" in words_of(refused)) == (422, True)


class TestReasons:
    def test_who_gets_no_gift_is_told_why_and_stays_in_the_other_plans(self, clerk, employer):
        gift = campaign(plan_id=plans.version("ACC25").plan_id, gender="female", name="女工关爱")
        case = make.application(employer=employer, people_count=2, gifts=[gift])
        page = words_of(clerk.get(url("wizard-members", case) + "?code=gift_not_eligible"))
        for words in ("不能享受赠送“女工关爱”", "只面向女职工", "此人本次不参加该赠送计划", "未受赠，不参加本计划"):
            assert words in page
        assert case.refresh().member_count == 2


class TestSubmitting:
    @pytest.fixture
    def case(self, employer):
        gift = campaign(**subsidy(), quotas=[QuotaLine(code=make.city().code, person_count=2)])
        return make.application(employer=employer, people_count=2, gifts=[gift])

    def test_the_page_tells_the_three_amounts(self, clerk, case):
        page = words_of(clerk.get(url("wizard-submit", case)))
        assert "保障费 190.00，赠送、补贴 30.00，应缴 160.00" in bare(page)
        assert 'name="payable" value="160.00"' in page

    def test_places_gone_meanwhile_are_shown_before_it_is_sent(self, clerk, case):
        rival = make.an_employer()
        ids = [each.campaign for each in case.application.chosen_campaigns.all()]
        make.application("awaiting_form", employer=rival, people_count=1, gifts=ids)
        answer = clerk.post(url("wizard-submit", case), {"is_declared": "on", "payable": "160.00"})
        assert answer.status_code == 422
        assert "应缴金额由160.00元变为175.00元" in words_of(answer)
        assert 'name="payable" value="175.00"' in words_of(answer)
        done = clerk.post(url("wizard-submit", case), {"is_declared": "on", "payable": "175.00"})
        assert done.status_code == 302
        assert case.refresh().state == "awaiting_form"

    def test_where_all_is_given_no_slip_and_no_receipt_is_spoken_of(self, clerk, employer):
        bank.society_account()
        given = make.application("second_review", employer=employer, choices=[], people_count=2, gifts=[campaign()])
        assert "通过后直接生效，无需缴款" in words_of(clerk.get(url("application", given)))
        approve_enrolment(application_id=given.id, by=make.reviewer(), at=NOON)
        page = words_of(clerk.get(url("application", given) + "?tab=money"))
        assert "无需缴款和开票" in page
        assert "还没有缴款单" not in page

    def test_the_printed_form_says_what_is_to_pay(self, clerk, case):
        make.advance(case, "awaiting_form")
        assert clerk.get(url("application-form", case)).status_code == 200
        assert "赠送、补贴（元）" in words_of(clerk.get(url("application", case) + "?tab=plans"))


class TestOffice:
    def manager(self, branch) -> Client:
        client = Client()
        client.force_login(StaffPostFactory(branch=branch, product_manager=True).user, backend=BACKEND)
        return client

    @pytest.fixture
    def asked(self, employer):
        bank.society_account()
        gift = campaign(name="关爱行动", quotas=[QuotaLine(code=make.city().code, person_count=9)])
        given = make.application("second_review", employer=employer, choices=[], people_count=2, gifts=[gift])
        approve_enrolment(application_id=given.id, by=make.reviewer(), at=NOON)
        make.application("first_review", employer=make.an_employer(), choices=[], people_count=3, gifts=[gift])
        return gift

    def test_a_campaigns_page_counts_its_places_live(self, asked):
        page = words_of(self.manager(make.city()).get(reverse("office:gift", args=[asked.pk])))
        for words in ("剩余 4", "已占用（待生效） 3", "已生效 2", "已承诺金额 / 预算（元） 475.00"):
            assert words in bare(page.replace("</span>", " "))

    def test_each_sponsor_with_what_it_owes_by_campaign_and_application(self, asked, employer):
        client = self.manager(make.city())
        assert "190.00" in words_of(client.get(reverse("office:sponsors")))
        page = words_of(client.get(reverse("office:sponsor", args=[Sponsor.objects.get().pk])))
        for words in ("关爱行动", employer.name, "已生效", "190.00"):
            assert words in page

    def test_other_branches_see_nothing_of_it(self, asked, employer):
        stranger = self.manager(BranchFactory(parent=make.province(), level="city"))
        assert "190.00" not in words_of(stranger.get(reverse("office:sponsors")))
        assert employer.name not in words_of(stranger.get(reverse("office:sponsor", args=[Sponsor.objects.get().pk])))

    def test_the_pages_take_as_many_queries_for_one_as_for_many(self, asked):
        client = self.manager(make.city())
        address = reverse("office:sponsor", args=[Sponsor.objects.get().pk])
        few = count_queries(lambda: client.get(address))
        for _ in range(4):
            case = make.application(
                "second_review", employer=make.an_employer(), choices=[], people_count=1, gifts=[asked]
            )
            approve_enrolment(application_id=case.id, by=make.reviewer(), at=NOON)
        assert count_queries(lambda: client.get(address)) == few

    def test_the_reviewer_reads_who_pays(self, employer):
        case = make.application("first_review", employer=employer, people_count=2, gifts=[campaign(**subsidy())])
        client = Client()
        client.force_login(StaffPostFactory(branch=make.city(), registrar=True).user, backend=BACKEND)
        page = words_of(client.get(reverse("office:first-review", args=[case.id])))
        assert "佛山市总工会" in page
        assert "30.00" in page
        enrolment.recheck_under_review(application_id=case.id, by=make.registrar(), at=NOON)
        assert case.refresh().subsidy_amount == make.money("30.00")
