"""开票管理: issue, refuse, reverse: who may, what is printed, what the employer is told, and what comes back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from decimal import Decimal

import pypdf
import pytest
from django.db import IntegrityError, transaction

from huzhu.documents import operations as documents
from huzhu.documents.models import StoredFile
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.receipts import operations as receipts
from huzhu.receipts import permissions, queries
from huzhu.receipts.models import EReceipt, ReceiptRequest, ReceiptRight
from huzhu.receipts.operations import issuing
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories import policies as make
from tests.factories.accounts import BranchFactory, StaffPostFactory, office_actor
from tests.factories.policies import LATER
from tests.policy import without_guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_():
    return make.receipt_request(make.confirmed(make.policy(members=3)))


@pytest.fixture
def staff():
    return make.cashiers()


def pdf_text(receipt: EReceipt) -> str:
    content = documents.read_file(file=StoredFile.objects.get(pk=receipt.document_id))
    return "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages)


class TestIssue:
    def test_gives_code_number_and_check_code(self, request_, staff):
        receipt = make.issued(request_, by=staff[0])
        assert receipt.receipt_code == "44070125"
        assert len(receipt.receipt_number) == 10
        assert receipt.receipt_number.isdecimal()
        assert len(receipt.check_code) == 6
        assert int(receipt.check_code, 16) >= 0
        assert (receipt.issuer_name, receipt.reviewer_name) == ("黄志强", "林慧")
        request_.refresh_from_db()
        assert (request_.state, request_.decided_at) == ("issued", LATER)

    def test_numbers_follow_one_another(self, staff):
        numbers = [int(make.issued(make.receipt_request(), by=staff[0]).receipt_number) for _ in range(3)]
        assert numbers == list(range(numbers[0], numbers[0] + 3))

    def test_the_pdf_says_everything(self, request_, staff):
        receipt = make.issued(request_, by=staff[0])
        text = pdf_text(receipt)
        slip = request_.lines.get().right.slip
        for words in (
            "社会团体会费统一票据（电子）",
            receipt.receipt_number,
            receipt.check_code,
            request_.title,
            request_.credit_code,
            "285.00",
            "人民币贰佰捌拾伍元整",
            slip.number,
            "2025-08-12至2026-08-11",
            "黄志强",
            "林慧",
        ):
            assert words in text

    def test_the_data_says_the_same(self, request_, staff):
        elements = make.issued(request_, by=staff[0]).elements
        assert (elements["total"], elements["total_upper"]) == ("285.00", "人民币贰佰捌拾伍元整")
        [item] = elements["items"]
        assert (item["unit_of_measure"], item["quantity"], item["unit_price"]) == ("份", 3, "95.00")

    def test_the_employer_is_told_once(self, request_, staff):
        receipt = make.issued(request_, by=staff[0])
        sms = SmsMessage.objects.get(template="receipt_issued")
        assert sms.mobile == request_.employer.handler_mobile
        assert receipt.receipt_number in sms.body
        assert "285.00" in sms.body
        assert Notice.objects.filter(title__contains=receipt.receipt_number).count() == 1

    def test_a_second_click_issues_nothing(self, request_, staff):
        make.issued(request_, by=staff[0])
        with pytest.raises(TransitionNotAllowed):
            make.issued(request_, by=staff[0])
        assert EReceipt.objects.count() == 1

    def test_only_cashiers_of_the_branch_or_above(self, request_, staff):
        elsewhere = office_actor(StaffPostFactory(branch=BranchFactory(), cashier=True))
        for by in (staff[1], elsewhere, make.payer(request_.employer)):
            with pytest.raises(permissions.NotPermitted):
                make.issued(request_, by=by)

    def test_nobody_issues_what_the_same_person_asked_for(self, request_, staff):
        asker = dataclasses.replace(staff[0], person=request_.requested_by_person)
        with pytest.raises(permissions.NotPermitted, match="您本人提交"):
            make.issued(request_, by=asker)

    def test_twin_without_the_permission_meets_the_constraint(self, request_, staff, monkeypatch):
        without_guards(monkeypatch, "receipt_request.issue")
        asker = dataclasses.replace(staff[0], person=request_.requested_by_person)
        with pytest.raises(IntegrityError, match="issued_by_another_than_asked"), transaction.atomic():
            make.issued(request_, by=asker)

    def test_without_a_second_name_it_waits(self, request_):
        alone = office_actor(make.cashier_post())
        with pytest.raises(receipts.NoReviewer, match="申请仍保留"):
            make.issued(request_, by=alone)
        request_.refresh_from_db()
        assert request_.state == "requested"

    def test_a_namesake_is_no_second_name(self, request_):
        make.cashier_post(cashier_reviewer=True, user__name="张伟")
        by = office_actor(make.cashier_post(cashier=True, user__name="张伟"))
        assert queries.find_reviewer(request=request_, by=by) == ""

    def test_the_nearest_reviewer_is_named(self, request_, staff):
        city = request_.employer.branch
        near = BranchFactory(parent=city, level="city")
        request_.employer.branch = near
        StaffPostFactory(branch=near, cashier_reviewer=True, user__name="近处人")
        assert queries.find_reviewer(request=request_, by=staff[0]) == "近处人"

    def test_all_or_nothing(self, request_, staff, monkeypatch):
        monkeypatch.setattr(issuing.notifications, "queue_sms", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            make.issued(request_, by=staff[0])
        request_.refresh_from_db()
        assert request_.state == "requested"
        assert not EReceipt.objects.exists()


class TestRefuse:
    def refuse(self, request, by, reason="抬头与缴款单位不一致"):
        return receipts.refuse_request(request_id=request.pk, reason=reason, by=by, at=LATER)

    def test_frees_the_amount_and_tells_why(self, request_, staff):
        self.refuse(request_, staff[0])
        assert ReceiptRight.objects.get().requested_amount == 0
        assert "抬头与缴款单位不一致" in SmsMessage.objects.get(template="receipt_refused").body
        assert make.receipt_request(request_.lines.get().policy).amount == Decimal("285.00")

    @pytest.mark.parametrize("reason", ["", "  ", "长" * 201])
    def test_takes_a_reason(self, request_, staff, reason):
        with pytest.raises(receipts.ReasonNeeded):
            self.refuse(request_, staff[0], reason)
        assert ReceiptRight.objects.get().requested_amount == Decimal("285.00")

    def test_what_is_issued_is_not_refused_any_more(self, request_, staff):
        make.issued(request_, by=staff[0])
        with pytest.raises(TransitionNotAllowed):
            self.refuse(request_, staff[0])


class TestReverse:
    def reverse(self, request, by, reason="交款人名称有误"):
        return receipts.reverse_receipt(request_id=request.pk, reason=reason, by=by, at=LATER + dt.timedelta(days=1))

    def test_a_red_receipt_of_the_full_amount_names_the_original(self, request_, staff):
        original = make.issued(request_, by=staff[0])
        red = self.reverse(request_, staff[1])
        assert (red.amount, red.reverses) == (Decimal("-285.00"), original)
        assert (red.issuer_name, red.reviewer_name) == ("黄志强", "林慧")
        text = pdf_text(red)
        for words in ("红字票据", "-285.00", "人民币负贰佰捌拾伍元整", original.receipt_number, "交款人名称有误"):
            assert words in text
        request_.refresh_from_db()
        assert (request_.state, request_.reason) == ("reversed", "交款人名称有误")

    def test_then_it_can_be_asked_for_anew(self, request_, staff):
        make.issued(request_, by=staff[0])
        self.reverse(request_, staff[1])
        assert ReceiptRight.objects.get().requested_amount == 0
        again = make.receipt_request(request_.lines.get().policy)
        assert make.issued(again, by=staff[0]).amount == Decimal("285.00")

    def test_once_only(self, request_, staff):
        make.issued(request_, by=staff[0])
        self.reverse(request_, staff[1])
        with pytest.raises(TransitionNotAllowed):
            self.reverse(request_, staff[1])

    def test_what_was_not_issued_is_not_reversed(self, request_, staff):
        with pytest.raises(TransitionNotAllowed):
            self.reverse(request_, staff[1])

    def test_takes_a_reason(self, request_, staff):
        make.issued(request_, by=staff[0])
        with pytest.raises(receipts.ReasonNeeded):
            self.reverse(request_, staff[1], " ")

    def test_the_issuer_is_no_second_person_under_another_account(self, request_, staff):
        make.issued(request_, by=staff[0])
        self_again = dataclasses.replace(staff[1], person=staff[0].person)
        with pytest.raises(permissions.NotPermitted, match="您本人开具"):
            self.reverse(request_, self_again)
        assert EReceipt.objects.count() == 1

    def test_twin_without_the_permission_meets_the_constraint(self, request_, staff, monkeypatch):
        make.issued(request_, by=staff[0])
        without_guards(monkeypatch, "receipt_request.reverse")
        self_again = dataclasses.replace(staff[1], person=staff[0].person)
        with pytest.raises(IntegrityError, match="reversal_takes_another_person"), transaction.atomic():
            self.reverse(request_, self_again)

    def test_cashiers_do_not_reverse(self, request_, staff):
        make.issued(request_, by=staff[0])
        other = office_actor(make.cashier_post(cashier=True, user__name="陈会计"))
        for by in (other, make.payer(request_.employer)):
            with pytest.raises(permissions.NotPermitted):
                self.reverse(request_, by)

    def test_a_red_receipt_of_another_amount_is_none(self, request_, staff):
        original = make.issued(request_, by=staff[0])
        with pytest.raises(Exception, match=r"no rows"), transaction.atomic():
            EReceipt.objects.create(
                request=request_,
                employer=request_.employer,
                receipt_code="44070125",
                receipt_number="9999999999",
                check_code="000000",
                amount=Decimal("-1.00"),
                issued_on=original.issued_on,
                issued_at=LATER,
                issuer_name="甲",
                reviewer_name="乙",
                issued_by_person="13900001234",
                reverses=original,
                reversal_reason="x",
                document_id=original.document_id,
            )

    def test_nothing_issued_is_ever_changed(self, request_, staff):
        receipt = make.issued(request_, by=staff[0])
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            EReceipt.objects.filter(pk=receipt.pk).update(amount=1)
        assert ReceiptRequest.objects.get().receipts.get() == receipt


class TestFind:
    def test_by_code_number_and_check_code_together(self, request_, staff):
        receipt = make.issued(request_, by=staff[0])

        def find(**changes):
            words = {name: getattr(receipt, name) for name in ("receipt_code", "receipt_number", "check_code")}
            return queries.find_receipt(**(words | changes))

        assert find() == receipt
        assert find(check_code=receipt.check_code.upper()) == receipt
        assert find(check_code="zzzzzz") is None
        assert find(receipt_number="0") is None
