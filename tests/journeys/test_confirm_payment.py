"""Money that is all there becomes cover, policy, receipt right and messages: all of it, once, or nothing."""

import datetime as dt
import os
import threading
from contextlib import suppress
from decimal import Decimal

import psycopg
import pytest
from django.db import IntegrityError, connections

from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import BankTransaction, LedgerPosting, PaymentAllocation, PaymentSlip, SocietyAccount
from huzhu.billing.operations import slips, statements
from huzhu.cover.models import Cover
from huzhu.journeys import confirm_payment as journey
from huzhu.journeys import expire_slips as expiry
from huzhu.journeys import import_statement as importing
from huzhu.journeys.cancel_slip import cancel_slip
from huzhu.journeys.confirm_payment import confirm_payment
from huzhu.journeys.import_statement import import_statement
from huzhu.journeys.start_cover import StartedCover
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.policies.models import Policy
from huzhu.receipts.models import ReceiptRight
from huzhu.shared import postgres
from huzhu.shared.actors import system_actor
from tests.factories import billing as make
from tests.factories.billing import NOON
from tests.factories.roster import employer_actor
from tests.policy import without_guards


def covered_slip(members: int = 3, **more) -> PaymentSlip:
    """A slip for people who can be covered."""
    application = make.approved_application(members=members, **more)
    return make.open_slip(application.contribution_amount, application=application)


def pay(slip: PaymentSlip, *, day: dt.date = make.TODAY) -> None:
    """The exact money, allocated and not yet settled."""
    make.imported(make.transfer(slip.amount, slip.number, day=day))
    billing.match_new(by=system_actor(), at=NOON)


def run_import(*lines, opening="10000.00", at=NOON):
    make.society_account()
    return import_statement(
        account_number=make.ACCOUNT,
        content=make.statement_file(*lines, opening=opening),
        file_name="流水.csv",
        by=make.cashier(),
        at=at,
    )


