"""The matching order of rulebook §2.5, step by step, as a table of cases."""

import datetime as dt
from decimal import Decimal

import pytest

from huzhu.billing import matching, rules
from huzhu.billing.states import ExceptionKind, MatchStep, SlipState

ISSUED = dt.date(2025, 8, 11)
DUE = dt.date(2025, 8, 26)
NUMBER = rules.make_slip_number(issued_on=ISSUED, sequence=1012)
OTHER = rules.make_slip_number(issued_on=ISSUED, sequence=2013)
UNKNOWN = rules.make_slip_number(issued_on=ISSUED, sequence=999)
EMPLOYER = "广州市第一纺织厂"


def slip(number=NUMBER, *, pk=1, amount="950.00", state=SlipState.OPEN, employer_id=1, name=EMPLOYER, **more):
    return matching.Slip(
        pk=pk,
        number=number,
        state=state,
        open_amount=Decimal(amount),
        due_on=DUE,
        employer_id=employer_id,
        employer_name=name,
        **more,
    )


def judge(remark, *slips, amount="950.00", payer=EMPLOYER, day=ISSUED, known_for=(), payable=(), **switch):
    line = matching.Line(pk=1, amount=Decimal(amount), received_on=day, remark=remark, payer_name=payer)
    named = matching.find_named(remark)
    meant = [each for each in slips if each.number in named.all]
    return matching.decide(line, named=named, slips=meant, known_for=set(known_for), payable=payable, **switch)


def full_width(text):
    return "".join(chr(ord(char) + 0xFEE0) for char in text)


EXACT = ["{n}", "保障费{n}", "缴费 {n} 谢谢", "用途：{n}。", "x{n}y", "{n}\n转账"]
NORMALISED = [
    full_width(NUMBER),
    NUMBER.lower(),
    " ".join(NUMBER),
    f"{NUMBER[:2]}-{NUMBER[2:10]}-{NUMBER[10:]}",
    NUMBER.replace("0", "O"),
    NUMBER.replace("1", "I"),
    NUMBER.replace("1", "l"),
    f"保障费：{NUMBER[:6]}，{NUMBER[6:]}（2025）",
]


@pytest.mark.parametrize("remark", EXACT)
def test_an_exact_number_with_the_exact_amount_is_posted_whoever_pays(remark):
    verdict = judge(remark.format(n=NUMBER), slip(), payer="某工会委员会")
    assert verdict.step == MatchStep.EXACT_NUMBER
    assert [(each.pk, amount) for each, amount in verdict.shares] == [(1, Decimal("950.00"))]


@pytest.mark.parametrize("remark", NORMALISED)
def test_a_number_is_found_after_normalising(remark):
    assert judge(remark, slip()).step == MatchStep.NORMALISED_NUMBER


@pytest.mark.parametrize("remark", NORMALISED)
@pytest.mark.parametrize(("known_for", "kind"), [((), ExceptionKind.PAYER_MISMATCH), ((1,), None)])
def test_a_normalised_number_from_a_stranger_waits_for_a_person(remark, known_for, kind):
    assert judge(remark, slip(), payer="另一家公司", known_for=known_for).kind == kind


@pytest.mark.parametrize("payer", [EMPLOYER, "", " 广州市 第一纺织厂", "广州市第一纺织厂（）"])
def test_blanks_brackets_and_silent_banks_do_not_make_a_stranger(payer):
    assert judge(NUMBER.lower(), slip(), payer=payer).step == MatchStep.NORMALISED_NUMBER


def test_a_wrong_check_character_finds_nothing():
    wrong = NUMBER[:-1] + ("A" if NUMBER[-1] != "A" else "C")
    assert judge(wrong, slip()).kind == ExceptionKind.NO_REFERENCE


@pytest.mark.parametrize("remark", [f"{NUMBER} {OTHER}", f"{NUMBER}、{OTHER.lower()}", f"{OTHER}{NUMBER}"])
def test_several_numbers_whose_open_amounts_sum_exactly_are_posted(remark):
    verdict = judge(remark, slip(), slip(OTHER, pk=2, amount="50.00"), amount="1000.00")
    assert verdict.step == MatchStep.SEVERAL_NUMBERS
    assert {each.pk: amount for each, amount in verdict.shares} == {1: Decimal("950.00"), 2: Decimal("50.00")}


def test_among_several_numbers_a_paid_slip_adds_nothing():
    paid = slip(OTHER, pk=2, amount="0.00", state=SlipState.PAID)
    verdict = judge(f"{NUMBER} {OTHER}", slip(), paid)
    assert verdict.step == MatchStep.SEVERAL_NUMBERS
    assert [each.pk for each, _ in verdict.shares] == [1]


