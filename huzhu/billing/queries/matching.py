"""What the matching rule looks at, read in a handful of queries for a whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q

from huzhu.billing import matching
from huzhu.billing.models import BankTransaction, PayerAlias, PaymentSlip
from huzhu.billing.states import SlipState, TransactionState


@dataclass(frozen=True, kw_only=True)
class SlipBook:
    """The slips a batch may mean: by number, by employer; and for whom each payer is known to pay."""

    by_number: dict[str, matching.Slip]
    by_employer: dict[int, list[matching.Slip]]
    employers_of: dict[tuple[str, str], frozenset[int]]

    def known_for(self, line: matching.Line) -> frozenset[int]:
        """The employers this line's payer is known to pay for."""
        return self.employers_of.get(_payer(line), frozenset())

    def payable_for(self, line: matching.Line) -> list[matching.Slip]:
        """The open slips of these employers."""
        return [slip for employer in sorted(self.known_for(line)) for slip in self.by_employer.get(employer, [])]


def get_lines_to_match(*, statement_id: int | None = None) -> list[matching.Line]:
    """
    This function will read the unmatched yuan that came in, of one statement or of all, oldest value date first.
    """
    waiting = BankTransaction.objects.filter(state=TransactionState.UNMATCHED, is_incoming=True, currency="CNY")
    if statement_id is not None:
        waiting = waiting.filter(statement_id=statement_id)
    columns = ("pk", "amount", "received_on", "remark", "counterparty_name", "counterparty_account")
    return [
        matching.Line(pk=pk, amount=amount, received_on=day, remark=remark, payer_name=name, payer_account=account)
        for pk, amount, day, remark, name, account in waiting.order_by("received_on", "id").values_list(*columns)
    ]


def get_slips_for_matching(*, lines: Sequence[matching.Line], named: Mapping[int, matching.Named]) -> SlipBook:
    """
    This function will read the slips that the lines name and the open slips of employers their payers are known for. Two queries.
    """
    numbers = {number for each in named.values() for number in each.all}
    employers_of = _get_known_employers(lines)
    known = {employer for employers in employers_of.values() for employer in employers}
    newer = PaymentSlip.objects.filter(application_id=OuterRef("application_id"), pk__gt=OuterRef("pk"))
    found = (
        PaymentSlip.objects.filter(Q(number__in=numbers) | Q(employer_id__in=known, state=SlipState.OPEN))
        .annotate(employer_name=F("employer__name"), has_newer=Exists(newer))
        .order_by("id")
    )
    by_number: dict[str, matching.Slip] = {}
    by_employer: dict[int, list[matching.Slip]] = {}
    for slip in found:
        seen = matching.Slip(
            pk=slip.pk,
            number=slip.number,
            state=slip.state,
            open_amount=slip.open_amount,
            due_on=slip.due_on,
            employer_id=slip.employer_id,
            employer_name=slip.employer_name,
            is_replaced=slip.has_newer,
        )
        by_number[seen.number] = seen
        by_employer.setdefault(seen.employer_id, []).append(seen)
    return SlipBook(by_number=by_number, by_employer=by_employer, employers_of=employers_of)


def _payer(line: matching.Line) -> tuple[str, str]:
    return line.payer_account, matching.fold_name(line.payer_name)


def _get_known_employers(lines: Sequence[matching.Line]) -> dict[tuple[str, str], frozenset[int]]:
    """
    For whom each payer pays: known by account; by name alone where the bank shows no account.
    """
    payers = {_payer(line) for line in lines}
    accounts = {account for account, _ in payers if account}
    names = {name for account, name in payers if name and not account}
    aliases = PayerAlias.objects.filter(Q(account__in=accounts) | Q(name__in=names)).values_list(
        "account", "name", "employer_id"
    )
    by_account: dict[str, set[int]] = {}
    by_name: dict[str, set[int]] = {}
    for account, name, employer_id in aliases:
        by_account.setdefault(account, set()).add(employer_id)
        by_name.setdefault(name, set()).add(employer_id)
    return {
        (account, name): frozenset(by_account.get(account, ()) if account else by_name.get(name, ()))
        for account, name in payers
        if account or name
    }
