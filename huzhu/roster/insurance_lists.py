"""Reading a month's 社保/医保 list: names and numbers as the insurance office prints them. No database, no clock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from huzhu.roster.files import problems
from huzhu.roster.files.heads import INSURANCE_COLUMNS
from huzhu.roster.files.reading import Remark, Sheet, read_sheet
from huzhu.shared.identity import columns, names
from huzhu.shared.identity.documents import DOCUMENT_TYPES

# The list does not say what kind of document a number is of; the first kind whose numbers look like this is taken.
_LIKELY = (
    "resident_id",
    "hmt_residence_permit",
    "foreign_pr_card",
    "hm_travel_permit",
    "cn_passport",
    "tw_travel_permit",
    "foreign_passport",
)
_HARMLESS = ("id_age",)  # who is insured is insured, whatever the age


@dataclass(frozen=True, kw_only=True)
class InsuranceList:
    """
    `people`: excel_row, name, number_masked, comparison_key, gender (null where the number does not tell); every person once.
    `errors`: as of a roster; the rows that cannot be compared. `remarks`: what is said once about the whole file.
    """

    rows: int
    people: pl.DataFrame
    errors: list[dict[str, object]]
    remarks: tuple[Remark, ...] = ()


def read_insurance_list(*, content: bytes, file_name: str, today: dt.date) -> InsuranceList:
    """
    This function will read a list with a name and a number per row, below any title lines, in any order of columns.

    :raises UploadRefused: as `roster.files.reading.read_sheet`
    """
    sheet = read_sheet(content=content, file_name=file_name, columns=INSURANCE_COLUMNS)
    frame = judge_people(sheet, today=today)
    bad = pl.col("problem").is_not_null()
    return InsuranceList(
        rows=sheet.rows,
        people=frame.filter(~bad).select("excel_row", "name", "number_masked", "comparison_key", "gender"),
        errors=_errors(frame.filter(bad), sheet),
        remarks=sheet.remarks,
    )


def judge_people(sheet: Sheet, *, today: dt.date, within: pl.Series | None = None) -> pl.DataFrame:
    """
    This function will give every row of a list with name, number and what is wrong with it: excel_row, name, raw, number,
    number_masked, document_type, comparison_key, gender, problem, first_row.

    :param within: what each row belongs to, where the same person may stand once in each
    """
    frame = sheet.cells.select(
        "excel_row",
        name=names.tidied_names(pl.col(f"c{sheet.fields['name']}")).str.replace_all(r"\p{Cc}", "").str.slice(0, 50),
        raw=pl.col(f"c{sheet.fields['document_number']}"),
    ).with_columns(typed_number=sheet.numeric, within=pl.lit("") if within is None else within)
    frame = frame.with_columns(number=columns.tidied_numbers(frame["raw"])).with_columns(document_type=_likely_type())
    verdicts = columns.verdicts(document_type=frame["document_type"], number=frame["number"], today=today)
    frame = frame.hstack(verdicts.select("problem", "gender")).with_columns(
        number_masked=columns.masked_number(pl.col("number")).str.slice(0, 24),
        comparison_key=_comparison_key(),
    )
    lost_digits = pl.col("typed_number").fill_null(False) & (pl.col("number").str.len_chars() > 15)
    frame = frame.with_columns(
        problem=pl.when(lost_digits)
        .then(pl.lit("id_scientific"))
        .when(~pl.col("problem").is_in(_HARMLESS))
        .then("problem"),
    )
    sound = frame.filter(pl.col("problem").is_null())
    first = sound.group_by("within", "comparison_key").agg(first_row=pl.col("excel_row").min())
    return frame.join(first, on=["within", "comparison_key"], how="left", maintain_order="left").with_columns(
        problem=pl.when(pl.col("problem").is_null() & (pl.col("first_row") < pl.col("excel_row")))
        .then(pl.lit("id_duplicate"))
        .otherwise("problem")
    )


def _likely_type() -> pl.Expr:
    number = pl.col("number")
    chosen = pl.lit("resident_id")
    for code in reversed(_LIKELY):
        chosen = pl.when(number.str.contains(DOCUMENT_TYPES[code].pattern)).then(pl.lit(code)).otherwise(chosen)
    # Anything that was meant as a resident number is refused as one, with the reason that fits.
    meant = (number == "") | number.str.contains(r"^\d{13,19}X?$") | columns.looks_scientific(number)
    return pl.when(meant & ~number.str.contains(r"^[89]\d{16}[\dX]$")).then(pl.lit("resident_id")).otherwise(chosen)


def _comparison_key() -> pl.Expr:
    key = pl.lit(None, dtype=pl.String)
    for code in _LIKELY:
        kind = DOCUMENT_TYPES[code]
        key = (
            pl.when(pl.col("document_type") == code).then(columns.comparison_key(kind, pl.col("number"))).otherwise(key)
        )
    return key


def _errors(bad: pl.DataFrame, sheet: Sheet) -> list[dict[str, object]]:
    found = []
    rows = bad.select("excel_row", "problem", "document_type", "number_masked", "first_row")
    for row, code, kind, value, first in rows.iter_rows():
        message, remedy = problems.words(code, document_type=kind)
        found.append(
            {
                "row": row,
                "column": sheet.head("document_number"),
                "code": code,
                "value": value,
                "message": message.replace("{detail}", str(first)),
                "remedy": remedy,
            }
        )
    return found
