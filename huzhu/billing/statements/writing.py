"""
Statement files as ICBC and CCB export them, for demo data, browser journeys and tests.

Remarks carry real slip numbers, so that the whole way from upload to settlement can be walked with real files.

Nothing in the running system sends these anywhere; the reader knows nothing of this module.
"""

import csv
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import xlsxwriter

from huzhu.shared.calendar import SHANGHAI, local_date

ICBC_HEADS = (
    "凭证号 本方账号 对方账号 交易时间 借/贷 借方发生额 贷方发生额 对方行号 摘要 用途 对方单位名称 余额 个性化信息"
)
CCB_HEADS = (
    "账号 账户名称 交易时间 借方发生额（支取） 贷方发生额（收入） 余额 币种 对方户名 对方账号 对方开户机构 记账日期 "
    "摘要 备注 账户明细编号-交易流水号 企业流水号 凭证种类 凭证号"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """
    One movement to write: `amount` is above zero for money in, below for money out; `at` is an aware moment.
    """

    at: datetime
    amount: Decimal
    name: str
    account: str = ""
    remark: str = ""
    summary: str = "转账"
    serial: str = ""
    received_on: date | None = None  # CCB's 记账日期 where it differs from the day of `at`


def write_icbc_csv(
    *,
    lines: Sequence[Movement],
    opening_balance: Decimal,
    account_number: str,
    account_name: str = "示例省职工互助会",
    newest_first: bool = False,
) -> bytes:
    """
    Write an ICBC statement: this function will return a GB18030 csv with title lines, tabs that keep long numbers
    whole, thousands commas and a line of sums. `lines` are given oldest first.
    """
    rows = []
    for line, balance in _run(lines, opening_balance):
        is_in = line.amount > 0
        rows.append(
            [
                _text(line.serial),
                _text(account_number),
                _text(line.account),
                f"{line.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
                "贷" if is_in else "借",
                "" if is_in else _money(-line.amount),
                _money(line.amount) if is_in else "",
                _text(""),
                line.summary,
                line.remark,
                line.name,
                _money(balance),
                "",
            ]
        )
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["中国工商银行企业网上银行账户明细"])
    writer.writerow([f"账号：{account_number}", f"户名：{account_name}", "币种：人民币"])
    writer.writerow([])
    writer.writerow(ICBC_HEADS.split())
    writer.writerows(reversed(rows) if newest_first else rows)
    money_in, money_out = _sums(lines)
    writer.writerow(["合计", "", "", f"共 {len(rows)} 笔", "", _money(money_out), _money(money_in)])
    return out.getvalue().encode("gb18030")


def write_ccb_xlsx(
    *,
    lines: Sequence[Movement],
    opening_balance: Decimal,
    account_number: str,
    account_name: str = "示例省职工互助会",
    newest_first: bool = False,
) -> bytes:
    """
    Write a CCB statement: this function will return an xlsx with title lines, apostrophes before long numbers, text
    amounts with thousands commas and sums below. `lines` are given oldest first.
    """
    rows = []
    for line, balance in _run(lines, opening_balance):
        at = line.at.astimezone(SHANGHAI)
        rows.append(
            [
                f"'{account_number}",
                account_name,
                f"{at:%Y%m%d %H:%M:%S}",
                _money(-line.amount) if line.amount < 0 else "0.00",
                _money(line.amount) if line.amount > 0 else "0.00",
                _money(balance),
                "人民币元",
                line.name,
                f"'{line.account}" if line.account else "",
                "",
                f"{line.received_on or local_date(at):%Y%m%d}",
                line.summary,
                line.remark,
                line.serial or _make_serial(line, balance),
                "",
                "电子转账凭证",
                "",
            ]
        )
    money_in, money_out = _sums(lines)
    closing = opening_balance + money_in - money_out
    above = [
        ["中国建设银行账户明细信息"],
        [f"账号：{account_number}", "", f"户名：{account_name}", "", "币种：人民币元"],
        [f"期初余额：{_money(opening_balance)}"],
    ]
    below = [
        ["合计", "", f"共 {len(rows)} 笔", _money(money_out), _money(money_in)],
        [f"期末余额：{_money(closing)}"],
    ]
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet("账户明细")
        ordered = list(reversed(rows)) if newest_first else rows
        for row, values in enumerate([*above, CCB_HEADS.split(), *ordered, *below]):
            for column, value in enumerate(values):
                sheet.write_string(row, column, value)
    return buffer.getvalue()


def _run(lines: Sequence[Movement], opening: Decimal) -> Iterator[tuple[Movement, Decimal]]:
    balance = opening
    for line in lines:
        balance += line.amount
        yield line, balance


def _make_serial(line: Movement, balance: Decimal) -> str:
    """
    The same movement has the same serial in every file it appears in, as with the bank.
    """
    told = f"{line.amount} {balance} {line.name} {line.account} {line.remark}"
    at = line.at.astimezone(SHANGHAI)
    return f"{at:%Y%m%d}-{at:%H%M%S}{zlib.crc32(told.encode()):010d}"


def _sums(lines: Sequence[Movement]) -> tuple[Decimal, Decimal]:
    zero = Decimal("0.00")
    money_in = sum((line.amount for line in lines if line.amount > 0), zero)
    money_out = sum((-line.amount for line in lines if line.amount < 0), zero)
    return money_in, money_out


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _text(number: str) -> str:
    return f"{number}\t"
