"""申请撤单 where money has come in: a cashier decides, and slip, money and application move together or not at all."""

import datetime as dt
import threading
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, connections, transaction

from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import AllocationReversal, BankTransaction, LedgerPosting, PaymentSlip, SlipCancellation
from huzhu.billing.operations import cancelling
from huzhu.journeys import cancel_slip as journey
from huzhu.journeys.confirm_allocation import confirm_allocation
from huzhu.journeys.expire_slips import expire_slips
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.shared.actors import system_actor
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.work import operations as work
from tests.factories import billing as make
from tests.factories.accounts import BranchFactory
from tests.factories.billing import NOON
from tests.factories.roster import employer_actor

LATER = NOON + dt.timedelta(days=40)


def slip_of(members: int = 10) -> PaymentSlip:
    """950.00 for ten people who can be covered."""
    application = make.approved_application(members=members)
    return make.open_slip(application.contribution_amount, application=application)


def balance(account: str) -> Decimal:
    return sum(LedgerPosting.objects.filter(account=account).values_list("amount", flat=True), Decimal(0))


def approve(made: SlipCancellation, *, money_goes: str = "credit_balance", by=None, at=NOON) -> SlipCancellation:
    return journey.approve_cancellation(
        cancellation_id=made.pk, money_goes=money_goes, by=by or make.cashier(person="13900000003", user_id=903), at=at
    )


@pytest.mark.django_db
class TestAsk:
    @pytest.mark.parametrize(("to_draft", "state"), [(True, "draft"), (False, "cancelled")])
    def test_without_money_nobody_is_asked(self, to_draft, state):
        slip = slip_of()
        by = employer_actor(slip.employer)
        assert journey.cancel_or_ask(slip_id=slip.pk, to_draft=to_draft, reason="x", by=by, at=NOON) is None
        slip.refresh_from_db()
        assert (slip.state, slip.application.state) == ("cancelled", state)

    def test_with_money_the_cashiers_are_asked_and_nothing_moves(self):
        slip = slip_of()
        make.part_paid(slip, "900.00")
        by = employer_actor(slip.employer)
        made = journey.cancel_or_ask(slip_id=slip.pk, to_draft=True, reason="名单有误", by=by, at=NOON)
        slip.refresh_from_db()
        assert (made.state, made.to_draft, slip.state, slip.allocated_amount) == ("requested", True, "open", 900)

    def test_one_at_a_time_and_taken_back(self):
        slip = slip_of()
        made = make.asked_cancellation(slip)
        with pytest.raises(billing.RequestRefused, match="已有一份"):
            make.asked_cancellation(slip)
        billing.withdraw_cancellation(cancellation_id=made.pk, by=employer_actor(slip.employer), at=NOON)
        make.asked_cancellation(slip)

    @pytest.mark.parametrize("role", ["viewer", "liaison"])
    def test_refuses_those_who_only_look(self, role):
        slip = slip_of()
        with pytest.raises(permissions.NotPermitted):
            billing.ask_cancellation(
                slip_id=slip.pk, to_draft=True, reason="x", by=employer_actor(slip.employer, role), at=NOON
            )

    def test_the_slip_does_not_expire_meanwhile(self):
        slip = slip_of()
        make.imported(make.transfer("900.00", slip.number))
        made = make.asked_cancellation(slip)
        assert expire_slips(by=system_actor(), at=LATER) == []
        billing.withdraw_cancellation(cancellation_id=made.pk, by=employer_actor(slip.employer), at=LATER)
        assert len(expire_slips(by=system_actor(), at=LATER)) == 1


