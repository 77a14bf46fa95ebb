"""
What was put right in the good rows, told row by row: what stood there, what was taken instead, and how it came about.

Personal values are masked as those of errors are, but as they were written: spaces and marks stay, because they are what was wrong.
A space is shown as ␣.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import polars as pl

from huzhu.roster.files.reading import Sheet
from huzhu.shared.identity.document_types import DOCUMENT_TYPES

SPACE = "␣"

# code: (field, the column in our template, what is done where nothing more exact can be said)
REPAIRS: dict[str, tuple[str, str, str]] = {
    "name_tidied": ("name", "姓名", "统一写法"),
    "document_type_assumed": ("document_type", "证件类型", "没有填写，按证件号码判断"),
    "number_tidied": ("document_number", "证件号码", "统一写法"),
    "born_on_text": ("born_on", "出生日期", "日期文本改为日期"),
    "born_on_serial": ("born_on", "出生日期", "表格序列数改为日期"),
    "mobile_tidied": ("mobile", "手机号", "统一写法"),
}

_TYPE_NAMES = {code: kind.label for code, kind in DOCUMENT_TYPES.items()}
_DIGITS, _LETTERS = r"[\p{N}A-Za-zＡ-Ｚａ-ｚ]", r"[\p{L}\p{N}]"
_SPACES = (r"\s", "去掉空格")
_INVISIBLE = (r"\p{Cf}", "去掉看不见的字符")
_FULL_WIDTH = (r"[\x{FF01}-\x{FF5E}]", "全角改半角")
_MARKS = (r"[\-‐‑‒–—―−'‘’`´－＇]", "去掉横线和撇号")
_SIGNS: dict[str, tuple[tuple[str, str], ...]] = {
    "name_tidied": (
        (r"^\s|\s$|\s\s|\p{Han}\s|\s\p{Han}", _SPACES[1]),  # single spaces of Latin names stay
        _INVISIBLE,
        (r"[\x{FF21}-\x{FF5A}]", "全角改半角"),
        (r"[^\p{L}\p{N}\s\p{Cf}·]", "统一间隔号"),
    ),
    "number_tidied": (_SPACES, _INVISIBLE, _FULL_WIDTH, _MARKS, (r"[a-zａ-ｚ]", "小写字母改大写")),
    "mobile_tidied": (
        (r"^\W*(?:\+|＋|00)?\s*(?:86|８６)\W*1", "去掉 +86"),
        _SPACES,
        _INVISIBLE,
        _FULL_WIDTH,
        _MARKS,
        (r"\.0+\s*$", "去掉小数点"),
    ),
}
SCHEMA = {
    "excel_row": pl.Int64,
    "column": pl.String,
    "code": pl.String,
    "how": pl.String,
    "before": pl.String,
    "after": pl.String,
}


def tell(*, repaired: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """
    This function will tell every repair of the given rows as excel_row, column (head as in the file), code (`REPAIRS`), how,
    before, after, in the order of the file.

    :param repaired: rows with their `repairs`, the raw cells and what was made of them; none cost nothing
    """
    parts = [_told(code, repaired.filter(pl.col("repairs").list.contains(code)), sheet) for code in REPAIRS]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts]).sort("excel_row", maintain_order=True)


def _told(code: str, rows: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    field, label, words = REPAIRS[code]
    before, after = _shown(field)
    return rows.select(
        "excel_row",
        column=pl.lit(sheet.head(field) or label),
        code=pl.lit(code),
        how=_how(code, field) if code in _SIGNS else pl.lit(words),
        before=before.str.replace_all(r"\p{Cf}", "").str.replace_all(r"\s", SPACE),
        after=after,
    )


def _how(code: str, field: str) -> pl.Expr:
    raw = pl.col(f"raw_{field}")
    signs = [pl.when(raw.str.contains(pattern)).then(pl.lit(words)) for pattern, words in _SIGNS[code]]
    said = pl.concat_str(signs, separator="、", ignore_nulls=True)
    return pl.when(said == "").then(pl.lit(REPAIRS[code][2])).otherwise(said)


def _shown(field: str) -> tuple[pl.Expr, pl.Expr]:
    raw = pl.col(f"raw_{field}")
    match field:
        case "name":
            surname = raw.str.extract(r"^(\s*\S)").str.len_chars()
            return _masked_from(raw, surname, 0, hides=_LETTERS), _masked_from(pl.col("name"), 1, 0, hides=_LETTERS)
        case "document_type":
            return raw.str.strip_chars(), pl.col("document_type").replace_strict(_TYPE_NAMES, default="")
        case "document_number":
            return _masked(raw), _masked(pl.col("document_number"))
        case "mobile":
            return _masked_from(raw, 3, 4), _masked_from(pl.col("mobile"), 3, 4)
        case _:
            return _masked(raw), _masked(pl.col("entered_born_on").cast(pl.String))


def _masked(text: pl.Expr) -> pl.Expr:
    length = text.str.len_chars()
    kept = pl.when(length >= 12).then(4).when(length >= 6).then(2).otherwise(0)
    return _masked_from(text, kept, kept)


def _masked_from(text: pl.Expr, first: pl.Expr | int, last: pl.Expr | int, *, hides: str = _DIGITS) -> pl.Expr:
    """Hide letters and digits but for so many characters at both ends, and leave what stands between them."""
    length = text.str.len_chars().cast(pl.Int64)
    hidden = (length - first - last).clip(0)
    middle = text.str.slice(first, hidden).str.replace_all(hides, "*")
    return pl.concat_str(text.str.slice(0, first), middle, text.str.slice((length - last).clip(0), last))


def as_groups(told: pl.DataFrame) -> list[dict[str, Any]]:
    """
    This function will give repairs as they are kept: one group per column and way, the most frequent first, with column, code, how,
    and lists of rows, before and after; where all texts of a group are equal they stand once.
    """
    if not told.height:
        return []
    groups = told.group_by("column", "code", "how", maintain_order=True).agg(
        pl.len(), rows="excel_row", before="before", after="after"
    )
    return [
        {**group, "before": _once(group["before"]), "after": _once(group["after"])}
        for group in groups.sort("len", descending=True, maintain_order=True).drop("len").to_dicts()
    ]


def _once(texts: list[str]) -> list[str]:
    return texts[:1] if len(set(texts)) == 1 else texts


def lines_of(groups: Sequence[Mapping[str, Any]]) -> list[tuple[int, str, str, str, str]]:
    """
    This function will take kept groups apart again, in the order of the file: row, column, how, before, after.
    """
    lines = [
        (row, group["column"], group["how"], *texts)
        for group in groups
        for row, *texts in zip(
            group["rows"],
            group["before"] * (len(group["rows"]) if len(group["before"]) == 1 else 1),
            group["after"] * (len(group["rows"]) if len(group["after"]) == 1 else 1),
            strict=True,
        )
    ]
    return sorted(lines, key=itemgetter(0))
