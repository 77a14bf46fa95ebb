"""Matching by the program: the first four steps of §2.5 post, everything else stays with its kind for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from huzhu.billing import matching, permissions, queries
from huzhu.billing.operations import lines, statements
from huzhu.billing.states import BANK_LINE, ExceptionKind, MatchStep, TransactionAction
from huzhu.parameters import queries as parameters
from huzhu.parameters.rules import PAYER_NAME_MUST_MATCH
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date


@dataclass(frozen=True, kw_only=True)
class Posted:
    """One amount of one line that the program gave to one slip."""

    transaction_id: int
    slip_id: int
    slip_number: str
    amount: Decimal
    step: MatchStep


@dataclass(kw_only=True)
class MatchResult:
    """What one run did: amounts posted, and the kind of every line that stays for a person."""

    posted: list[Posted] = field(default_factory=list)
    kinds: dict[int, ExceptionKind] = field(default_factory=dict)

    @property
    def slip_ids(self) -> list[int]:
        """The slips that got money, in the order they got it."""
        return list(dict.fromkeys(each.slip_id for each in self.posted))


def match_new(*, statement_id: int | None = None, by: Actor, at: datetime) -> MatchResult:
    """
    This function will match the unmatched lines of one statement, or all there are, oldest first (§2.5). Each posting is a
    transaction of its own, checked again under locks; running again posts nothing twice.

    :raises permissions.NotPermitted: if `by` may not match
    """
    permissions.check(by, "bank.keep", None)
    found = queries.get_lines_to_match(statement_id=statement_id)
    named = {line.pk: matching.find_named(line.remark) for line in found}
    book = queries.get_slips_for_matching(lines=found, named=named)

    name_must_match = bool(parameters.get(PAYER_NAME_MUST_MATCH, day=local_date(at)))

    result = MatchResult()
    verdicts: list[tuple[matching.Line, matching.Verdict]] = []
    for line in found:
        verdict = matching.decide(
            line,
            named=named[line.pk],
            slips=[book.by_number[number] for number in named[line.pk].all if number in book.by_number],
            known_for=book.known_for(line),
            payable=book.payable_for(line),
            name_must_match=name_must_match,
        )
        if verdict.step is None:
            verdicts.append((line, verdict))
        elif _post(line, verdict, by=by, at=at):
            result.posted += _take(line, verdict)
    _keep_kinds(verdicts, result)
    return result


def _take(line: matching.Line, verdict: matching.Verdict) -> list[Posted]:
    """What was posted; the slips in hand have less open for the lines that follow."""
    assert verdict.step is not None
    for slip, amount in verdict.shares:
        slip.open_amount -= amount
    return [
        Posted(transaction_id=line.pk, slip_id=slip.pk, slip_number=slip.number, amount=amount, step=verdict.step)
        for slip, amount in verdict.shares
    ]


@transaction.atomic
def _post(line: matching.Line, verdict: matching.Verdict, *, by: Actor, at: datetime) -> bool:
    """
    Allocate one line as judged, unless line or slips have changed since they were read: then the next run judges anew.
    """
    locked = lines.lock(line.pk)
    slips = lines.lock_slips([slip.pk for slip, _ in verdict.shares])
    if not (statements.is_allocatable(locked) and BANK_LINE.allows(TransactionAction.POST, state=locked.state)):
        return False
    for judged, amount in verdict.shares:
        slip = slips[judged.pk]
        if slip.state != judged.state or slip.open_amount != amount:
            return False
    assert verdict.step is not None
    shares = [(slips[judged.pk], amount) for judged, amount in verdict.shares]
    lines.allocate(locked, shares, step=verdict.step, reason=verdict.reason, by=by, at=at)
    locked.exception_kind, locked.note = "", verdict.reason[:200]
    lines.move(locked, TransactionAction.POST, by=by, at=at, reason=verdict.reason)
    if verdict.step == MatchStep.EXACT_NUMBER:
        # The employer's own account, seen with an exact number, is a known payer from now on.
        own = {
            slip.employer_id
            for slip, _ in shares
            if matching.fold_name(slip.employer.name) == matching.fold_name(locked.counterparty_name)
        }
        lines.learn_payer(locked, own, at=at)
    return True


def _keep_kinds(verdicts: Sequence[tuple[matching.Line, matching.Verdict]], result: MatchResult) -> None:
    """Write kind and reason of all lines that stay, in one statement."""
    split = matching.find_split(verdicts)
    kept = [(line, split.get(line.pk, verdict)) for line, verdict in verdicts]
    result.kinds = {line.pk: verdict.kind for line, verdict in kept if verdict.kind}
    if not kept:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_banktransaction t SET exception_kind = v.kind, note = v.note "
            "FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(id, kind, note) "
            "WHERE t.id = v.id AND t.state = 'unmatched' AND (t.exception_kind, t.note) IS DISTINCT FROM (v.kind, v.note)",
            [
                [line.pk for line, _ in kept],
                [str(verdict.kind or "") for _, verdict in kept],
                [verdict.reason[:200] for _, verdict in kept],
            ],
        )
