"""参保初审 and 参保复审 through the pages: work lists, claim, approve, return and correct, and who may not."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.accounts.models import StaffPost
from huzhu.billing.models import PaymentSlip
from huzhu.enrolment.states import State
from huzhu.notifications.models import SmsMessage
from huzhu.parameters.models import ParameterChange
from huzhu.work.queries import get_live
from tests.factories import billing, plans
from tests.factories import enrolment as make
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.employers import MembershipFactory, picture
from tests.factories.enrolment import NOON
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def post_of(**more) -> StaffPost:
    return StaffPostFactory(**{"branch": make.province()} | more)


@pytest.fixture
def registrar() -> Client:
    return sign_in(post_of(branch=make.city(), registrar=True).user)


@pytest.fixture
def reviewer() -> Client:
    return sign_in(post_of(reviewer=True).user)


@pytest.fixture
def case() -> make.Case:
    return make.application("first_review", people_count=3)


def page_of(client: Client, case: make.Case, *, stage: str = "first", tab: str = "facts") -> str:
    return client.get(reverse(f"office:{stage}-review", args=[case.id]), {"tab": tab}).content.decode()


def act(client: Client, case: make.Case, name: str, **data):
    return client.post(reverse(f"office:review-{name}", args=[case.id]), data, follow=True)


class TestWorkLists:
    def test_they_show_what_waits_with_employer_money_findings_and_who_has_it(self, registrar, case):
        page = registrar.get(reverse("office:first-reviews")).content.decode()
        for text in (case.application.number, case.employer.name, "佛山代办处", "285.00", "无问题"):
            assert text in page

        act(registrar, case, "claim")

        assert "我在审" in registrar.get(reverse("office:first-reviews")).content.decode()

    def test_they_filter(self, registrar, case):
        other = make.application("first_review", choices=[("ACC25", 1)])
        act(registrar, other, "claim")
        list_url = reverse("office:first-reviews")

        def shown(**wanted) -> set[str]:
            page = registrar.get(list_url, wanted).content.decode()
            return {c.application.number for c in (case, other) if c.application.number in page}

        here, there = case.application.number, other.application.number
        assert shown() == {here, there}
        assert shown(claim="mine") == {there}
        assert shown(claim="free") == {here}
        assert shown(words=case.employer.name) == {here}
        assert shown(plan=plans.version("ACC25").plan_id) == {there}
        assert shown(found="block") == set()
        assert shown(plan="nonsense") == {here, there}

    def test_staff_of_another_city_do_not_see_it(self, case):
        far = BranchFactory(parent=make.province(), level="city", name="韶关")
        stranger = sign_in(post_of(branch=far, registrar=True).user)

        assert case.application.number not in stranger.get(reverse("office:first-reviews")).content.decode()
        assert stranger.get(reverse("office:first-review", args=[case.id])).status_code == 404
        assert stranger.post(reverse("office:review-approve", args=[case.id])).status_code == 404

    def test_they_take_the_same_statements_for_2_and_for_12(self, registrar):
        for _ in range(2):
            make.application("first_review")
        few = count_queries(lambda: registrar.get(reverse("office:first-reviews")))
        for _ in range(10):
            make.application("first_review")

        # Account, post, badges, count, sums, page, plans with versions and names, findings.
        assert count_queries(lambda: registrar.get(reverse("office:first-reviews"))) == few


class TestOneApplication:
    def test_it_shows_everything_a_reviewer_needs(self, registrar):
        people = make.people(employer := make.an_employer(headcount=5), 3)
        people += make.people(employer, 1, born_on=dt.date(1964, 1, 5), name="老陈")
        earlier = make.also_at(people[0], make.an_employer())
        make.cover_of(earlier, plans.version("ACC25"), start=dt.date(2024, 1, 1), name="另一个名字")
        case = make.application(employer=employer, entries=people)
        _prove(case)
        make.advance(case, "first_review")

        facts, members = page_of(registrar, case), page_of(registrar, case, tab="people")

        for text in (
            employer.credit_code,
            "2025年8月社保名单",
            "超龄",
            "参保比例",
            "既有保障中的“另一个名字”不同",
            "3 / 3 人",
        ):
            assert text in facts
        for text in ("老陈", "另一个名字", "4401**********"):
            assert text in members
        assert "在职证明.jpg" in page_of(registrar, case, tab="files")

    def test_a_name_that_differs_is_for_reviewers_only(self):
        people = make.people(employer := make.an_employer(), 2)
        earlier = make.also_at(people[0], make.an_employer())
        make.cover_of(earlier, plans.version("ACC25"), start=dt.date(2024, 1, 1), name="另一个名字")
        case = make.application(employer=employer, entries=people)
        clerk = sign_in(MembershipFactory(employer=employer, handler=True).user)

        page = clerk.get(reverse("employer:wizard-members", args=[case.id])).content.decode()

        assert "另一个名字" not in page

    def test_a_second_person_sees_who_has_claimed_it(self, registrar, case):
        act(registrar, case, "claim")
        other = sign_in(post_of(branch=make.city(), registrar=True).user)

        page = page_of(other, case)
        assert "已认领此件" in page
        assert 'id="return-form"' not in page

        answer = act(other, case, "approve")
        assert "已认领此件" in answer.content.decode()
        assert case.refresh().state == State.FIRST_REVIEW

        act(registrar, case, "claim", act="hand_back")
        assert get_live(case.refresh()) is None

    def test_an_auditor_looks_and_decides_nothing(self, case):
        auditor = sign_in(post_of(auditor=True).user)

        assert "只有互助会受理员可以办理" in page_of(auditor, case)
        assert auditor.post(reverse("office:review-approve", args=[case.id])).status_code == 404

    @pytest.mark.parametrize("tab", ["facts", "people", "files", "history"])
    def test_it_takes_the_same_statements_for_20_and_for_200_people(self, registrar, tab):
        few = make.application("first_review", people_count=20)
        many = make.application("first_review", people_count=200)

        # Account, post, badges; application, eight of the summary, history, slip rules, and what the tab shows. None per person.
        assert count_queries(lambda: page_of(registrar, few, tab=tab)) == count_queries(
            lambda: page_of(registrar, many, tab=tab)
        )


class TestApproving:
    def test_first_then_second_by_another_person_makes_the_slip_and_the_message(self, registrar, reviewer, case):
        billing.society_account()

        first = act(registrar, case, "approve").content.decode()
        assert "初审通过，已转复审" in first
        assert case.refresh().state == State.SECOND_REVIEW

        second = act(reviewer, case, "approve").content.decode()
        slip = PaymentSlip.objects.get(application=case.application)
        assert case.refresh().state == State.AWAITING_PAYMENT
        for text in (slip.number, "285.00", "2025-08-26", "短信"):
            assert text in second
        assert SmsMessage.objects.filter(template="payment_notice").count() == 1

    def test_pressing_twice_makes_one_slip(self, registrar, reviewer, case):
        billing.society_account()
        act(registrar, case, "approve")

        for _ in range(2):
            answer = act(reviewer, case, "approve")

        assert answer.status_code == 200
        assert PaymentSlip.objects.count() == 1

    def test_the_first_reviewer_cannot_be_the_second_and_reads_why(self, case):
        both = post_of(roles=["registrar", "reviewer"])
        person = sign_in(both.user)
        act(person, case, "approve")

        page = page_of(person, case, stage="second")
        assert re.search(
            r'<button class="btn btn-primary mt-2" type="button" disabled title="该申请的初审由您办理', page
        )

        answer = person.post(reverse("office:review-approve", args=[case.id]))
        assert answer.status_code == 422
        assert "复审须由另一人办理" in answer.content.decode()
        assert case.refresh().state == State.SECOND_REVIEW

    def test_below_the_floor_the_reviewer_says_why(self, registrar):
        case = make.application(employer=make.an_employer(headcount=100), people_count=3, has_list=False)
        _prove(case)
        make.advance(case, "first_review")
        assert "请写明同意的理由" in page_of(registrar, case)

        refused = registrar.post(reverse("office:review-approve", args=[case.id]), {"note": " "})
        assert refused.status_code == 422
        assert "同意参保的请写明理由" in refused.content.decode()

        act(registrar, case, "approve", note="新设单位，其余人员下月入职")
        assert case.refresh().state == State.SECOND_REVIEW


class TestReturning:
    def test_without_words_it_is_refused_and_ticks_stay(self, registrar, case):
        member = case.application.members.first()

        answer = registrar.post(
            reverse("office:review-return", args=[case.id]),
            {"codes": ["form_unclear"], "reason": "", "members": [member.pk]},
        )

        page = answer.content.decode()
        assert answer.status_code == 422
        assert "请写明退回原因" in page
        assert re.search(r'value="form_unclear" checked', page)
        assert f'<input type="hidden" name="members" value="{member.pk}">' in page
        assert case.refresh().state == State.FIRST_REVIEW

    def test_the_employer_corrects_the_marked_person_and_the_reviewer_sees_the_difference(self, registrar, case):
        clerk = sign_in(MembershipFactory(employer=case.employer, handler=True).user)
        marked = case.application.members.order_by("pk").first()

        act(registrar, case, "return", codes=["people_wrong"], reason="此人已离职，请移出。", members=[marked.pk])

        assert SmsMessage.objects.filter(template="enrolment_returned", body__contains="此人已离职").count() == 1
        record = clerk.get(reverse("employer:application", args=[case.id])).content.decode()
        for text in (
            "人员信息有误",
            "此人已离职，请移出。",
            f"{marked.name} {marked.number_masked}",
            "只需修改以下 1 人",
        ):
            assert text in record
        steps = clerk.get(reverse("employer:application-edit", args=[case.id]), follow=True).content.decode()
        assert "退回标注 <b>1</b>" in steps

        clerk.post(reverse("employer:wizard-members-remove", args=[case.id]), {"members": [marked.pk]})
        clerk.get(reverse("employer:wizard-members", args=[case.id]))
        _prove(case)  # one person less is below the floor
        clerk.post(reverse("employer:wizard-submit", args=[case.id]), {"is_declared": "on"})
        clerk.post(reverse("employer:application-form-upload", args=[case.id]), {"form": picture()})

        assert case.refresh().state == State.FIRST_REVIEW
        assert case.application.submission_count == 2
        changes = page_of(registrar, case, tab="changes")
        assert "与第 1 次提交相比" in changes
        assert "减少" in changes
        assert marked.number_masked in changes
        assert "此人已离职，请移出。" in page_of(registrar, case)

    def test_from_the_second_review_too(self, registrar, reviewer, case):
        act(registrar, case, "approve")

        act(reviewer, case, "return", codes=["dates"], reason="请改业务参考日期。")

        assert case.refresh().state == State.RETURNED


def test_the_stamped_form_opens_for_staff_of_the_subtree_only(registrar):
    employer = make.an_employer()
    case = make.application("awaiting_form", employer=employer)
    clerk = sign_in(MembershipFactory(employer=employer, handler=True).user)
    clerk.post(reverse("employer:application-form-upload", args=[case.id]), {"form": picture()})
    file_url = reverse("office:file", args=[case.refresh().sealed_form_id])
    far = BranchFactory(parent=make.province(), level="city", name="韶关")

    assert registrar.get(file_url).status_code == 200
    assert sign_in(post_of(branch=far, registrar=True).user).get(file_url).status_code == 404


def _prove(case: make.Case) -> None:
    """Upload a picture into every slot that is still empty."""
    clerk = sign_in(MembershipFactory(employer=case.employer, handler=True).user)
    for slot in case.application.proof_slots.filter(is_needed=True):
        place = reverse("employer:wizard-proof-upload", args=[case.id, slot.kind])
        clerk.post(place, {slot.kind: [picture("在职证明.jpg")]})


def test_a_citys_reviewer_lists_second_reviews_only_where_the_city_does_them():
    """Until the parameter says so they are the province's; the auditor reads them all the same."""
    case = make.application("second_review", people_count=1)
    city, auditor, province = (
        sign_in(post_of(branch=branch, roles=[role]).user)
        for branch, role in ((make.city(), "reviewer"), (make.city(), "auditor"), (make.province(), "reviewer"))
    )
    number, address = case.application.number, reverse("office:second-reviews")
    listed = [number in client.get(address).content.decode() for client in (city, auditor, province)]
    assert listed == [False, True, True]
    ParameterChange.objects.create(
        key="second_review_level",
        branch=make.city(),
        value="city",
        effective_from=NOON.date(),
        reason="试点",
        state="confirmed",
        needs_second_person=False,
        proposed_at=NOON,
    )
    assert number in city.get(address).content.decode()
