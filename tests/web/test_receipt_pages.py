"""电子票据 through the pages: an employer asks, cashiers issue, refuse and reverse, the employer downloads."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pypdf
import pytest
from django.test import Client
from django.urls import reverse

from huzhu.receipts.models import EReceipt, ReceiptRequest
from huzhu.ui import menus
from tests.factories import policies as make
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.employers import MembershipFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def policy():
    return make.confirmed(make.policy(members=3))


@pytest.fixture
def payer(policy):
    return sign_in(MembershipFactory(employer=policy.employer, finance=True).user)


@pytest.fixture
def cashier():
    return sign_in(StaffPostFactory(branch=make.money.root(), cashier=True, user__name="黄志强").user)


@pytest.fixture
def reviewer():
    return sign_in(StaffPostFactory(branch=make.money.root(), cashier_reviewer=True, user__name="林慧").user)


def page_of(client, name, *args, **asked) -> str:
    return client.get(reverse(name, args=args), asked).content.decode()


def ask(client, policy, **changes):
    typed = {
        "policy": policy.pk,
        "title": policy.employer.name,
        "credit_code": policy.employer.credit_code,
        f"amount-{policy.pk}": "285.00",
    } | changes
    return client.post(reverse("employer:receipt-request-new"), typed, follow=True)


def press(client, act, request, **typed):
    return client.post(reverse(f"office:receipt-{act}", args=[request.pk]), typed, follow=True)


class TestAsking:
    def test_open_policies_are_listed_with_what_is_left(self, payer, policy):
        page = page_of(payer, "employer:receipt-requests")
        for text in (policy.number, "285.00", "已回传", "确认，填写开票信息"):
            assert text in page

    def test_the_form_is_filled_in_beforehand(self, payer, policy):
        page = page_of(payer, "employer:receipt-request-new", policy=policy.pk)
        for text in (policy.employer.name, policy.employer.credit_code, 'value="285.00"'):
            assert text in page

    def test_saving_asks_for_the_receipt(self, payer, policy):
        answer = ask(payer, policy, **{f"amount-{policy.pk}": "１９０.００元"})
        request = ReceiptRequest.objects.get()
        assert request.amount == Decimal("190.00")
        assert answer.redirect_chain[-1][0] == reverse("employer:receipt-request", args=[request.pk])
        assert "互助会财务办理" in answer.content.decode()

    @pytest.mark.parametrize(
        ("field", "typed", "words"),
        [
            ("amount", "285.01", "还可开票 285.00 元"),
            ("amount", "二百", "不是金额"),
            ("amount", "", "请填写开票金额"),
            ("amount", "0", "大于 0"),
            ("title", " ", "请填写票据抬头"),
            ("credit_code", "123", "统一社会信用代码"),
        ],
    )
    def test_a_refusal_names_the_field_and_keeps_what_was_typed(self, payer, policy, field, typed, words):
        name = f"amount-{policy.pk}" if field == "amount" else field
        answer = ask(payer, policy, remark="请尽快", **{name: typed})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert words in page
        assert 'value="请尽快"' in page
        if typed.strip():
            assert f'value="{typed}"' in page
        assert not ReceiptRequest.objects.exists()

    def test_without_the_stamped_confirmation_the_slot_says_so(self):
        policy = make.policy()
        payer = sign_in(MembershipFactory(employer=policy.employer, finance=True).user)
        answer = ask(payer, policy)
        assert answer.status_code == 422
        assert "还没有上传盖章参保确认书" in answer.content.decode()

    @pytest.mark.parametrize("asked", [{}, {"policy": "x"}, {"policy": "999999"}, {"policy": "9" * 30}])
    def test_without_a_policy_one_is_sent_to_choose(self, payer, asked):
        answer = payer.get(reverse("employer:receipt-request-new"), asked)
        assert answer["Location"] == reverse("employer:receipt-requests")

    def test_a_second_click_does_not_ask_twice(self, payer, policy):
        ask(payer, policy)
        assert "已全部申请过开票" in ask(payer, policy).content.decode()
        assert ReceiptRequest.objects.count() == 1

    def test_those_who_only_look_see_the_list_and_no_form(self, policy):
        viewer = sign_in(MembershipFactory(employer=policy.employer, viewer=True).user)
        assert policy.number in page_of(viewer, "employer:receipt-requests")
        assert viewer.get(reverse("employer:receipt-request-new"), {"policy": policy.pk}).status_code == 404

    def test_policies_of_others_can_not_be_chosen(self, policy):
        stranger = sign_in(MembershipFactory(finance=True).user)
        answer = stranger.get(reverse("employer:receipt-request-new"), {"policy": policy.pk}, follow=True)
        assert policy.number not in answer.content.decode()

    def test_the_menu_counts_what_is_not_receipted(self, payer, policy, rf):
        request = rf.get("/")
        request.actor = make.payer(policy.employer)
        assert menus.get_counts("employer", request=request)["receipt_requests"] == 1
        ask(payer, policy)
        assert menus.get_counts("employer", request=request)["receipt_requests"] == 0


class TestIssuing:
    @pytest.fixture
    def waiting(self, policy):
        return make.receipt_request(policy)

    def test_one_click_in_the_list(self, cashier, reviewer, waiting):
        page = page_of(cashier, "office:receipts")
        assert waiting.number in page
        assert reverse("office:receipt-issue", args=[waiting.pk]) in page
        told = press(cashier, "issue", waiting).content.decode()
        receipt = EReceipt.objects.get()
        assert f"电子票据 {receipt.receipt_number} 已开具" in told
        assert waiting.number in page_of(cashier, "office:receipts", state="issued")
        assert waiting.number not in page_of(cashier, "office:receipts")

    def test_without_a_second_name_it_says_what_to_do(self, cashier, waiting):
        told = press(cashier, "issue", waiting).content.decode()
        assert "没有可列为复核人的另一位财务复核人员" in told
        assert not EReceipt.objects.exists()

    def test_again_says_that_somebody_was_first(self, cashier, reviewer, waiting):
        press(cashier, "issue", waiting)
        assert "可能已有人先处理" in press(cashier, "issue", waiting).content.decode()
        assert EReceipt.objects.count() == 1

    def test_the_reviewer_is_offered_no_issuing_and_the_auditor_nothing(self, reviewer, waiting):
        auditor = sign_in(StaffPostFactory(branch=make.money.root(), auditor=True).user)
        for client in (reviewer, auditor):
            page = page_of(client, "office:receipt", waiting.pk)
            assert "receipt-issue" not in page
            assert "开具电子票据</button>" not in page
            assert client.post(reverse("office:receipt-issue", args=[waiting.pk])).status_code == 404
        assert not EReceipt.objects.exists()

    def test_a_strange_title_is_worth_a_look(self, cashier, policy):
        payer = sign_in(MembershipFactory(employer=policy.employer, finance=True).user)
        ask(payer, policy, title="另一家单位")
        request = ReceiptRequest.objects.get()
        assert "与单位名称不同" in page_of(cashier, "office:receipts")
        assert "票据抬头与参保单位名称不同" in page_of(cashier, "office:receipt", request.pk)

    def test_refusing_takes_a_reason_and_the_employer_reads_it(self, cashier, payer, waiting):
        assert press(cashier, "refuse", waiting, reason=" ").status_code == 422
        assert "已退回" in press(cashier, "refuse", waiting, reason="公章不清晰").content.decode()
        page = page_of(payer, "employer:receipt-request", waiting.pk)
        assert "公章不清晰" in page
        assert "重新申请开票" in page
        assert waiting.lines.get().policy.number in page_of(payer, "employer:receipt-requests")

    def test_reversing_is_for_the_second_person(self, cashier, reviewer, payer, waiting):
        press(cashier, "issue", waiting)
        assert cashier.post(reverse("office:receipt-reverse", args=[waiting.pk]), {"reason": "x"}).status_code == 404
        assert press(reviewer, "reverse", waiting, reason="").status_code == 422
        told = press(reviewer, "reverse", waiting, reason="交款人名称有误").content.decode()
        assert "红字票据" in told
        red = EReceipt.objects.get(reverses__isnull=False)
        page = page_of(payer, "employer:receipts")
        for text in (red.receipt_number, "-285.00", "已红冲", "红字票据"):
            assert text in page

    def test_the_issuer_who_is_also_reviewer_is_told_why_not(self, reviewer, waiting):
        both = StaffPostFactory(branch=make.money.root(), roles=["cashier", "cashier_reviewer"], user__name="一人两职")
        client = sign_in(both.user)
        press(client, "issue", waiting)
        assert "由您本人开具" in page_of(client, "office:receipt", waiting.pk)
        assert press(client, "reverse", waiting, reason="x").status_code == 403
        assert EReceipt.objects.count() == 1

    def test_other_branches_find_nothing(self, waiting):
        elsewhere = sign_in(StaffPostFactory(branch=BranchFactory(), cashier=True).user)
        assert waiting.number not in page_of(elsewhere, "office:receipts")
        assert elsewhere.get(reverse("office:receipt", args=[waiting.pk])).status_code == 404
        assert elsewhere.post(reverse("office:receipt-issue", args=[waiting.pk])).status_code == 404

    @pytest.mark.parametrize("words", ["number", "title", "initials", "receipt"])
    def test_found_by_number_title_initials_and_receipt_number(self, cashier, reviewer, waiting, words):
        press(cashier, "issue", waiting)
        typed = {
            "number": waiting.number[2:],
            "title": waiting.title[:4],
            "initials": waiting.employer.name_initials[:4],
            "receipt": EReceipt.objects.get().receipt_number,
        }[words]
        assert waiting.number in page_of(cashier, "office:receipts", state="issued", words=typed)
        assert waiting.number not in page_of(cashier, "office:receipts", state="issued", words="没有")


class TestDownloading:
    @pytest.fixture
    def receipt(self, policy):
        return make.issued(make.receipt_request(policy))

    def test_the_list_leads_to_the_paper_and_the_data(self, payer, receipt):
        page = page_of(payer, "employer:receipts")
        for text in (receipt.receipt_number, receipt.receipt_code, receipt.check_code, "285.00", "有效"):
            assert text in page
        answer = payer.get(reverse("employer:receipt-pdf", args=[receipt.pk]))
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
        assert receipt.receipt_number in text
        elements = json.loads(payer.get(reverse("employer:receipt-data", args=[receipt.pk])).content)
        assert elements["total_upper"] == "人民币贰佰捌拾伍元整"

    def test_filters_narrow_the_list(self, payer, receipt):
        def shows(**asked):
            return receipt.receipt_number in page_of(payer, "employer:receipts", **asked)

        assert shows(words=receipt.receipt_number[-4:], issued_from="2025-08-12", issued_to="2025-08-12")
        assert not shows(words="没有")
        assert not shows(issued_from="2025-08-13")
        assert shows(issued_to="昨天")

    def test_strangers_find_nothing(self, receipt):
        stranger = sign_in(MembershipFactory(finance=True).user)
        for name in ("receipt-pdf", "receipt-data"):
            assert stranger.get(reverse(f"employer:{name}", args=[receipt.pk])).status_code == 404
        request = reverse("employer:receipt-request", args=[receipt.request_id])
        assert stranger.get(request).status_code == 404

    def test_the_number_of_queries_does_not_grow(self, payer, cashier, policy, receipt):
        def load():
            pages = [page_of(payer, name) for name in ("employer:receipts", "employer:receipt-requests")]
            return [*pages, *(page_of(cashier, "office:receipts", state=state) for state in ("requested", "issued"))]

        more = [make.confirmed(make.policy(members=1, owner=policy.employer)) for _ in range(7)]
        make.receipt_request(more[0])
        make.issued(make.receipt_request(more[1]))
        load()
        few = count_queries(load)
        for each in more[2:4]:
            make.receipt_request(each)
        for each in more[4:6]:  # one stays open, or its confirmation would not be asked for
            make.issued(make.receipt_request(each))
        assert count_queries(load) == few
