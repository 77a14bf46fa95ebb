"""缴款 through the pages: slips for employers; statements, matching and 日清 for cashiers."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pypdf
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from huzhu.accounts.models import StaffPost
from huzhu.billing import operations as billing
from huzhu.billing.models import BankStatement, BankTransaction, PaymentSlip
from huzhu.jobs import billing as jobs
from huzhu.journeys.expire_slips import expire_slips
from huzhu.journeys.import_statement import MATCH_TASK
from huzhu.shared.actors import system_actor
from tests.factories import billing as make
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.billing import NOON
from tests.factories.employers import MembershipFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def slip() -> PaymentSlip:
    application = make.approved_application(members=10, previous_end=dt.date(2025, 8, 20))
    return make.open_slip(application.contribution_amount, application=application)


@pytest.fixture
def payer(slip) -> Client:
    return sign_in(MembershipFactory(employer=slip.employer, finance=True).user)


def post_of(**more) -> StaffPost:
    return StaffPostFactory(branch=make.root(), **more)


@pytest.fixture
def cashier() -> Client:
    return sign_in(post_of(cashier=True).user)


@pytest.fixture
def second_cashier() -> Client:
    return sign_in(post_of(cashier_reviewer=True).user)


def pdf_text(response) -> str:
    pages = pypdf.PdfReader(io.BytesIO(response.content)).pages
    return "".join(page.extract_text() for page in pages).replace("\n", "")


def upload(client: Client, *lines, content: bytes | None = None, opening="10000.00"):
    account = make.society_account()
    file = SimpleUploadedFile("流水.csv", content or make.statement_file(*lines, opening=opening))
    return client.post(reverse("office:statement-import"), {"account": account.pk, "file": file}, follow=True)


class TestSlips:
    def test_the_list_shows_number_amount_dates_and_papers(self, payer, slip):
        page = payer.get(reverse("employer:slips")).content.decode()
        for text in (slip.number, "950.00", "2025-08-26", "2025-08-19", "待缴款"):
            assert text in page

    def test_filters_stay_in_the_address(self, payer, slip):
        other = make.open_slip("1.00", owner=slip.employer)
        page = payer.get(reverse("employer:slips"), {"number": slip.number, "state": "open"}).content.decode()
        assert slip.number in page
        assert other.number not in page

    def test_a_wrong_date_is_told_and_not_a_fault(self, payer, slip):
        answer = payer.get(reverse("employer:slips"), {"due_from": "昨天"})
        assert answer.status_code == 200
        assert slip.number in answer.content.decode()

    def test_a_new_employer_is_told_how_slips_come(self):
        client = sign_in(MembershipFactory(handler=True).user)
        assert "还没有缴款单" in client.get(reverse("employer:slips")).content.decode()

    def test_the_number_of_queries_does_not_grow(self, payer, slip):
        def load():
            return payer.get(reverse("employer:slips"))

        load()
        few = count_queries(load)
        for _ in range(20):
            make.open_slip("1.00", owner=slip.employer)
        assert count_queries(load) == few

    def test_another_employer_finds_nothing(self, slip):
        stranger = sign_in(MembershipFactory(finance=True).user)
        for name in ("slip", "slip-pdf", "slip-remittance", "slip-remittance-pdf"):
            assert stranger.get(reverse(f"employer:{name}", args=[slip.pk])).status_code == 404
        assert stranger.post(reverse("employer:slip-cancel", args=[slip.pk])).status_code == 404

    def test_the_page_shows_where_to_pay_and_the_remark_to_copy(self, payer, slip):
        page = payer.get(reverse("employer:slip", args=[slip.pk])).content.decode()
        for text in (make.ACCOUNT, "省职工保障互助会", "人民币玖佰伍拾元整", f'data-copy="{slip.number}"', "申请撤单"):
            assert text in page

    def test_the_papers_say_it_too(self, payer, slip):
        for name in ("slip-pdf", "slip-remittance-pdf"):
            answer = payer.get(reverse(f"employer:{name}", args=[slip.pk]))
            assert answer["Content-Type"] == "application/pdf"
            text = pdf_text(answer)
            for words in (slip.number, "950.00", "人民币玖佰伍拾元整", make.ACCOUNT):
                assert words in text
        assert (
            "attachment" in payer.get(reverse("employer:slip-pdf", args=[slip.pk]), {"save": 1})["Content-Disposition"]
        )

    def test_the_example_shows_every_field_of_the_transfer(self, payer, slip):
        page = payer.get(reverse("employer:slip-remittance", args=[slip.pk])).content.decode()
        assert f'data-copy="{slip.number}"' in page

    @pytest.mark.parametrize(("outcome", "state"), [("draft", "draft"), ("cancelled", "cancelled")])
    def test_cancelling_asks_what_becomes_of_the_application(self, payer, slip, outcome, state):
        answer = payer.post(
            reverse("employer:slip-cancel", args=[slip.pk]), {"outcome": outcome, "reason": "名单有误"}, follow=True
        )
        slip.refresh_from_db()
        assert (slip.state, slip.application.state) == ("cancelled", state)
        assert "已撤单" in answer.content.decode()

    def test_cancelling_without_a_reason_keeps_the_choice(self, payer, slip):
        answer = payer.post(reverse("employer:slip-cancel", args=[slip.pk]), {"outcome": "cancelled", "reason": ""})
        assert answer.status_code == 422
        assert "请填写撤单原因" in answer.content.decode()
        slip.refresh_from_db()
        assert slip.state == "open"

    def test_cancelling_after_money_came_is_for_a_cashier_to_decide(self, payer, slip):
        line = make.imported(make.transfer("900.00", slip.number)).new_ids[0]
        billing.propose_allocation(
            transaction_id=line, amounts={slip.pk: Decimal("900.00")}, reason="少缴", by=make.cashier(), at=NOON
        )
        answer = payer.post(
            reverse("employer:slip-cancel", args=[slip.pk]), {"outcome": "draft", "reason": "x"}, follow=True
        )
        assert "转互助会财务办理" in answer.content.decode()
        slip.refresh_from_db()
        assert slip.state == "open"

    def test_those_who_only_look_are_not_offered_to_cancel(self, slip):
        viewer = sign_in(MembershipFactory(employer=slip.employer, viewer=True).user)
        assert "ask-cancel" not in viewer.get(reverse("employer:slip", args=[slip.pk])).content.decode()
        assert viewer.post(reverse("employer:slip-cancel", args=[slip.pk])).status_code == 404


class TestStatements:
    def test_a_file_is_imported_matched_and_settled_in_one_go(self, cashier, slip):
        answer = upload(cashier, make.transfer("950.00", slip.number), make.transfer("1.00", "不明", minute=1))
        page = answer.content.decode()
        slip.refresh_from_db()
        assert slip.state == "paid"
        for text in ("新增 2 笔", "自动核销 1 张", "1 笔需人工处理", "备注含缴款单号", "未填写缴款单号"):
            assert text in page

    def test_the_same_file_again_says_so(self, cashier, slip):
        upload(cashier, make.transfer("950.00", slip.number))
        assert "此前均已导入" in upload(cashier, make.transfer("950.00", slip.number)).content.decode()

    def test_a_broken_file_is_refused_with_its_line(self, cashier):
        content = make.statement_file(make.transfer("1.00"), make.transfer("2.00")).replace(b"10,003.00", b"10,004.00")
        answer = upload(cashier, content=content)
        assert answer.status_code == 422
        assert "第 6 行余额不连续" in answer.content.decode()
        assert not BankStatement.objects.exists()

    @pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"<html>", b"PK\x03\x04broken", "一,二\n".encode()])
    def test_files_that_are_no_statement_are_refused(self, cashier, content):
        assert upload(cashier, content=content or b" ").status_code == 422

    def test_a_large_file_is_matched_by_a_job_and_the_page_tells_how_far(self, cashier, slip):
        page = upload(
            cashier, make.transfer("950.00", slip.number), *[make.transfer("1.00", f"{n}") for n in range(40)]
        )
        statement = BankStatement.objects.get()
        progress = reverse("office:statement-progress", args=[statement.pk])
        slip.refresh_from_db()
        assert slip.state == "open"
        assert "正在匹配" in page.content.decode()
        assert "0 / 41" in cashier.get(progress).content.decode()

        job = ProcrastinateJob.objects.get(task_name=MATCH_TASK)
        jobs.match_statement(**job.args)

        slip.refresh_from_db()
        assert slip.state == "paid"
        assert cashier.get(progress)["HX-Refresh"] == "true"
        assert "正在匹配" not in cashier.get(reverse("office:statement", args=[statement.pk])).content.decode()

    def test_closing_is_offered_once(self, cashier, slip):
        upload(cashier, make.transfer("1.00"))
        statement = BankStatement.objects.get()
        page = cashier.post(reverse("office:statement-close", args=[statement.pk]), follow=True).content.decode()
        assert "已关闭" in page
        assert "ask-close" not in page

    def test_the_list_and_the_file_take_the_same_queries_for_many(self, cashier):
        upload(cashier, make.transfer("1.00"))
        pages = [reverse("office:statements"), reverse("office:statement", args=[BankStatement.objects.get().pk])]

        def load():
            return [cashier.get(page) for page in pages]

        load()
        few = count_queries(load)
        for number in range(1, 8):
            make.imported(make.transfer(f"{number}.00", minute=number), by=make.cashier())
        assert count_queries(load) == few


class TestMatching:
    @pytest.fixture
    def line(self, cashier, slip) -> BankTransaction:
        upload(cashier, make.transfer("950.00", "会费", name="某工会委员会", account="62001234"))
        return BankTransaction.objects.get()

    def propose(self, client, line, slip, **typed):
        data = {"slip": slip.pk, f"amount-{slip.pk}": "950.00", "reason": "已电话核实", **typed}
        return client.post(reverse("office:matching-propose", args=[line.pk]), data, follow=True)

    def test_waiting_lines_show_what_they_may_mean(self, cashier, slip, line):
        page = cashier.get(reverse("office:matching")).content.decode()
        for text in ("某工会委员会", "尾号 1234", slip.number, "金额一致", "未填写缴款单号"):
            assert text in page
        assert "62001234" not in page

    def test_proposed_by_one_confirmed_by_another(self, cashier, second_cashier, slip, line):
        assert "已提出认领" in self.propose(cashier, line, slip).content.decode()
        detail = reverse("office:matching-line", args=[line.pk])
        assert "由您本人" in cashier.get(detail).content.decode()
        assert cashier.post(reverse("office:matching-confirm", args=[line.pk])).status_code == 403

        page = second_cashier.post(reverse("office:matching-confirm", args=[line.pk]), follow=True).content.decode()
        slip.refresh_from_db()
        assert (slip.state, slip.application.state) == ("paid", "effective")
        assert "1 张缴款单已足额缴款" in page

    def test_declined_with_a_reason_the_line_waits_again(self, cashier, second_cashier, slip, line):
        self.propose(cashier, line, slip)
        decline = reverse("office:matching-decline", args=[line.pk])
        assert second_cashier.post(decline, {"reason": ""}).status_code == 422
        assert "户名不符" in second_cashier.post(decline, {"reason": "户名不符"}, follow=True).content.decode()
        line.refresh_from_db()
        assert line.state == "unmatched"

    @pytest.mark.parametrize(
        ("typed", "message"),
        [
            ({"amount": "九百"}, "不是金额"),
            ({"amount": "951"}, "不超过待缴金额"),
            ({"amount": "1e999"}, "不是金额"),
            ({"reason": ""}, "请写明认领依据"),
            ({"slip": ""}, "缴款单不存在"),
            ({"slip": "999999"}, "缴款单不存在"),
            ({"slip": "９"}, "缴款单不存在"),
        ],
    )
    def test_a_refused_proposal_says_why_and_keeps_what_was_typed(self, cashier, slip, line, typed, message):
        data = {"slip": slip.pk, f"amount-{slip.pk}": "950.00", "reason": "已电话核实"}
        data |= {f"amount-{slip.pk}": typed["amount"]} if "amount" in typed else typed
        if typed.get("slip") == "999999":
            data["amount-999999"] = "1.00"
        answer = cashier.post(reverse("office:matching-propose", args=[line.pk]), data)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert message in page
        if "amount" in typed:
            assert f'value="{typed["amount"]}"' in page
            assert "已电话核实" in page

    def test_slips_are_found_by_number_name_and_amount(self, cashier, slip, line):
        other = make.open_slip("7.00", owner=make.employer(name="佛山市禅城小学"))
        detail = reverse("office:matching-line", args=[line.pk])
        assert other.number not in cashier.get(detail).content.decode()
        for words in (other.number, "禅城", "7.00"):
            assert other.number in cashier.get(detail, {"q": words}).content.decode()

    @pytest.mark.parametrize("words", ["'", "%", "\\", "💥", "9" * 60, "1.2.3", "-1", "NaN", "Ⅷ", "１２"])
    def test_odd_searches_are_no_fault(self, cashier, line, words):
        assert cashier.get(reverse("office:matching-line", args=[line.pk]), {"q": words}).status_code == 200

    def test_interest_is_set_aside(self, cashier, line):
        page = cashier.post(
            reverse("office:matching-set-aside", args=[line.pk]), {"reason": "利息收入"}, follow=True
        ).content.decode()
        assert "已标记为不需核销" in page
        assert "利息收入" in page

    def test_filters_narrow_the_list(self, cashier, line):
        def shows(**asked):
            return "某工会委员会" in cashier.get(reverse("office:matching"), asked).content.decode()

        assert shows(kind="no_reference", amount="950")
        assert not shows(kind="duplicate")
        assert not shows(amount="951.00")
        assert not shows(received_from="2025-08-12")
        assert shows(amount="九百")

    def test_exceptions_are_listed_by_kind(self, cashier, slip, line):
        upload(cashier, make.transfer("1.00", slip.number, minute=5), opening="10950.00")
        page = cashier.get(reverse("office:payment-exceptions"), {"kind": "amount_short"}).content.decode()
        assert "金额不足" in page
        assert "某工会委员会" not in page

    def test_the_number_of_queries_does_not_grow(self, cashier, slip, line):
        pages = [reverse("office:matching"), reverse("office:payment-exceptions")]

        def load():
            return [cashier.get(page) for page in pages]

        load()
        few = count_queries(load)
        make.imported(*[make.transfer("950.00", "会费", minute=n) for n in range(20)], opening="20000.00")
        billing.match_new(by=system_actor(), at=NOON)
        assert count_queries(load) == few


class TestDailyClose:
    def test_a_day_that_adds_up(self, cashier, slip):
        upload(cashier, make.transfer("950.00", slip.number), make.transfer("50.00", "不明", minute=1))
        page = cashier.get(reverse("office:daily-close"), {"day": "2025-08-11"}).content.decode()
        for text in ("1,000.00", "950.00", "50.00", "平衡"):
            assert text in page

    @pytest.mark.parametrize("day", ["", "昨天", "2025-02-30", "0001-01-01", "9999-12-31"])
    def test_any_day_is_answered(self, cashier, day):
        assert cashier.get(reverse("office:daily-close"), {"day": day}).status_code == 200


class TestWhoMayLook:
    PAGES = ("statements", "matching", "payment-exceptions", "daily-close")

    @pytest.mark.parametrize("role", ["registrar", "reviewer", "system_admin"])
    def test_other_desks_do_not_find_the_money(self, role):
        client = sign_in(post_of(**{role: True}).user)
        assert {client.get(reverse(f"office:{page}")).status_code for page in self.PAGES} == {404}

    def test_auditors_look_and_do_not_write(self, slip):
        line = make.imported(make.transfer("1.00", "无")).new_ids[0]
        client = sign_in(post_of(auditor=True).user)
        assert {client.get(reverse(f"office:{page}")).status_code for page in self.PAGES} == {200}
        page = client.get(reverse("office:matching-line", args=[line])).content.decode()
        assert "matching-propose" not in page
        assert "ask-aside" not in page
        for name in ("propose", "confirm", "decline", "set-aside"):
            assert client.post(reverse(f"office:matching-{name}", args=[line])).status_code == 404

    def test_a_branchs_cashier_sees_no_line_of_the_association(self, slip):
        line = make.imported(make.transfer("1.00", "不明来款")).new_ids[0]
        branch = BranchFactory(parent=make.root(), level="city")
        client = sign_in(StaffPostFactory(cashier=True, branch=branch).user)
        assert "不明来款" not in client.get(reverse("office:matching")).content.decode()
        assert client.get(reverse("office:matching-line", args=[line])).status_code == 404
        assert upload(client, make.transfer("2.00")).status_code == 403


class TestSlipsInTheOffice:
    def test_the_list_costs_the_same_for_few_and_many(self, cashier):
        make.open_slip()
        few = count_queries(lambda: cashier.get(reverse("office:slips")))
        for _ in range(12):
            make.open_slip()
        assert count_queries(lambda: cashier.get(reverse("office:slips"))) == few

    def test_an_expired_slip_is_asked_for_again(self, cashier, slip):
        late = NOON + dt.timedelta(days=40)
        expire_slips(by=system_actor(), at=late)
        page = cashier.get(reverse("office:slip", args=[slip.pk]))
        assert "重新生成缴款单" in page.content.decode()
        with time_machine.travel(late, tick=False):
            answer = cashier.post(reverse("office:slip-reissue", args=[slip.pk]), follow=True)
        new = PaymentSlip.objects.get(application_id=slip.application_id, state="open")
        assert new.number in answer.content.decode()
        assert "重新生成缴款单" not in cashier.get(reverse("office:slip", args=[slip.pk])).content.decode()

    def test_a_slip_that_waits_is_not_asked_for_again(self, cashier, slip):
        assert "重新生成缴款单" not in cashier.get(reverse("office:slip", args=[slip.pk])).content.decode()
        answer = cashier.post(reverse("office:slip-reissue", args=[slip.pk]), follow=True)
        assert PaymentSlip.objects.count() == 1
        assert answer.status_code == 200

    def test_a_registrar_looks_and_does_not_touch(self, slip):
        registrar = sign_in(post_of(registrar=True).user)
        assert registrar.get(reverse("office:slip", args=[slip.pk])).status_code == 200
        assert registrar.post(reverse("office:slip-reissue", args=[slip.pk])).status_code == 404
