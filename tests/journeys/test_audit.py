"""Ways in which a day, a cent or a right could be lost between the apps; none may work."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from huzhu.billing import operations as billing
from huzhu.billing import queries as money
from huzhu.billing.models import PaymentSlip
from huzhu.billing.statements.writing import write_ccb_xlsx
from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.journeys.confirm_allocation import confirm_allocation
from huzhu.journeys.expire_slips import expire_slips, reissue_slip
from huzhu.journeys.import_statement import import_statement
from huzhu.plans.models import PlanVersion
from huzhu.shared.actors import system_actor
from tests.factories import billing as bank
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=make.NOON.tzinfo)


def slip_of(case: make.Case, *, at: dt.datetime = make.NOON):
    bank.society_account()
    if case.refresh().state == "first_review":
        enrolment.approve_first(application_id=case.id, by=make.registrar(), at=at)
    slip = approve_enrolment(application_id=case.id, by=make.reviewer(), at=at).slip
    assert slip is not None
    return slip


def by_hand(line_id: int, amounts: dict[int, object], *, at: dt.datetime = make.NOON):
    billing.propose_allocation(transaction_id=line_id, amounts=amounts, reason="已核实", by=bank.cashier(), at=at)
    third = bank.cashier(person="13900000003", user_id=903)
    return confirm_allocation(transaction_id=line_id, by=third, at=at)


def test_the_list_of_the_month_of_submission_still_counts_when_the_review_falls_into_the_next():
    submitted = dt.datetime(2025, 8, 29, 12, tzinfo=make.NOON.tzinfo)
    employer = make.an_employer()
    entries = make.people(employer, 2)
    make.insurance_list(employer, entries, month=dt.date(2025, 7, 1))
    case = make.application("first_review", employer=employer, entries=entries, has_list=False, at=submitted)
    reviewed = submitted + 4 * DAY
    enrolment.approve_first(application_id=case.id, by=make.registrar(), at=reviewed)
    assert "insurance_list_missing" not in case.codes()
    assert slip_of(case, at=reviewed).amount == case.refresh().contribution_amount


def expired_slip(amount_of: int = 2):
    slip = slip_of(make.application("second_review", people_count=amount_of))
    late = noon(slip.due_on + 30 * DAY)
    assert expire_slips(by=system_actor(), at=late)
    return slip, late


def test_two_part_payments_in_time_pay_a_slip_that_expired_meanwhile():
    slip, late = expired_slip()
    half = slip.amount / 2
    one, two = (
        bank.imported(
            bank.transfer(half, f"x{part}", day=slip.due_on, minute=part), opening=f"{part}000.00", at=late
        ).new_ids[0]
        for part in (1, 2)
    )
    by_hand(one, {slip.pk: half}, at=late)
    assert money.get_broken_invariants() == {}
    assert by_hand(two, {slip.pk: half}, at=late)
    assert money.get_broken_invariants() == {}
    assert (
        Cover.objects.get(application_id=slip.application_id, worker=Cover.objects.first().worker).coverage_start
        == slip.due_on + DAY
    )


def test_money_in_time_settles_however_late_the_statement_comes():
    slip = slip_of(make.application("second_review"))
    late = noon(slip.due_on + 120 * DAY)
    expire_slips(by=system_actor(), at=late)
    report = import_statement(
        account_number=bank.ACCOUNT,
        content=bank.statement_file(bank.transfer(slip.amount, slip.number, day=slip.due_on)),
        file_name="流水.csv",
        by=bank.cashier(),
        at=late,
    )
    assert report.unsettled == []
    assert set(Cover.objects.values_list("coverage_start", flat=True)) == {slip.due_on + DAY}
    assert money.get_broken_invariants() == {}


def test_a_slip_with_money_on_it_is_not_asked_for_again_and_takes_the_rest():
    slip, late = expired_slip()
    half = slip.amount / 2
    (one,) = bank.imported(bank.transfer(half, "a", day=slip.due_on), at=late).new_ids
    by_hand(one, {slip.pk: half}, at=late)
    with pytest.raises(billing.NotReissuable):
        reissue_slip(slip_id=slip.pk, by=bank.cashier(), at=late)
    (two,) = bank.imported(bank.transfer(half, "b", day=late.date()), opening="3.00", at=late).new_ids
    assert by_hand(two, {slip.pk: half}, at=late)
    assert set(Cover.objects.values_list("coverage_start", flat=True)) == {late.date() + DAY}
    assert money.get_broken_invariants() == {}


def test_exchanging_the_only_plan_keeps_the_people():
    case = make.application(people_count=3)
    other = plans.version("CASH25")
    enrolment.set_plans(application_id=case.id, choices=[(other.pk, 1)], by=make.handler(case.employer), at=make.NOON)
    assert case.refresh().member_count == 3


def test_a_plan_whose_sale_has_ended_is_not_submitted_any_more():
    case = make.application()
    PlanVersion.objects.filter(pk=case.versions[0].pk).update(valid_to=make.TODAY)
    enrolment.edit(application_id=make.advance(case, "awaiting_form").id, by=make.handler(case.employer), at=make.NOON)
    with pytest.raises(enrolment.SubmitRefused) as refusal:
        enrolment.submit(application_id=case.id, by=make.handler(case.employer), at=make.NOON + DAY)
    assert [each.kind for each in refusal.value.missing] == ["not_on_sale"]


def test_a_woman_taken_for_over_age_counts_neither_in_the_base_nor_among_those_who_joined():
    employer = make.an_employer(headcount=50)
    entries = make.people(employer, 39)
    unknown = make.people(employer, gender="female", born_on=dt.date(1974, 1, 1), job_category="")
    case = make.application(employer=employer, entries=entries + unknown, has_list=False)
    assert "participation_floor" not in case.codes()
    with pytest.raises(enrolment.SubmitRefused):
        enrolment.submit(application_id=case.id, by=make.handler(employer), at=make.NOON)
    (finding,) = case.application.findings.filter(code="participation_floor")
    assert (finding.inputs["base"], finding.inputs["joined"]) == (49, 39)


@pytest.mark.parametrize("newest_first", [False, True])
def test_money_out_and_in_within_one_minute_is_read_in_either_order(newest_first):
    bank.society_account()
    moves = [bank.transfer("-95.00", "付"), bank.transfer("95.00", "收")]
    content = write_ccb_xlsx(
        lines=moves, opening_balance=Decimal("1475.08"), account_number=bank.ACCOUNT, newest_first=newest_first
    )
    result = billing.import_statement(
        account_number=bank.ACCOUNT, content=content, file_name="流水.xlsx", by=bank.cashier(), at=make.NOON
    )
    assert (result.statement.opening_balance, result.statement.closing_balance) == (Decimal("1475.08"),) * 2


FORBIDDEN = {
    "paid without money": "UPDATE billing_paymentslip SET allocated_amount = amount, state = 'paid', arrival_on = issued_at::date",
    "a cent more asked for": "UPDATE billing_paymentslip SET amount = amount + 0.01",
    "another number": "UPDATE billing_paymentslip SET number = number || 'X'",
    "a slip gone": "DELETE FROM billing_paymentslip",
    "an earlier value date": "UPDATE billing_banktransaction SET received_on = received_on - 10",
    "another payer": "UPDATE billing_banktransaction SET counterparty_name = '乙公司'",
    "a line gone": "DELETE FROM billing_banktransaction",
    "another importer": "UPDATE billing_bankstatement SET imported_by_person = '13900000099'",
    "an application that skips its reviews": "UPDATE enrolment_enrolmentapplication SET state = 'first_review'",
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_run_time_role_cannot_rewrite_what_happened(statement):
    slip_of(make.application("second_review"))
    bank.imported(bank.transfer("5.00", "利息"))
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(f"{statement}; SET CONSTRAINTS ALL IMMEDIATE")


def test_the_run_time_role_cannot_take_cover_away():
    (entry,) = make.people(make.an_employer())
    held = make.cover_of(entry, plans.version("HOSP25"), start=make.TODAY)
    with pytest.raises(DatabaseError, match="cover_cover"), transaction.atomic():
        held.delete()


def test_twin_what_is_no_fact_is_changed_in_the_same_way():
    slip_of(make.application("second_review"))
    connection.cursor().execute("UPDATE billing_paymentslip SET cancel_reason = '重复'; SET CONSTRAINTS ALL IMMEDIATE")
    assert PaymentSlip.objects.get().cancel_reason == "重复"


def test_two_applications_for_the_same_people_cover_them_once_and_credit_the_second():
    first = make.application("second_review")
    second = make.application("second_review", employer=first.employer, entries=first.entries, has_list=False)
    a, b = slip_of(first), slip_of(second)
    line = [bank.transfer(each.amount, each.number, minute=n) for n, each in enumerate((a, b))]
    report = import_statement(
        account_number=bank.ACCOUNT,
        content=bank.statement_file(*line),
        file_name="流水.csv",
        by=bank.cashier(),
        at=make.NOON,
    )
    assert report.unsettled == []
    assert Cover.objects.count() == 2
    assert money.get_broken_invariants() == {}
    assert money.get_daily_close(day=make.TODAY).is_clean