@pytest.mark.parametrize(
    ("amount", "others", "kind"),
    [
        ("1000.01", {}, ExceptionKind.MERGED),
        ("950.00", {}, ExceptionKind.MERGED),
        ("1000.00", {"state": SlipState.CANCELLED}, ExceptionKind.SLIP_CANCELLED),
        ("1000.00", {"state": SlipState.EXPIRED, "is_replaced": True}, ExceptionKind.SLIP_EXPIRED),
    ],
)
def test_several_numbers_that_do_not_fit_wait_for_a_person(amount, others, kind):
    verdict = judge(f"{NUMBER} {OTHER}", slip(), slip(OTHER, pk=2, amount="50.00", **others), amount=amount)
    assert (verdict.step, verdict.kind) == (None, kind)


@pytest.mark.parametrize(
    ("changes", "amount", "day", "kind"),
    [
        ({}, "949.99", ISSUED, ExceptionKind.AMOUNT_SHORT),
        ({}, "950.01", ISSUED, ExceptionKind.AMOUNT_OVER),
        ({"state": SlipState.PAID, "amount": "0.00"}, "950.00", ISSUED, ExceptionKind.DUPLICATE),
        ({"amount": "0.00"}, "950.00", ISSUED, ExceptionKind.DUPLICATE),
        ({"state": SlipState.CANCELLED}, "950.00", ISSUED, ExceptionKind.SLIP_CANCELLED),
        ({}, "950.00", DUE, None),
        ({}, "950.00", DUE + dt.timedelta(days=1), ExceptionKind.SLIP_EXPIRED),
        ({"state": SlipState.EXPIRED}, "950.00", DUE, None),
        ({"state": SlipState.EXPIRED}, "950.00", DUE + dt.timedelta(days=1), ExceptionKind.SLIP_EXPIRED),
        ({"state": SlipState.EXPIRED, "is_replaced": True}, "950.00", DUE, ExceptionKind.SLIP_EXPIRED),
        ({"state": SlipState.CANCELLED}, "949.00", DUE, ExceptionKind.SLIP_CANCELLED),
    ],
)
def test_one_number_is_judged_by_state_value_date_and_amount(changes, amount, day, kind):
    verdict = judge(NUMBER, slip(**changes), amount=amount, day=day)
    assert verdict.kind == kind
    assert (verdict.step == MatchStep.EXACT_NUMBER) == (kind is None)


@pytest.mark.parametrize(
    ("payable", "step"),
    [
        ([slip()], MatchStep.KNOWN_PAYER),
        ([slip(), slip(OTHER, pk=2, amount="10.00")], MatchStep.KNOWN_PAYER),
        ([slip(), slip(OTHER, pk=2)], None),
        ([slip(amount="951.00")], None),
        ([], None),
    ],
)
def test_a_known_payer_with_the_exact_amount_and_one_candidate_is_posted(payable, step):
    verdict = judge("会费", payer="某工会", payable=payable)
    assert verdict.step == step
    assert verdict.kind == (None if step else ExceptionKind.NO_REFERENCE)


def test_a_known_payer_after_the_due_date_waits_for_a_person():
    assert judge("会费", payable=[slip()], day=DUE + dt.timedelta(days=1)).kind == ExceptionKind.NO_REFERENCE


def test_a_number_that_does_not_fit_is_not_explained_away_by_the_payer():
    other = slip(OTHER, pk=2)
    verdict = judge(NUMBER, slip(state=SlipState.CANCELLED), known_for=[1], payable=[other])
    assert verdict.kind == ExceptionKind.SLIP_CANCELLED


@pytest.mark.parametrize("remark", ["", "保障费", "JK20250811", UNKNOWN])
def test_without_a_number_of_ours_there_is_no_reference(remark):
    assert judge(remark, slip()).kind == ExceptionKind.NO_REFERENCE


@pytest.mark.parametrize("remark", ["退汇", "冲正", f"退汇 {NUMBER}", "退款"])
def test_money_sent_back_is_bounced(remark):
    assert judge(remark, slip()).kind == ExceptionKind.BOUNCED


def test_a_payer_may_write_that_an_earlier_payment_came_back():
    assert judge(f"退回后重缴{NUMBER}", slip()).step == MatchStep.EXACT_NUMBER


def test_parts_that_sum_to_one_slip_are_a_split():
    whole = slip()
    lines = [
        matching.Line(pk=pk, amount=Decimal(amount), received_on=ISSUED, remark=NUMBER)
        for pk, amount in ((1, "900.00"), (2, "50.00"))
    ]
    named = matching.find_named(NUMBER)
    judged = [(line, matching.decide(line, named=named, slips=[whole], known_for=(), payable=())) for line in lines]
    assert {verdict.kind for _, verdict in judged} == {ExceptionKind.AMOUNT_SHORT}
    assert {pk: verdict.kind for pk, verdict in matching.find_split(judged).items()} == {
        1: ExceptionKind.SPLIT,
        2: ExceptionKind.SPLIT,
    }
    assert matching.find_split(judged[:1]) == {}
