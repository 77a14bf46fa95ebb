from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.billing.statements import cells, layouts


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.50", "1234.50"),
        ("１，２３４．５０", "1234.50"),
        ("￥95.00", "95.00"),
        ("¥-95", "-95.00"),
        ("-¥95", "-95.00"),
        ("(95.00)", "-95.00"),
        ("（1,095.00）", "-1095.00"),
        ("\t95 ", "95.00"),
        ("'95", "95.00"),
        ("RMB 100元", "100.00"),
        ("-0.00", "0.00"),
        ("−95.00", "-95.00"),
        ("--", None),
        ("—", None),
        ("", None),
    ],
)
def test_amounts(text, amount):
    assert cells.read_amount(text) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize("text", ["1,2345.00", "95.001", "1E5", "--5", "(-5)", "九十五", "1000000000000", "1.2.3", "٣"])
def test_what_is_no_certain_amount_never_becomes_a_number(text):
    with pytest.raises(cells.UnclearCellError):
        cells.read_amount(text)


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=2))
def test_written_amounts_are_read_back(amount):
    assert cells.read_amount(f"{amount:,.2f}") == amount


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-08-11", None),
        ("2025/8/11 9:03", time(9, 3)),
        ("20250811", None),
        ("20250811090305", time(9, 3, 5)),
        ("20250811 09:03:05", time(9, 3, 5)),
        ("2025年8月11日", None),
        ("2025-08-11-09.03.05.123456", time(9, 3, 5)),
        ("２０２５－０８－１１", None),
    ],
)
def test_days_and_times(text, moment):
    assert cells.read_date(text) == date(2025, 8, 11)
    assert cells.read_time(text) == moment


def test_a_spreadsheets_day_number():
    assert cells.read_date("45880", number=45880.5) == date(2025, 8, 11)


@pytest.mark.parametrize("text", ["08/11/2025", "2025-13-01", "2025-02-30", "0001-01-01", "11.8.25", "45880", "合计"])
def test_unclear_days_are_refused(text):
    with pytest.raises(cells.UnclearCellError):
        cells.read_date(text)


@pytest.mark.parametrize("text", ["'4405", "4405\t", "\t4405", "44 05", "４４０５", "‘4405"])
def test_accounts_come_bare(text):
    assert cells.read_account(text) == "4405"


@pytest.mark.parametrize("text", ["4.40106E+17", "4.4e17"])
def test_numbers_that_lost_digits_are_refused(text):
    with pytest.raises(cells.UnclearCellError):
        cells.read_account(text)


@pytest.mark.parametrize(
    ("head", "normal"),
    [
        ("交易类型[ Transaction Type ]", "交易类型"),
        ("借方发生额（支取）", "借方发生额"),
        ("借方发生额/元(支取)", "借方发生额"),
        (" 凭证 号\t", "凭证号"),
        ("借/贷", "借/贷"),
        ("账户明细编号-交易流水号", "账户明细编号-交易流水号"),
        ("交易时间 Transaction Time", "交易时间"),
        ("Amount", ""),
    ],
)
def test_heads_are_compared_bare(head, normal):
    assert layouts.normalise_head(head) == normal


@given(st.text(max_size=40))
def test_no_text_crashes_a_cell(text):
    for reader in (cells.read_amount, cells.read_date, cells.read_account):
        try:
            reader(text)
        except cells.UnclearCellError:
            continue
    assert cells.read_time(text) is None or text
    assert len(cells.read_currency(text)) <= 20
