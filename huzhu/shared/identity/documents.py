"""
Identity documents: the check of one number and the words of its refusals. Their types are in `document_types.py`.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from huzhu.shared.identity import columns
from huzhu.shared.identity.document_types import (
    DOCUMENT_TYPE_BY_NAME,
    DOCUMENT_TYPES,
    FEMALE,
    GENDER_SYNONYMS,
    GENDERS,
    MALE,
    OLDEST,
    YOUNGEST,
    DocumentType,
)

__all__ = [
    "DOCUMENT_TYPES",
    "DOCUMENT_TYPE_BY_NAME",
    "FEMALE",
    "GENDERS",
    "GENDER_SYNONYMS",
    "MALE",
    "OLDEST",
    "PROBLEMS",
    "YOUNGEST",
    "Document",
    "DocumentRefused",
    "DocumentType",
    "check_document",
    "comparison_key",
    "masked_number",
    "problem_words",
]

# code: (what is wrong, how to mend it); {label} and {shape} come from the document type
PROBLEMS: dict[str, tuple[str, str]] = {
    "id_missing": ("没有填写证件号码", "请填写{label}上的号码"),
    "id_scientific": (
        "证件号码被表格软件变成了数值，后几位已经丢失",
        "请先把该列设为“文本”格式，再对照证件重新录入完整号码",
    ),
    "id_length_15": (
        "15 位身份证号码自 2013 年 1 月 1 日起停用",
        "请填写第二代居民身份证上的 18 位号码",
    ),
    "id_length": ("证件号码位数不对，{label}号码应为{shape}", "请对照证件核对，补全或删去多余的字符"),
    "id_characters": ("证件号码格式不对，{label}号码应为{shape}", "请对照证件核对；如证件类型选错，请改正证件类型"),
    "id_area": ("号码开头的地区码与{label}不符", "请对照证件核对前 6 位；如证件类型选错，请改正证件类型"),
    "id_date_impossible": ("证件号码中的出生日期不存在", "请对照证件核对第 7 至 14 位"),
    "id_date_future": ("证件号码中的出生日期晚于今天", "请对照证件核对出生日期各位"),
    "id_check_digit": ("证件号码校验位不符，其中至少有一位写错", "请对照证件逐位核对"),
    "id_age": (
        f"按证件号码计算，年龄不在 {YOUNGEST} 至 {OLDEST} 周岁之间",
        "请核对证件号码中的出生日期；年龄确实不在范围内的人员不能列入名册",
    ),
    "document_type_unknown": ("不认识这种证件类型", "请改为：{labels}"),
}


class DocumentRefused(ValueError):
    """
    The number is no valid number of its type: `code` is a key of `PROBLEMS`, `message` and `remedy` are for people.
    """

    def __init__(self, *, code: str, document_type: str) -> None:
        self.code = code
        self.message, self.remedy = problem_words(code, document_type=document_type)
        super().__init__(f"{self.message}。{self.remedy}。")


@dataclass(frozen=True)
class Document:
    """
    A valid document: the tidied number, what it tells about its holder, and the text that its fingerprint is made of.
    """

    document_type: str
    number: str
    comparison_key: str
    born_on: dt.date | None
    gender: str | None


def problem_words(code: str, *, document_type: str) -> tuple[str, str]:
    """
    Put a problem into Chinese; this function will return (what is wrong, how to mend it) for that type of document.
    """
    kind = DOCUMENT_TYPES.get(document_type)
    values = {
        "label": kind.label if kind else "证件",
        "shape": kind.shape if kind else "",
        "labels": "、".join(each.label for each in DOCUMENT_TYPES.values()),
    }
    message, remedy = PROBLEMS[code]
    return message.format(**values), remedy.format(**values)


def check_document(*, document_type: str, number: str | None, today: dt.date) -> Document:
    """
    Judge one document by the rules of its type (facts §4.1, §4.2); this function will return it tidied. It runs the
    column form on one row, so single entry and import can never disagree. Gender is None where the type tells nothing
    or only hints at it.

    :raises DocumentRefused: with the code, the fault and the remedy
    """
    if document_type not in DOCUMENT_TYPES:
        raise DocumentRefused(code="document_type_unknown", document_type=document_type)
    tidied = pl.select(columns.document_number(pl.lit(number, dtype=pl.String)).alias("number")).to_series()
    verdict = columns.verdicts(document_type=pl.Series([document_type]), number=tidied, today=today).row(0, named=True)
    if verdict["problem"]:
        raise DocumentRefused(code=verdict["problem"], document_type=document_type)
    return Document(
        document_type=document_type,
        number=tidied[0],
        comparison_key=verdict["comparison_key"],
        born_on=verdict["born_on"],
        gender=verdict["gender"],
    )


def comparison_key(*, document_type: str, number: str) -> str:
    """
    Name the holder of a document for comparison; this function will return the text a fingerprint is made of, the
    same for every spelling and, for 港澳居民来往内地通行证, for every re-issue (first nine characters, facts §4.2).
    """
    tidied = columns.document_number(pl.lit(number, dtype=pl.String))
    return pl.select(columns.comparison_key(DOCUMENT_TYPES[document_type], tidied)).item()


def masked_number(number: str | None) -> str:
    """
    Hide the middle of a number, 4401**********1234; this function will keep four characters on each side of a long
    number, two of a shorter one and none of a very short one.
    """
    text = number or ""
    kept = 4 if len(text) >= 12 else 2 if len(text) >= 6 else 0
    return text[:kept] + "*" * (len(text) - 2 * kept) + text[len(text) - kept :]
