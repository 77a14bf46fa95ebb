"""Bookings: append-only double entry. Positive is debit, negative is credit; an event is booked once, by its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from huzhu.billing.models import LedgerEntry, LedgerPosting
from huzhu.billing.states import Account
from huzhu.shared.actors import Actor

Posting = tuple[Account, int | None, Decimal]
"""Account, employer, amount in yuan."""

Subsidies = Mapping[int, Decimal]
"""What each sponsor pays, in yuan, by the sponsor's id."""


def book(
    kind: str,
    *,
    key: str,
    reference: str,
    postings: Sequence[Posting],
    by: Actor,
    at: datetime,
    subsidies: Subsidies | None = None,
    subsidised: int | None = None,
    transaction_id: int | None = None,
    reverses: LedgerEntry | None = None,
) -> LedgerEntry:
    """
    This function will write one balanced booking inside the caller's transaction.

    :param subsidies: receivable from sponsors for the people of the employer `subsidised`, beside the other postings

    :raises django.db.IntegrityError: if the event `key` was booked before; at commit, if the postings do not balance
    """
    entry = LedgerEntry.objects.create(
        booked_at=at,
        kind=kind,
        reference=reference[:60],
        key=key,
        booked_by_id=by.user_id,
        transaction_id=transaction_id,
        reverses=reverses,
    )
    rows = [
        LedgerPosting(entry=entry, account=account, employer_id=employer_id, amount=amount)
        for account, employer_id, amount in postings
        if amount
    ]
    rows += [
        LedgerPosting(
            entry=entry,
            account=Account.SUBSIDY_RECEIVABLE,
            employer_id=subsidised,
            sponsor_id=sponsor_id,
            amount=amount,
        )
        for sponsor_id, amount in (subsidies or {}).items()
        if amount
    ]
    LedgerPosting.objects.bulk_create(rows)
    return entry


def reverse(*, key: str, kind: str, by: Actor, at: datetime) -> LedgerEntry:
    """
    This function will undo the booking of `key` by its mirror image, once.

    :raises LedgerEntry.DoesNotExist: if there is no such booking
    :raises django.db.IntegrityError: if it was reversed before
    """
    entry = LedgerEntry.objects.get(key=key)
    postings = list(entry.postings.order_by("id"))
    return book(
        kind,
        key=f"reverse:{key}",
        reference=entry.reference,
        postings=[(Account(p.account), p.employer_id, -p.amount) for p in postings if p.sponsor_id is None],
        subsidies={p.sponsor_id: -p.amount for p in postings if p.sponsor_id is not None},
        subsidised=next((p.employer_id for p in postings if p.sponsor_id is not None), None),
        by=by,
        at=at,
        reverses=entry,
    )
