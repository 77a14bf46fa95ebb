import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from huzhu.shared.identity import credit_code
from huzhu.shared.identity.credit_code import CreditCodeRefused, check_credit_code

GOOD = ["91350100M000100Y43", "91440100MA5TERT07K", "12440000455852007A", "81440300MJ0A1B2C5B"]


@pytest.mark.parametrize("code", GOOD)
def test_codes_of_the_standard_pass(code):
    assert check_credit_code(code).value == code


@pytest.mark.parametrize(("code", "kind"), list(zip(GOOD, ["企业", "企业", "事业单位", "基层工会"], strict=True)))
def test_the_prefix_tells_the_kind(code, kind):
    assert check_credit_code(code).kind == kind


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "credit_code_missing"),
        ("　 ", "credit_code_missing"),
        ("91440100MA5TERT07", "credit_code_length"),
        ("91440100MA5TERTO7K", "credit_code_characters"),
        ("91A40100MA5TERT07K", "credit_code_area"),
        ("91310115MA1H8R7C6D", "credit_code_check_digit"),  # a blog's wrong example, facts §4.3
        ("91440100MA5TERT07L", "credit_code_check_digit"),
    ],
)
def test_refusals_are_named_and_say_how_to_mend(text, code):
    with pytest.raises(CreditCodeRefused) as refused:
        check_credit_code(text)

    assert refused.value.code == code
    assert refused.value.message
    assert refused.value.remedy in str(refused.value)


def test_typing_habits_are_forgiven():
    assert check_credit_code("９１440100 ma5tert07k　").value == "91440100MA5TERT07K"


def test_a_wrong_organisation_code_is_only_a_warning():
    body = "91440100MA5TERT08"
    assert check_credit_code(body + credit_code.check_character(body)).warning
    assert check_credit_code("91350100M000100Y43").warning is None


@given(st.text(credit_code.ALPHABET, min_size=17, max_size=17))
def test_the_check_character_is_that_of_stdnum(body):
    assert credit_code.check_character(body) == uscc.calc_check_digit(body)


@given(st.integers(0, 17), st.sampled_from(credit_code.ALPHABET), st.sampled_from(GOOD))
def test_every_single_wrong_character_is_caught(position, character, code):
    wrong = code[:position] + character + code[position + 1 :]
    if wrong != code:
        with pytest.raises(CreditCodeRefused):
            check_credit_code(wrong)
