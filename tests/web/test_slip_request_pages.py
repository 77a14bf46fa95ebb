"""延迟缴款申请 through the pages: what a day means, asking, taking back, deciding."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.billing.models import PaymentExtension, PaymentSlip, SlipCancellation
from tests.factories import billing as make
from tests.factories.accounts import StaffPostFactory
from tests.factories.billing import NOON
from tests.factories.employers import MembershipFactory, picture
from tests.factories.enrolment import cover_of
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel(NOON, tick=False):
        yield


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def slip() -> PaymentSlip:
    """Ten people whose cover ends four days after the due date."""
    ends = dt.date(2025, 8, 30)
    application = make.approved_application(members=10, previous_end=ends)
    for member in application.members.select_related("entry__document", "entry__worker", "entry__employer"):
        cover_of(member.entry, make.plan_version(), start=dt.date(2024, 8, 30), end=ends)
    return make.open_slip(application.contribution_amount, application=application)


@pytest.fixture
def payer(slip) -> Client:
    return sign_in(MembershipFactory(employer=slip.employer, finance=True).user)


@pytest.fixture
def cashier() -> Client:
    return sign_in(StaffPostFactory(branch=make.root(), cashier=True).user)


def form_of(**more) -> dict[str, object]:
    return {"reason_code": "approval", "new_due_on": "2025-09-05", "reason": "审批预计下周完成"} | more


class TestAsking:
    def test_both_days_stand_side_by_side_before_anything_is_asked(self, payer, slip):
        url = reverse("employer:slip-extension", args=[slip.pk])
        page = payer.get(url).content.decode()
        assert "按现缴款期限" in page
        assert "最多 15 天" in page
        tried = payer.post(url, form_of(**{"try": "1"})).content.decode()
        assert "比按现缴款期限缴款多 10 人断保" in tried
        assert "审批预计下周完成" in tried
        assert not PaymentExtension.objects.exists()

    @pytest.mark.parametrize("reason_code", ["approval", ""])
    def test_a_day_that_no_reason_allows_is_not_tried(self, payer, slip, reason_code):
        answer = payer.post(
            reverse("employer:slip-extension", args=[slip.pk]),
            form_of(new_due_on="9999-12-31", reason_code=reason_code, **{"try": "1"}),
        )
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "最晚延至" in page
        assert "审批预计下周完成" in page
        assert "请选择延迟缴款的原因" not in page

    def test_the_fragment_is_the_same_part(self, payer, slip):
        url = reverse("employer:slip-extension", args=[slip.pk])
        part = payer.post(url, form_of(), headers={"HX-Request": "true"}).content.decode()
        assert part.lstrip().startswith('<section class="card" id="comparison"')
        assert "10 人断保" in part
        assert not PaymentExtension.objects.exists()

    def test_asking_and_taking_back(self, payer, slip):
        url = reverse("employer:slip-extension", args=[slip.pk])
        proof = picture("证明.jpg")
        answer = payer.post(url, form_of(proof=proof), follow=True).content.decode()
        made = PaymentExtension.objects.get()
        assert (made.new_due_on, made.reason_code) == (dt.date(2025, 9, 5), "approval")
        assert "已申请延期至 2025-09-05" in answer
        assert "已有一份" in payer.get(url).content.decode()
        withdraw = reverse("employer:slip-extension-withdraw", args=[made.pk])
        assert "已撤回" in payer.post(withdraw, follow=True).content.decode()
        assert "不能办理" in payer.post(withdraw, follow=True).content.decode()

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"new_due_on": "2025-12-31"}, "最晚延至 2025-09-10"),
            ({"new_due_on": "明天"}, "请按 2026-07-01 的格式"),
            ({"reason_code": "budget"}, "须上传证明材料"),
            ({"reason": ""}, "请写明为什么"),
            ({"reason_code": ""}, "请选择延迟缴款的原因"),
        ],
    )
    def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(self, payer, slip, wrong, words):
        answer = payer.post(reverse("employer:slip-extension", args=[slip.pk]), form_of(**wrong))
        assert answer.status_code == 422
        page = answer.content.decode()
        assert words in page
        assert wrong.get("reason", "审批预计下周完成") in page

    def test_another_employer_finds_nothing(self, slip):
        made = make.asked_extension(slip)
        stranger = sign_in(MembershipFactory(finance=True).user)
        assert stranger.get(reverse("employer:slip-extension", args=[slip.pk])).status_code == 404
        assert stranger.post(reverse("employer:slip-extension-withdraw", args=[made.pk])).status_code == 404

    def test_the_application_leads_there(self, slip):
        client = sign_in(MembershipFactory(employer=slip.employer, handler=True).user)
        url = reverse("employer:slip-extension", args=[slip.pk])
        for page in (reverse("employer:applications"), reverse("employer:application", args=[slip.application_id])):
            assert url in client.get(page).content.decode()


class TestDeciding:
    def test_approving_from_the_list(self, cashier, slip):
        made = make.asked_extension(slip)
        page = cashier.get(reverse("office:slip-requests")).content.decode()
        url = reverse("office:slip-request-extension", args=[made.pk])
        assert url in page
        shown = cashier.get(url).content.decode()
        for words in ("按新的缴款期限", "单位内部付款审批未完成", "款项正在审批"):
            assert words in shown
        answer = cashier.post(reverse("office:slip-request-extension-approve", args=[made.pk]), follow=True)
        assert "缴款期限延至 2025-09-02" in answer.content.decode()
        slip.refresh_from_db()
        assert slip.due_on == dt.date(2025, 9, 2)
        again = cashier.post(reverse("office:slip-request-extension-approve", args=[made.pk]), follow=True)
        assert "不能办理" in again.content.decode()

    def test_refusing_takes_a_reason(self, cashier, slip, payer):
        made = make.asked_extension(slip)
        url = reverse("office:slip-request-extension-refuse", args=[made.pk])
        assert cashier.post(url, {"reason": ""}).status_code == 422
        assert "不同意" in cashier.post(url, {"reason": "年底须结账"}, follow=True).content.decode()
        assert "年底须结账" in payer.get(reverse("employer:slip", args=[slip.pk])).content.decode()

    def test_a_cashier_beside_finds_nothing(self, slip):
        made = make.asked_extension(slip)
        branch = StaffPostFactory(cashier=True)
        stranger = sign_in(branch.user)
        assert stranger.get(reverse("office:slip-request-extension", args=[made.pk])).status_code == 404
        assert stranger.post(reverse("office:slip-request-extension-approve", args=[made.pk])).status_code == 404

    def test_the_number_of_queries_does_not_grow(self, cashier, slip):
        def load():
            return cashier.get(reverse("office:slip-requests"))

        make.asked_extension(slip)
        load()
        few = count_queries(load)
        for _ in range(20):
            make.asked_extension(make.open_slip("1.00", owner=slip.employer))
        assert count_queries(load) == few

    def test_the_office_sees_it_on_the_slip(self, cashier, slip):
        made = make.asked_extension(slip)
        page = cashier.get(reverse("office:slip", args=[slip.pk])).content.decode()
        assert reverse("office:slip-request-extension", args=[made.pk]) in page


class TestCancelling:
    def ask(self, payer, slip):
        url = reverse("employer:slip-cancel", args=[slip.pk])
        return payer.post(url, {"outcome": "draft", "reason": "名单有误"}, follow=True).content.decode()

    def test_with_money_the_cashiers_are_asked(self, payer, cashier, slip):
        make.part_paid(slip, "900.00")
        assert "由互助会财务办理" in payer.get(reverse("employer:slip", args=[slip.pk])).content.decode()
        answer = self.ask(payer, slip)
        made = SlipCancellation.objects.get()
        assert "已转互助会财务办理" in answer
        assert "请先不要再汇款" in answer
        page = cashier.get(reverse("office:slip-requests")).content.decode()
        assert reverse("office:slip-request-cancellation", args=[made.pk]) in page

    def test_taking_it_back(self, payer, slip):
        made = make.asked_cancellation(slip)
        url = reverse("employer:slip-cancellation-withdraw", args=[made.pk])
        assert url in payer.get(reverse("employer:slip", args=[slip.pk])).content.decode()
        assert "照常有效" in payer.post(url, follow=True).content.decode()
        assert "不能办理" in payer.post(url, follow=True).content.decode()

    def test_approving_takes_a_choice_and_moves_all_of_it(self, cashier, payer, slip):
        make.part_paid(slip, "900.00")
        made = make.asked_cancellation(slip)
        url = reverse("office:slip-request-cancellation-approve", args=[made.pk])
        refused = cashier.post(url, {})
        assert refused.status_code == 422
        assert "请选择已到账款项" in refused.content.decode()
        done = cashier.post(url, {"money_goes": "credit_balance"}, follow=True).content.decode()
        assert "900.00 元转入单位预存款" in done
        slip.refresh_from_db()
        assert (slip.state, slip.application.state) == ("cancelled", "cancelled")
        page = payer.get(reverse("employer:slip", args=[slip.pk])).content.decode()
        assert "转入单位预存款" in page

    def test_refusing_takes_a_reason(self, cashier, slip):
        made = make.asked_cancellation(slip)
        url = reverse("office:slip-request-cancellation-refuse", args=[made.pk])
        assert cashier.post(url, {"reason": ""}).status_code == 422
        assert "已记为不同意" in cashier.post(url, {"reason": "差额在途"}, follow=True).content.decode()

    def test_the_money_that_names_the_slip_is_shown(self, cashier, slip):
        make.imported(make.transfer("900.00", slip.number, name="某某公司"))
        made = make.asked_cancellation(slip)
        page = cashier.get(reverse("office:slip-request-cancellation", args=[made.pk])).content.decode()
        assert "某某公司" in page
        assert "尚未认领" in page

    def test_another_employer_and_a_cashier_beside_find_nothing(self, slip):
        made = make.asked_cancellation(slip)
        stranger = sign_in(MembershipFactory(finance=True).user)
        assert stranger.post(reverse("employer:slip-cancellation-withdraw", args=[made.pk])).status_code == 404
        beside = sign_in(StaffPostFactory(cashier=True).user)
        assert beside.get(reverse("office:slip-request-cancellation", args=[made.pk])).status_code == 404
