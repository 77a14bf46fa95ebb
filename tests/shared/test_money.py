import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.shared import money

AMOUNTS = st.decimals(-money.LARGEST, money.LARGEST, places=2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("95", "95.00"),
        ("95.00", "95.00"),
        ("95.5", "95.50"),
        ("95.", "95.00"),
        (".05", "0.05"),
        ("0", "0.00"),
        ("-0.00", "0.00"),
        ("1,409.50", "1409.50"),
        ("123,456,789.01", "123456789.01"),
        ("1409.5000", "1409.50"),
        ("  95.00\t", "95.00"),
        ("'95.00", "95.00"),
        ("１，４０９．５０", "1409.50"),
        ("¥95.00", "95.00"),
        ("￥ 95.00", "95.00"),
        ("人民币95元", "95.00"),
        ("RMB 95.00", "95.00"),
        ("cny95.00", "95.00"),
        ("95.00 元", "95.00"),
        ("-95.00", "-95.00"),
        ("−95.00", "-95.00"),
        ("－９５．００", "-95.00"),
        ("+95.00", "95.00"),
        ("¥-95.00", "-95.00"),
        ("-¥95.00", "-95.00"),
        ("(95.00)", "-95.00"),
        ("（1,409.50）", "-1409.50"),
        ("007.50", "7.50"),
        ("999999999999.99", "999999999999.99"),
        (95, "95.00"),
        (Decimal("95.5"), "95.50"),
        (Decimal("1E+2"), "100.00"),
    ],
)
def test_an_amount_is_read_to_the_cent(text, expected):
    amount = money.to_amount(text)
    assert str(amount) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-", "--", "+", ".", ",", "¥", "元", "()", "abc", "95.00abc", "九十五", "玖拾伍元整",
        "95.001", "0.005", "1,40", "1,4095.50", "14,09", "1,409,50", "1409.50.00", "1.409,50",
        "1E+5", "1e5", "0x10", "NaN", "Infinity", "inf", "100 200", "1 409.50", "--95", "-(95.00)", "(-95.00)", "-¥-95",
        "(95.00", "95.00)", "95.00-", "$95.00", "95%", "95,", "٩٥", "1_000",
        "1000000000000", "-1000000000000.00",
        Decimal("NaN"), Decimal("Infinity"), Decimal("0.001"), Decimal("1E+20"), 10**12,
        95.0, None, True,
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_and_never_becomes_zero(text):
    with pytest.raises(money.NotAnAmount, match=r"请"):
        money.to_amount(text)


@given(amount=AMOUNTS)
def test_an_amount_written_with_commas_is_read_back(amount):
    assert money.to_amount(f"{amount:,}") == amount
    assert money.to_amount(amount) == amount


