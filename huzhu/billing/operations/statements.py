"""Bank statements: a file in, only its new lines kept, the money booked, the file closed when its days are done with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from huzhu.audit import operations as audit
from huzhu.billing import matching, permissions
from huzhu.billing.models import BankStatement, BankTransaction, SocietyAccount
from huzhu.billing.statements import apart, identity
from huzhu.billing.statements.lines import Direction, StatementFile, StatementLine
from huzhu.billing.states import ExceptionKind, TransactionState
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date


class AccountUnknown(Exception):
    """The association has no bank account with this number."""


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What became of a file: `line_count` lines, of which `new_count` were not known before (`new_ids`, oldest first)."""

    statement: BankStatement
    line_count: int
    new_count: int
    new_ids: tuple[int, ...]

    @property
    def known_count(self) -> int:
        """Lines that an earlier file had brought."""
        return self.line_count - self.new_count


@transaction.atomic
def import_statement(*, account_number: str, content: bytes, file_name: str, by: Actor, at: datetime) -> ImportResult:
    """
    This function will take in one statement file of one account: only lines not seen before are kept, and the money that came in
    is booked as bank against unallocated. The same or an overlapping file adds nothing; equal lines of one file are all kept.

    :raises permissions.NotPermitted: if `by` may not keep bank statements
    :raises AccountUnknown: if the association has no such account
    :raises huzhu.shared.uploads.UploadRefused: if the file is refused, whole, naming the first bad line where there is one
    """
    permissions.check(by, "bank.keep", None)
    account = _lock_account(account_number)
    file = apart.read(content=content, file_name=file_name, account_number=account.number)
    identities = identity.identify(account_number=account.number, layout=file.layout, lines=file.lines)

    kept = documents.store_bytes(
        content=content,
        name=file_name[-200:],
        kind=FileKind.BANK_STATEMENT,
        media_type="application/octet-stream",
        employer_id=None,
        by=by,
        at=at,
    )
    days = [line.received_on for line in file.lines] or [local_date(at)]
    statement = BankStatement.objects.create(
        account=account,
        file_id=kept.pk,
        file_name=file_name[-200:],
        layout=file.layout.code,
        imported_at=at,
        imported_by_id=by.user_id,
        imported_by_person=by.person,
        imported_for_person=by.for_person,
        first_on=min(days),
        last_on=max(days),
        opening_balance=file.opening_balance,
        closing_balance=file.closing_balance,
        line_count=len(file.lines),
        new_count=0,
    )
    new_ids = _insert_lines(statement, file, identities, by=by, at=at)
    statement.new_count = len(new_ids)
    statement.save(update_fields=["new_count"])
    audit.record(
        "billing.import_statement",
        label="导入银行流水",
        subject=statement,
        by=by,
        at=at,
        details={"lines": len(file.lines), "new": len(new_ids), "sha256": kept.sha256},
    )
    return ImportResult(statement=statement, line_count=len(file.lines), new_count=len(new_ids), new_ids=tuple(new_ids))


def finish_matching(*, statement_id: int, at: datetime) -> None:
    """
    This function will note that every new line of a statement was judged; again changes nothing.
    """
    BankStatement.objects.filter(pk=statement_id, matched_at=None).update(matched_at=at)


@transaction.atomic
def close_statement(*, statement_id: int, by: Actor, at: datetime) -> BankStatement:
    """
    This function will declare that nothing more comes for the days of a statement, so that slips due within them may expire.
    Closing twice changes nothing.

    :raises permissions.NotPermitted: if `by` may not keep bank statements
    """
    statement = BankStatement.objects.select_for_update(of=("self",)).get(pk=statement_id)
    permissions.check(by, "bank.keep", None)
    if statement.closed_at is None:
        statement.closed_at = at
        statement.save(update_fields=["closed_at"])
        audit.record("billing.close_statement", label="关闭对账", subject=statement, by=by, at=at)
    return statement


def _lock_account(number: str) -> SocietyAccount:
    """Imports into one account come one after the other, so that two files with common lines never wait for each other."""
    digits = "".join(number.split())
    account = SocietyAccount.objects.select_for_update(of=("self",)).filter(number=digits).first()
    if account is None:
        raise AccountUnknown(f"没有账号为“{digits[:40]}”的收款账户，请先在银行账户中登记。")
    return account


