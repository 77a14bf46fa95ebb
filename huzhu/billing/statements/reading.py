"""
A bank's statement file into a `StatementFile`, or a refusal that says what, where and how to mend.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from huzhu.billing.statements import cells, continuity, layouts, tables
from huzhu.billing.statements.layouts import LAYOUTS, Layout
from huzhu.billing.statements.lines import CNY, SkippedRow, StatementFile, StatementRefused
from huzhu.billing.statements.rows import Body

HEADS_WITHIN = 100
_OPENING = re.compile(r"(?:期初|承前|上期|上日)(?:账户|帐户)?余额")
_CLOSING = re.compile(r"期末(?:账户|帐户)?余额")
_ACCOUNT = re.compile(r"(?:^|\s)(?:本方|查询|付款|账户)?[账帐]号\s*[:：]?\s*['\u2018]?([0-9][0-9 \-]{5,40}[0-9])")
_CURRENCY = re.compile(r"币种\s*[:：]?\s*([\u4e00-\u9fffA-Za-z]+)")


def read(
    *, content: bytes, file_name: str, account_number: str | None = None, layouts_known: Sequence[Layout] = LAYOUTS
) -> StatementFile:
    """
    Read a statement of one account: this function will recognise the bank's layout, skip title lines above and sums
    below, read every line and prove that the balances run through. The file's name is only used in refusals.

    :param account_number: the account the caller expects, or None to take what the file says
    :param layouts_known: the layouts to look for; one mapped by hand for this account is simply one more
    :raises uploads.UploadRefused: when the file cannot be opened (the `file_…` codes)
    :raises StatementRefused: layout_unknown, several_sheets, heads_twice, row_columns, date_unclear, amount_unclear,
        amount_both, amount_missing, direction_differs, digits_lost, several_accounts, other_account, balance_breaks,
        opening_differs, closing_differs, statement_too_long, statement_empty
    """
    table, at, layout = _find_heads(content, file_name, layouts_known)
    body = Body.read(table, at, layout)
    around = _read_around(table, at, body.skipped)
    account = _settle_account(body.accounts, around.account, account_number)
    if not body.lines and not body.skipped and around.opening is None:
        raise StatementRefused(
            "statement_empty", f"文件“{file_name}”只有表头，没有任何交易。", "请确认查询的账号和日期范围后重新导出。"
        )
    lines = [replace(line, currency=around.currency) if not line.currency else line for line in body.lines]
    ordered, newest_first = continuity.put_in_order(lines=lines, opening=around.opening)
    currencies = {line.currency for line in ordered} or {around.currency}
    opening = closing = None
    if len(currencies) == 1:
        opening, closing = continuity.check_ends(lines=ordered, opening=around.opening, closing=around.closing)
    return StatementFile(
        layout=layout,
        account_number=account,
        currency=currencies.pop() if len(currencies) == 1 else "",
        lines=tuple(ordered),
        opening_balance=opening,
        closing_balance=closing,
        newest_first=newest_first,
        skipped=tuple(body.skipped),
    )


def _find_heads(content: bytes, file_name: str, known: Sequence[Layout]) -> tuple[tables.Table, int, Layout]:
    found: list[tuple[tables.Table, int, Layout]] = []
    nearest: tuple[Layout, list[str]] | None = None
    for table in tables.read_tables(content=content):
        for at, row in enumerate(table.rows[:HEADS_WITHIN]):
            layout = layouts.recognise(heads=row, layouts=known)
            if layout:
                found.append((table, at, layout))
                break
            near = layouts.get_nearest(heads=row, layouts=known)
            if near and (nearest is None or len(near[1]) < len(nearest[1])):
                nearest = near
        if found and table.is_text:
            break
    if len(found) > 1:
        names = "、".join(table.name for table, _, _ in found)
        raise StatementRefused(
            "several_sheets", f"文件里有几个工作表都是流水：{names}。", "请每个工作表另存为一个文件，分别上传。"
        )
    if found:
        return found[0]
    message = f"认不出“{file_name}”是哪家银行的流水：没有找到完整的表头行。"
    if nearest:
        message += f"最接近{nearest[0].bank_name}的格式，缺少：{'、'.join(nearest[1])}。"
    names = "、".join(dict.fromkeys(layout.bank_name for layout in known))
    raise StatementRefused("layout_unknown", message, f"请从网银导出带表头的原始明细（支持{names}），不要删改列。")


@dataclass(frozen=True, slots=True)
class _Around:
    account: str
    currency: str
    opening: Decimal | None
    closing: Decimal | None


def _read_around(table: tables.Table, at: int, skipped: Sequence[SkippedRow]) -> _Around:
    """
    Read what stands above the heads and below the lines: account, currency, opening and closing balance.
    """
    above = [" ".join(cells.clean(cell) for cell in row if cell) for row in table.rows[:at]]
    below = [" ".join(cells.clean(cell) for cell in json.loads(row.raw) if cell) for row in skipped]
    account = currency = ""
    for text in above:
        account = account or (re.sub(r"\D", "", found[1]) if (found := _ACCOUNT.search(text)) else "")
        currency = currency or (cells.read_currency(found[1]) if (found := _CURRENCY.search(text)) else "")
    opening, closing = _find_balance(_OPENING, above + below), _find_balance(_CLOSING, above + below)
    return _Around(account, currency or CNY, opening, closing)


def _find_balance(label: re.Pattern[str], texts: Sequence[str]) -> Decimal | None:
    for text in texts:
        found = label.search(text)
        if not found:
            continue
        amount = re.match(r"(?:[(（]元[)）])?\s*[:：]?\s*([^\s\u4e00-\u9fff:：;；]+)", text[found.end() :])
        if not amount:
            continue
        try:
            return cells.read_amount(amount[1].rstrip(",，。"))
        except cells.UnclearCellError:
            continue
    return None


def _settle_account(accounts: dict[str, int], titled: str, expected: str | None) -> str:
    wanted = re.sub(r"\D", "", expected or "")
    if len(accounts) > 1:
        raise StatementRefused(
            "several_accounts",
            f"文件里有 {len(accounts)} 个账号的流水（第 {list(accounts.values())[1]} 行起换了账号）。",
            "请在网银里按账号分别导出后上传。",
            row=list(accounts.values())[1],
        )
    account = next(iter(accounts), titled)
    if wanted and account and account != wanted:
        raise StatementRefused(
            "other_account",
            f"这是账号尾号 {account[-4:]} 的流水，不是所选的尾号 {wanted[-4:]}。",
            "请选择对应的收款账户，或换成该账户的流水文件。",
        )
    return account or wanted
