from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.billing import rules
from huzhu.shared import calendar

FIRST = rules.make_slip_number(issued_on=date(2025, 11, 23), sequence=12)
SECOND = rules.make_slip_number(issued_on=date(2025, 11, 23), sequence=13)
FOREIGN = "SZLOI"
"""Letters that no slip number holds and that look like the digits 5 2 1 0 1."""


def full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def wrong_check(number: str) -> str:
    return number[:-1] + ("7" if number[-1] != "7" else "8")


def test_a_slip_number_has_seventeen_characters():
    assert FIRST.startswith("JK20251123000012")
    assert len(FIRST) == 17
    assert FIRST != SECOND


REMARKS = {
    "the number alone": (FIRST, [FIRST]),
    "words before it": (f"互助保障费{FIRST}", [FIRST]),
    "words after it": (f"{FIRST}广东某某有限公司", [FIRST]),
    "letters against it": (f"REF{FIRST}ABC", [FIRST]),
    "digits against it": (f"2025{FIRST}2025", [FIRST]),
    "two numbers": (f"{FIRST},{SECOND}", [FIRST, SECOND]),
    "two numbers without a gap": (f"{SECOND}{FIRST}", [SECOND, FIRST]),
    "the same number twice": (f"{FIRST} {FIRST}", [FIRST]),
    "a false start": (f"JKJK2025{FIRST}", [FIRST]),
    "nothing": ("", []),
    "no number": ("互助保障费", []),
    "a wrong check character": (wrong_check(FIRST), []),
    "no check character": (FIRST[:-1], []),
    "too few digits": (FIRST[:10] + FIRST[11:], []),
    "another prefix": ("BD" + FIRST[2:], []),
}


@pytest.mark.parametrize(("remark", "found"), REMARKS.values(), ids=REMARKS)
def test_exact_numbers_are_found_anywhere_in_a_remark(remark, found):
    assert rules.find_slip_numbers(remark) == found
    assert rules.find_normalised_slip_numbers(remark) == found


SPELLINGS = {
    "lower case": FIRST.lower(),
    "full-width": full_width(FIRST),
    "full-width and lower case": full_width(FIRST.lower()),
    "split by spaces": f"{FIRST[:2]} {FIRST[2:10]} {FIRST[10:]}",
    "a space between every two": " ".join(FIRST),
    "prefix split": f"J K{FIRST[2:]}",
    "an ideographic space": f"{FIRST[:2]}\u3000{FIRST[2:]}",
    "hyphens": f"{FIRST[:2]}-{FIRST[2:10]}-{FIRST[10:]}",
    "Chinese punctuation": f"{FIRST[:2]}：{FIRST[2:10]}、{FIRST[10:]}。",
    "brackets and slash": f"（{FIRST[:10]}/{FIRST[10:]}）",
    "broken over lines": f"{FIRST[:9]}\r\n{FIRST[9:]}",
    "invisible characters": f"{FIRST[:9]}\u200b{FIRST[9:]}\ufeff",
    "O for 0": FIRST.replace("0", "O"),
    "o for 0": FIRST.replace("0", "o"),
    "I for 1": FIRST.replace("1", "I"),
    "l for 1": FIRST.replace("1", "l"),
    "S for 5": FIRST.replace("5", "S"),
    "Z for 2": FIRST.replace("2", "Z"),
    "everything at once": "汇款：" + full_width(f"jk {FIRST[2:10]}-O0Oo{FIRST[14:]}") + "，参保费",
}


@pytest.mark.parametrize("remark", SPELLINGS.values(), ids=SPELLINGS)
def test_a_number_spelled_otherwise_is_found_after_normalising_only(remark):
    assert rules.find_slip_numbers(remark) == []
    assert rules.find_normalised_slip_numbers(remark) == [FIRST]


@pytest.mark.parametrize(
    "remark",
    [
        full_width(wrong_check(FIRST)),
        FIRST[:6] + "中" + FIRST[6:],  # a Chinese character is no punctuation
        FIRST[:6] + "B" + FIRST[7:],
        "jk " + FIRST[2:-1],
        "JKSZLOISZLOISZLO1",
    ],
)
def test_what_does_not_check_waits_for_a_person(remark):
    assert rules.find_normalised_slip_numbers(remark) == []


