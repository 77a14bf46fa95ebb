"""A share is told with the digits it has: whoever must reach 62.5 % is not told 62 %."""

from __future__ import annotations

from decimal import Decimal

import pytest

from huzhu.shared.percent import percent_text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        ("0.8", "80%"),
        ("0.800", "80%"),
        ("0.625", "62.5%"),
        ("1", "100%"),
        ("1.000", "100%"),
        ("0", "0%"),
        ("0.005", "0.5%"),
    ],
)
def test_a_share_keeps_its_digits(share, text):
    assert percent_text(share) == percent_text(Decimal(share)) == text