@given(text=st.text(max_size=20))
def test_any_text_is_an_amount_or_refused_by_name(text):
    try:
        amount = money.to_amount(text)
    except money.NotAnAmount:
        return
    assert amount.as_tuple().exponent == -2
    assert any(character.isnumeric() for character in text)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0.005", "0.01"), ("0.0049", "0.00"), ("2.345", "2.35"), ("2.355", "2.36"), ("1.005", "1.01"),
        ("-0.005", "-0.01"), ("-2.345", "-2.35"), ("95", "95.00"), ("33.333333", "33.33"), ("66.666666", "66.67"),
    ],
)  # fmt: skip
def test_half_a_cent_is_rounded_away_from_zero(amount, expected):
    assert str(money.round_amount(Decimal(amount))) == expected


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        # the table of facts §5.3
        ("95.00", "人民币玖拾伍元整"),
        ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("1680.32", "人民币壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "人民币壹拾万柒仟元零伍角叁分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("10.00", "人民币壹拾元整"),
        ("100500.00", "人民币壹拾万零伍佰元整"),
        ("300105.00", "人民币叁拾万零壹佰零伍元整"),
        ("20000005.00", "人民币贰仟万零伍元整"),
        ("123456789.01", "人民币壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元零壹分"),
        ("0.05", "人民币伍分"),
        ("0.50", "人民币伍角整"),
        ("0.00", "人民币零元整"),
        ("-95.00", "人民币负玖拾伍元整"),
        # boundaries of 万 and 亿
        ("0.15", "人民币壹角伍分"),
        ("-0.05", "人民币负伍分"),
        ("1.00", "人民币壹元整"),
        ("10.50", "人民币壹拾元零伍角整"),
        ("10.05", "人民币壹拾元零伍分"),
        ("19.19", "人民币壹拾玖元壹角玖分"),
        ("100.00", "人民币壹佰元整"),
        ("101.00", "人民币壹佰零壹元整"),
        ("110.00", "人民币壹佰壹拾元整"),
        ("1001.00", "人民币壹仟零壹元整"),
        ("1010.00", "人民币壹仟零壹拾元整"),
        ("9999.99", "人民币玖仟玖佰玖拾玖元玖角玖分"),
        ("10000.00", "人民币壹万元整"),
        ("10001.00", "人民币壹万零壹元整"),
        ("10010.00", "人民币壹万零壹拾元整"),
        ("11000.00", "人民币壹万壹仟元整"),
        ("100000.00", "人民币壹拾万元整"),
        ("101500.00", "人民币壹拾万壹仟伍佰元整"),
        ("10000000.00", "人民币壹仟万元整"),
        ("99999999.99", "人民币玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("100000000.00", "人民币壹亿元整"),
        ("100000001.00", "人民币壹亿零壹元整"),
        ("100000500.00", "人民币壹亿零伍佰元整"),
        ("100005000.00", "人民币壹亿零伍仟元整"),
        ("100010000.00", "人民币壹亿零壹万元整"),
        ("110000000.00", "人民币壹亿壹仟万元整"),
        ("1000000000.00", "人民币壹拾亿元整"),
        ("100001000010.00", "人民币壹仟亿零壹佰万零壹拾元整"),
        ("999999999999.99", "人民币玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_an_amount_in_upper_case(amount, words):
    assert money.in_words(Decimal(amount)) == words


@pytest.mark.parametrize("amount", ["0.001", "1000000000000", "NaN"])
def test_what_cannot_be_printed_exactly_has_no_words(amount):
    with pytest.raises(money.NotAnAmount):
        money.in_words(Decimal(amount))


def read_back(words: str) -> Decimal:
    """
    Read an upper-case amount the way a cashier does: digit by digit, unit by unit.
    """
    match = re.fullmatch(r"人民币(负?)(?:(.+)元)?零?(?:(.)角)?(?:(.)分|整)", words)
    assert match is not None, words
    digits = "零壹贰叁肆伍陆柒捌玖"
    total = group = digit = 0
    for character in match[2] or "":
        if character in digits:
            digit = digits.index(character)
        elif character in "拾佰仟":
            group += digit * 10 ** ("拾佰仟".index(character) + 1)
            digit = 0
        else:
            total += (group + digit) * {"万": 10**4, "亿": 10**8}[character]
            group = digit = 0
    cents = sum(digits.index(found) * worth for found, worth in ((match[3], 10), (match[4], 1)) if found)
    amount = Decimal((total + group + digit) * 100 + cents) / 100
    return -amount if match[1] else amount


@given(amount=AMOUNTS | st.decimals(0, 20, places=2) | st.integers(0, 11).map(lambda power: Decimal(10) ** power))
def test_an_amount_in_upper_case_is_read_back(amount):
    words = money.in_words(amount)
    assert read_back(words) == amount
    assert "零零" not in words
    assert not re.search("零[元万亿整]", words.replace("人民币零元", "").replace("人民币负零元", ""))
    assert (words.endswith("分")) == (int(abs(amount) * 100) % 10 != 0)
