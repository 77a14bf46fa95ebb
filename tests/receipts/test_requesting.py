"""开票申请: what may be asked for, and that nobody is ever receipted more than was paid."""

from __future__ import annotations

import datetime as dt
import os
import threading
from contextlib import suppress
from decimal import Decimal

import psycopg
import pytest
from django.db import IntegrityError, connections

from huzhu.audit import queries as audit
from huzhu.receipts import operations as receipts
from huzhu.receipts import permissions, queries, rules
from huzhu.receipts.models import ReceiptLine, ReceiptRequest, ReceiptRight
from huzhu.receipts.operations import requesting
from huzhu.shared import postgres
from huzhu.shared.numbering import is_valid_number
from tests.factories import policies as make
from tests.factories.employers import EmployerFactory
from tests.factories.policies import NOON
from tests.factories.roster import employer_actor
from tests.web.queries import count_queries

PRICE = Decimal("95.00")


def ask(*policies, **changes) -> ReceiptRequest:
    employer = policies[0].employer
    words = {
        "policy_ids": [policy.pk for policy in policies],
        "title": employer.name,
        "credit_code": employer.credit_code,
        "amounts": {policy.pk: policy.contribution_amount for policy in policies},
        "by": make.payer(employer),
        "at": NOON,
    } | changes
    return receipts.request_receipt(**words)


class TestRules:
    @pytest.mark.parametrize(
        ("amount", "expected"),
        [
            ("95.00", ("份", 1, "95.00")),
            ("285.00", ("份", 3, "95.00")),
            ("100.00", ("项", 1, "100.00")),
            ("0.01", ("项", 1, "0.01")),
        ],
    )
    def test_quantity_times_price_is_the_amount(self, amount, expected):
        measured = rules.measure(amount=Decimal(amount), contribution_per_share=PRICE)
        assert (measured.unit_of_measure, measured.quantity, str(measured.unit_price)) == expected
        assert measured.quantity * measured.unit_price == Decimal(amount)

    def test_a_free_plan_is_one_item(self):
        assert rules.measure(amount=Decimal(5), contribution_per_share=Decimal(0)).unit_of_measure == "项"

    @pytest.mark.parametrize(
        ("contribution", "taken", "right_open", "expected"),
        [("285", "0", "285", "285"), ("285", "95", "190", "190"), ("285", "0", "100", "100"), ("95", "95", "190", "0")],
    )
    def test_open_is_bounded_by_policy_and_by_money(self, contribution, taken, right_open, expected):
        found = rules.still_open(paid=Decimal(contribution), taken=Decimal(taken), right_open=Decimal(right_open))
        assert found == Decimal(expected)

    def test_the_code_ends_with_the_year(self):
        assert rules.receipt_code(prefix="440701", issued_on=dt.date(2026, 1, 1)) == "44070126"


