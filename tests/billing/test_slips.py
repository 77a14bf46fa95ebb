"""Slips: issued, cancelled, expired, issued again; each with its booking."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from huzhu.audit.models import AuditEvent
from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries, rules
from huzhu.billing.models import LedgerEntry, LedgerPosting, PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.notifications.models import SmsMessage
from huzhu.shared import numbering
from huzhu.shared.actors import system_actor
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories import billing as make
from tests.factories.billing import NOON
from tests.factories.roster import employer_actor

pytestmark = pytest.mark.django_db

DUE = dt.date(2025, 8, 26)


def balance(account: str) -> Decimal:
    return sum(LedgerPosting.objects.filter(account=account).values_list("amount", flat=True), Decimal(0))


def days_later(days: int) -> dt.datetime:
    return NOON + dt.timedelta(days=days)


class TestIssue:
    def test_has_number_due_date_payee_and_booking(self):
        slip = make.open_slip("950.00")

        assert numbering.is_valid_number(slip.number, rules.SLIP_PREFIX)
        assert slip.number.startswith("JK20250811")
        assert (slip.state, slip.due_on, slip.payee_account.number) == (SlipState.OPEN, DUE, make.ACCOUNT)
        assert balance("slips_receivable") == Decimal("950.00")
        assert balance("contribution_income") == Decimal("-950.00")
        assert AuditEvent.objects.filter(event="billing.issue_slip", subject_id=str(slip.pk)).exists()

    def test_numbers_are_never_the_same(self):
        assert len({make.open_slip().number for _ in range(5)}) == 5

    @pytest.mark.parametrize("amount", ["0", "0.00", "-1.00"])
    def test_nothing_to_pay_makes_no_slip(self, amount):
        application = make.approved_application()
        with pytest.raises(billing.NothingToPay):
            billing.issue_slip(application_id=application.pk, amount=Decimal(amount), by=make.reviewer(), at=NOON)
        assert not PaymentSlip.objects.exists()

    def test_needs_an_account_to_pay_into(self):
        application = make.approved_application()
        with pytest.raises(billing.NoPayeeAccount):
            billing.issue_slip(application_id=application.pk, amount=Decimal(1), by=make.reviewer(), at=NOON)

    def test_refuses_an_employer(self):
        application = make.approved_application()
        with pytest.raises(permissions.NotPermitted):
            billing.issue_slip(
                application_id=application.pk, amount=Decimal(1), by=employer_actor(application.employer), at=NOON
            )

    def test_an_application_has_one_open_slip(self):
        slip = make.open_slip()
        with pytest.raises(IntegrityError), transaction.atomic():
            make.open_slip(application=slip.application)


class TestCancel:
    def test_reverses_the_booking_and_tells_the_employer(self):
        slip = make.open_slip()
        billing.cancel_slip(slip_id=slip.pk, reason="人员有误", by=employer_actor(slip.employer), at=NOON)

        slip.refresh_from_db()
        assert (slip.state, slip.cancel_reason) == (SlipState.CANCELLED, "人员有误")
        assert balance("slips_receivable") == balance("contribution_income") == 0
        assert LedgerEntry.objects.get(kind="slip_cancelled").reverses.kind == "slip_issued"
        assert slip.number in SmsMessage.objects.get(template="slip_cancelled").body

    def test_refuses_another_employer(self):
        slip = make.open_slip()
        with pytest.raises(permissions.NotPermitted):
            billing.cancel_slip(slip_id=slip.pk, reason="x", by=employer_actor(make.employer()), at=NOON)

    @pytest.mark.parametrize("role", ["viewer", "liaison"])
    def test_refuses_those_who_only_look(self, role):
        slip = make.open_slip()
        with pytest.raises(permissions.NotPermitted):
            billing.cancel_slip(slip_id=slip.pk, reason="x", by=employer_actor(slip.employer, role), at=NOON)

    def test_refuses_when_part_of_the_money_is_there_or_looked_at(self):
        slip = make.open_slip("950.00")
        result = make.imported(make.transfer("900.00", slip.number))
        line = result.new_ids[0]
        billing.propose_allocation(
            transaction_id=line, amounts={slip.pk: Decimal("900.00")}, reason="少缴", by=make.cashier(), at=NOON
        )
        with pytest.raises(billing.MoneyHasArrived):
            billing.cancel_slip(slip_id=slip.pk, reason="x", by=employer_actor(slip.employer), at=NOON)

    @pytest.mark.parametrize("remark", ["{}", "会费 {} 某公司", "jk 2025-0811 {tail}"])
    def test_refuses_when_money_with_its_number_has_come_in(self, remark):
        """Too little, so that nobody was sure; a colleague of the cashiers decides."""
        slip = make.open_slip("950.00")
        make.imported(make.transfer("900.00", remark.format(slip.number, tail=slip.number[10:])))
        billing.match_new(by=system_actor(), at=NOON)
        with pytest.raises(billing.MoneyHasArrived):
            billing.cancel_slip(slip_id=slip.pk, reason="x", by=employer_actor(slip.employer), at=NOON)

    def test_other_money_does_not_stop_it(self):
        slip = make.open_slip("950.00")
        make.imported(make.transfer("950.00", "会费"), make.transfer("-950.00", slip.number, minute=1))
        billing.cancel_slip(slip_id=slip.pk, reason="x", by=employer_actor(slip.employer), at=NOON)

    def test_twice_is_refused(self):
        slip = make.open_slip()
        billing.cancel_slip(slip_id=slip.pk, reason="x", by=employer_actor(slip.employer), at=NOON)
        with pytest.raises(TransitionNotAllowed):
            billing.cancel_slip(slip_id=slip.pk, reason="x", by=employer_actor(slip.employer), at=NOON)


class TestExpire:
    """Due 2025-08-26, a Tuesday: five working days later is 2025-09-02."""

    @pytest.mark.parametrize(
        ("days", "closes_on", "expires"),
        [
            (15, None, False),
            (16, None, False),
            (22, None, False),
            (23, None, True),
            (15, DUE, False),
            (16, DUE, True),
            (16, DUE - dt.timedelta(days=1), False),
        ],
    )
    def test_only_after_a_closed_statement_or_five_working_days(self, days, closes_on, expires):
        slip = make.open_slip()
        if closes_on:
            statement = make.imported(make.transfer("1.00", day=NOON.date()), make.transfer("1.00", day=closes_on))
            billing.close_statement(statement_id=statement.statement.pk, by=make.cashier(), at=days_later(days))
        if not expires:
            with pytest.raises(billing.NotExpiredYet):
                billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=days_later(days))
            return
        billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=days_later(days))
        slip.refresh_from_db()
        assert slip.state == SlipState.EXPIRED
        assert balance("slips_receivable") == 0

    def test_past_due_lists_only_slips_without_money(self):
        slip, paid_in_part = make.open_slip(), make.open_slip("950.00")
        line = make.imported(make.transfer("900.00", paid_in_part.number)).new_ids[0]
        billing.propose_allocation(
            transaction_id=line, amounts={paid_in_part.pk: Decimal("900.00")}, reason="先记", by=make.cashier(), at=NOON
        )
        assert queries.get_slips_past_due(at=days_later(15)) == []
        assert queries.get_slips_past_due(at=days_later(16)) == [slip.pk]


class TestReissue:
    def expired(self) -> PaymentSlip:
        slip = make.open_slip()
        billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=days_later(30))
        return slip

    def test_makes_a_new_number_with_a_new_due_date(self):
        old = self.expired()
        new = billing.reissue(application_id=old.application_id, by=make.cashier(), at=days_later(105))
        assert (new.amount, new.state) == (old.amount, SlipState.OPEN)
        assert new.number != old.number
        assert new.due_on == dt.date(2025, 12, 9)

    def test_not_after_ninety_days(self):
        old = self.expired()
        with pytest.raises(billing.NotReissuable):
            billing.reissue(application_id=old.application_id, by=make.cashier(), at=days_later(106))

    def test_not_while_the_slip_is_open(self):
        slip = make.open_slip()
        with pytest.raises(billing.NotReissuable):
            billing.reissue(application_id=slip.application_id, by=make.cashier(), at=NOON)


class TestLedgerGuards:
    """What the database itself refuses, at the end of the transaction."""

    def entry(self, *amounts: str) -> None:
        entry = LedgerEntry.objects.create(booked_at=NOON, kind="test", reference="", key=f"test:{amounts}")
        for amount in amounts:
            LedgerPosting.objects.create(entry=entry, account="bank", amount=Decimal(amount))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def test_a_balanced_entry_is_taken(self):
        self.entry("1.00", "2.00", "-3.00")

    @pytest.mark.parametrize("amounts", [(), ("1.00",), ("1.00", "-0.99")])
    def test_anything_else_is_refused(self, amounts):
        with pytest.raises(IntegrityError), transaction.atomic():
            self.entry(*amounts)

    def test_a_booked_posting_stays(self):
        make.open_slip()
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            LedgerPosting.objects.update(amount=1)
