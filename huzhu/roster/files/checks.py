"""
From a sheet to checked people: every rule of the roster as column expressions, all errors at once.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from huzhu.roster.files import cells, problems, repairs
from huzhu.roster.files.heads import ROSTER_COLUMNS
from huzhu.roster.files.reading import Remark, Sheet
from huzhu.shared.identity import columns, mobile, names
from huzhu.shared.identity.documents import DOCUMENT_TYPES, GENDERS
from huzhu.shared.uploads import Kind

LABELS = {column.field: column.label for column in ROSTER_COLUMNS}

_CARRIES_BIRTHDAY = [kind.code for kind in DOCUMENT_TYPES.values() if kind.carries_birthday]
_TELLS_GENDER = [kind.code for kind in DOCUMENT_TYPES.values() if kind.carries_gender]
_LONGEST_VALUE = 60
_TYPELESS_FILE = Remark("document_types_assumed", "本文件没有“证件类型”列，证件类型按证件号码判断。")


@dataclass(frozen=True)
class Checked:
    """
    The outcome of a check: every row is either among `people` or has at least one line in `errors`.

    `people`: excel_row, document_type, document_number, comparison_key, number_masked, name, initials, gender, born_on,
    mobile, job_category, employment_form, department, note (empty text where not given; the two codes null), and
    `repairs`, the list of repairs made (keys of `repairs.REPAIRS`).
    `errors`: excel_row, field, column (head as in the file), code, value (masked where personal), message, remedy.
    `repairs`: every repair of the rows of `people`, as `repairs.tell` gives them. `number_head`: the clerk's head of
    the document number. `remarks`: what is said once about the whole file.
    """

    rows: int
    people: pl.DataFrame
    errors: pl.DataFrame
    repairs: pl.DataFrame
    number_head: str
    remarks: tuple[Remark, ...] = ()

    @property
    def failed(self) -> int:
        """
        How many rows failed; a row with several errors counts once.
        """
        return self.rows - self.people.height

    @property
    def repaired(self) -> int:
        """
        How many good rows needed a repair.
        """
        return self.repairs["excel_row"].n_unique()


def check(*, sheet: Sheet, today: dt.date) -> Checked:
    """
    Judge all rows of a roster (rulebook §5, facts §2.2, §4); this function will return the good people and all errors.

    An empty document type, or a file without that column, is taken as 居民身份证 when the number is empty or looks like
    one (15 to 19 digits, scientific notation), as 港澳台居民居住证 or 外国人永久居留身份证 when its first characters
    say so, and the row says it was assumed – the file does, once, where it has no such column; any other number needs its
    type. Gender and birthday follow from documents that
    carry them, and entered values must agree; the parity hint of 外国人永久居留身份证 only fills an empty gender. Of
    two equal people the later row fails, whatever else is wrong with the earlier one. Mobile, job category, employment
    form, department and note may be empty.
    """
    frame = _judged(_typed(_raw(sheet)), sheet, today=today)
    found = _errors(frame, sheet)
    good = frame.filter(~pl.col("excel_row").is_in(found["excel_row"].unique().implode())) if found.height else frame
    good = good.with_columns(_repairs(sheet))
    told = repairs.tell(repaired=good.filter(pl.col("repairs").list.len() > 0), sheet=sheet)
    number_head = sheet.head("document_number") or LABELS["document_number"]
    remarks = sheet.remarks if "document_type" in sheet.fields else (*sheet.remarks, _TYPELESS_FILE)
    return Checked(
        rows=sheet.rows, people=_people(good), errors=found, repairs=told, number_head=number_head, remarks=remarks
    )


def _raw(sheet: Sheet) -> pl.DataFrame:
    taken = [
        (pl.col(f"c{sheet.fields[field]}") if field in sheet.fields else pl.lit("")).alias(f"raw_{field}")
        for field in LABELS
    ]
    frame = sheet.cells.select("excel_row", *taken).with_columns(typed_number=sheet.numeric)
    dates = cells.dates(frame["raw_born_on"], typed=sheet.kind is not Kind.TEXT)
    return frame.with_columns(
        entered_born_on=dates["value"], born_on_problem=dates["problem"], born_on_repair=dates["repair"]
    )


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """
    Tidy every field and translate coded words.
    """
    frame = frame.with_columns(
        name=names.tidied_names(pl.col("raw_name")),
        document_number=columns.tidied_numbers(frame["raw_document_number"]),
        mobile=mobile.mobiles(pl.col("raw_mobile")),
        department=cells.line(pl.col("raw_department")),
        note=cells.line(pl.col("raw_note")),
        given_type=cells.coded(frame["raw_document_type"], cells.DOCUMENT_TYPE_BY_WORD),
        entered_gender=cells.coded(frame["raw_gender"], cells.GENDER_BY_WORD),
        job_category=cells.coded(frame["raw_job_category"], cells.JOB_CATEGORY_BY_WORD),
        employment_form=cells.coded(frame["raw_employment_form"], cells.EMPLOYMENT_FORM_BY_WORD),
    )
    return frame.with_columns(document_type=pl.coalesce("given_type", _assumed_type()))


def _assumed_type() -> pl.Expr:
    number = pl.col("document_number")
    return pl.when(_is_blank("document_type")).then(
        pl.when(number.str.contains(r"^8[123]0000\d{11}[\dX]$"))
        .then(pl.lit("hmt_residence_permit"))
        .when(number.str.contains(r"^9\d{16}[\dX]$"))
        .then(pl.lit("foreign_pr_card"))
        .when((number == "") | number.str.contains(r"^\d{15,19}$|^\d{14,18}X$") | columns.looks_scientific(number))
        .then(pl.lit("resident_id"))
    )


def _is_blank(field: str) -> pl.Expr:
    return ~pl.col(f"raw_{field}").str.contains(r"\S")


def _judged(frame: pl.DataFrame, sheet: Sheet, *, today: dt.date) -> pl.DataFrame:
    """
    Add what the documents say, and one problem column per field.
    """
    verdicts = columns.verdicts(document_type=frame["document_type"], number=frame["document_number"], today=today)
    frame = frame.hstack(
        verdicts.rename({"problem": "stated_problem", "born_on": "told_born_on", "gender": "told_gender"})
    )
    lost_digits = pl.col("typed_number").fill_null(False) & (pl.col("document_number").str.len_chars() > 15)
    frame = frame.with_columns(
        number_problem=pl.when(lost_digits).then(pl.lit("id_scientific")).otherwise("stated_problem"),
        comparison_key=pl.when(~lost_digits).then("comparison_key"),
    )
    frame = frame.with_columns(
        born_on=pl.coalesce("told_born_on", "entered_born_on"),
        gender=pl.coalesce("told_gender", "entered_gender", "gender_hint"),
        sound=pl.col("number_problem").is_null(),
        later=pl.col("comparison_key").is_not_null() & ~pl.col("comparison_key").is_first_distinct(),
    )
    return frame.with_columns(
        name_problem=names.name_problems(pl.col("name")),
        gender_problem=_gender_problem(),
        born_on_problem=_born_on_problem(today=today),
    )


def _gender_problem() -> pl.Expr:
    entered, told, kind = pl.col("entered_gender"), pl.col("told_gender"), pl.col("document_type")
    return (
        pl.when(~_is_blank("gender") & entered.is_null())
        .then(pl.lit("gender_unknown"))
        .when(pl.col("sound") & (entered != told))
        .then(pl.lit("gender_conflict"))
        .when(kind.is_not_null() & ~kind.is_in(_TELLS_GENDER) & pl.col("gender").is_null())
        .then(pl.lit("gender_missing"))
    )


def _born_on_problem(*, today: dt.date) -> pl.Expr:
    entered, told, kind = pl.col("entered_born_on"), pl.col("told_born_on"), pl.col("document_type")
    plausible = columns.is_of_plausible_age(entered, today=today)
    return (
        pl.when(pl.col("born_on_problem").is_not_null())
        .then("born_on_problem")
        .when(pl.col("sound") & (entered != told))
        .then(pl.lit("born_on_conflict"))
        .when(kind.is_in(_CARRIES_BIRTHDAY) | kind.is_null())
        .then(pl.lit(None, dtype=pl.String))
        .when(entered.is_null())
        .then(pl.lit("born_on_missing"))
        .when(entered > today)
        .then(pl.lit("born_on_future"))
        .when(~plausible)
        .then(pl.lit("born_on_age"))
    )


def _rules() -> list[tuple[str, pl.Expr, pl.Expr]]:
    """
    Every rule as (field, code or null, detail); the order is that of the columns in the template.
    """
    nothing = pl.lit(None, dtype=pl.String)

    def where(condition: pl.Expr, code: str) -> pl.Expr:
        return pl.when(condition).then(pl.lit(code))

    def unknown(field: str) -> pl.Expr:
        return where(~_is_blank(field) & pl.col(field).is_null(), f"{field}_unknown")

    def too_long(field: str, longest: int) -> pl.Expr:
        return where(pl.col(field).str.len_chars() > longest, f"{field}_too_long")

    numberless = (pl.col("document_number") == "") & pl.col("document_type").is_null()
    typeless = where(_is_blank("document_type") & pl.col("document_type").is_null(), "document_type_missing")
    return [
        ("name", pl.col("name_problem"), nothing),
        ("document_type", pl.coalesce(unknown("document_type"), typeless), nothing),
        ("document_number", pl.col("number_problem"), nothing),
        ("document_number", where(numberless, "id_missing"), nothing),
        ("document_number", where(pl.col("later"), "id_duplicate"), pl.col("first_row").cast(pl.String)),
        ("gender", pl.col("gender_problem"), pl.col("told_gender").replace_strict(GENDERS, default=None)),
        ("born_on", pl.col("born_on_problem"), pl.col("told_born_on").cast(pl.String)),
        ("mobile", where((pl.col("mobile") != "") & ~mobile.are_mobiles(pl.col("mobile")), "mobile_invalid"), nothing),
        ("job_category", unknown("job_category"), nothing),
        ("employment_form", unknown("employment_form"), nothing),
        ("department", too_long("department", problems.DEPARTMENT_LONGEST), nothing),
        ("note", too_long("note", problems.NOTE_LONGEST), nothing),
    ]


def _errors(frame: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    rules = _rules()
    codes = frame.select(code.alias(str(index)) for index, (_, code, _) in enumerate(rules))
    bad = codes.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    few = _with_first_rows(frame.filter(bad), frame)
    parts = [
        few.select(
            "excel_row",
            "document_type",
            rule=pl.lit(index),
            field=pl.lit(field),
            code=codes[str(index)].filter(bad),
            value=_shown(field),
            detail=detail.cast(pl.String),
        ).filter(pl.col("code").is_not_null())
        for index, (field, _, detail) in enumerate(rules)
    ]
    found = pl.concat(parts).sort("excel_row", "rule")
    heads = {field: sheet.head(field) or label for field, label in LABELS.items()}
    return _worded(found).select(
        "excel_row",
        "field",
        pl.col("field").replace_strict(heads, return_dtype=pl.String).alias("column"),
        "code",
        "value",
        "message",
        "remedy",
    )


def _with_first_rows(few: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    repeated = few.filter("later").select(pl.col("comparison_key").unique())
    first = (
        frame.select("comparison_key", "excel_row")
        .join(repeated, on="comparison_key", how="semi")
        .group_by("comparison_key")
        .agg(first_row=pl.col("excel_row").min())
    )
    return few.join(first, on="comparison_key", how="left", maintain_order="left")


def _shown(field: str) -> pl.Expr:
    raw = pl.col(f"raw_{field}").str.strip_chars()
    if field == "name":
        return names.masked_names(raw)
    if field == "document_number":
        return columns.masked_number(pl.col("document_number"))
    if field == "mobile":
        return mobile.masked_mobiles(pl.col("mobile"))
    if field == "born_on":
        return columns.masked_number(raw.str.replace(r" 00:00:00$", ""))
    return raw.str.slice(0, _LONGEST_VALUE)


def _worded(found: pl.DataFrame) -> pl.DataFrame:
    kinds = found.select("code", "document_type").unique()
    said = [problems.words(code, document_type=kind) for code, kind in kinds.rows()]
    kinds = kinds.with_columns(
        message=pl.Series([message for message, _ in said], dtype=pl.String),
        remedy=pl.Series([remedy for _, remedy in said], dtype=pl.String),
    )
    return found.join(
        kinds, on=["code", "document_type"], how="left", nulls_equal=True, maintain_order="left"
    ).with_columns(message=pl.col("message").str.replace("{detail}", pl.col("detail").fill_null(""), literal=True))


def _repairs(sheet: Sheet) -> pl.Expr:
    """
    The list of what was put right in each row. A column that is not there leaves nothing to put right.
    """
    assumed = pl.col("given_type").is_null() & ("document_type" in sheet.fields)

    def differs(field: str) -> pl.Expr:
        return pl.col(field) != pl.col(f"raw_{field}")

    def repair(condition: pl.Expr, code: str) -> pl.Expr:
        return pl.when(condition).then(pl.lit(code))

    return (
        pl.concat_list(
            repair(differs("name"), "name_tidied"),
            repair(assumed, "document_type_assumed"),
            repair(differs("document_number"), "number_tidied"),
            pl.col("born_on_repair"),
            repair(differs("mobile"), "mobile_tidied"),
        )
        .list.drop_nulls()
        .alias("repairs")
    )


def _people(good: pl.DataFrame) -> pl.DataFrame:
    return good.with_columns(initials=names.initials_column(good["name"])).select(
        "excel_row",
        "document_type",
        "document_number",
        "comparison_key",
        columns.masked_number(pl.col("document_number")).alias("number_masked"),
        "name",
        "initials",
        "gender",
        "born_on",
        "mobile",
        "job_category",
        "employment_form",
        "department",
        "note",
        "repairs",
    )
