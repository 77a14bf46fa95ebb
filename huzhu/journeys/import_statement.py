"""
A bank statement all the way: lines in, slips matched, money settled. Running it again on the same file changes nothing, and
finishes what an earlier run may have left undone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from huzhu.billing import operations as billing
from huzhu.billing import queries
from huzhu.billing.models import BankStatement, BankTransaction, PaymentAllocation, PaymentSlip
from huzhu.journeys.confirm_payment import confirm_payment
from huzhu.shared import queue
from huzhu.shared.actors import Actor

MATCH_TASK = "billing.match_statement"
MOST_AT_ONCE = 30  # lines that are matched and settled while somebody waits
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """
    What one file did, by line number in the file: the shape of `huzhu import-statement --json`.

    matched: line, slip, step. exceptions: every other new line that waits for a person, with its kind. proposals: those of them
    for which slips can be named, best first. unsettled: slips whose money is there but whose cover could not be started.
    """

    statement: BankStatement
    lines: int
    new: int
    known: int
    matched: list[dict[str, object]] = field(default_factory=list)
    proposals: list[dict[str, object]] = field(default_factory=list)
    exceptions: list[dict[str, object]] = field(default_factory=list)
    unsettled: list[dict[str, object]] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """The report as plain values."""
        return {
            "lines": self.lines,
            "new": self.new,
            "known": self.known,
            "matched": self.matched,
            "proposals": self.proposals,
            "exceptions": self.exceptions,
            "unsettled": self.unsettled,
        }


def import_statement(*, account_number: str, content: bytes, file_name: str, by: Actor, at: datetime) -> ImportReport:
    """
    This function will import a statement file, match all unmatched lines and settle every slip whose money is complete. The import
    is one transaction, each matched line is one, each settled slip is one: a bad slip does not hold up the others.

    :raises billing.AccountUnknown: if the association has no such account
    :raises huzhu.shared.uploads.UploadRefused: if the file is refused; nothing is kept then
    :raises huzhu.billing.permissions.NotPermitted: if `by` may not keep bank statements
    """
    imported = billing.import_statement(
        account_number=account_number, content=content, file_name=file_name, by=by, at=at
    )
    return _finish(imported, by=by, at=at)


def begin_import(
    *, account_number: str, content: bytes, file_name: str, by: Actor, at: datetime
) -> tuple[BankStatement, ImportReport | None]:
    """
    This function will import a statement file for somebody who waits: a small one all the way, of a large one only the lines; a job
    does the rest (None). Errors as `import_statement`.
    """
    with transaction.atomic():
        imported = billing.import_statement(
            account_number=account_number, content=content, file_name=file_name, by=by, at=at
        )
        if imported.new_count > MOST_AT_ONCE:
            queue.defer(MATCH_TASK, statement_id=imported.statement.pk)
            return imported.statement, None
    return imported.statement, _finish(imported, by=by, at=at)


def match_statement(*, statement_id: int, by: Actor, at: datetime) -> list[dict[str, object]]:
    """
    This function will match all unmatched lines, settle what is complete, and note that this statement is done with; slips that
    could not be settled are returned. Running it again finishes what an earlier run left undone.
    """
    billing.match_new(by=by, at=at)
    unsettled = settle_all(by=by, at=at)
    billing.finish_matching(statement_id=statement_id, at=at)
    return unsettled


def _finish(imported: billing.ImportResult, *, by: Actor, at: datetime) -> ImportReport:
    unsettled = match_statement(statement_id=imported.statement.pk, by=by, at=at)
    new = BankTransaction.objects.filter(pk__in=imported.new_ids)
    return ImportReport(
        statement=imported.statement,
        lines=imported.line_count,
        new=imported.new_count,
        known=imported.known_count,
        matched=_get_matched(imported.new_ids),
        exceptions=[
            {"line": line, "kind": kind}
            for line, kind in new.exclude(exception_kind="")
            .filter(state="unmatched")
            .order_by("line")
            .values_list("line", "exception_kind")
        ],
        proposals=_get_proposals(list(new.filter(state="unmatched", is_incoming=True).order_by("line"))),
        unsettled=unsettled,
    )


def settle_all(*, by: Actor, at: datetime) -> list[dict[str, object]]:
    """
    This function will settle every slip whose money is complete, each in its own transaction, and name those that could not be.
    """
    unsettled: list[dict[str, object]] = []
    for slip_id in queries.get_slips_to_settle():
        try:
            confirm_payment(slip_id=slip_id, by=by, at=at)
        except Exception as error:  # whatever is wrong with one slip, the money of the others must not wait for it
            number = PaymentSlip.objects.values_list("number", flat=True).get(pk=slip_id)
            log.exception("slip %s could not be settled", number)
            unsettled.append({"slip": number, "reason": str(error)})
    return unsettled


def _get_matched(ids: tuple[int, ...]) -> list[dict[str, object]]:
    rows = (
        PaymentAllocation.objects.filter(transaction_id__in=ids)
        .order_by("transaction__line", "id")
        .values_list("transaction__line", "slip__number", "match_step")
    )
    return [{"line": line, "slip": slip, "step": step} for line, slip, step in rows]


def _get_proposals(lines: list[BankTransaction]) -> list[dict[str, object]]:
    found = queries.get_candidates_of(transactions=lines)
    return [
        {"line": line.line, "slips": [candidate.slip.number for candidate in found[line.pk]]}
        for line in lines
        if found[line.pk]
    ]