NUMBERS = st.builds(
    lambda issued_on, sequence: rules.make_slip_number(issued_on=issued_on, sequence=sequence),
    st.dates(date(2025, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999_999),
)
LOOKALIKES = {"0": "0Oo", "1": "1IiLl", "5": "5Ss", "2": "2Zz"}


@given(number=NUMBERS, data=st.data())
def test_however_a_number_is_spelled_it_is_read(number, data):
    spelled = ""
    for character in number:
        written = data.draw(st.sampled_from(LOOKALIKES.get(character, character + character.lower())))
        spelled += data.draw(st.sampled_from([written, full_width(written)]))
        spelled += data.draw(st.sampled_from(["", " ", "-", "，", "\u3000", "."]))
    assert rules.find_normalised_slip_numbers(f"费用{spelled}谢谢") == [number]


@given(number=NUMBERS, data=st.data())
def test_a_number_with_one_slip_of_the_pen_is_never_read_as_another(number, data):
    place = data.draw(st.integers(2, 16))
    typed = data.draw(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    assert rules.find_normalised_slip_numbers(number[:place] + typed + number[place + 1 :]) in ([], [number])

    swap_at = data.draw(st.integers(2, 15))
    swapped = number[:swap_at] + number[swap_at + 1] + number[swap_at] + number[swap_at + 2 :]
    assert rules.find_normalised_slip_numbers(swapped) in ([], [number])


@given(remark=st.text() | st.text("JK0123456789" + FOREIGN))
def test_any_remark_can_be_read_and_exact_numbers_are_among_the_normalised(remark):
    exact, normalised = rules.find_slip_numbers(remark), rules.find_normalised_slip_numbers(remark)
    assert set(exact) <= set(normalised)


@pytest.mark.parametrize(
    ("approved_on", "days", "expected"),
    [
        (date(2025, 8, 11), 15, date(2025, 8, 26)),
        (date(2025, 8, 11), 0, date(2025, 8, 11)),
        (date(2024, 2, 20), 15, date(2024, 3, 6)),
        (date(2025, 12, 20), 15, date(2026, 1, 4)),
        (date(2025, 8, 11), 30, date(2025, 9, 10)),
    ],
)
def test_a_slip_is_due_so_many_days_after_approval(approved_on, days, expected):
    assert rules.due_on(approved_on=approved_on, days=days) == expected


def test_a_slip_is_due_after_fifteen_days_and_never_before_approval():
    assert rules.due_on(approved_on=date(2025, 8, 11)) == date(2025, 8, 26)
    with pytest.raises(ValueError, match="due"):
        rules.due_on(approved_on=date(2025, 8, 11), days=-1)


@pytest.mark.parametrize(("value_date", "expected"), [(25, True), (26, True), (27, False)])
def test_the_value_date_decides_and_the_due_date_is_included(value_date, expected):
    assert rules.is_paid_in_time(value_date=date(2025, 8, value_date), due_on=date(2025, 8, 26)) is expected


DUE = date(2025, 8, 26)  # a Tuesday; the fifth working day after it is Tuesday 2 September

EXPIRY = {
    "before the due date": (date(2025, 8, 20), False, False),
    "on the due date": (date(2025, 8, 26), False, False),
    "on the due date with a closed statement": (date(2025, 8, 26), True, False),
    "the day after, no statement yet": (date(2025, 8, 27), False, False),
    "the day after, statement closed": (date(2025, 8, 27), True, True),
    "a week end in between": (date(2025, 8, 31), False, False),
    "the fifth working day": (date(2025, 9, 2), False, False),
    "past the fifth working day": (date(2025, 9, 3), False, True),
    "long past": (date(2025, 12, 1), False, True),
    "long past, statement closed": (date(2025, 12, 1), True, True),
}


@pytest.mark.parametrize(("today", "is_closed", "expected"), EXPIRY.values(), ids=EXPIRY)
def test_a_slip_expires_by_a_closed_statement_or_after_five_working_days(today, is_closed, expected):
    assert rules.has_expired(due_on=DUE, today=today, is_due_date_closed=is_closed) is expected


def test_a_holiday_postpones_the_expiry():
    due = date(2025, 9, 30)
    assert calendar.add_working_days(due, 5) == date(2025, 10, 14)  # 9, 10, 11 (worked Saturday), 13, 14 October
    assert not rules.has_expired(due_on=due, today=date(2025, 10, 14), is_due_date_closed=False)
    assert rules.has_expired(due_on=due, today=date(2025, 10, 15), is_due_date_closed=False)


@given(due_on=st.dates(date(2024, 1, 1), date(2030, 1, 1)), days=st.integers(-30, 60), is_closed=st.booleans())
def test_once_expired_a_slip_stays_expired(due_on, days, is_closed):
    today = due_on + timedelta(days=days)
    if rules.has_expired(due_on=due_on, today=today, is_due_date_closed=is_closed):
        assert today > due_on
        assert rules.has_expired(due_on=due_on, today=today + calendar.ONE_DAY, is_due_date_closed=is_closed)
        assert rules.has_expired(due_on=due_on, today=today, is_due_date_closed=True)
