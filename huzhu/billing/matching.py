"""
The matching order of rulebook §2.5 as a pure rule: one bank line, the slips it may mean, one verdict with its reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from huzhu.billing import rules
from huzhu.billing.states import ExceptionKind, MatchStep, SlipState

_LOOSE = re.compile(r"[\s\u3000·•．.,，、()\-_/]+")
_BOUNCED = re.compile(r"退汇|退票|冲正|户名不符")  # a bank's own words
_RETURNED = re.compile(r"退汇|退票|冲正|户名不符|退回|退款|撤销")
_PART_OF_NUMBER = re.compile(r"[0-9]{6,}")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One incoming bank line, as far as matching looks at it."""

    pk: int
    amount: Decimal
    received_on: date
    remark: str
    payer_name: str = ""
    payer_account: str = ""


@dataclass(kw_only=True)
class Slip:
    """One slip while a batch is matched; `open_amount` shrinks as lines are allocated."""

    pk: int
    number: str
    state: str
    open_amount: Decimal
    due_on: date
    employer_id: int
    employer_name: str
    is_replaced: bool = False  # expired, and a newer slip asks for the same money

    def is_payable(self, *, received_on: date) -> bool:
        """Test if money of this value date still pays the slip: open or expired meanwhile, and in time (§2.5)."""
        return (
            self.state in (SlipState.OPEN, SlipState.EXPIRED)
            and not self.is_replaced
            and self.open_amount > 0
            and rules.is_paid_in_time(value_date=received_on, due_on=self.due_on)
        )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """
    What a line is: allocated by one of the four automatic steps, or an exception for a person. `slips` are meant either way.
    """

    reason: str
    step: MatchStep | None = None
    shares: tuple[tuple[Slip, Decimal], ...] = ()
    kind: ExceptionKind | None = None
    slips: tuple[Slip, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Named:
    """The slip numbers a remark carries: as they stand, and after normalising (a superset)."""

    exact: tuple[str, ...]
    all: tuple[str, ...]


def find_named(remark: str) -> Named:
    """
    This function will find the slip numbers in a remark, exact ones and those that appear after normalising.
    """
    exact = rules.find_slip_numbers(remark)
    normalised = rules.find_normalised_slip_numbers(remark)
    return Named(exact=tuple(exact), all=tuple(dict.fromkeys([*exact, *normalised])))


def find_fragments(remark: str) -> list[str]:
    """
    This function will list the runs of six and more digits in a remark that is no whole number: what is left of a slip number
    that was cut or mistyped.
    """
    return list(dict.fromkeys(_PART_OF_NUMBER.findall(unicodedata.normalize("NFKC", remark))))[:5]


def fold_name(name: str) -> str:
    """
    This function will bring a payer's or employer's name to the form names are compared in: width, case, blanks, brackets and
    punctuation do not count.
    """
    return _LOOSE.sub("", unicodedata.normalize("NFKC", name)).casefold()[:120]


def is_returned(remark: str) -> bool:
    """
    This function will tell whether a line's words say that money went back (退汇, 冲正, 退款 …).
    """
    return bool(_RETURNED.search(remark))


class Known(NamedTuple):
    """The employers a payer is known to pay for, and whether the payer's name must fit even beside an exact number."""

    employers: Collection[int]
    must_match: bool


def decide(
    line: Line,
    *,
    named: Named,
    slips: Sequence[Slip],
    known_for: Collection[int],
    payable: Iterable[Slip],
    name_must_match: bool = False,
) -> Verdict:
    """
    This function will judge one incoming line by the matching order of §2.5; the amount must equal what is open.

    :param slips: the existing slips whose numbers the remark carries
    :param known_for: employers this payer is known to pay for
    :param payable: open slips of these employers, for the step that needs no number
    :param name_must_match: the society's switch: an exact number is not enough when somebody else pays
    """
    known = Known(known_for, name_must_match)
    if len(slips) == 1:
        verdict = _decide_one(line, slips[0], is_exact=slips[0].number in named.exact, known=known)
    elif slips:
        verdict = _decide_several(line, slips, named=named, known=known)
    else:
        verdict = _decide_unnamed(line, named=named, payable=payable)
    # A payer may write 退回重缴 and still pay; the bank's own words never stand on money that came to stay.
    if _BOUNCED.search(line.remark) or (verdict.step is None and is_returned(line.remark)):
        return Verdict(kind=ExceptionKind.BOUNCED, reason="摘要显示为退汇或冲正", slips=tuple(slips))
    return verdict


def _decide_one(line: Line, slip: Slip, *, is_exact: bool, known: Known) -> Verdict:
    problem = _find_problem(line, slip)
    if problem:
        return problem
    if line.amount != slip.open_amount:
        return _wrong_amount(line, slip)
    if (known.must_match or not is_exact) and not _is_payer_of(line, slip, known.employers):
        return _stranger(slip, [slip], is_exact=is_exact)
    step = MatchStep.EXACT_NUMBER if is_exact else MatchStep.NORMALISED_NUMBER
    how = "备注含缴款单号" if is_exact else "备注中的单号校正后为"
    return Verdict(
        step=step, shares=((slip, line.amount),), slips=(slip,), reason=f"{how} {slip.number}，金额与应缴一致"
    )


def _find_problem(line: Line, slip: Slip) -> Verdict | None:
    """Why one named slip cannot take money at all, whatever the amount."""
    if slip.state == SlipState.PAID or slip.open_amount <= 0:
        return Verdict(kind=ExceptionKind.DUPLICATE, reason=f"缴款单 {slip.number} 已足额到账", slips=(slip,))
    if slip.state == SlipState.CANCELLED:
        return Verdict(kind=ExceptionKind.SLIP_CANCELLED, reason=f"缴款单 {slip.number} 已撤单", slips=(slip,))
    if slip.is_replaced:
        reason = f"缴款单 {slip.number} 已逾期，本单位已有新的缴款单"
        return Verdict(kind=ExceptionKind.SLIP_EXPIRED, reason=reason, slips=(slip,))
    if not slip.is_payable(received_on=line.received_on):
        return Verdict(
            kind=ExceptionKind.SLIP_EXPIRED,
            reason=f"到账日期 {line.received_on} 晚于缴款单 {slip.number} 的缴款期限 {slip.due_on}",
            slips=(slip,),
        )
    return None


def _wrong_amount(line: Line, slip: Slip) -> Verdict:
    difference = line.amount - slip.open_amount
    kind, word = (ExceptionKind.AMOUNT_OVER, "多") if difference > 0 else (ExceptionKind.AMOUNT_SHORT, "少")
    reason = f"缴款单 {slip.number} 待缴 {slip.open_amount:,.2f}，到账{word} {abs(difference):,.2f}"
    return Verdict(kind=kind, reason=reason, slips=(slip,))


def _decide_several(line: Line, slips: Sequence[Slip], *, named: Named, known: Known) -> Verdict:
    # A slip that is paid already has nothing open and adds nothing; any other that cannot take money needs a person.
    waiting = [slip for slip in slips if slip.state != SlipState.PAID and slip.open_amount > 0]
    for slip in waiting:
        problem = _find_problem(line, slip)
        if problem:
            return Verdict(kind=problem.kind, reason=problem.reason, slips=tuple(slips))
    if not waiting:
        return Verdict(kind=ExceptionKind.DUPLICATE, reason="备注中的缴款单均已足额到账", slips=tuple(slips))
    total = sum((slip.open_amount for slip in waiting), Decimal("0.00"))
    if total != line.amount:
        return Verdict(
            kind=ExceptionKind.MERGED,
            reason=f"备注含 {len(slips)} 张缴款单，待缴合计 {total:,.2f}，与到账金额不一致",
            slips=tuple(slips),
        )
    asked = waiting if known.must_match else [slip for slip in waiting if slip.number not in named.exact]
    strangers = [slip for slip in asked if not _is_payer_of(line, slip, known.employers)]
    if strangers:
        return _stranger(strangers[0], slips, is_exact=strangers[0].number in named.exact)
    return Verdict(
        step=MatchStep.SEVERAL_NUMBERS,
        shares=tuple((slip, slip.open_amount) for slip in waiting),
        slips=tuple(waiting),
        reason=f"备注含 {len(waiting)} 张缴款单，待缴合计与到账金额一致",
    )


def _decide_unnamed(line: Line, *, named: Named, payable: Iterable[Slip]) -> Verdict:
    fitting = [
        slip
        for slip in payable
        if slip.open_amount == line.amount
        and slip.state == SlipState.OPEN
        and slip.is_payable(received_on=line.received_on)
    ]
    if len(fitting) == 1:
        slip = fitting[0]
        return Verdict(
            step=MatchStep.KNOWN_PAYER,
            shares=((slip, line.amount),),
            slips=(slip,),
            reason=f"付款账户曾确认为“{slip.employer_name}”付款，仅 {slip.number} 金额一致",
        )
    if named.all:
        reason = f"备注中的单号 {named.all[0]} 不存在"
    elif fitting:
        reason = f"备注无缴款单号，付款账户名下有 {len(fitting)} 张缴款单金额相同"
    else:
        reason = "备注中没有可识别的缴款单号"
    return Verdict(kind=ExceptionKind.NO_REFERENCE, reason=reason, slips=tuple(fitting))


def _stranger(slip: Slip, slips: Sequence[Slip], *, is_exact: bool) -> Verdict:
    """Somebody else seems to pay this slip."""
    how = "备注含缴款单号" if is_exact else "单号校正后为"
    reason = f"{how} {slip.number}，但付款户名不是参保单位“{slip.employer_name}”"
    return Verdict(kind=ExceptionKind.PAYER_MISMATCH, reason=reason, slips=tuple(slips))


def _is_payer_of(line: Line, slip: Slip, known_for: Collection[int]) -> bool:
    """Test if nothing speaks against the payer: the employer itself, one known for it, or a bank that names nobody."""
    name = fold_name(line.payer_name)
    return not name or name == fold_name(slip.employer_name) or slip.employer_id in known_for


def find_split(lines: Sequence[tuple[Line, Verdict]]) -> dict[int, Verdict]:
    """
    This function will find the lines, each too short alone, that together pay exactly one slip: kind `split`, by line.

    :param lines: lines of one batch with their verdicts
    """
    short: dict[int, list[tuple[Line, Verdict]]] = {}
    for line, verdict in lines:
        if verdict.kind == ExceptionKind.AMOUNT_SHORT:
            short.setdefault(verdict.slips[0].pk, []).append((line, verdict))
    found: dict[int, Verdict] = {}
    for parts in short.values():
        slip = parts[0][1].slips[0]
        if len(parts) > 1 and sum((line.amount for line, _ in parts), Decimal("0.00")) == slip.open_amount:
            reason = f"{len(parts)} 笔合计与缴款单 {slip.number} 待缴金额一致"
            for line, _ in parts:
                found[line.pk] = Verdict(kind=ExceptionKind.SPLIT, reason=reason, slips=(slip,))
    return found
