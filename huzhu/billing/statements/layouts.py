"""
The banks' tables as data. A layout is recognised by its set of heads, never by column positions.

A new table layout, also one mapped by hand for one account, is one more `Layout`. Formats that are no table
(CAMT.053, MT940) become readers of their own that hand over the same `StatementFile`.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_BRACKETED = re.compile(r"[(\[{【〔<《][^()\[\]{}【】〔〕<>《》]*[)\]}】〕>》]")
_NOISE = re.compile(r"[^\u3400-\u9fff0-9/\-]+")
_LOOSE_ENDS = re.compile(r"^[/\-]+|(?:/元)?[/\-]*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """
    One bank's table: which head holds what. Where several heads are given, the first one that is filled counts.
    """

    code: str
    bank: str
    bank_name: str
    required: frozenset[str]  # all of these together, and one of `remarks`, are this layout
    received_on: tuple[str, ...]
    booked_at: tuple[str, ...] = ()
    amount_in: str = ""
    amount_out: str = ""
    amount: str = ""  # one column for both ways; told apart by `direction` or the sign
    direction: str = ""
    words_in: frozenset[str] = frozenset()
    words_out: frozenset[str] = frozenset()
    balance: tuple[str, ...] = ()
    own_account: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""
    # Banks that name payer and payee instead of "own" and "other": the payer's, the payee's name and account.
    payer: tuple[str, str] = ("", "")
    payee: tuple[str, str] = ("", "")
    currency: str = ""
    remarks: tuple[str, ...]
    serial: str = ""
    is_serial_unique: bool = True  # False: the number says who the line is only together with time and amount


def normalise_head(text: str) -> str:
    """
    Bring a head to the form layouts are written in: this function will drop spaces, brackets with what they hold,
    the English half and a unit such as "/元", so that `交易类型[ Transaction Type ]` is `交易类型`.
    """
    head = unicodedata.normalize("NFKC", text)
    for _ in range(3):  # brackets inside brackets
        head = _BRACKETED.sub("", head)
    return _LOOSE_ENDS.sub("", _NOISE.sub("", head))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ICBC = Layout(
    code="icbc",
    bank="ICBC",
    bank_name="工商银行",
    required=_words("凭证号 本方账号 对方账号 交易时间 借/贷 借方发生额 贷方发生额 对方单位名称 余额"),
    received_on=("交易时间",),
    booked_at=("交易时间",),
    amount_in="贷方发生额",
    amount_out="借方发生额",
    direction="借/贷",
    words_in=_words("贷 贷方 C 收"),
    words_out=_words("借 借方 D 支"),
    balance=("余额",),
    own_account="本方账号",
    counterparty_name="对方单位名称",
    counterparty_account="对方账号",
    remarks=("用途", "摘要", "个性化信息"),
    serial="凭证号",
    is_serial_unique=False,
)

CCB = Layout(
    code="ccb",
    bank="CCB",
    bank_name="建设银行",
    required=_words("账号 交易时间 借方发生额 贷方发生额 余额 对方户名 对方账号 记账日期 账户明细编号-交易流水号"),
    received_on=("记账日期", "交易时间"),
    booked_at=("交易时间",),
    amount_in="贷方发生额",
    amount_out="借方发生额",
    balance=("余额",),
    own_account="账号",
    counterparty_name="对方户名",
    counterparty_account="对方账号",
    currency="币种",
    remarks=("备注", "摘要"),
    serial="账户明细编号-交易流水号",
)

ABC = Layout(
    code="abc",
    bank="ABC",
    bank_name="农业银行",
    required=_words("交易时间 收入金额 支出金额 账户余额 对方账号 对方户名"),
    received_on=("交易时间",),
    booked_at=("交易时间",),
    amount_in="收入金额",
    amount_out="支出金额",
    balance=("账户余额",),
    counterparty_name="对方户名",
    counterparty_account="对方账号",
    remarks=("交易用途", "交易附言", "交易摘要"),
)

ABC_OLDER = Layout(
    code="abc_older",
    bank="ABC",
    bank_name="农业银行",
    required=_words("交易时间戳 收入金额 支出金额 本次余额 对方账号 对方户名"),
    received_on=("交易时间戳",),
    booked_at=("交易时间戳",),
    amount_in="收入金额",
    amount_out="支出金额",
    balance=("本次余额",),
    counterparty_name="对方户名",
    counterparty_account="对方账号",
    remarks=("交易用途", "交易附言", "交易摘要"),
)

BOC = Layout(
    code="boc",
    bank="BOC",
    bank_name="中国银行",
    required=_words("交易类型 付款人账号 付款人名称 收款人账号 收款人名称 交易日期 交易金额 交易后余额 交易流水号"),
    received_on=("起息日期", "交易日期"),
    booked_at=("交易日期", "交易时间"),
    amount="交易金额",
    direction="交易类型",
    words_in=_words("来账"),
    words_out=_words("往账"),
    balance=("交易后余额",),
    payer=("付款人名称", "付款人账号"),
    payee=("收款人名称", "收款人账号"),
    currency="交易货币",
    remarks=("用途", "交易附言", "摘要", "备注"),
    serial="交易流水号",
)

CMB = Layout(
    code="cmb",
    bank="CMB",
    bank_name="招商银行",
    required=_words("交易日 借方金额 贷方金额 余额 流水号 收/付方名称 收/付方帐号"),
    received_on=("起息日", "交易日"),
    booked_at=("交易日", "交易时间"),
    amount_in="贷方金额",
    amount_out="借方金额",
    balance=("余额",),
    counterparty_name="收/付方名称",
    counterparty_account="收/付方帐号",
    remarks=("用途", "摘要", "业务摘要", "其它摘要"),
    serial="流水号",
)

LAYOUTS = (ICBC, CCB, ABC, ABC_OLDER, BOC, CMB)


def recognise(*, heads: Iterable[str], layouts: Iterable[Layout] = LAYOUTS) -> Layout | None:
    """
    Name the layout whose heads are all there: this function will return the one asking for most, or None.
    """
    there = {normalise_head(head) for head in heads}
    fits = [layout for layout in layouts if layout.required <= there and there.intersection(layout.remarks)]
    return max(fits, key=lambda layout: len(layout.required), default=None)


def get_nearest(*, heads: Iterable[str], layouts: Iterable[Layout] = LAYOUTS) -> tuple[Layout, list[str]] | None:
    """
    Find what a row of heads nearly is: this function will return the layout and the heads it misses, or None when
    fewer than half are there.
    """
    there = {normalise_head(head) for head in heads}
    layout = max(layouts, key=lambda layout: len(layout.required & there) / len(layout.required))
    if len(layout.required & there) * 2 < len(layout.required):
        return None
    missing = sorted(layout.required - there)
    if not there.intersection(layout.remarks):
        missing.append(layout.remarks[0])
    return layout, missing