@pytest.mark.django_db
class TestRequest:
    @pytest.fixture
    def policy(self):
        return make.confirmed(make.policy(members=3))

    def test_takes_the_amount_from_the_money_that_was_paid(self, policy):
        request = ask(policy)
        right = ReceiptRight.objects.get()
        [line] = request.lines.all()
        assert is_valid_number(request.number, "KP")
        assert (request.state, request.amount) == ("requested", Decimal("285.00"))
        assert (right.amount, right.requested_amount) == (Decimal("285.00"), Decimal("285.00"))
        assert (line.quantity, line.unit_price, line.unit_of_measure) == (3, PRICE, "份")
        assert line.confirmation_id == policy.sealed_confirmation_id
        assert audit.get_history(subject=request).get().label == "申请开票"

    def test_in_parts_up_to_what_was_paid_and_no_fen_more(self, policy):
        ask(policy, amounts={policy.pk: Decimal("100.00")})
        with pytest.raises(receipts.RequestRefused) as refused:
            ask(policy, amounts={policy.pk: Decimal("185.01")})
        assert "还可开票 185.00 元" in refused.value.problems[f"amount-{policy.pk}"]
        ask(policy, amounts={policy.pk: Decimal("185.00")})
        with pytest.raises(receipts.RequestRefused) as refused:
            ask(policy, amounts={policy.pk: Decimal("0.01")})
        assert "已经全部申请过开票" in str(refused.value)
        assert sum(ReceiptLine.objects.values_list("amount", flat=True)) == Decimal("285.00")

    def test_several_policies_on_one_request(self):
        employer = make.money.employer()
        first, second = (make.confirmed(make.policy(owner=employer, members=n)) for n in (2, 3))
        request = ask(first, second)
        assert request.amount == Decimal("475.00")
        assert request.lines.count() == 2

    def test_without_the_stamped_confirmation_it_is_refused_at_that_policy(self):
        policy = make.policy()
        with pytest.raises(receipts.RequestRefused) as refused:
            ask(policy)
        assert list(refused.value.problems) == [f"confirmation-{policy.pk}"]
        assert not ReceiptRequest.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": "  "}, "title"),
            ({"title": "长" * 121}, "title"),
            ({"credit_code": ""}, "credit_code"),
            ({"credit_code": "91440101MA59EXAMP4"}, "credit_code"),
            ({"policy_ids": []}, "policies"),
            ({"policy_ids": [999_999]}, "policies"),
        ],
    )
    def test_each_fault_is_told_at_its_field(self, policy, changes, field):
        with pytest.raises(receipts.RequestRefused) as refused:
            ask(policy, **changes)
        assert list(refused.value.problems) == [field]
        assert ReceiptRight.objects.get().requested_amount == 0

    @pytest.mark.parametrize("amount", [None, "0", "-1", "0.001", "1.005"])
    def test_an_amount_is_positive_and_whole_fen(self, policy, amount):
        amounts = {} if amount is None else {policy.pk: Decimal(amount)}
        with pytest.raises(receipts.RequestRefused) as refused:
            ask(policy, amounts=amounts)
        assert "精确到分" in refused.value.problems[f"amount-{policy.pk}"]

    def test_only_the_payers_of_an_employer_ask(self, policy):
        for by in (employer_actor(policy.employer, "viewer"), make.cashiers()[0]):
            with pytest.raises(permissions.NotPermitted):
                ask(policy, by=by)

    def test_another_employer_cannot_have_it_receipted(self, policy):
        with pytest.raises(receipts.RequestRefused) as refused:
            ask(policy, by=make.payer(EmployerFactory()))
        assert "集团总公司统一开票" in refused.value.problems["policies"]

    def test_the_right_of_a_head_lets_the_head_ask_and_not_its_subsidiary(self, policy):
        head = EmployerFactory()
        ReceiptRight.objects.update(employer=head)
        with pytest.raises(receipts.RequestRefused):
            ask(policy)
        assert ask(policy, by=make.payer(head)).employer_id == head.pk

    def test_what_is_open_is_listed_until_it_is_taken(self, policy):
        by = make.payer(policy.employer)
        [open_policy] = queries.get_open_policies(by=by)
        assert (open_policy.open_amount, open_policy.taken) == (Decimal("285.00"), Decimal(0))
        ask(policy, amounts={policy.pk: Decimal("95.00")})
        [open_policy] = queries.get_open_policies(by=by)
        assert (open_policy.open_amount, open_policy.taken) == (Decimal("190.00"), Decimal("95.00"))
        assert queries.count_open_rights(by=by) == 1
        ask(policy, amounts={policy.pk: Decimal("190.00")})
        assert queries.get_open_policies(by=by) == []
        assert queries.count_open_rights(by=by) == 0

    def test_listing_takes_one_query(self, policy):
        by = make.payer(policy.employer)
        make.policy(owner=policy.employer)
        assert count_queries(lambda: queries.get_open_policies(by=by)) == 1


def at_once(*acts) -> list[object]:
    """Run acts in threads that start together; what each returned or raised."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index, act):
        barrier.wait()
        try:
            results[index] = act()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class TestRace:
    """Two people ask for the same money at once, on the real database; each wall off in turn."""

    def ask_twice(self, monkeypatch) -> list[object]:
        policy = make.confirmed(make.policy(members=3))
        meet = threading.Barrier(2)
        real = requesting._judge_amounts

        def slow(*words):
            judged = real(*words)
            with suppress(threading.BrokenBarrierError):
                meet.wait(timeout=0.7)  # the other one, if it is let in, has judged by now too
            return judged

        monkeypatch.setattr(requesting, "_judge_amounts", slow)
        return at_once(lambda: ask(policy), lambda: ask(policy, by=make.payer(policy.employer, person="13800000002")))

    def without_lock(self, monkeypatch):
        def read(*, application_ids, employer_id):
            rights = ReceiptRight.objects.select_related("slip").filter(slip__application_id__in=application_ids)
            return {right.slip.application_id: right for right in rights}

        monkeypatch.setattr(requesting.rights_, "lock_rights", read)

    def taken(self) -> Decimal:
        return sum(ReceiptLine.objects.values_list("amount", flat=True), Decimal(0))

    def test_one_gets_it_and_the_other_is_told(self, own_database, monkeypatch):
        results = self.ask_twice(monkeypatch)
        assert sorted(type(result).__name__ for result in results) == ["ReceiptRequest", "RequestRefused"]
        assert self.taken() == Decimal("285.00")

    def test_twin_without_the_lock_meets_the_database(self, own_database, monkeypatch):
        self.without_lock(monkeypatch)
        results = self.ask_twice(monkeypatch)
        assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "ReceiptRequest"]
        [error] = [result for result in results if isinstance(result, IntegrityError)]
        assert "do not add up" in str(error)
        assert self.taken() == Decimal("285.00")

    def test_twin_without_lock_and_database_receipts_twice_what_was_paid(self, own_database, monkeypatch):
        self.without_lock(monkeypatch)
        server = os.environ["HUZHU_TEST_SERVER_URL"]
        address = postgres.url_for(server, role=postgres.OWNER, name=own_database)
        with psycopg.connect(address, autocommit=True) as owner:
            for table in ("receipts_receiptright", "receipts_receiptline"):
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self.ask_twice(monkeypatch)
        assert self.taken() == 2 * Decimal("285.00")
