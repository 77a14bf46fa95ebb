"""保单与票据核验: open to everybody, true, and silent about people."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from huzhu.cover.models import Cover
from huzhu.policies import operations as policies
from huzhu.policies import papers
from huzhu.policies.models import CheckAttempt
from huzhu.receipts import operations as receipts
from huzhu.receipts import papers as receipt_papers
from huzhu.roster.models import WorkerDocument
from tests.factories import policies as make
from tests.factories.policies import LATER

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy():
    return make.policy(members=3)


def path_of(address: str) -> str:
    """What a scanned QR code asks this site for."""
    assert address.startswith(settings.PUBLIC_URL)
    return address.removeprefix(settings.PUBLIC_URL.rstrip("/"))


def verify(policy) -> str:
    return reverse("public:verify", args=[policy.verify_code])


class TestPolicy:
    def test_the_qr_code_leads_to_the_page(self, client, policy):
        assert path_of(papers.get_verify_url(policy, number=1)) == f"{verify(policy)}1/"
        page = client.get(verify(policy)).content.decode()
        for text in (
            policy.number,
            policy.employer.name,
            "住院医保补充保障计划",
            "2025-08-12 至 2026-08-11",
            "3 人",
            "2025-08-11",
        ):
            assert text in page

    def test_nobody_on_it_is_named(self, client, policy):
        page = client.get(verify(policy)).content.decode()
        for cover in Cover.objects.filter(policy_id=policy.pk):
            for secret in (cover.name, cover.number_masked, cover.number_masked[-4:]):
                assert secret not in page.replace(policy.number, "").replace(policy.verify_code, "")

    def test_it_is_kept_by_no_cache(self, client, policy):
        assert "no-store" in client.get(verify(policy))["Cache-Control"]

    @pytest.mark.parametrize("code", ["x", "0" * 18, "a-b", "A" * 200])
    def test_an_unknown_code_says_what_to_do(self, client, code):
        answer = client.get(reverse("public:verify", args=[code]))
        assert answer.status_code == 404
        assert "没有找到这张保单" in answer.content.decode()

    def test_typed_by_hand_both_must_fit(self, client, policy):
        def ask(number, code):
            return client.post(reverse("public:verify-start"), {"kind": "policy", "number": number, "code": code})

        spelt = papers.spell_code(policy.verify_code).lower()
        assert ask(f" {policy.number.lower()} ", spelt)["Location"] == verify(policy)
        for number, code in ((policy.number, "x"), ("BD20250811000001X", policy.verify_code), ("", "")):
            answer = ask(number, code)
            assert answer.status_code == 422
            assert policy.employer.name not in answer.content.decode()

    def test_a_person_is_answered_with_yes_or_no_only(self, client, policy):
        cover = Cover.objects.filter(policy_id=policy.pk).first()
        number = WorkerDocument.objects.get(worker=cover.worker_id).reveal()

        def ask(name, ending):
            return client.post(verify(policy), {"name": name, "last_four": ending}).content.decode()

        yes = ask(cover.name, number[-4:])
        assert "<strong>在名单中</strong>" in yes
        assert number[:14] not in yes
        assert "<strong>不在名单中</strong>" in ask("无此人", number[-4:])
        assert "<strong>不在名单中</strong>" in ask(cover.name, "000X")

    @pytest.mark.parametrize(
        "typed", [{}, {"name": "张三"}, {"name": "张三", "last_four": "12"}, {"name": "\0", "last_four": "…"}]
    )
    def test_half_a_question_is_told_and_not_counted(self, client, policy, typed):
        assert client.post(verify(policy), typed).status_code == 422
        assert not CheckAttempt.objects.exists()

    def test_asking_too_often_is_stopped_for_that_address(self, policy, monkeypatch):
        monkeypatch.setattr(policies.checking, "MOST_CHECKS_PER_ADDRESS", 2)
        guesser, other = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="192.0.2.2")
        question = {"name": "张三", "last_four": "1234"}
        assert [guesser.post(verify(policy), question).status_code for _ in range(3)] == [200, 200, 429]
        assert other.post(verify(policy), question).status_code == 200
        hand = {"kind": "policy", "number": policy.number, "code": policy.verify_code}
        assert guesser.post(reverse("public:verify-start"), hand).status_code == 429


class TestReceipt:
    @pytest.fixture
    def staff(self):
        return make.cashiers()

    @pytest.fixture
    def receipt(self, staff):
        return make.issued(by=staff[0])

    def by_hand(self, client, receipt, **changes):
        typed = {
            "kind": "receipt",
            "receipt_code": receipt.receipt_code,
            "receipt_number": receipt.receipt_number,
            "check_code": receipt.check_code,
            "total": str(receipt.amount),
        } | changes
        return client.post(reverse("public:verify-start"), typed)

    def test_the_qr_code_leads_to_the_page(self, client, receipt):
        page = client.get(path_of(receipt_papers.get_verify_url(receipt))).content.decode()
        for text in ("票据真实有效", receipt.receipt_number, "285.00", receipt.request.title):
            assert text in page

    def test_typed_by_hand_all_must_fit(self, client, receipt):
        assert "票据真实有效" in self.by_hand(client, receipt).content.decode()
        for changes in ({"check_code": "000000"}, {"total": "285.01"}, {"total": "x"}, {"receipt_number": ""}):
            answer = self.by_hand(client, receipt, **changes)
            assert answer.status_code == 422
            assert "票据真实有效" not in answer.content.decode()

    def test_a_reversed_one_says_so_and_the_red_one_names_it(self, client, receipt, staff):
        red = receipts.reverse_receipt(request_id=receipt.request_id, reason="有误", by=staff[1], at=LATER)
        assert "票据已红冲" in client.get(path_of(receipt_papers.get_verify_url(receipt))).content.decode()
        page = client.get(path_of(receipt_papers.get_verify_url(red))).content.decode()
        assert "红字票据" in page
        assert receipt.receipt_number in page

    def test_a_wrong_check_code_opens_nothing_and_guessing_is_stopped(self, client, receipt, monkeypatch):
        monkeypatch.setattr(policies.checking, "MOST_CHECKS_PER_ADDRESS", 2)

        def guess(check):
            here = reverse("public:verify-receipt", args=[receipt.receipt_code, receipt.receipt_number, check])
            return client.get(here).status_code

        assert [guess(f"00000{digit}") for digit in range(3)] == [404, 404, 429]
        assert guess(receipt.check_code) == 429
