"""
The rows below a recognised head row: each becomes a line, is skipped with a reason, or refuses the file.
"""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from huzhu.billing.statements import cells, layouts, tables
from huzhu.billing.statements.layouts import Layout
from huzhu.billing.statements.lines import Direction, SkippedRow, StatementLine, StatementRefused
from huzhu.shared.calendar import SHANGHAI

_SUMMARY = re.compile(
    r"合\s*计|总\s*计|小\s*计|总笔数|总金额|发生额$|期初|期末|承前|上期|上日|本页|制表|打印|第.{1,6}页|以下空白"
)
_SAVE_AS_TEXT = "请从网银重新导出，不要用 Excel 打开后另存；或把这一列设为文本格式后重填。"


class Body:
    """
    The rows below the heads, while they are being read.
    """

    def __init__(self, table: tables.Table, at: int, layout: Layout) -> None:
        self.table = table
        self.layout = layout
        self.at = at
        self.columns = _map_columns(table.rows[at], layout, row=at + 1)
        self.width = max(self.columns.values()) + 1
        self.lines: list[StatementLine] = []
        self.skipped: list[SkippedRow] = []
        self.accounts: dict[str, int] = {}  # account → first row

    @classmethod
    def read(cls, table: tables.Table, at: int, layout: Layout) -> "Body":
        body = cls(table, at, layout)
        for index in range(at + 1, len(table.rows)):
            if any(cells.clean(cell) for cell in table.rows[index]):
                body.read_row(index)
        return body

    def text(self, index: int, head: str) -> str:
        column = self.columns.get(head)
        row = self.table.rows[index]
        return row[column] if column is not None and column < len(row) else ""

    def number(self, index: int, head: str) -> float | None:
        column = self.columns.get(head)
        return None if column is None else self.table.get_number(row=index, column=column)

    def skip(self, index: int, reason: str) -> None:
        self.skipped.append(SkippedRow(row=index + 1, reason=reason, raw=_raw(self.table.rows[index])))

    def read_row(self, index: int) -> None:
        row = self.table.rows[index]
        if row == self.table.rows[self.at]:
            return self.skip(index, "表头")
        if not self.has_date(index) and (self.is_summary(index) or not self.has_amount(index)):
            return self.skip(index, "汇总或说明")
        self.check_width(index)
        received_on = self.read_date(index)
        signed = self.read_amount(index)
        self.note_account(index)
        if signed == 0:
            return self.skip(index, "金额为 0.00")
        self.lines.append(self.build(index, received_on, signed))
        return None

    def has_date(self, index: int) -> bool:
        for head in self.layout.received_on:
            try:
                if cells.read_date(self.text(index, head), number=self.number(index, head)):
                    return True
            except cells.UnclearCellError:
                continue
        return False

    def is_summary(self, index: int) -> bool:
        row = self.table.rows[index][: self.width]
        return any(_SUMMARY.search(cells.clean(cell)) for cell in row if len(cell) < 40)

    def has_amount(self, index: int) -> bool:
        heads = (self.layout.amount, self.layout.amount_in, self.layout.amount_out)
        texts = [cells.clean(self.text(index, head)) for head in heads if head]
        return any(re.search(r"\d", text) for text in texts)

    def check_width(self, index: int) -> None:
        row = self.table.rows[index]
        extra = [cell for cell in row[len(self.table.rows[self.at]) :] if cells.clean(cell)]
        if extra:
            raise self.refuse(
                index, "row_columns", f"比表头多出 {len(extra)} 格", "某一格里可能有未加引号的逗号，请重新导出。"
            )
        if self.table.is_text and len(row) < self.width:
            raise self.refuse(index, "row_columns", f"只有 {len(row)} 格，少于表头", "文件可能不完整，请重新导出。")

    def read_date(self, index: int) -> date:
        for head in self.layout.received_on:
            text = self.text(index, head)
            try:
                day = cells.read_date(text, number=self.number(index, head))
            except cells.UnclearCellError as error:
                raise self.refuse(
                    index,
                    "date_unclear",
                    f"“{head}”的“{text[:40]}”不是明确的日期",
                    "请改成 2025-08-11 这样的日期或重新导出。",
                ) from error
            if day:
                return day
        raise self.refuse(index, "date_unclear", f"“{self.layout.received_on[0]}”是空的", "请重新导出完整的流水。")

    def amount(self, index: int, head: str) -> Decimal | None:
        text = self.text(index, head)
        try:
            return cells.read_amount(text)
        except cells.UnclearCellError as error:
            raise self.refuse(
                index,
                "amount_unclear",
                f"“{head}”的“{text[:40]}”不是明确的金额",
                "请改成 1,234.50 这样的金额或重新导出。",
            ) from error

    def read_amount(self, index: int) -> Decimal:
        layout = self.layout
        said = self.said_direction(index)
        if layout.amount:
            amount = self.amount(index, layout.amount)
            if amount is None:
                raise self.refuse(index, "amount_missing", f"“{layout.amount}”是空的", "请重新导出完整的流水。")
            return -abs(amount) if said == Direction.OUT else amount
        money_in, money_out = self.amount(index, layout.amount_in), self.amount(index, layout.amount_out)
        if money_in is None and money_out is None:
            raise self.refuse(
                index,
                "amount_missing",
                f"“{layout.amount_in}”和“{layout.amount_out}”都是空的",
                "请重新导出完整的流水。",
            )
        if money_in and money_out:
            raise self.refuse(
                index,
                "amount_both",
                f"“{layout.amount_in}”和“{layout.amount_out}”都有金额",
                "一笔只能有一个方向，请重新导出。",
            )
        filled = Direction.IN if money_in else Direction.OUT
        if said and (money_in or money_out) and said != filled:
            text = cells.clean(self.text(index, layout.direction))
            raise self.refuse(
                index,
                "direction_differs",
                f"“{layout.direction}”写的是“{text[:10]}”，金额却填在另一方向",
                "请重新导出完整的流水。",
            )
        return (money_in or Decimal("0.00")) - (money_out or Decimal("0.00"))

    def said_direction(self, index: int) -> Direction | None:
        text = cells.clean(self.text(index, self.layout.direction)).upper()
        if text in self.layout.words_in or any(len(word) > 1 and word in text for word in self.layout.words_in):
            return Direction.IN
        if text in self.layout.words_out or any(len(word) > 1 and word in text for word in self.layout.words_out):
            return Direction.OUT
        return None

    def account(self, index: int, head: str) -> str:
        text = self.text(index, head)
        try:
            return cells.read_account(text, number=self.number(index, head))
        except cells.UnclearCellError as error:
            raise self.refuse(
                index, "digits_lost", f"“{head}”的“{text[:40]}”被表格变成了数字，后几位已经丢失", _SAVE_AS_TEXT
            ) from error

    def note_account(self, index: int) -> None:
        account = self.account(index, self.own_head(index))
        digits = re.sub(r"\D", "", account)
        if digits and "*" not in account:
            self.accounts.setdefault(digits, index + 1)

    def own_head(self, index: int) -> str:
        if self.layout.own_account or not self.layout.payer[1]:
            return self.layout.own_account
        return (self.layout.payer if self.read_amount(index) < 0 else self.layout.payee)[1]

    def build(self, index: int, received_on: date, signed: Decimal) -> StatementLine:
        layout = self.layout
        name, account = layout.counterparty_name, layout.counterparty_account
        if layout.payer[0]:
            name, account = layout.payer if signed > 0 else layout.payee
        balances = (self.amount(index, head) for head in layout.balance)
        remarks = (cells.read_text(self.text(index, head)) for head in layout.remarks)
        return StatementLine(
            row=index + 1,
            received_on=received_on,
            booked_at=self.read_moment(index, received_on),
            direction=Direction.IN if signed > 0 else Direction.OUT,
            amount=abs(signed),
            balance=next((balance for balance in balances if balance is not None), None),
            counterparty_name=cells.read_text(self.text(index, name)),
            counterparty_account=self.account(index, account),
            remark="\n".join(remark for remark in remarks if remark),
            serial=self.account(index, layout.serial),
            currency=self.read_currency(index),
            raw=_raw(self.table.rows[index]),
        )

    def read_moment(self, index: int, received_on: date) -> datetime | None:
        day, moment = received_on, None
        for head in self.layout.booked_at:
            text = self.text(index, head)
            moment = cells.read_time(text) or moment
            try:
                day = cells.read_date(text, number=self.number(index, head)) or day
            except cells.UnclearCellError:
                continue  # a column of times alone
        return datetime.combine(day, moment, tzinfo=SHANGHAI) if moment else None

    def read_currency(self, index: int) -> str:
        text = self.text(index, self.layout.currency)
        return cells.read_currency(text) if cells.clean(text) else ""

    def refuse(self, index: int, code: str, what: str, remedy: str) -> StatementRefused:
        return StatementRefused(code, f"第 {index + 1} 行：{what}。", remedy, row=index + 1)


def _map_columns(heads: Sequence[str], layout: Layout, *, row: int) -> dict[str, int]:
    columns: dict[str, int] = {}
    for column, head in enumerate(heads):
        name = layouts.normalise_head(head)
        if not name:
            continue
        if name in columns and name in (layout.required | set(layout.remarks)):
            raise StatementRefused(
                "heads_twice", f"第 {row} 行：表头“{name}”出现了两次。", "请重新导出，不要添加或复制列。", row=row
            )
        columns.setdefault(name, column)
    columns.pop("", None)
    return columns


def _raw(row: Sequence[str]) -> str:
    return json.dumps(row, ensure_ascii=False)