@pytest.mark.django_db
class TestApprove:
    @pytest.mark.parametrize(
        ("money_goes", "account", "column"),
        [("credit_balance", "credit_balance", "credited_amount"), ("refunds", "refunds", "refunded_amount")],
    )
    def test_the_money_goes_where_the_cashier_says(self, money_goes, account, column):
        slip = slip_of()
        lines = [make.part_paid(slip, "600.00"), make.part_paid(slip, "300.00", minute=1, opening="10600.00")]
        made = approve(make.asked_cancellation(slip), money_goes=money_goes)

        slip.refresh_from_db()
        assert (slip.state, slip.allocated_amount, slip.cancel_reason) == ("cancelled", 0, "名单有误")
        assert (made.state, made.returned_amount, made.money_goes) == ("approved", 900, money_goes)
        assert balance(account) == Decimal("-900.00")
        assert balance("slips_receivable") == balance("contribution_income") == balance("unallocated") == 0
        assert balance("bank") == 900
        for line, amount in zip(lines, (600, 300), strict=True):
            kept = BankTransaction.objects.get(pk=line)
            assert (kept.state, kept.allocated_amount, getattr(kept, column)) == ("matched", 0, amount)
        assert slip.allocations.count() == AllocationReversal.objects.count() == 2
        assert queries.get_broken_invariants() == {}
        close = queries.get_daily_close(day=make.TODAY)
        assert (close.is_clean, close.difference, close.allocated) == (True, 0, 0)

    @pytest.mark.parametrize(("to_draft", "state"), [(True, "draft"), (False, "cancelled")])
    def test_the_application_goes_where_the_employer_chose(self, to_draft, state):
        slip = slip_of()
        make.part_paid(slip, "900.00")
        approve(make.asked_cancellation(slip, to_draft=to_draft))
        slip.refresh_from_db()
        assert slip.application.state == state

    def test_the_employer_hears_once_what_became_of_slip_and_money(self):
        slip = slip_of()
        make.part_paid(slip, "900.00")
        approve(make.asked_cancellation(slip))
        body = SmsMessage.objects.get().body
        assert f"缴款单{slip.number}已撤单" in body
        assert "已到账900.00元已转入单位预存款" in body
        assert Notice.objects.filter(employer_id=slip.employer_id).count() == 1

    def test_where_nothing_was_allocated_nobody_chooses(self):
        slip = slip_of()
        make.imported(make.transfer("900.00", slip.number))
        made = approve(make.asked_cancellation(slip), money_goes="")
        assert (made.returned_amount, made.money_goes) == (0, "")
        assert BankTransaction.objects.get().state == "unmatched"
        assert queries.get_broken_invariants() == {}

    @pytest.mark.parametrize("money_goes", ["", "bank"])
    def test_somebody_says_where_the_money_goes(self, money_goes):
        slip = slip_of()
        make.part_paid(slip, "900.00")
        with pytest.raises(billing.RequestRefused, match="请选择"):
            approve(make.asked_cancellation(slip), money_goes=money_goes)

    def test_money_that_is_being_looked_at_is_decided_first(self):
        slip = slip_of()
        [line] = make.imported(make.transfer("900.00", slip.number)).new_ids
        billing.propose_allocation(
            transaction_id=line, amounts={slip.pk: Decimal("900.00")}, reason="少缴", by=make.cashier(), at=NOON
        )
        made = make.asked_cancellation(slip)
        with pytest.raises(billing.RequestRefused, match="先在“到账匹配”"):
            approve(made)
        billing.decline_allocation(transaction_id=line, reason="撤单", by=make.cashier(), at=NOON)
        approve(made)

    def test_the_line_of_another_slip_keeps_its_share(self):
        slip, other = slip_of(), slip_of()
        [line] = make.imported(make.transfer("1000.00", "合并")).new_ids
        billing.propose_allocation(
            transaction_id=line,
            amounts={slip.pk: Decimal("700.00"), other.pk: Decimal("300.00")},
            reason="合并汇款",
            by=make.cashier(),
            at=NOON,
        )
        billing.confirm_allocation(transaction_id=line, by=make.another_cashier(), at=NOON)
        approve(make.asked_cancellation(slip), money_goes="refunds")
        kept = BankTransaction.objects.get(pk=line)
        assert (kept.allocated_amount, kept.refunded_amount) == (300, 700)
        other.refresh_from_db()
        assert other.allocated_amount == 300
        assert queries.get_broken_invariants() == {}

    @pytest.mark.parametrize("step", ["enrolment.cancel", "billing.approve_cancellation"])
    def test_all_or_nothing(self, step, monkeypatch):
        slip = slip_of()
        make.part_paid(slip, "900.00")
        made = make.asked_cancellation(slip)
        target, name = step.split(".")
        if name == "cancel":
            monkeypatch.setattr(getattr(journey, target), name, lambda **_: 1 / 0)
        else:
            monkeypatch.setattr(cancelling, "_tell_employer", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            approve(made)
        slip.refresh_from_db()
        made.refresh_from_db()
        assert (slip.state, slip.allocated_amount, slip.application.state) == ("open", 900, "awaiting_payment")
        assert made.state == "requested"
        assert not AllocationReversal.objects.exists()
        assert not SmsMessage.objects.exists()
        assert queries.get_broken_invariants() == {}

    def test_twice_is_refused(self):
        slip = slip_of()
        make.part_paid(slip, "900.00")
        made = make.asked_cancellation(slip)
        approve(made)
        with pytest.raises(TransitionNotAllowed):
            approve(made)

    def test_a_branch_moves_no_money(self):
        city = BranchFactory(parent=make.root(), level="city")
        slip = make.open_slip(owner=make.employer(branch=city))
        made = make.asked_cancellation(slip)
        by = make.cashier(person="13900000003")
        with pytest.raises(permissions.NotPermitted, match="省级财务"):
            approve(made, money_goes="", by=replace(by, branch_path=city.path))

    def test_a_colleagues_claim_counts(self):
        made = make.asked_cancellation(slip_of())
        work.claim(kind="slip_cancellations", record_id=made.pk, by=make.another_cashier(), at=NOON)
        with pytest.raises(work.AlreadyClaimed):
            approve(made, money_goes="")


@pytest.mark.django_db
class TestRefuse:
    def test_leaves_everything_and_tells_why(self):
        slip = slip_of()
        make.part_paid(slip, "900.00")
        made = make.asked_cancellation(slip)
        billing.refuse_cancellation(cancellation_id=made.pk, reason="差额已在途。", by=make.cashier(), at=NOON)
        slip.refresh_from_db()
        assert (slip.state, slip.allocated_amount) == ("open", 900)
        assert "差额已在途。缴款单仍有效" in SmsMessage.objects.get(template="cancellation_refused").body

    def test_needs_a_reason(self):
        with pytest.raises(billing.RequestRefused):
            billing.refuse_cancellation(
                cancellation_id=make.asked_cancellation().pk, reason="", by=make.cashier(), at=NOON
            )

    def test_the_rest_of_the_money_settles_the_slip_and_the_request_is_void(self):
        slip = slip_of()
        make.part_paid(slip, "900.00")
        made = make.asked_cancellation(slip)
        [line] = make.imported(make.transfer("50.00", slip.number, minute=1), opening="10900.00").new_ids
        billing.propose_allocation(
            transaction_id=line, amounts={slip.pk: Decimal("50.00")}, reason="补足", by=make.cashier(), at=NOON
        )
        confirm_allocation(transaction_id=line, by=make.another_cashier(), at=NOON)
        slip.refresh_from_db()
        made.refresh_from_db()
        assert (slip.state, made.state) == ("paid", "void")


@pytest.mark.django_db
class TestTheDatabase:
    """What an allocation taken back leaves, whoever writes it."""

    def test_a_reversal_that_leaves_the_sums_is_refused(self):
        slip = slip_of()
        make.part_paid(slip, "900.00")
        made = make.asked_cancellation(slip)
        with pytest.raises(IntegrityError, match="still counted"), transaction.atomic():
            _reverse_by_hand(slip, made)

    def test_a_slip_of_less_than_its_allocations_is_refused(self):
        slip = slip_of()
        make.part_paid(slip, "900.00")
        with pytest.raises(IntegrityError, match="sum of its allocations"), transaction.atomic():
            _take_from(slip)


def _reverse_by_hand(slip: PaymentSlip, made: SlipCancellation) -> None:
    connections["default"].check_constraints()  # what was to be checked until here
    AllocationReversal.objects.create(
        allocation=slip.allocations.get(), cancellation=made, money_goes="refunds", reversed_at=NOON
    )
    connections["default"].check_constraints()


def _take_from(slip: PaymentSlip) -> None:
    PaymentSlip.objects.filter(pk=slip.pk).update(allocated_amount=0)
    connections["default"].check_constraints()


class TestRace:
    """Two cashiers approve at once: the money goes once. The twin reads without the locks and runs into the second wall."""

    def approve_twice(self, monkeypatch) -> tuple[int, list[str]]:
        slip = slip_of()
        make.part_paid(slip, "900.00")
        made = make.asked_cancellation(slip)
        meet, ends = threading.Barrier(2), []
        real = cancelling._check_money

        def slow(found, *, money_goes):
            real(found, money_goes=money_goes)
            with suppress(threading.BrokenBarrierError):
                meet.wait(timeout=0.7)

        monkeypatch.setattr(cancelling, "_check_money", slow)

        def run(person, user_id):
            try:
                approve(made, by=make.cashier(person=person, user_id=user_id))
                ends.append("done")
            except Exception as error:
                ends.append(type(error).__name__)
            finally:
                connections.close_all()

        acts = [("13900000003", 903), ("13900000004", 904)]
        threads = [threading.Thread(target=run, args=each) for each in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        return AllocationReversal.objects.count(), sorted(ends)

    def test_the_money_goes_once(self, own_database, monkeypatch):
        assert self.approve_twice(monkeypatch) == (1, ["TransitionNotAllowed", "done"])
        assert queries.get_broken_invariants() == {}

    def test_twin_without_the_locks_runs_into_the_unique_row(self, own_database, monkeypatch):
        monkeypatch.setattr(cancelling, "_lock", _read)
        monkeypatch.setattr(cancelling, "_lock_lines", _read_lines)
        assert self.approve_twice(monkeypatch) == (1, ["IntegrityError", "done"])


def _read(cancellation_id: int) -> SlipCancellation:
    return SlipCancellation.objects.select_related("slip__employer").get(pk=cancellation_id)


def _read_lines(cancellation_id: int) -> dict[int, BankTransaction]:
    return {line.pk: line for line in BankTransaction.objects.all()}
