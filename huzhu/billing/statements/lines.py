"""
What a reader hands over: one `StatementFile` with its `StatementLine`s, whatever file it came from.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from huzhu.billing.statements.layouts import Layout
from huzhu.shared import uploads

CNY = "CNY"


class Direction(StrEnum):
    """
    Which way the money went, seen from the society's account.
    """

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementLine:
    """
    One movement on the account, as the bank wrote it.
    """

    row: int  # as counted in the file, from 1
    received_on: date  # value date: the arrival date that decides cover
    booked_at: datetime | None  # moment of the transaction, where the layout gives a time of day
    direction: Direction
    amount: Decimal  # always above zero
    balance: Decimal | None
    counterparty_name: str
    counterparty_account: str
    remark: str  # every remark column in the layout's order, one a line, nothing cut
    serial: str  # the bank's own number of the line, "" where it gave none
    currency: str
    raw: str  # the row's cells as they stood, as a JSON list

    @property
    def signed_amount(self) -> Decimal:
        return self.amount if self.direction == Direction.IN else -self.amount

    @property
    def is_foreign(self) -> bool:
        """
        Test if the line is set aside for a person because it is not in CNY.
        """
        return self.currency != CNY


@dataclass(frozen=True, kw_only=True, slots=True)
class SkippedRow:
    """
    A row below the heads that is no movement: a sum, a repeated head, a movement of 0.00.
    """

    row: int
    reason: str
    raw: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementFile:
    """
    One account's statement, oldest line first, with balances that are proven to run through.
    """

    layout: Layout
    account_number: str  # "" where the file does not tell
    currency: str
    lines: tuple[StatementLine, ...]
    opening_balance: Decimal | None
    closing_balance: Decimal | None
    newest_first: bool  # how the file itself ran
    skipped: tuple[SkippedRow, ...] = field(default=())

    @property
    def bank(self) -> str:
        return self.layout.bank


class StatementRefused(uploads.UploadRefused):
    """
    A statement we will not import, with the row that shows why where there is one.
    """

    def __init__(
        self,
        code: str,
        message: str,
        remedy: str,
        *,
        row: int | None = None,
        expected: Decimal | None = None,
        found: Decimal | None = None,
    ) -> None:
        super().__init__(code, message, remedy)
        self.row = row
        self.expected = expected
        self.found = found
