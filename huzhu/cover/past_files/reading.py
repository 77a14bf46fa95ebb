"""Bytes → rows and all errors of a list of old policies, a row per person. Runs in the child; plans are looked up afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from huzhu.cover.past_files.form import COLUMNS, LABELS, error
from huzhu.roster.files import problems
from huzhu.roster.files.reading import Sheet, read_sheet
from huzhu.roster.insurance_lists import judge_people
from huzhu.shared.identity.credit_code import CreditCodeRefused, check_credit_code, normalise_credit_code

MOST_SHARES = 99
FACTS = ("holder_name", "credit_code", "plan", "start", "last_day")
_ERRORS = {"row": pl.Int64, "column": pl.String, "value": pl.String, "message": pl.String, "remedy": pl.String}
_DAY = r"^\s*(\d{4})\s*(?:[-/.年]\s*)?(\d{1,2})\s*(?:[-/.月]\s*)?(\d{1,2})\s*日?(?:[ T]00:00(?::00(?:\.0+)?)?)?\s*$"


@dataclass(frozen=True, kw_only=True)
class PastList:
    """
    `rows`: excel_row, number, holder_name, credit_code, plan, start, end (exclusive), name, number_masked, comparison_key, shares
    of all rows without fault. `errors`: row, column, value (masked where personal), message, remedy. `read`: how many rows.
    """

    read: int
    rows: pl.DataFrame
    errors: pl.DataFrame


def read_list(
    *, content: bytes, file_name: str, today: dt.date, on_rows: Callable[[int], None] | None = None
) -> PastList:
    """
    This function will read a list and judge every row: numbers, dates, shares, people, each person once on a policy, and the facts
    of a policy the same in all its rows.
    """
    sheet = read_sheet(content=content, file_name=file_name, columns=COLUMNS)
    if on_rows:
        on_rows(sheet.rows)
    frame = sheet.cells.select(
        "excel_row",
        *(_text(sheet, field).alias(field) for field in ("holder_name", "plan", "start", "last_day", "shares")),
        number=_text(sheet, "number").str.replace_all(r"\s", "").str.to_uppercase(),
        credit_code=_text(sheet, "credit_code"),
    )
    people = judge_people(sheet, today=today, within=frame["number"])
    frame = frame.join(people.drop("number", "within"), on="excel_row", how="left", maintain_order="left")
    frame = _with_codes(frame).with_columns(
        _day("start").alias("start_on"),
        _day("last_day").alias("last_on"),
        pl.when(pl.col("shares") == "").then(1).otherwise(_whole("shares")).alias("share_count"),
    )
    errors = pl.concat([*_faults(frame, sheet), _person_faults(frame, sheet), _differences(frame, sheet)]).sort("row")
    good = frame.filter(~pl.col("excel_row").is_in(errors["row"].unique().implode())).select(
        *("excel_row", "number", "holder_name", "credit_code", "plan", "name", "number_masked", "comparison_key"),
        start=pl.col("start_on"),
        end=pl.col("last_on").dt.offset_by("1d"),
        shares=pl.col("share_count").cast(pl.Int64),
    )
    return PastList(read=sheet.rows, rows=good, errors=errors)


def _text(sheet: Sheet, field: str) -> pl.Expr:
    position = sheet.fields.get(field)
    column = pl.lit("") if position is None else pl.col(f"c{position}")
    return column.str.replace_all(r"\p{Cc}", " ").str.strip_chars().str.slice(0, 200)


def _day(field: str) -> pl.Expr:
    parts = [pl.col(field).str.extract(_DAY, place).str.zfill(2) for place in (1, 2, 3)]
    return pl.concat_str(parts, separator="-").str.to_date("%Y-%m-%d", strict=False)


def _whole(field: str) -> pl.Expr:
    return pl.col(field).str.extract(r"^(\d{1,3})(?:\.0)?(?:份)?$", 1).cast(pl.Int64, strict=False)


def _with_codes(frame: pl.DataFrame) -> pl.DataFrame:
    """Each credit code judged once; one that does not hold says why."""
    known = {}
    for text in frame["credit_code"].unique().to_list():
        fault = ""
        if text:
            try:
                check_credit_code(text)
            except CreditCodeRefused as refusal:
                fault = str(refusal)
        known[text] = (normalise_credit_code(text) if text else "", fault)
    judged = pl.DataFrame(
        [(text, code, fault) for text, (code, fault) in known.items()],
        schema={"credit_code": pl.String, "code": pl.String, "code_fault": pl.String},
        orient="row",
    )
    joined = frame.join(judged, on="credit_code", how="left", maintain_order="left")
    return joined.with_columns(credit_code=pl.col("code"))


def _faults(frame: pl.DataFrame, sheet: Sheet) -> list[pl.DataFrame]:
    """Everything about the row itself but its person."""
    shares, start, last = pl.col("share_count"), pl.col("start_on"), pl.col("last_on")
    rules: tuple[tuple[str, pl.Expr, str, str], ...] = (
        ("number", pl.col("number") == "", "没有填写保单号", "请按旧系统填写保单号"),
        ("number", pl.col("number").str.len_chars() > 40, "保单号超过 40 个字符", "请核对保单号"),
        ("holder_name", pl.col("holder_name") == "", "没有填写单位名称", "请按保单填写投保单位全称"),
        ("holder_name", pl.col("holder_name").str.len_chars() > 120, "单位名称超过 120 个字", "请填写单位全称"),
        ("credit_code", pl.col("code_fault") != "", "统一社会信用代码不正确", "请核对 18 位代码；没有代码的可以留空"),
        ("plan", pl.col("plan") == "", "没有填写保障计划", "请填写计划代码或名称"),
        ("start", start.is_null(), "起保日期不是存在的日期", "请按“年-月-日”填写，如 2023-01-01"),
        ("last_day", last.is_null(), "终保日期不是存在的日期", "请填写保障的最后一天，如 2023-12-31"),
        ("last_day", last < start, "终保日期早于起保日期", "请核对两个日期，终保日期是保障的最后一天"),
        (
            "shares",
            shares.is_null() | ~shares.is_between(1, MOST_SHARES),
            "份数不是 1 至 99 的整数",
            "请填写份数；不填按 1 份",
        ),
    )
    return [
        frame.filter(rule.fill_null(False)).select(
            row="excel_row",
            column=pl.lit(sheet.head(field) or LABELS[field]),
            value=pl.col(field).str.slice(0, 60),
            message=pl.lit(message),
            remedy=pl.lit(remedy),
        )
        for field, rule, message, remedy in rules
    ]


def _person_faults(frame: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    found = []
    bad = frame.filter(pl.col("problem").is_not_null())
    for row, code, kind, masked, first in bad.select(
        "excel_row", "problem", "document_type", "number_masked", "first_row"
    ).iter_rows():
        message, remedy = problems.words(code, document_type=kind)
        message = message.replace("{detail}", str(first))
        found.append(error(row, "document_number", masked or "", message, remedy))
    for (row,) in frame.filter(pl.col("name").fill_null("") == "").select("excel_row").iter_rows():
        found.append(error(row, "name", "", "没有填写姓名", "请按证件填写姓名"))
    return pl.DataFrame(found, schema=_ERRORS)


def _differences(frame: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """Rows that say something else about their policy than its first row does."""
    first = frame.unique("number", keep="first", maintain_order=True).select(
        "number", *(pl.col(field).alias(f"first_{field}") for field in FACTS), first_at="excel_row"
    )
    beside = frame.filter(pl.col("number") != "").join(first, on="number", maintain_order="left")
    return pl.concat(
        [
            beside.filter(pl.col(field) != pl.col(f"first_{field}")).select(
                row="excel_row",
                column=pl.lit(sheet.head(field) or LABELS[field]),
                value=pl.col(field).str.slice(0, 60),
                message=pl.format("与同一保单第 {} 行的" + LABELS[field] + "不一致", "first_at"),
                remedy=pl.lit("同一保单的各行须一致，请改正写错的一行"),
            )
            for field in FACTS
        ]
    )
