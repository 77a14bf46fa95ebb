from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.shared import numbering

DAY = date(2025, 8, 11)


def test_a_number_is_prefix_day_six_digits_and_check_character():
    number = numbering.make_number("BD", DAY, 12)
    assert number[:-1] == "BD20250811000012"
    assert number[-1] in numbering.ALPHABET
    assert numbering.is_valid_number(number)
    assert numbering.is_valid_number(number, "BD")
    assert not numbering.is_valid_number(number, "JK")


@given(
    prefix=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=4),
    day=st.dates(date(1990, 1, 1), date(2200, 1, 1)),
    sequence=st.integers(0, 999_999),
)
def test_every_number_is_valid_and_found_again(prefix, day, sequence):
    number = numbering.make_number(prefix, day, sequence)
    assert numbering.is_valid_number(number, prefix)
    assert numbering.find_numbers(f"单号{number}。", prefix) == [number]
    assert numbering.find_folded_numbers(f"单号 {number.lower()}。", prefix) == [number]


@pytest.mark.parametrize(
    "number", ["", "BD20250811000012", "bd20250811000012X", "BD202508110000123X", " BD20250811000012"]
)
def test_another_form_is_not_a_number(number):
    assert not numbering.is_valid_number(number)


def test_a_day_that_does_not_exist_makes_no_number():
    body = "BD20250230000012"
    assert not numbering.is_valid_number(body + numbering.check_character(body))


@pytest.mark.parametrize(
    ("prefix", "sequence", "error"),
    [
        ("BD", -1, ValueError),
        ("BD", 1_000_000, numbering.SequenceExhausted),
        ("", 1, ValueError),
        ("bd", 1, ValueError),
        ("B1", 1, ValueError),
        ("ABCDE", 1, ValueError),
    ],
)
def test_a_number_that_cannot_be_written_is_refused(prefix, sequence, error):
    with pytest.raises(error):
        numbering.make_number(prefix, DAY, sequence)
