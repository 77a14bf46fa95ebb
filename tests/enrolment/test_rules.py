from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.enrolment import rules

EIGHTY = {"min_ratio": Decimal("0.80"), "min_headcount": 1, "all_must_join_below": 50}
SIXTY = {"min_ratio": Decimal("0.60"), "min_headcount": 10, "all_must_join_below": 10}

CASES = {
    "worked example of Tanzhou: 100 staff, 80 join": (100, 80, EIGHTY, 80, True),
    "one short of 80 %": (100, 79, EIGHTY, 80, False),
    "the ratio is rounded up to whole people": (101, 80, EIGHTY, 81, False),
    "rounded up and met": (101, 81, EIGHTY, 81, True),
    "49 people: all must join": (49, 48, EIGHTY, 49, False),
    "49 people and all joined": (49, 49, EIGHTY, 49, True),
    "50 people: the ratio holds": (50, 40, EIGHTY, 40, True),
    "50 people, one short": (50, 39, EIGHTY, 40, False),
    "more joined than are on the list": (49, 51, EIGHTY, 49, True),
    "9 people: all must join": (9, 9, SIXTY, 9, True),
    "9 people, one missing": (9, 8, SIXTY, 9, False),
    "10 people: ten heads outweigh 60 %": (10, 9, SIXTY, 10, False),
    "10 people, ten heads": (10, 10, SIXTY, 10, True),
    "16 people: ten heads outweigh 9.6": (16, 10, SIXTY, 10, True),
    "17 people: 60 % is 10.2, so 11": (17, 10, SIXTY, 11, False),
    "20 people: 60 % is exactly 12": (20, 12, SIXTY, 12, True),
    "nobody on the list, nobody joins": (0, 0, SIXTY, 0, True),
    "ratio 0 leaves the head count": (100, 9, {**SIXTY, "min_ratio": Decimal(0)}, 10, False),
    "ratio 1 wants everybody": (100, 99, {**SIXTY, "min_ratio": Decimal(1)}, 100, False),
    "0.29 × 100 is 29, not 29 and a bit": (100, 29, {**SIXTY, "min_ratio": Decimal("0.29")}, 29, True),
}


@pytest.mark.parametrize(("base", "joined", "plan", "needed", "is_met"), CASES.values(), ids=CASES)
def test_participation_floor(base, joined, plan, needed, is_met):
    floor = rules.participation_floor(base=base, joined=joined, **plan)
    assert (floor.needed, floor.joined, floor.is_met) == (needed, joined, is_met)
    assert floor.missing == max(0, needed - joined)


@given(base=st.integers(0, 5000), joined=st.integers(0, 5000), hundredths=st.integers(0, 100))
def test_one_more_person_never_breaks_a_floor(base, joined, hundredths):
    plan = {"min_ratio": Decimal(hundredths) / 100, "min_headcount": 10, "all_must_join_below": 10}
    floor = rules.participation_floor(base=base, joined=joined, **plan)
    one_more = rules.participation_floor(base=base, joined=joined + 1, **plan)
    assert one_more.is_met or not floor.is_met
    assert floor.needed == (base if base < 10 else max(10, -(-hundredths * base // 100)))


@pytest.mark.parametrize(
    "wrong", [{"base": -1}, {"joined": -1}, {"min_ratio": Decimal("1.01")}, {"min_ratio": Decimal(-1)}]
)
def test_a_floor_of_impossible_figures_is_refused(wrong):
    with pytest.raises(ValueError, match=r"negative|within"):
        rules.participation_floor(**{"base": 10, "joined": 10, **SIXTY, **wrong})


def test_a_contribution_is_shares_times_contribution():
    assert rules.contribution_amount(share_count=1, contribution_per_share=Decimal("95.00")) == Decimal("95.00")
    assert rules.contribution_amount(share_count=5, contribution_per_share=Decimal("80.50")) == Decimal("402.50")


@pytest.mark.parametrize(("share_count", "contribution"), [(0, "95"), (-1, "95"), (1, "-95")])
def test_a_contribution_of_nothing_is_refused(share_count, contribution):
    with pytest.raises(ValueError, match=r"share|negative"):
        rules.contribution_amount(share_count=share_count, contribution_per_share=Decimal(contribution))