_INSERT = """
WITH line AS (
    SELECT * FROM unnest(
        %(line)s::int[], %(identity)s::text[], %(received_on)s::date[], %(booked_at)s::timestamptz[],
        %(is_incoming)s::bool[], %(amount)s::numeric[], %(balance)s::numeric[], %(currency)s::text[],
        %(counterparty_name)s::text[], %(counterparty_account)s::text[], %(remark)s::text[], %(bank_serial)s::text[],
        %(raw)s::text[], %(state)s::text[], %(exception_kind)s::text[], %(note)s::text[]
    ) WITH ORDINALITY AS t(
        line, identity, received_on, booked_at, is_incoming, amount, balance, currency, counterparty_name,
        counterparty_account, remark, bank_serial, raw, state, exception_kind, note, position
    )
), added AS (
    INSERT INTO billing_banktransaction (
        account_id, statement_id, line, identity, received_on, booked_at, is_incoming, amount, balance, currency,
        counterparty_name, counterparty_account, remark, bank_serial, raw, allocated_amount, credited_amount, state,
        exception_kind, note
    )
    SELECT %(account)s, %(statement)s, line, identity, received_on, booked_at, is_incoming, amount, balance, currency,
        counterparty_name, counterparty_account, remark, bank_serial, raw::jsonb, 0, 0, state, exception_kind, note
    FROM line ORDER BY position
    ON CONFLICT DO NOTHING
    RETURNING id, line, amount, is_incoming, currency
), entry AS (
    INSERT INTO billing_ledgerentry (booked_at, kind, reference, key, booked_by_id, transaction_id)
    SELECT %(at)s, 'money_received', %(account_number)s || ' #' || id, 'received:' || id, %(by)s, id
    FROM added WHERE is_incoming AND currency = 'CNY'
    RETURNING id, transaction_id
), posting AS (
    INSERT INTO billing_ledgerposting (entry_id, account, employer_id, amount)
    SELECT entry.id, side.account, NULL, side.sign * added.amount
    FROM entry JOIN added ON added.id = entry.transaction_id
    CROSS JOIN (VALUES ('bank', 1), ('unallocated', -1)) AS side(account, sign)
)
SELECT id FROM added ORDER BY id
"""


def _insert_lines(
    statement: BankStatement, file: StatementFile, identities: Sequence[str], *, by: Actor, at: datetime
) -> list[int]:
    """
    All lines in one statement: those whose identity is known are passed over, those that are new are booked.
    """
    if not file.lines:
        return []
    rows = [_row(line) for line in file.lines]
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                **columns,
                "identity": list(identities),
                "account": statement.account_id,
                "account_number": statement.account.number,
                "statement": statement.pk,
                "at": at,
                "by": by.user_id,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def _row(line: StatementLine) -> dict[str, object]:
    state, kind, note = _first_state(line)
    return {
        "line": line.row,
        "received_on": line.received_on,
        "booked_at": line.booked_at,
        "is_incoming": line.direction == Direction.IN,
        "amount": line.amount,
        "balance": line.balance,
        "currency": line.currency[:3],
        "counterparty_name": _storable(line.counterparty_name)[:120],
        "counterparty_account": _storable(line.counterparty_account)[:40],
        "remark": _storable(line.remark),
        "bank_serial": _storable(line.serial)[:80],
        "raw": json.dumps([_storable(cell) for cell in json.loads(line.raw)], ensure_ascii=False),
        "state": state,
        "exception_kind": kind,
        "note": note,
    }


def _first_state(line: StatementLine) -> tuple[str, str, str]:
    """
    Where a line begins: money out needs no allocation unless the bank took an employer's money back; other currencies wait for a
    person outside the ledger, which counts in yuan.
    """
    if line.is_foreign:
        return TransactionState.SET_ASIDE, "", f"外币（{line.currency[:10]}），由财务另行处理"
    if line.direction == Direction.IN:
        return TransactionState.UNMATCHED, "", ""
    if matching.is_returned(line.remark):
        return TransactionState.UNMATCHED, ExceptionKind.BOUNCED, "银行退汇或冲正，请核对原到账款"
    return TransactionState.SET_ASIDE, "", "支出，不需核销"


def _storable(text: str) -> str:
    """Text without what PostgreSQL cannot hold: NUL, and halves of characters that no file should carry."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def is_allocatable(line: BankTransaction) -> bool:
    """
    This function will tell whether a line is money that slips can be paid with: yuan that came in.
    """
    return line.is_incoming and line.currency == "CNY"
