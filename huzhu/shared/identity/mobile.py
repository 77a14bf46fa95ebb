"""
Mobile numbers of the mainland (facts §4.4).
"""

import polars as pl

PATTERN = r"^1[3-9][0-9]{9}$"
_NOISE = r"[\s\p{Cf}\-‐‑‒–—―−'‘’`´]"
_PREFIX = r"^(?:\+86|0086|86)(1[0-9]{10})$"
_WHOLE = r"^(1[0-9]{10})\.0+$"  # a number column written by other programs


class MobileRefused(ValueError):
    """
    The text is no mobile number of the mainland; `message` and `remedy` are for people.
    """

    code = "mobile_invalid"
    message = "手机号不是 11 位的中国大陆手机号码"
    remedy = "请填写以 1 开头的 11 位手机号码，前面可带 +86"

    def __init__(self) -> None:
        super().__init__(f"{self.message}。{self.remedy}。")


def mobiles(text: pl.Expr) -> pl.Expr:
    """
    Tidy a column of mobile numbers; this function will drop +86 or 0086, spaces and hyphens. Null becomes empty.
    """
    tidied = text.fill_null("").str.normalize("NFKC").str.replace_all(_NOISE, "")
    return tidied.str.replace(_PREFIX, "$1").str.replace(_WHOLE, "$1")


def are_mobiles(number: pl.Expr) -> pl.Expr:
    """
    Test a column of tidied numbers; this function will return a boolean column.
    """
    return number.str.contains(PATTERN)


def check_mobile(text: str | None) -> str:
    """
    Judge one typed mobile number; this function will return its eleven digits.

    :raises MobileRefused: when it is empty or of another shape
    """
    number, good = pl.select(
        number=mobiles(pl.lit(text, dtype=pl.String)), good=are_mobiles(mobiles(pl.lit(text, dtype=pl.String)))
    ).row(0)
    if not good:
        raise MobileRefused
    return number


def masked_mobile(number: str | None) -> str:
    """
    Hide the middle of a mobile number, 138****1234; this function will hide everything of a text too short to be one.
    """
    text = number or ""
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 11 else "*" * len(text)


def masked_mobiles(number: pl.Expr) -> pl.Expr:
    """
    Hide the middle of a column of mobile numbers as `masked_mobile` does; this function will return text.
    """
    number = number.fill_null("")
    shown = pl.concat_str(number.str.slice(0, 3), pl.lit("****"), number.str.slice(-4))
    return pl.when(number.str.len_chars() >= 11).then(shown).otherwise(number.str.replace_all(r"(?s).", "*"))