@pytest.mark.django_db
class TestConfirmPayment:
    def test_one_payment_makes_all_that_follows(self):
        slip = covered_slip(3)
        pay(slip)
        settled = confirm_payment(slip_id=slip.pk, by=system_actor(), at=NOON)

        slip.refresh_from_db()
        assert (slip.state, slip.arrival_on, slip.application.state) == ("paid", make.TODAY, "effective")
        assert (settled.covered, settled.left_out, settled.earliest_start) == (3, 0, dt.date(2025, 8, 12))
        assert Cover.objects.filter(coverage_start=dt.date(2025, 8, 12)).count() == 3
        assert Policy.objects.count() == 1
        assert ReceiptRight.objects.get().amount == slip.amount
        assert SmsMessage.objects.filter(template="enrolment_effective").count() == 1
        assert Notice.objects.filter(employer_id=slip.employer_id).count() == 1
        assert queries.get_broken_invariants() == {}

    @pytest.mark.parametrize("step", ["start_cover", "receipts.grant_right", "notifications.post_notice"])
    def test_all_or_nothing(self, step, monkeypatch):
        slip = covered_slip(2)
        pay(slip)
        target, _, name = step.rpartition(".")
        monkeypatch.setattr(getattr(journey, target) if target else journey, name, lambda **_: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            confirm_payment(slip_id=slip.pk, by=system_actor(), at=NOON)

        slip.refresh_from_db()
        assert (slip.state, slip.application.state, slip.paid_at) == ("open", "awaiting_payment", None)
        assert not any(model.objects.exists() for model in (Cover, Policy, ReceiptRight, Notice))
        assert not SmsMessage.objects.exclude(template="payment_notice").exists()

    def test_again_changes_nothing(self):
        slip = covered_slip()
        pay(slip)
        confirm_payment(slip_id=slip.pk, by=system_actor(), at=NOON)
        before = SmsMessage.objects.count(), Cover.objects.count(), LedgerPosting.objects.count()
        assert confirm_payment(slip_id=slip.pk, by=system_actor(), at=NOON) is None
        assert before == (SmsMessage.objects.count(), Cover.objects.count(), LedgerPosting.objects.count())

    def test_money_that_is_missing_stops_it(self):
        slip = covered_slip()
        with pytest.raises(billing.NotFullyAllocated):
            confirm_payment(slip_id=slip.pk, by=system_actor(), at=NOON)

    def test_arrival_is_the_latest_value_date(self):
        slip = covered_slip(10)  # 950.00
        days = (dt.date(2025, 8, 12), dt.date(2025, 8, 20))
        lines = make.imported(
            make.transfer("900.00", slip.number, day=days[0]), make.transfer("50.00", slip.number, day=days[1])
        ).new_ids
        for line, amount in zip(lines, ("900.00", "50.00"), strict=True):
            billing.propose_allocation(
                transaction_id=line, amounts={slip.pk: Decimal(amount)}, reason="分次", by=make.cashier(), at=NOON
            )
            billing.confirm_allocation(transaction_id=line, by=make.another_cashier(), at=NOON)
        settled = confirm_payment(slip_id=slip.pk, by=make.another_cashier(), at=NOON + dt.timedelta(days=14))
        assert (settled.arrival_on, settled.earliest_start) == (days[1], dt.date(2025, 8, 21))

    def test_money_from_before_the_slip_arrives_on_the_day_of_issue(self):
        slip = covered_slip()
        pay(slip, day=dt.date(2025, 8, 1))
        assert confirm_payment(slip_id=slip.pk, by=system_actor(), at=NOON).arrival_on == make.TODAY

    def test_the_money_of_people_left_out_becomes_credit(self, monkeypatch):
        slip = covered_slip(3)
        pay(slip)
        real = journey.start_cover

        def leaves_one_out(**words) -> StartedCover:
            started = real(**words)
            return StartedCover(
                covered=started.covered - 1,
                left_out=1,
                left_out_amount=Decimal("95.00"),
                earliest_start=started.earliest_start,
            )

        monkeypatch.setattr(journey, "start_cover", leaves_one_out)
        confirm_payment(slip_id=slip.pk, by=system_actor(), at=NOON)

        credit = LedgerPosting.objects.get(account="credit_balance")
        assert (credit.amount, credit.employer_id) == (Decimal("-95.00"), slip.employer_id)
        assert ReceiptRight.objects.get().amount == Decimal("190.00")
        assert "95.00" in SmsMessage.objects.get(template="members_left_out").body
        assert queries.get_broken_invariants() == {}

    def test_money_in_time_revives_an_expired_application(self):
        slip = covered_slip()
        later = NOON + dt.timedelta(days=30)
        [expired] = expiry.expire_slips(by=system_actor(), at=later)
        assert (expired.pk, expired.application.state) == (slip.pk, "expired")
        pay(slip, day=slip.due_on)
        assert confirm_payment(slip_id=slip.pk, by=system_actor(), at=later).covered == 3
        assert queries.get_broken_invariants() == {}

    def test_an_expired_slip_is_asked_for_again(self):
        slip = covered_slip()
        later = NOON + dt.timedelta(days=30)
        expiry.expire_slips(by=system_actor(), at=later)
        new = expiry.reissue_slip(slip_id=slip.pk, by=make.cashier(), at=later)
        assert new.number in SmsMessage.objects.get(template="payment_notice").body
        assert SmsMessage.objects.filter(template="slip_expired").count() == 1
        run_import(make.transfer(new.amount, new.number, day=later.date()), at=later)
        new.refresh_from_db()
        assert (new.state, new.application.state) == ("paid", "effective")
        assert queries.get_broken_invariants() == {}


@pytest.mark.django_db
class TestCancelSlip:
    @pytest.mark.parametrize(("to_draft", "state"), [(True, "draft"), (False, "cancelled")])
    def test_application_and_slip_move_together(self, to_draft, state):
        slip = covered_slip()
        by = employer_actor(slip.employer)
        cancel_slip(slip_id=slip.pk, to_draft=to_draft, reason="人员有误", by=by, at=NOON)
        slip.refresh_from_db()
        assert (slip.state, slip.application.state) == ("cancelled", state)

    def test_both_or_neither(self, monkeypatch):
        slip = covered_slip()
        monkeypatch.setattr("huzhu.enrolment.operations.withdraw_to_draft", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cancel_slip(slip_id=slip.pk, to_draft=True, reason="x", by=employer_actor(slip.employer), at=NOON)
        slip.refresh_from_db()
        assert (slip.state, slip.application.state) == ("open", "awaiting_payment")
        assert not SmsMessage.objects.exists()


@pytest.mark.django_db
class TestImport:
    def test_tells_what_became_of_every_line(self):
        paid, short, by_amount = covered_slip(2), covered_slip(3), covered_slip(4)
        report = run_import(
            make.transfer(paid.amount, f"保障费 {paid.number}", minute=1),
            make.transfer("1.00", short.number, minute=2),
            make.transfer(by_amount.amount, "会费", minute=3),
            make.transfer("-5.00", "手续费", minute=4),
        )
        assert {**report.as_dict(), "statement": None} == {
            "statement": None,
            "lines": 4,
            "new": 4,
            "known": 0,
            "matched": [{"line": 5, "slip": paid.number, "step": "exact_number"}],
            "exceptions": [{"line": 6, "kind": "amount_short"}, {"line": 7, "kind": "no_reference"}],
            "proposals": [
                {"line": 6, "slips": [short.number]},
                {"line": 7, "slips": [by_amount.number]},
            ],
            "unsettled": [],
        }
        paid.refresh_from_db()
        assert (paid.state, paid.application.state) == ("paid", "effective")

    def test_again_changes_nothing(self):
        slip = covered_slip(2)
        line = make.transfer(slip.amount, slip.number)
        run_import(line)
        again = run_import(line)
        assert (again.new, again.known, again.matched) == (0, 1, [])
        assert Cover.objects.count() == 2
        assert queries.get_broken_invariants() == {}

    def test_one_bad_slip_does_not_hold_up_the_others(self, monkeypatch):
        bad, good = covered_slip(2), covered_slip(3)
        real = journey.start_cover

        def fails_for_one(*, application_id, **words):
            if application_id == bad.application_id:
                raise RuntimeError("坏数据")
            return real(application_id=application_id, **words)

        monkeypatch.setattr(journey, "start_cover", fails_for_one)
        lines = [make.transfer(slip.amount, slip.number, minute=n) for n, slip in enumerate((bad, good))]
        report = run_import(*lines)
        assert report.unsettled == [{"slip": bad.number, "reason": "坏数据"}]
        good.refresh_from_db()
        assert good.state == "paid"

        monkeypatch.undo()
        assert importing.settle_all(by=system_actor(), at=NOON) == []
        bad.refresh_from_db()
        assert bad.state == "paid"


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


class TestRaces:
    """Two at once on the real database; each with a twin whose protection is off and which shows the fault."""

    def settle_twice(self, monkeypatch) -> list[int]:
        slip = covered_slip(2)
        pay(slip)
        started = []
        meet = threading.Barrier(2)

        def slow(**words) -> StartedCover:
            started.append(words["application_id"])
            with suppress(threading.BrokenBarrierError):
                meet.wait(timeout=0.7)  # the other one, if it is let in, comes here too
            return StartedCover(covered=2, left_out=0, left_out_amount=Decimal(0), earliest_start=dt.date(2025, 8, 12))

        monkeypatch.setattr(journey, "start_cover", slow)
        at_once(*[lambda: confirm_payment(slip_id=slip.pk, by=system_actor(), at=NOON)] * 2)
        return started

    def test_a_slip_is_settled_once(self, own_database, monkeypatch):
        assert len(self.settle_twice(monkeypatch)) == 1

    def test_twin_without_the_lock_settles_twice(self, own_database, monkeypatch):
        monkeypatch.setattr(
            slips, "_lock", lambda slip_id: PaymentSlip.objects.select_related("employer").get(pk=slip_id)
        )
        assert len(self.settle_twice(monkeypatch)) == 2

    def import_twice(self) -> int:
        make.society_account()
        by, content = (
            make.cashier(),
            make.statement_file(make.transfer("95.00", "一笔"), make.transfer("96.00", "二笔")),
        )
        at_once(
            *[
                lambda: billing.import_statement(
                    account_number=make.ACCOUNT, content=content, file_name="流水.csv", by=by, at=NOON
                )
            ]
            * 2
        )
        return BankTransaction.objects.count()

    def test_the_same_file_at_once_is_imported_once(self, own_database):
        assert self.import_twice() == 2

    def test_twin_without_lock_and_identity_imports_it_twice(self, own_database, monkeypatch, drop_constraint):
        drop_constraint("billing_banktransaction", "a_bank_line_once")
        monkeypatch.setattr(statements, "_lock_account", lambda number: SocietyAccount.objects.get(number=number))
        assert self.import_twice() == 4

    def confirm_in_two_sessions(self) -> list[object]:
        """The proposer, signed in twice under two accounts, presses confirm in both."""
        slip = covered_slip(2)
        line = make.imported(make.transfer(slip.amount, "会费")).new_ids[0]
        billing.propose_allocation(
            transaction_id=line, amounts={slip.pk: slip.amount}, reason="核实", by=make.cashier(), at=NOON
        )
        sessions = [make.cashier(user_id=user, roles=("cashier_reviewer",)) for user in (998, 999)]
        results = at_once(
            *[lambda by=by: billing.confirm_allocation(transaction_id=line, by=by, at=NOON) for by in sessions]
        )
        assert not PaymentAllocation.objects.exists()
        return results

    def test_the_proposer_confirms_in_no_session(self, own_database):
        assert [type(result) for result in self.confirm_in_two_sessions()] == [permissions.NotPermitted] * 2

    def test_twin_without_the_permission_meets_the_constraint(self, own_database, monkeypatch):
        without_guards(monkeypatch, "bank_line.confirm")
        for result in self.confirm_in_two_sessions():
            assert isinstance(result, IntegrityError)
            assert "by_hand_takes_another_person" in str(result)


@pytest.fixture
def drop_constraint(own_database):
    """Take a constraint off the test's own database, as nobody could who only has the run-time role."""

    def drop(table: str, name: str) -> None:
        server = os.environ["HUZHU_TEST_SERVER_URL"]
        address = postgres.url_for(server, role=postgres.OWNER, name=own_database)
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")

    return drop
