"""What must always hold about money: clean after a whole story, and each proof sees the damage it is there for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest

from huzhu.billing import operations as billing
from huzhu.billing import queries
from huzhu.billing.models import BankTransaction
from huzhu.journeys.confirm_allocation import confirm_allocation
from huzhu.journeys.import_statement import import_statement
from huzhu.shared import postgres
from tests.factories import billing as make
from tests.factories.billing import NOON

# Each as nobody could do it who has only the run-time role: superuser, triggers and foreign keys off.
PLACE = (
    "INSERT INTO enrolment_subsidy (application_id, member_id, worker_id, campaign_id, amount, held_at) "
    "SELECT application_id, id, worker_id, 1, 5, now() FROM enrolment_applicationmember LIMIT 1"
)
DAMAGE = {
    "slip_is_its_allocations": "UPDATE billing_paymentslip SET allocated_amount = 1 WHERE state = 'open'",
    "line_is_its_allocations": "UPDATE billing_banktransaction SET allocated_amount = amount - 1, credited_amount = 1 "
    "WHERE state = 'matched'",
    "entries_balance": "UPDATE billing_ledgerposting SET amount = amount + 1 WHERE id = "
    "(SELECT min(id) FROM billing_ledgerposting)",
    "ledger_holds_every_line": "UPDATE billing_banktransaction SET amount = amount + 1 WHERE state = 'unmatched'",
    "unallocated_is_what_waits": "UPDATE billing_ledgerposting SET amount = amount * 2 WHERE account = 'unallocated'",
    "receivable_is_what_is_open": "DELETE FROM billing_ledgerposting WHERE account = 'slips_receivable' AND amount < 0",
    "subsidies_are_held_places": "INSERT INTO billing_ledgerposting (entry_id, account, sponsor_id, amount) "
    "VALUES (1, 'subsidy_receivable', 1, 5)",
    "slip_is_what_is_left_to_pay": "UPDATE enrolment_enrolmentapplication SET subsidy_amount = 5",
    "members_add_up": PLACE,
    "places_are_promised": f"{PLACE}; UPDATE enrolment_enrolmentapplication SET state = 'expired'",
    "paid_slip_is_effective": "UPDATE enrolment_enrolmentapplication SET state = 'cancelled' WHERE state = 'effective'",
    "cover_was_paid": "UPDATE billing_paymentslip SET state = 'cancelled' WHERE state = 'paid'",
    "paid_slip_has_cover": "DELETE FROM cover_cover",
    "cancelled_slip_holds_no_money": "UPDATE billing_paymentslip SET state = 'cancelled' WHERE state = 'paid'",
    "full_slip_is_settled": "UPDATE billing_paymentslip SET state = 'open' WHERE state = 'paid'",
    "by_hand_was_checked": "UPDATE billing_bankstatement SET imported_by_person = '13900000002'",
}


def settled_slip(members: int):
    application = make.approved_application(members=members)
    return make.open_slip(application.contribution_amount, application=application)


@pytest.fixture
def story(own_database) -> Iterator[psycopg.Connection]:
    """One slip paid by itself, one by hand with money over, one open, one line that waits; and a way to do damage."""
    exact, by_hand = settled_slip(2), settled_slip(3)
    make.open_slip("10.00")
    import_statement(
        account_number=make.ACCOUNT,
        content=make.statement_file(
            make.transfer(exact.amount, exact.number),
            make.transfer(by_hand.amount + 5, "会费", minute=1),
            make.transfer("7.00", "不明", minute=2),
        ),
        file_name="流水.csv",
        by=make.cashier(),
        at=NOON,
    )
    line = BankTransaction.objects.get(remark__startswith="会费")
    billing.propose_allocation(
        transaction_id=line.pk, amounts={by_hand.pk: by_hand.amount}, reason="核实", by=make.cashier(), at=NOON
    )
    confirm_allocation(transaction_id=line.pk, by=make.another_cashier(), at=NOON)
    address = postgres.url_for(os.environ["HUZHU_TEST_SERVER_URL"], role="postgres", name=own_database)
    with psycopg.connect(address) as connection:
        yield connection
        connection.rollback()


def test_every_proof_has_its_damage():
    assert {invariant.name for invariant in queries.get_money_invariants()} == set(DAMAGE)


def test_each_proof_sees_its_damage(story):
    assert queries.get_broken_invariants() == {}
    for invariant in queries.get_money_invariants():
        story.execute("SET LOCAL session_replication_role = replica")
        assert story.execute(invariant.sql).fetchall() == []
        story.execute(DAMAGE[invariant.name])
        assert story.execute(invariant.sql).fetchall(), invariant.name
        story.rollback()


def test_the_daily_close_is_clean_and_names_the_row_that_is_not(story):
    close = queries.get_daily_close(day=make.TODAY)
    assert (close.bank_in, close.allocated, close.credited, close.unallocated) == (
        Decimal("487.00"),
        Decimal("475.00"),
        Decimal("5.00"),
        Decimal("7.00"),
    )
    assert (close.is_clean, close.difference, close.settled_count) == (True, 0, 2)

    story.execute("SET session_replication_role = replica")
    story.execute("DELETE FROM billing_paymentallocation WHERE match_step = 'by_hand'")
    story.commit()
    damaged = queries.get_daily_close(day=make.TODAY)
    line = BankTransaction.objects.get(remark__startswith="会费")
    assert [(each.kind, each.pk, each.amount) for each in damaged.differences] == [("line", line.pk, Decimal("285.00"))]


def test_the_daily_close_names_a_paid_slip_without_effect(story):
    story.execute("SET session_replication_role = replica")
    story.execute("UPDATE enrolment_enrolmentapplication SET state = 'cancelled' WHERE state = 'effective'")
    story.commit()
    differences = queries.get_daily_close(day=make.TODAY).differences
    assert [each.kind for each in differences] == ["slip", "slip"]
    assert all("未生效" in each.what for each in differences)
