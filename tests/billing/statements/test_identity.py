from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from huzhu.billing.statements import identity, layouts, reading, writing
from huzhu.billing.statements.lines import Direction
from huzhu.shared.calendar import SHANGHAI

NOON = datetime(2025, 8, 11, 12, tzinfo=SHANGHAI)
ACCOUNT = "3602001909200123456"
HUNDRED = Decimal("100.00")
WRITERS = [writing.write_icbc_csv, writing.write_ccb_xlsx]


def movement(day=0, *, amount="95.00", remark="会费", serial=""):
    return writing.Movement(
        at=NOON + timedelta(days=day), amount=Decimal(amount), name="甲", account="4401", remark=remark, serial=serial
    )


def identities(write, lines, *, opening=HUNDRED, **more):
    content = write(lines=lines, opening_balance=opening, account_number=ACCOUNT, **more)
    statement = reading.read(content=content, file_name="x")
    return identity.identify(account_number=ACCOUNT, layout=statement.layout, lines=statement.lines)


@pytest.mark.parametrize("write", WRITERS)
def test_the_same_file_again_adds_nothing(write):
    lines = [movement(0), movement(1, amount="-3"), movement(2)]
    assert identities(write, lines) == identities(write, lines)
    assert identities(write, lines) == identities(write, lines, newest_first=True)


@pytest.mark.parametrize("write", WRITERS)
def test_an_overlapping_file_adds_only_what_is_new(write):
    lines = [movement(day) for day in range(4)]
    earlier = identities(write, lines[:3])
    later = identities(write, lines[1:], opening=HUNDRED + 95)
    assert set(earlier) & set(later) == set(earlier[1:])
    assert len(set(earlier) | set(later)) == 4


@pytest.mark.parametrize("serial", ["", "5120", "00000000"])
@pytest.mark.parametrize("write", WRITERS)
def test_two_equal_lines_are_two_lines(write, serial):
    found = identities(write, [movement(serial=serial), movement(serial=serial)])
    assert len(set(found)) == 2


@pytest.fixture
def line():
    content = writing.write_icbc_csv(lines=[movement()], opening_balance=HUNDRED, account_number=ACCOUNT)
    return reading.read(content=content, file_name="x").lines[0]


def of(line, *, layout=layouts.ICBC, account=ACCOUNT):
    return identity.identify(account_number=account, layout=layout, lines=[line])[0]


@pytest.mark.parametrize(
    "change",
    [
        {"received_on": NOON.date() + timedelta(days=1)},
        {"booked_at": NOON + timedelta(seconds=1)},
        {"direction": Direction.OUT},
        {"amount": Decimal("95.01")},
        {"balance": Decimal("1.00")},
        {"counterparty_name": "乙"},
        {"counterparty_account": "4402"},
        {"remark": "会费。\n转账"},
    ],
)
def test_without_a_serial_everything_counts(line, change):
    assert of(line) != of(replace(line, **change))
    assert of(line) == of(replace(line, row=99, raw="[]"))


def test_the_account_counts(line):
    assert of(line) != of(line, account="1")


def test_a_unique_serial_says_it_alone(line):
    line = replace(line, serial="101-1", balance=Decimal("5.00"))
    assert of(line, layout=layouts.CCB) == of(replace(line, remark="改", balance=None), layout=layouts.CCB)
    assert of(line, layout=layouts.CCB) != of(replace(line, serial="101-2"), layout=layouts.CCB)


def test_a_payment_and_its_fee_under_one_serial_are_two_lines(line):
    line = replace(line, serial="101-1")
    assert of(line, layout=layouts.CCB) != of(replace(line, amount=Decimal("1.00")), layout=layouts.CCB)


def test_icbcs_voucher_counts_only_with_time_and_amount(line):
    line = replace(line, serial="51203377")
    assert of(line) == of(replace(line, remark="改"))
    assert of(line) != of(replace(line, amount=Decimal("1.00")))
    assert of(line) != of(replace(line, booked_at=NOON + timedelta(seconds=1)))
