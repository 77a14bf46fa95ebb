"""Giving money to slips: by the program, and by two people."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import BankTransaction, PayerAlias, PaymentAllocation
from huzhu.billing.operations import AllocationRefused
from huzhu.shared.actors import system_actor
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories import billing as make
from tests.factories.billing import NOON

pytestmark = pytest.mark.django_db


def match():
    return billing.match_new(by=system_actor(), at=NOON)


def only_line() -> BankTransaction:
    return BankTransaction.objects.get()


class TestAutomatic:
    def test_posts_an_exact_number_with_step_reason_and_booking(self):
        slip = make.open_slip("950.00")
        make.imported(make.transfer("950.00", f"保障费 {slip.number}"))
        result = match()

        slip.refresh_from_db()
        allocation = PaymentAllocation.objects.get()
        assert [(each.slip_number, each.step) for each in result.posted] == [(slip.number, "exact_number")]
        assert (allocation.match_step, allocation.amount) == ("exact_number", Decimal("950.00"))
        assert slip.number in allocation.reason
        assert (slip.allocated_amount, only_line().state) == (Decimal("950.00"), "matched")
        assert queries.get_slips_to_settle() == [slip.pk]
        assert set(queries.get_broken_invariants()) == {"full_slip_is_settled"}

    def test_running_again_posts_nothing_twice(self):
        slip = make.open_slip("950.00")
        make.imported(make.transfer("950.00", slip.number))
        match()
        assert match().posted == []
        assert PaymentAllocation.objects.count() == 1

    def test_the_second_of_two_equal_transfers_is_a_duplicate(self):
        slip = make.open_slip("950.00")
        first, second = make.imported(
            make.transfer("950.00", slip.number), make.transfer("950.00", slip.number, minute=1)
        ).new_ids
        result = match()
        assert [each.transaction_id for each in result.posted] == [first]
        assert result.kinds == {second: "duplicate"}
        assert BankTransaction.objects.get(pk=second).exception_kind == "duplicate"

    def test_one_transfer_pays_several_slips(self):
        employer = make.employer()
        slips = [make.open_slip(amount, owner=employer) for amount in ("950.00", "50.00")]
        make.imported(make.transfer("1000.00", " ".join(slip.number for slip in slips)))
        assert {each.slip_id for each in match().posted} == {slip.pk for slip in slips}
        assert PaymentAllocation.objects.filter(match_step="several_numbers").count() == 2
        connection.check_constraints()

    def test_parts_of_one_slip_are_named_a_split(self):
        slip = make.open_slip("950.00")
        make.imported(make.transfer("900.00", slip.number), make.transfer("50.00", slip.number, minute=1))
        assert set(match().kinds.values()) == {"split"}

    def test_money_in_time_pays_a_slip_that_expired_meanwhile(self):
        slip = make.open_slip("950.00")
        billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=NOON + dt.timedelta(days=30))
        make.imported(make.transfer("950.00", slip.number, day=slip.due_on))
        assert [each.slip_id for each in match().posted] == [slip.pk]
        assert set(queries.get_broken_invariants()) == {"full_slip_is_settled"}

    @pytest.mark.parametrize("is_reissued", [False, True])
    def test_late_money_for_an_expired_slip_waits(self, is_reissued):
        slip = make.open_slip("950.00")
        billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=NOON + dt.timedelta(days=30))
        if is_reissued:
            billing.reissue(application_id=slip.application_id, by=make.cashier(), at=NOON + dt.timedelta(days=31))
        day = slip.due_on if is_reissued else slip.due_on + dt.timedelta(days=1)
        make.imported(make.transfer("950.00", slip.number, day=day))
        assert set(match().kinds.values()) == {"slip_expired"}

    def test_the_employers_own_account_is_known_after_an_exact_number(self):
        employer = make.employer()
        first = make.open_slip("950.00", owner=employer)
        make.imported(make.transfer("950.00", first.number, name=employer.name, account="62001"))
        match()
        billing.pay_slip(slip_id=first.pk, by=system_actor(), at=NOON)
        second = make.open_slip("95.00", owner=employer)
        make.imported(make.transfer("95.00", "会费", name=employer.name, account="62001", minute=5), opening="10950.00")
        assert [(each.slip_id, each.step) for each in match().posted] == [(second.pk, "known_payer")]

    def test_a_strangers_account_is_not_learned_from_an_exact_number(self):
        slip = make.open_slip("950.00")
        make.imported(make.transfer("950.00", slip.number, name="财政零余额账户"))
        match()
        assert not PayerAlias.objects.exists()

    @pytest.mark.parametrize("count", [1, 12])
    def test_what_stays_is_written_in_one_statement(self, count, django_assert_num_queries):
        make.imported(*[make.transfer("1.00", "无", minute=n) for n in range(count)])
        # lines, aliases, the switch, kinds; no number and no known payer, so there are no slips to ask for
        with django_assert_num_queries(4):
            match()


def proposed(amount="950.00", *, arrived="950.00", by=None, imported_by=None):
    slip = make.open_slip(amount)
    line = make.imported(make.transfer(arrived, "会费", name="某工会", account="6200"), by=imported_by).new_ids[0]
    given = min(Decimal(amount), Decimal(arrived))
    billing.propose_allocation(
        transaction_id=line, amounts={slip.pk: given}, reason="已电话核实", by=by or make.cashier(), at=NOON
    )
    return slip, line


class TestByHand:
    def test_a_second_person_confirms_and_the_payer_is_remembered(self):
        slip, line = proposed()
        [paid] = billing.confirm_allocation(transaction_id=line, by=make.another_cashier(), at=NOON)

        allocation = PaymentAllocation.objects.get()
        assert paid.pk == slip.pk
        assert (allocation.proposed_by_person, allocation.confirmed_by_person) == ("13900000001", "13900000002")
        assert allocation.imported_by_person == "13900000001"
        alias = PayerAlias.objects.get()
        assert (alias.employer_id, alias.account, alias.name) == (slip.employer_id, "6200", "某工会")
        assert set(queries.get_broken_invariants()) == {"full_slip_is_settled"}

    def test_next_time_the_remembered_payer_is_matched(self):
        slip, line = proposed()
        billing.confirm_allocation(transaction_id=line, by=make.another_cashier(), at=NOON)
        billing.pay_slip(slip_id=slip.pk, by=system_actor(), at=NOON)
        second = make.open_slip("95.00", owner=slip.employer)
        make.imported(make.transfer("95.00", "会费", name="某工会", account="6200", minute=5), opening="10950.00")
        assert [(each.slip_id, each.step) for each in match().posted] == [(second.pk, "known_payer")]

    def test_the_proposer_does_not_confirm_from_another_session(self):
        _, line = proposed(imported_by=make.cashier(person="13900000005", user_id=905))
        same_person = make.cashier(user_id=999, roles=("cashier_reviewer",))
        with pytest.raises(permissions.NotPermitted):
            billing.confirm_allocation(transaction_id=line, by=same_person, at=NOON)
        assert not PaymentAllocation.objects.exists()

    def test_the_importer_does_not_confirm(self):
        importer = make.cashier(person="13900000005", user_id=905)
        _, line = proposed(imported_by=importer)
        with pytest.raises(permissions.NotPermitted):
            billing.confirm_allocation(transaction_id=line, by=importer, at=NOON)

    def test_the_program_does_not_confirm(self):
        _, line = proposed()
        with pytest.raises(permissions.NotPermitted):
            billing.confirm_allocation(transaction_id=line, by=system_actor(), at=NOON)

    @pytest.mark.parametrize("person", ["13900000001", "13900000005", ""])
    def test_the_database_refuses_the_same_person_too(self, person):
        slip, line = proposed(imported_by=make.cashier(person="13900000005", user_id=905))
        with pytest.raises(IntegrityError, match="by_hand_takes_another_person"), transaction.atomic():
            PaymentAllocation.objects.create(
                transaction_id=line,
                slip=slip,
                amount=1,
                match_step="by_hand",
                reason="x",
                allocated_at=NOON,
                proposed_by_person="13900000001",
                confirmed_by_person=person,
                imported_by_person="somebody else",  # the trigger writes who it really was
            )

    def test_the_program_does_not_propose(self):
        slip = make.open_slip()
        line = make.imported(make.transfer("950.00", "会费")).new_ids[0]
        with pytest.raises(permissions.NotPermitted):
            billing.propose_allocation(
                transaction_id=line, amounts={slip.pk: Decimal(950)}, reason="x", by=system_actor(), at=NOON
            )

    def test_declined_money_waits_again(self):
        slip, line = proposed()
        billing.decline_allocation(transaction_id=line, reason="户名不符", by=make.another_cashier(), at=NOON)
        assert only_line().state == "unmatched"
        assert slip.proposals.get().decision_reason == "户名不符"
        with pytest.raises(TransitionNotAllowed):
            billing.confirm_allocation(transaction_id=line, by=make.another_cashier(), at=NOON)

    def test_what_is_over_goes_to_the_credit_balance(self):
        _, line = proposed("950.00", arrived="1000.00")
        billing.confirm_allocation(transaction_id=line, by=make.another_cashier(), at=NOON)
        kept = only_line()
        assert (kept.allocated_amount, kept.credited_amount) == (Decimal("950.00"), Decimal("50.00"))
        close = queries.get_daily_close(day=NOON.date())
        assert (close.bank_in, close.allocated, close.credited) == (1000, 950, 50)
        assert close.difference == 0
        assert close.is_clean

    def test_a_part_payment_leaves_the_slip_open(self):
        slip, line = proposed("950.00", arrived="900.00")
        billing.confirm_allocation(transaction_id=line, by=make.another_cashier(), at=NOON)
        slip.refresh_from_db()
        assert (slip.state, slip.open_amount) == ("open", Decimal("50.00"))
        assert queries.get_slips_to_settle() == []
        with pytest.raises(billing.NotFullyAllocated):
            billing.pay_slip(slip_id=slip.pk, by=system_actor(), at=NOON)

    @pytest.mark.parametrize(
        ("amounts", "message"),
        [
            ((), "至少选择一张"),
            (("950.01",), "不超过待缴金额"),
            (("0.00",), "应大于 0"),
            (("950.00", "60.00"), "超过到账金额"),
            (("900.00", "10.00"), "不同单位"),
        ],
    )
    def test_amounts_that_do_not_fit_are_refused(self, amounts, message):
        slips = [make.open_slip("950.00"), make.open_slip("60.00")]
        line = make.imported(make.transfer("1000.00", "会费")).new_ids[0]
        given = {slip.pk: Decimal(amount) for slip, amount in zip(slips, amounts, strict=False)}
        with pytest.raises(AllocationRefused, match=message):
            billing.propose_allocation(transaction_id=line, amounts=given, reason="核实", by=make.cashier(), at=NOON)
        assert only_line().state == "unmatched"

    def test_a_cancelled_slip_takes_no_money(self):
        slip = make.open_slip()
        billing.cancel_slip(slip_id=slip.pk, reason="x", by=make.cashier(), at=NOON)
        line = make.imported(make.transfer("950.00", "会费")).new_ids[0]
        with pytest.raises(AllocationRefused, match="已撤单"):
            billing.propose_allocation(
                transaction_id=line, amounts={slip.pk: Decimal(950)}, reason="核实", by=make.cashier(), at=NOON
            )

    def test_money_out_is_not_allocated(self):
        slip = make.open_slip()
        line = make.imported(make.transfer("-950.00", "退汇")).new_ids[0]
        with pytest.raises(AllocationRefused, match="支出"):
            billing.propose_allocation(
                transaction_id=line, amounts={slip.pk: Decimal(950)}, reason="核实", by=make.cashier(), at=NOON
            )

    def test_a_slip_paid_meanwhile_stops_the_confirmation(self):
        slip, line = proposed()
        make.imported(make.transfer("950.00", slip.number, minute=7), opening="10950.00")
        match()
        with pytest.raises(AllocationRefused, match="不超过待缴金额"):
            billing.confirm_allocation(transaction_id=line, by=make.another_cashier(), at=NOON)

    def test_setting_aside_takes_a_reason(self):
        line = make.imported(make.transfer("3.21", "利息")).new_ids[0]
        with pytest.raises(AllocationRefused):
            billing.set_aside(transaction_id=line, reason=" ", by=make.cashier(), at=NOON)
        billing.set_aside(transaction_id=line, reason="利息收入", by=make.cashier(), at=NOON)
        assert (only_line().state, only_line().note) == ("set_aside", "利息收入")


class TestCandidates:
    def line(self, amount, remark="会费", name="某公司") -> BankTransaction:
        return BankTransaction.objects.get(pk=make.imported(make.transfer(amount, remark, name=name)).new_ids[0])

    def numbers(self, line) -> list[tuple[str, list[str]]]:
        return [(each.slip.number, each.reasons) for each in queries.get_candidates(transaction=line)]

    def test_by_amount(self):
        slip, _ = make.open_slip("950.00"), make.open_slip("951.00")
        assert self.numbers(self.line("950.00")) == [(slip.number, ["金额一致"])]

    def test_by_a_similar_name(self):
        slip, _ = (
            make.open_slip("950.00", owner=make.employer(name="佛山市南海区大沥镇中学")),
            make.open_slip("1.00"),
        )
        assert self.numbers(self.line("7.00", name="佛山市南海区大沥镇中学工会委员会")) == [
            (slip.number, ["户名相近 80%"])
        ]

    def test_by_part_of_the_number(self):
        slip = make.open_slip("950.00")
        assert self.numbers(self.line("7.00", remark=f"单号{slip.number[4:15]}")) == [(slip.number, ["备注含单号片段"])]

    def test_a_named_slip_comes_first_whatever_its_state(self):
        other, named = make.open_slip("950.00"), make.open_slip("10.00")
        billing.cancel_slip(slip_id=named.pk, reason="x", by=make.cashier(), at=NOON)
        assert [number for number, _ in self.numbers(self.line("950.00", remark=named.number))] == [
            named.number,
            other.number,
        ]

    @pytest.mark.parametrize("words", ["{number}", "{number_lower}", "纺织", "950", "950.00", "gzdyfz", "{part}"])
    def test_slips_are_found_by_number_name_initials_and_amount(self, words):
        slip = make.open_slip("950.00", owner=make.employer(name="广州第一纺织厂", name_initials="gzdyfzc"))
        sought = words.format(number=slip.number, number_lower=slip.number.lower(), part=slip.number[8:15])
        assert list(queries.search_slips(words=sought, by=make.cashier())) == [slip]
