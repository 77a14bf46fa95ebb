"""
What single cells mean: dates in every certain spelling, and the words for coded values.
"""

import polars as pl

from huzhu.shared.identity.documents import DOCUMENT_TYPE_BY_NAME, GENDER_SYNONYMS

JOB_CATEGORIES = {"management": "管理岗", "technical": "专业技术岗", "worker": "工人岗"}
EMPLOYMENT_FORMS = {"established": "在编", "contract": "合同", "dispatched": "劳务派遣"}

JOB_CATEGORY_WORDS = {
    "management": ("管理岗", "管理岗位", "管理", "管理人员", "管理类", "干部", "行政管理岗"),
    "technical": ("专业技术岗", "专业技术岗位", "专业技术", "专业技术人员",
                  "专技岗", "专技", "技术岗", "技术岗位", "技术人员"),
    "worker": ("工人岗", "工人岗位", "工人", "工勤岗", "工勤",
               "工勤技能岗", "工勤技能岗位", "工勤人员", "操作岗", "生产岗", "一线工人"),
}  # fmt: skip
EMPLOYMENT_FORM_WORDS = {
    "established": ("在编", "在编人员", "编内", "编制内", "事业编", "事业编制", "行政编制", "正式编制"),
    "contract": ("合同", "合同制", "合同工", "劳动合同", "劳动合同制", "合同制员工", "聘用制", "聘用合同", "编外合同"),
    "dispatched": ("劳务派遣", "派遣", "劳务派遣工", "派遣工", "派遣制", "劳务派遣制", "劳务派遣人员"),
}

_TYPED_DATE = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)?$"
_ISO = r"^\d{4}-\d{2}-\d{2}$"
_SERIAL = r"^[1-4]\d{4}(?:\.0+)?$"  # 18 May 1927 to 12 January 2037
_DAY_MONTH = r"^\d{1,2}-\d{1,2}-\d{2,4}$"
_EXCEL_DAY_ZERO = pl.date(1899, 12, 30)


def codes(words: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """
    Turn code → words into word → code; this function will return the table that `coded` takes.
    """
    return {word: code for code, spellings in words.items() for word in (code, *spellings)}


JOB_CATEGORY_BY_WORD = codes(JOB_CATEGORY_WORDS)
EMPLOYMENT_FORM_BY_WORD = codes(EMPLOYMENT_FORM_WORDS)
GENDER_BY_WORD = {**GENDER_SYNONYMS, "male": "male", "female": "female"}
DOCUMENT_TYPE_BY_WORD = DOCUMENT_TYPE_BY_NAME


def word(text: pl.Expr) -> pl.Expr:
    """
    Tidy a short word; this function will turn full-width into half-width and drop all spaces and invisible marks.
    """
    return text.str.normalize("NFKC").str.replace_all(r"[\s\p{Cf}]", "")


def line(text: pl.Expr) -> pl.Expr:
    """
    Tidy free text to one line; this function will trim it and turn line breaks and other controls into spaces.
    """
    return text.str.replace_all(r"[\p{Cc}\s]+", " ").str.strip_chars()


def coded(text: pl.Series, by_word: dict[str, str]) -> pl.Series:
    """
    Translate words into codes; this function will look at each distinct word once and return null for unknown ones.
    """
    distinct = text.unique()
    tidied = pl.select(word(pl.lit(distinct))).to_series()
    known = {
        raw: by_word.get(tidy) or by_word.get(tidy.upper())
        for raw, tidy in zip(distinct.to_list(), tidied.to_list(), strict=True)
    }
    return text.replace_strict(known, return_dtype=pl.String)


def dates(text: pl.Series, *, typed: bool) -> pl.DataFrame:
    """
    Read a column of dates; this function will return `value`, `problem` (null, born_on_ambiguous or born_on_unreadable)
    and `repair` (null, born_on_text or born_on_serial).

    Real date cells of a workbook arrive as "1990-03-04 00:00:00" and need no repair, nor does 1990-03-04 in a csv
    (`typed` false), which has no date cells. Certain spellings of year, month and day, and the serial numbers of Excel,
    are repaired. 03/04/1990 is refused: it may be March or April (rulebook §5).
    """
    if not (text != "").any():
        nothing = pl.repeat(None, len(text), dtype=pl.String, eager=True)
        return pl.DataFrame({"value": nothing.cast(pl.Date), "problem": nothing, "repair": nothing})
    raw = pl.col("raw")
    tidy = pl.col("tidy")
    plain = (
        word(raw.str.replace(r"^\s*['‘’`]", "").str.replace(r"[ T]0{1,2}:00(?::00(?:\.0+)?)?\s*$", ""))
        .str.replace_all(r"[年月/.\-–—,]", "-")
        .str.replace(r"[日号-]$", "")
    )
    clean = raw.str.contains(_TYPED_DATE) if typed else raw.str.contains(_ISO)
    compact = tidy.str.contains(r"^(?:19|20)\d{6}$")
    serial = tidy.str.contains(_SERIAL)
    value = (
        pl.when(raw.str.contains(_TYPED_DATE))
        .then(raw.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False))
        .when(compact)
        .then(tidy.str.to_date("%Y%m%d", strict=False))
        .when(tidy.str.contains(r"^\d{4}-\d{1,2}-\d{1,2}$"))
        .then(tidy.str.to_date("%Y-%m-%d", strict=False))
        .when(serial)
        .then(_EXCEL_DAY_ZERO + pl.duration(days=tidy.cast(pl.Float64, strict=False).cast(pl.Int64, strict=False)))
    )
    return (
        pl.DataFrame({"raw": text})
        .with_columns(tidy=plain)
        .with_columns(value=value, clean=clean, serial=serial)
        .select(
            "value",
            problem=pl.when((tidy != "") & pl.col("value").is_null()).then(
                pl.when(tidy.str.contains(_DAY_MONTH))
                .then(pl.lit("born_on_ambiguous"))
                .otherwise(pl.lit("born_on_unreadable"))
            ),
            repair=pl.when(pl.col("value").is_not_null() & ~pl.col("clean")).then(
                pl.when("serial").then(pl.lit("born_on_serial")).otherwise(pl.lit("born_on_text"))
            ),
        )
    )
