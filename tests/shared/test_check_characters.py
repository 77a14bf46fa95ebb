import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.shared import check_characters as checks

BODIES = st.text(checks.ALPHABET, min_size=1, max_size=29)


def test_the_alphabet_has_a_prime_number_of_characters_and_no_lookalikes():
    assert len(checks.ALPHABET) == len(set(checks.ALPHABET)) == 31
    assert not set("IOLSZ") & set(checks.ALPHABET)


@pytest.mark.parametrize("body", ["JK20250811000012", "JK20991231999999", "BD20250101000000"])
def test_every_single_error_is_caught(body):
    number = body + checks.check_character(body)
    assert checks.has_valid_check(number)
    for position, right in enumerate(number):
        for wrong in checks.ALPHABET.replace(right, ""):
            assert not checks.has_valid_check(number[:position] + wrong + number[position + 1 :])


@pytest.mark.parametrize("length", range(2, 31))
def test_every_swap_of_two_places_is_caught_for_every_pair_of_characters(length):
    """
    The sum is linear: what a swap changes depends on the two characters and the two places only.
    """
    weights = [pow(3, power, 31) for power in range(length)]
    assert 0 not in weights
    assert len(set(weights)) == length
    for one in range(31):
        for other in range(one):
            for place in range(length - 1):
                assert (weights[place] - weights[place + 1]) * (one - other) % 31 != 0


@given(body=BODIES, data=st.data())
def test_no_error_or_swap_survives_the_check(body, data):
    number = body + checks.check_character(body)
    assert checks.has_valid_check(number)

    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from(checks.ALPHABET))
    mistyped = number[:place] + wrong + number[place + 1 :]
    assert checks.has_valid_check(mistyped) == (mistyped == number)

    one, other = sorted(data.draw(st.lists(st.integers(0, len(number) - 1), min_size=2, max_size=2, unique=True)))
    swapped = number[:one] + number[other] + number[one + 1 : other] + number[one] + number[other + 1 :]
    assert checks.has_valid_check(swapped) == (swapped == number)


@pytest.mark.parametrize("body", ["JK2025中文", "jk20250811", "JK 2025", "JK-2025"])
def test_a_character_without_value_is_refused(body):
    with pytest.raises(ValueError, match="has no value"):
        checks.check_character(body)


@pytest.mark.parametrize("number", ["", "7", "O", "12O", "12o"])
def test_too_short_or_foreign_ends_are_not_valid(number):
    assert not checks.has_valid_check(number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＪＫ２０２５", "JK2025"),
        ("jk 2025-11_23.", "JK20251123"),
        ("jk\u30002025\u200b1123\ufeff", "JK20251123"),
        ("OoIiLlSsZz", "0011115522"),
        ("【JK·2025】", "JK2025"),
        ("缴款单号：jk2025", "缴款单号JK2025"),
        ("", ""),
    ],
)
def test_text_is_folded_to_what_was_meant(text, expected):
    assert checks.folded(text) == expected


@given(text=st.text())
def test_folding_twice_changes_nothing(text):
    assert checks.folded(checks.folded(text)) == checks.folded(text)
