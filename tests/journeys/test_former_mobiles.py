"""
One person stays one person when the mobile changes between asking and deciding (rulebook §1): in the operations, in the database,
and in two sessions at once; with the twins that show what each wall keeps out.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, transaction

from huzhu.accounts.models import User
from huzhu.accounts.permissions import NotPermitted
from huzhu.billing import operations as billing
from huzhu.billing.models import BankTransaction, PaymentAllocation
from huzhu.enrolment.models import Review
from huzhu.journeys.decide_parameter import confirm_parameter
from huzhu.receipts import operations as receipts
from huzhu.shared.actors import Actor
from huzhu.work import operations as work
from huzhu.work import queries as work_queries
from tests.factories import billing as money
from tests.factories import enrolment as make
from tests.factories import policies as papers
from tests.factories.accounts import NOON, StaffPostFactory, office_actor
from tests.journeys.test_two_persons import EVERY, MAKER, at_once, change, owner_of_tables, parameter, transfer
from tests.policy import without_guards

NEW = "13900008888"
GUARDED = {
    "registration": "registration.approve",
    "change": "change_request.approve",
    "hand_over": "hand_over.approve",
    "binding": "policy_binding.confirm",
    "parameter": "parameter_change.confirm",
    "extension": "payment_extension.approve",
    "cancellation": "slip_cancellation.approve",
    "transfer": "branch_transfer.accept",
}


def renumbered(*, before: str = MAKER, now: str = NEW, **roles: bool) -> Actor:
    """A registrar of the whole association whose mobile has changed."""
    roles = roles or {"registrar": True}
    post = StaffPostFactory(branch=money.root(), user__mobile=now, user__former_mobiles=[before], **roles)
    return office_actor(post)


@pytest.mark.django_db
class TestDecisions:
    @pytest.mark.parametrize("pair", EVERY)
    def test_the_operation_knows_the_person_by_the_mobile_of_before(self, pair):
        _, decide = pair()
        with pytest.raises(NotPermitted):
            decide(renumbered())

    @pytest.mark.parametrize("pair", EVERY)
    def test_so_does_the_database(self, pair, monkeypatch):
        made, decide = pair()
        without_guards(monkeypatch, GUARDED[pair.__name__])
        with pytest.raises(IntegrityError, match="another person decides"), transaction.atomic():
            decide(renumbered())
        made.refresh_from_db()
        assert made.decided_by_person == ""

    @pytest.mark.parametrize("pair", EVERY)
    def test_and_whom_a_deputy_stands_in_for(self, pair):
        made, _ = pair()
        renumbered()
        state = {"state": "refused", "decided_at": NOON, "decided_by_person": "13900003333"} if pair is transfer else {}
        with pytest.raises(IntegrityError, match="another person decides"), transaction.atomic():
            type(made).objects.filter(pk=made.pk).update(decided_for_person=NEW, **state)

    @pytest.mark.parametrize("pair", EVERY)
    def test_somebody_with_another_past_decides(self, pair):
        made, decide = pair()
        decide(renumbered(before="13900003333"))
        made.refresh_from_db()
        assert made.decided_by_person == NEW

    def test_a_change_is_not_decided_by_the_employers_handler(self, monkeypatch):
        """Somebody else of the employer asked; the handler answers for it."""
        made, decide = change()
        handler = made.employer.handler_mobile
        without_guards(monkeypatch, "change_request.approve")
        with pytest.raises(IntegrityError, match="another person decides"), transaction.atomic():
            decide(renumbered(now=handler, before="13900003333"))
        with pytest.raises(IntegrityError, match="another person decides"), transaction.atomic():
            decide(renumbered(before=handler))

    def test_an_old_row_is_not_frozen_by_a_number_given_to_somebody_else(self):
        made, decide = transfer()
        decide(renumbered(before="13900003333"))
        User.objects.filter(mobile=NEW).update(former_mobiles=[MAKER])
        type(made).objects.filter(pk=made.pk).update(answer="补记")


@pytest.mark.django_db
class TestMoneyAndReviews:
    def test_an_allocation_by_hand_takes_another_person(self):
        slip = money.open_slip()
        money.imported(money.transfer("950.00", "会费"), by=money.cashier(person="13900000005", user_id=905))
        renumbered()
        with pytest.raises(IntegrityError, match="another person decides"), transaction.atomic():
            PaymentAllocation.objects.create(
                transaction=BankTransaction.objects.get(),
                slip=slip,
                amount=slip.amount,
                match_step="by_hand",
                reason="x",
                allocated_at=NOON,
                proposed_by_person=MAKER,
                confirmed_by_person=NEW,
            )

    def test_a_receipt_is_not_reversed_by_who_issued_it(self, monkeypatch):
        issuer, other = papers.cashiers()
        request = papers.receipt_request()
        receipts.issue_receipt(request_id=request.pk, by=issuer, at=papers.LATER)
        User.objects.filter(mobile=other.person).update(former_mobiles=[issuer.person])
        with pytest.raises(IntegrityError, match="another person decides"), transaction.atomic():
            receipts.reverse_receipt(request_id=request.pk, reason="金额有误", by=other, at=papers.LATER)

    @pytest.mark.parametrize("stage", ["first", "second"])
    def test_an_application_is_not_reviewed_by_who_submitted_it(self, stage):
        case = make.application("second_review")
        renumbered(before=case.application.submitted_by_person)
        for column in (f"{stage}_reviewed_by_person", f"{stage}_reviewed_for_person"):
            with pytest.raises(IntegrityError, match="another person decides"), transaction.atomic():
                type(case.application).objects.filter(pk=case.id).update(**{column: NEW})

    def test_an_application_is_not_reviewed_twice_by_one_person(self):
        case = make.application("second_review")
        renumbered(before=case.application.first_reviewed_by_person)
        with pytest.raises(IntegrityError, match="another person decides"), transaction.atomic():
            type(case.application).objects.filter(pk=case.id).update(second_reviewed_by_person=NEW)
        with pytest.raises(IntegrityError, match="another person decides"), transaction.atomic():
            self._verdict(case, stage=2)
        type(case.application).objects.filter(pk=case.id).update(first_reviewed_by_person="13900003333")
        with pytest.raises(IntegrityError, match="another person decides"), transaction.atomic():
            self._verdict(case, stage=2)

    def _verdict(self, case: make.Case, *, stage: int) -> None:
        Review.objects.create(
            application=case.application,
            submission=1,
            stage=stage,
            is_approved=True,
            reviewer_id=1,
            reviewer_person=NEW,
            reviewer_name="甲",
            reviewed_at=make.NOON,
        )


@pytest.mark.django_db
class TestClaimedParameters:
    def test_only_who_has_claimed_a_change_decides_on_it(self):
        made, decide = parameter()
        mine, others = (office_actor(StaffPostFactory(branch=money.root(), cashier_reviewer=True)) for _ in range(2))
        work.claim(kind="parameter_changes", record_id=made.pk, by=mine, at=NOON)
        with pytest.raises(work.AlreadyClaimed):
            confirm_parameter(change_id=made.pk, by=others, at=NOON)
        decide(mine)
        made.refresh_from_db()
        assert (made.state, made.decided_by_id) == ("confirmed", mine.user_id)
        assert not work_queries.get_live(made)


class TestInTwoSessions:
    """One person in two sessions at once: the account with the new mobile twice, or the old and the new one."""

    @pytest.mark.parametrize("pair", EVERY)
    def test_neither_session_gets_through(self, own_database, pair):
        made, decide = pair()
        by = renumbered()
        assert at_once(lambda: decide(by), lambda: decide(by)) == ["NotPermitted", "NotPermitted"]
        made.refresh_from_db()
        assert made.decided_by_person == ""

    @pytest.mark.parametrize("pair", EVERY)
    def test_without_the_checks_the_database_still_refuses(self, own_database, monkeypatch, pair):
        """The first twin: the operation lets everybody decide; the trigger does not."""
        made, decide = pair()
        without_guards(monkeypatch, GUARDED[pair.__name__])
        by = renumbered()
        assert at_once(lambda: decide(by), lambda: decide(by)) == ["IntegrityError", "IntegrityError"]
        made.refresh_from_db()
        assert made.decided_by_person == ""

    @pytest.mark.parametrize("pair", EVERY)
    def test_without_either_wall_one_person_is_enough(self, own_database, monkeypatch, pair):
        """The second twin: the own request decided under the new mobile; no constraint knows the old one."""
        made, decide = pair()
        without_guards(monkeypatch, GUARDED[pair.__name__])
        with owner_of_tables() as owner:
            disable(owner, made)
        by = renumbered()
        assert sorted(at_once(lambda: decide(by), lambda: decide(by)))[1] == "done"
        made.refresh_from_db()
        assert made.decided_by_person == NEW

    def test_proposing_and_confirming_money_before_and_after_the_change(self, own_database):
        slip = money.open_slip()
        line = money.imported(money.transfer("950.00", "会费"), by=money.cashier(person="13900000005", user_id=905))
        (line_id,) = line.new_ids
        first = money.cashier(person=MAKER, user_id=911)
        after = renumbered(cashier_reviewer=True)
        billing.propose_allocation(
            transaction_id=line_id, amounts={slip.pk: slip.amount}, reason="x", by=first, at=money.NOON
        )
        confirm = lambda: billing.confirm_allocation(transaction_id=line_id, by=after, at=money.NOON)  # noqa: E731
        assert at_once(confirm, confirm) == ["NotPermitted", "NotPermitted"]
        assert not slip.allocations.exists()


def disable(owner: psycopg.Connection, made: Any) -> None:
    """Take the trigger down that knows the mobiles of before."""
    table = made._meta.db_table
    (name,) = owner.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE '%%two_persons_by_any_mobile%%'",
        [table],
    ).fetchone()
    owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
