"""Importing statements: only new lines are kept, what came in is booked, a broken file is refused whole."""

from decimal import Decimal

import pytest

from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import BankStatement, BankTransaction, LedgerEntry
from huzhu.billing.operations import statements
from huzhu.billing.statements.lines import StatementRefused
from huzhu.documents.models import StoredFile
from tests.factories import billing as make
from tests.factories.billing import NOON
from tests.factories.roster import employer_actor

pytestmark = pytest.mark.django_db


def lines(count: int = 3):
    return [make.transfer(f"{100 + n}.00", f"第{n}笔", minute=n) for n in range(count)]


def test_keeps_every_line_and_books_what_came_in():
    result = make.imported(*lines(), make.transfer("-20.00", "手续费", minute=30))

    assert (result.line_count, result.new_count, result.known_count) == (4, 4, 0)
    assert result.statement.closing_balance == Decimal("10283.00")
    kept = list(BankTransaction.objects.order_by("id"))
    assert [line.state for line in kept] == ["unmatched"] * 3 + ["set_aside"]
    assert LedgerEntry.objects.filter(kind="money_received").count() == 3
    assert queries.get_broken_invariants() == {}
    assert StoredFile.objects.get(pk=result.statement.file_id).kind == "bank_statement"


def test_the_same_file_again_adds_nothing():
    make.imported(*lines())
    again = make.imported(*lines())

    assert (again.new_count, again.known_count) == (0, 3)
    assert BankTransaction.objects.count() == 3
    assert BankStatement.objects.count() == 2
    assert queries.get_broken_invariants() == {}


def test_an_overlapping_file_adds_only_what_is_new():
    make.imported(*lines(3))
    result = make.imported(*lines(5)[1:], opening="10100.00")

    assert (result.new_count, result.known_count) == (2, 2)
    assert BankTransaction.objects.count() == 5


def test_two_equal_lines_are_two_lines():
    twins = [make.transfer("95.00", "同一笔"), make.transfer("-95.00", "转出"), make.transfer("95.00", "同一笔")]
    result = make.imported(*twins)

    assert result.new_count == 3
    assert make.imported(*twins).new_count == 0


def test_a_break_of_the_balance_refuses_the_whole_file():
    make.society_account()
    content = make.statement_file(*lines()).decode("gb18030").replace("10,201.00", "10,201.01").encode("gb18030")
    with pytest.raises(StatementRefused) as refusal:
        billing.import_statement(
            account_number=make.ACCOUNT, content=content, file_name="流水.csv", by=make.cashier(), at=NOON
        )
    assert refusal.value.row == 6
    assert not BankTransaction.objects.exists()
    assert not BankStatement.objects.exists()


def test_an_unknown_account_is_refused_by_name():
    with pytest.raises(billing.AccountUnknown, match="999"):
        billing.import_statement(account_number="999", content=b"", file_name="流水.csv", by=make.cashier(), at=NOON)


def test_only_cashiers_of_the_whole_association_import():
    account = make.society_account()
    branch_cashier = make.cashier()
    object.__setattr__(branch_cashier, "branch_path", f"{make.root().path}7.")
    for by in (make.reviewer(), employer_actor(make.employer()), branch_cashier):
        with pytest.raises(permissions.NotPermitted):
            billing.import_statement(
                account_number=account.number,
                content=make.statement_file(*lines()),
                file_name="流水.csv",
                by=by,
                at=NOON,
            )
        assert not BankTransaction.objects.visible_to(by).exists()


def test_money_sent_back_by_the_bank_waits_for_a_person():
    result = make.imported(make.transfer("-950.00", "退汇"))
    line = BankTransaction.objects.get(pk=result.new_ids[0])
    assert (line.state, line.exception_kind) == ("unmatched", "bounced")


def test_what_the_database_cannot_hold_is_taken_out_of_a_text():
    assert statements._storable("备\x00注\ud800") == "备注?"


@pytest.mark.parametrize("count", [2, 60])
def test_the_number_of_statements_does_not_grow_with_the_lines(count, django_assert_num_queries):
    make.society_account()
    content = make.statement_file(*[make.transfer("1.00", f"{n}", minute=n % 60) for n in range(count)])
    by = make.cashier()
    # two savepoints, account, file, statement, lines, count, trace
    with django_assert_num_queries(8):
        billing.import_statement(account_number=make.ACCOUNT, content=content, file_name="流水.csv", by=by, at=NOON)
