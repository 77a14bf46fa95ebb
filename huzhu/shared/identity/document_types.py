"""
The types of identity documents as data (facts §4.1, §4.2).
"""

from dataclasses import dataclass
from functools import cached_property

MALE, FEMALE = "male", "female"
GENDERS = {MALE: "男", FEMALE: "女"}
GENDER_SYNONYMS = {
    "男": MALE,
    "男性": MALE,
    "M": MALE,
    "MALE": MALE,
    "女": FEMALE,
    "女性": FEMALE,
    "F": FEMALE,
    "FEMALE": FEMALE,
}

YOUNGEST, OLDEST = 16, 70


@dataclass(frozen=True)
class DocumentType:
    """
    One kind of identity document: how it is called, what its numbers look like and what they tell about their holder.

    `pattern` is matched against the whole tidied number. With `eighteen` set the number follows GB 11643 (birth date in
    characters 7 to 14, MOD 11-2 check character). `distinct` says that numbers can not be mistaken for another type's.
    """

    code: str
    label: str
    synonyms: tuple[str, ...]
    pattern: str
    shape: str
    eighteen: bool = False
    carries_birthday: bool = False
    carries_gender: bool = False
    gender_hint: bool = False
    key_length: int | None = None
    distinct: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """
        Every word that stands for this type in a file, the official one first.
        """
        return (self.label, *self.synonyms)


_MAINLAND = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])"

DOCUMENT_TYPES: dict[str, DocumentType] = {
    kind.code: kind
    for kind in (
        DocumentType(
            code="resident_id",
            label="居民身份证",
            synonyms=("身份证", "二代身份证", "第二代身份证", "二代居民身份证", "中国居民身份证", "身份证件", "111"),
            pattern=rf"^{_MAINLAND}[0-9]{{15}}[0-9X]$",
            shape="18 位，前 17 位为数字，最后一位为数字或 X",
            eighteen=True,
            carries_birthday=True,
            carries_gender=True,
            distinct=True,
        ),
        DocumentType(
            code="hmt_residence_permit",
            label="港澳台居民居住证",
            synonyms=("港澳居民居住证", "台湾居民居住证", "港澳台居住证", "居住证"),
            pattern=r"^8[123]0000[0-9]{11}[0-9X]$",
            shape="18 位，以 810000、820000 或 830000 开头",
            eighteen=True,
            carries_birthday=True,
            carries_gender=True,
            distinct=True,
        ),
        DocumentType(
            code="foreign_pr_card",
            label="外国人永久居留身份证",
            synonyms=("外国人永久居留证", "永久居留证", "外国人居留证", "永居证", "553"),
            pattern=r"^(?:9[0-9]{16}[0-9X]|[A-Z]{3}[0-9]{12})$",
            shape="新证 18 位，以 9 开头；旧证 15 位，为 3 个字母加 12 位数字",
            eighteen=True,
            carries_birthday=True,
            gender_hint=True,
            distinct=True,
        ),
        DocumentType(
            code="hm_travel_permit",
            label="港澳居民来往内地通行证",
            synonyms=("港澳通行证", "港澳居民通行证", "来往内地通行证", "回乡证", "港澳居民往来内地通行证", "516"),
            pattern=r"^[HM](?:[0-9]{8}|[0-9]{10})$",
            shape="字母 H 或 M 加 8 位数字（旧证加 10 位数字）",
            key_length=9,
        ),
        DocumentType(
            code="tw_travel_permit",
            label="台湾居民来往大陆通行证",
            synonyms=("台湾通行证", "台湾居民通行证", "台胞证", "台湾居民往来大陆通行证", "511"),
            pattern=r"^(?:[0-9]{8}|[0-9]{10}(?:\([A-Z]\))?|[0-9A-Z]{10,12})$",
            shape="8 位数字（旧证 10 位数字，一次有效证件为 10 至 12 位字母和数字）",
        ),
        DocumentType(
            code="cn_passport",
            label="中国护照",
            synonyms=("中华人民共和国护照", "因私护照", "普通护照", "公务护照"),
            pattern=r"^(?:E[0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|G[0-9]{8}|[DSP]E[0-9]{7})$",
            shape="字母 E 或 G 加 8 位数字，或两个字母加 7 位数字",
        ),
        DocumentType(
            code="foreign_passport",
            label="外国护照",
            synonyms=("护照", "外籍护照", "外国人护照", "国外护照", "414"),
            pattern=r"^[A-Z0-9]{5,17}$",
            shape="5 至 17 位字母和数字",
        ),
        DocumentType(
            code="military_id",
            label="军官证",
            synonyms=("士兵证", "军人证", "军官证/士兵证", "军官证(士兵证)", "军人身份证件", "文职干部证", "114"),
            pattern=r"^[\u4e00-\u9fa5]{1,3}字第?[0-9A-Z]{4,8}号?$",
            shape="如“军字第12345678号”",
        ),
    )
}

DOCUMENT_TYPE_BY_NAME = {name: kind.code for kind in DOCUMENT_TYPES.values() for name in (kind.code, *kind.names)}
