import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.shared.identity import mobile
from huzhu.shared.identity.mobile import MobileRefused, check_mobile


@pytest.mark.parametrize(
    "typed",
    [
        "13812345678",
        "+86 138-1234-5678",
        "0086 13812345678",
        "8613812345678",
        "１３８１２３４５６７８",
        "'13812345678",
        "13812345678.0",
    ],
)
def test_typing_habits_are_forgiven(typed):
    assert check_mobile(typed) == "13812345678"


@pytest.mark.parametrize("typed", [None, "", "12345", "12812345678", "138123456789", "020-83331234", "1.3812E+10"])
def test_what_is_no_mobile_is_refused(typed):
    with pytest.raises(MobileRefused, match="11 位"):
        check_mobile(typed)


@given(st.text("0123456789-+* ", max_size=14))
def test_a_column_is_masked_like_its_single_values(number):
    assert pl.select(mobile.masked_mobiles(pl.lit(number))).item() == mobile.masked_mobile(number)


def test_masks_keep_three_and_four():
    assert mobile.masked_mobile("13812341234") == "138****1234"
