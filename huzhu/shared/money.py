"""
Yuan as exact cents: reading them, rounding them, writing them out in upper case.
"""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
LARGEST = Decimal("999999999999.99")
"""The largest amount a numeric(14,2) column holds."""

_AMOUNT = re.compile(
    r"""'?\s*(?P<opened>\()?\s*(?P<sign>[-+])?\s*(?:人民币|RMB|CNY|¥)?\s*(?P<inner_sign>[-+])?\s*
    (?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.(?P<cents>[0-9]*))?
    \s*元?\s*(?P<closed>\))?""",
    re.VERBOSE,
)

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_MYRIADS = ("亿", "万", "")


class NotAnAmount(ValueError):
    """
    The text or number is not an amount of yuan with exact cents; the message is for the person who typed it.
    """


def to_amount(text: str | int | Decimal) -> Decimal:
    """
    This function will read an amount of yuan with exact cents, never guessing and never rounding.

    It takes full-width characters, thousands commas, a currency mark in front, 元 behind, and a sign or brackets for
    money out.

    :raises NotAnAmount: for anything else, for more than two decimals, and beyond what the database can hold
    """
    if isinstance(text, Decimal | int) and not isinstance(text, bool):
        return _exact(Decimal(text), shown=str(text))
    if not isinstance(text, str):
        raise NotAnAmount(f"{text!r} 不是文本金额，请按文本填写，例如 1,409.50。")
    shown = text.strip()[:30]
    # U+2212 MINUS SIGN has no compatibility form; full-width characters are folded by NFKC.
    bare = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip().upper()
    match = _AMOUNT.fullmatch(bare)
    if match is None or not (match["whole"] or match["cents"]) or bool(match["opened"]) != bool(match["closed"]):
        raise _unreadable(shown)
    signs = [sign for sign in (match["opened"], match["sign"], match["inner_sign"]) if sign]
    if len(signs) > 1:
        raise NotAnAmount(f"“{shown}”有不止一个正负号或括号，请只保留一个。")
    amount = Decimal(f"{(match['whole'] or '0').replace(',', '')}.{match['cents'] or '0'}")
    return _exact(-amount if signs and signs[0] in "(-" else amount, shown=shown)


def _unreadable(shown: str) -> NotAnAmount:
    return NotAnAmount(f"“{shown}”不是金额，请填写数字，例如 1,409.50。")


def _exact(amount: Decimal, *, shown: str) -> Decimal:
    if not amount.is_finite():
        raise _unreadable(shown)
    if abs(amount) > LARGEST:
        raise NotAnAmount(f"“{shown}”超出系统可登记的最大金额 {LARGEST:,}，请核对。")
    in_cents = amount.quantize(CENT)
    if in_cents != amount:
        raise NotAnAmount(f"“{shown}”的小数超过两位，金额只能精确到分，请核对。")
    return in_cents or Decimal("0.00")  # no negative zero


def round_amount(amount: Decimal) -> Decimal:
    """
    This function will round to cents, half a cent away from zero. It is the only place that rounds money.
    """
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def in_words(amount: Decimal) -> str:
    """
    This function will write an amount in the upper-case form of receipts and slips (支付结算办法 附一).

    House style where the rule leaves a choice: 整 follows 角, and 零 stands after 元 when the yuan end in 0 and 角
    follow. Negative amounts (red receipts) carry 负 after 人民币.

    :raises NotAnAmount: if the amount is not in exact cents or is beyond what the database can hold
    """
    exact = to_amount(amount)
    yuan, cents = divmod(int(abs(exact) * 100), 100)
    jiao, fen = divmod(cents, 10)
    parts = ["人民币", "负" if exact < 0 else ""]
    if yuan or not cents:
        parts.append(_yuan_in_words(yuan) + "元")
    if yuan and cents and (jiao == 0 or yuan % 10 == 0):
        parts.append("零")
    if jiao:
        parts.append(_DIGITS[jiao] + "角")
    parts.append(_DIGITS[fen] + "分" if fen else "整")
    return "".join(parts)


def _yuan_in_words(yuan: int) -> str:
    if yuan == 0:
        return _DIGITS[0]
    groups = (yuan // 10**8, yuan // 10**4 % 10**4, yuan % 10**4)
    words = ""
    is_zero_due = False
    for group, myriad in zip(groups, _MYRIADS, strict=True):
        if group == 0:
            is_zero_due = bool(words)
            continue
        if words and (is_zero_due or group < 1000):
            words += _DIGITS[0]
        words += _group_in_words(group) + myriad
        is_zero_due = False
    return words


def _group_in_words(group: int) -> str:
    """
    Four digits without a leading 零; inner zeros, however many, are one 零.
    """
    words = ""
    is_zero_due = False
    for digit, place in zip(f"{group:04d}", _PLACES, strict=True):
        if digit == "0":
            is_zero_due = bool(words)
            continue
        words += (_DIGITS[0] if is_zero_due else "") + _DIGITS[int(digit)] + place
        is_zero_due = False
    return words
