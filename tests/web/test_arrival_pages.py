"""若于某日到账 through the pages: who sees it, what it says, and that it changes nothing."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.billing.models import PaymentSlip
from huzhu.enrolment.models import ApplicationMember
from huzhu.journeys.approve_enrolment import approve_enrolment
from tests.factories import billing as money
from tests.factories import enrolment as make
from tests.factories import plans
from tests.factories.accounts import StaffPostFactory
from tests.factories.employers import GroupLinkFactory, MembershipFactory
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


def renewing(
    state: str = "draft", *, people: int = 3, ends: dt.date = dt.date(2025, 8, 20), employer=None
) -> make.Case:
    """People of whom all but the first had cover until a day."""
    employer = employer or make.an_employer(headcount=people)
    entries = make.people(employer, people)
    for entry in entries[1:]:
        make.cover_of(entry, plans.version("HOSP25"), start=dt.date(ends.year - 1, ends.month, ends.day), end=ends)
    return make.application(employer=employer, entries=entries, state=state)


def slip_of(case: make.Case) -> PaymentSlip:
    money.society_account()
    approve_enrolment(application_id=case.id, by=make.reviewer(), at=make.NOON)
    return PaymentSlip.objects.get(application_id=case.id)


def clerk_of(case: make.Case) -> Client:
    return sign_in(MembershipFactory(employer=case.employer, handler=True).user)


def page_of(client: Client, name: str, *args, **query) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_clerk_sees_what_a_day_costs_whom():
    case = renewing()
    clerk = clerk_of(case)

    today = page_of(clerk, "employer:application-arrival", case.id)
    assert "没有人因此断保" in today
    assert "关系到 2 人" in today

    late = page_of(clerk, "employer:application-arrival", case.id, day="2025-08-25")
    assert "2 人断保，须重新计算免责期" in late
    assert "空档 6 天" in late
    assert "断保 6 天" in late  # drawn, and said in words beside the drawing
    for entry in case.entries[1:]:
        assert entry.name in late


def test_one_person_is_shown_alone_and_only_within_the_application():
    case, other = renewing(), renewing()
    clerk = clerk_of(case)
    member = case.application.members.get(entry=case.entries[1])

    page = page_of(clerk, "employer:application-arrival", case.id, member=member.pk)
    assert f"{case.entries[1].name} · 参保申请" in page
    stranger = other.application.members.first()
    for wrong in (str(stranger.pk), "x", "9" * 30):
        url = reverse("employer:application-arrival", args=[case.id])
        assert clerk.get(url, {"member": wrong}).status_code == 404


@pytest.mark.parametrize(
    ("day", "words"), [("2025-08-10", "请选择 2025-08-11 至"), ("x", "格式填写到账日"), ("", "请选择到账日")]
)
def test_a_day_that_cannot_be_is_refused_and_stays(day, words):
    case = renewing()
    answer = clerk_of(case).get(reverse("employer:application-arrival", args=[case.id]), {"day": day})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert f'value="{day}"' in answer.content.decode() or not day


def test_the_slip_names_the_latest_day_and_how_many_depend_on_it():
    case = renewing("second_review")
    slip = slip_of(case)
    page = page_of(clerk_of(case), "employer:slip", slip.pk)
    assert "2025-08-19" in page
    assert "关系到 2 人" in page
    assert reverse("employer:application-arrival", args=[case.id]) in page
    assert "2025-08-19（2 人）" in page_of(clerk_of(case), "employer:slips")


class TestAllSlips:
    def test_every_open_slip_of_the_employer_counts(self):
        case = renewing("second_review")
        slip_of(case)
        slip_of(renewing("second_review"))  # another employer's
        page = page_of(clerk_of(case), "employer:slips-arrival", day="2025-08-25")
        assert "待缴款的 1 张缴款单" in page
        assert "2 人断保" in page
        assert "本单位及下属单位" not in page

    def test_the_head_of_a_group_adds_its_subsidiaries_in_figures_without_names(self):
        case, below = renewing("second_review"), renewing("second_review", people=4)
        slip_of(case)
        slip_of(below)
        GroupLinkFactory(head=case.employer, subsidiary=below.employer, confirmed=True)
        clerk = clerk_of(case)

        own = page_of(clerk, "employer:slips-arrival", day="2025-08-25")
        assert "2 人断保" in own
        group = page_of(clerk, "employer:slips-arrival", day="2025-08-25", scope="group")
        assert "5 人断保" in group
        for member in ApplicationMember.objects.filter(application_id__in=[case.id, below.id]):
            assert member.name not in group

        assert "5 人断保" not in page_of(clerk_of(below), "employer:slips-arrival", day="2025-08-25", scope="group")


def test_staff_see_the_same_figures_as_the_employer():
    case = renewing("second_review")
    reviewer = sign_in(StaffPostFactory(branch=make.province(), reviewer=True).user)
    assert "2 人断保" in page_of(reviewer, "office:review-arrival", case.id, day="2025-08-25")
    slip = slip_of(case)
    cashier = sign_in(StaffPostFactory(branch=make.province(), cashier=True).user)
    assert "2 人断保" in page_of(cashier, "office:slip-arrival", slip.pk, day="2025-08-25")
    assert "2 人断保" in page_of(clerk_of(case), "employer:application-arrival", case.id, day="2025-08-25")


def test_looking_writes_nothing_and_takes_as_many_statements_for_many_people():
    few, many = renewing(people=2), renewing(people=40)

    def look(case: make.Case) -> int:
        clerk = clerk_of(case)
        url = reverse("employer:application-arrival", args=[case.id])
        clerk.get(url)
        return count_queries(lambda: clerk.get(url, {"day": "2025-08-25"}))

    before = list(ApplicationMember.objects.order_by("pk").values_list("planned_start", "planned_class"))
    assert look(few) == look(many)
    assert list(ApplicationMember.objects.order_by("pk").values_list("planned_start", "planned_class")) == before
