"""
The unified social credit code of an organisation (统一社会信用代码, GB 32100-2015).
"""

import re
import unicodedata
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_NOISE = re.compile(r"[\s\-‐‑‒–—―−'‘’`\u200b-\u200f\ufeff]")

# GB 11714: the organisation code in characters 9 to 17 counts letters from A = 10 without gaps.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

KINDS = {
    "11": "机关",
    "12": "事业单位",
    "13": "编办直接管理机构编制的群众团体",
    "51": "社会团体",
    "52": "民办非企业单位",
    "53": "基金会",
    "81": "基层工会",
    "91": "企业",
    "92": "个体工商户",
    "93": "农民专业合作社",
    "N1": "农村集体经济组织",
    "Y1": "其他",
}

REFUSALS = {
    "credit_code_missing": ("没有填写统一社会信用代码", "请填写营业执照或登记证书上的 18 位代码"),
    "credit_code_length": (
        "统一社会信用代码应为 18 位，现在是 {length} 位",
        "请对照证书逐位核对，补全或删去多余的字符",
    ),
    "credit_code_characters": (
        "统一社会信用代码含有不会出现的字符“{characters}”",
        "代码只用数字和大写字母，不用 I、O、S、V、Z；请核对是否把 1 写成 I、0 写成 O、5 写成 S、2 写成 Z",
    ),
    "credit_code_area": ("统一社会信用代码第 3 至 8 位应为 6 位数字的行政区划码", "请对照证书核对第 3 至 8 位"),
    "credit_code_check_digit": ("统一社会信用代码校验位不符，其中至少有一位写错", "请对照证书逐位核对"),
}


class CreditCodeRefused(ValueError):
    """
    The text is not a credit code: `code` names the reason, `message` says what is wrong, `remedy` how to mend it.
    """

    def __init__(self, *, code: str, **values: object) -> None:
        message, remedy = REFUSALS[code]
        self.code = code
        self.message = message.format(**values)
        self.remedy = remedy
        super().__init__(f"{self.message}。{self.remedy}。")


@dataclass(frozen=True)
class CreditCode:
    """
    A credit code that passes its check character; `warning` is None or what a reviewer should look at.
    """

    value: str
    kind: str
    warning: str | None

    def __str__(self) -> str:
        return self.value


def normalise_credit_code(text: str | None) -> str:
    """
    Tidy a typed credit code; this function will turn full-width into half-width and lower into upper case, and drop
    spaces, hyphens and apostrophes. It never guesses letters.
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", text or "")).upper()


def check_credit_code(text: str | None) -> CreditCode:
    """
    Judge one typed credit code by GB 32100-2015 (facts §4.3); this function will return it tidied, with the kind of
    organisation its first two characters stand for.

    :raises CreditCodeRefused: when it is empty, of another length, has foreign characters or fails its check character
    """
    value = normalise_credit_code(text)
    if not value:
        raise CreditCodeRefused(code="credit_code_missing")
    if len(value) != LENGTH:
        raise CreditCodeRefused(code="credit_code_length", length=len(value))
    if foreign := sorted(set(value) - set(ALPHABET)):
        raise CreditCodeRefused(code="credit_code_characters", characters="、".join(foreign))
    if not _SHAPE.fullmatch(value):
        raise CreditCodeRefused(code="credit_code_area")
    if value[-1] != check_character(value[:-1]):
        raise CreditCodeRefused(code="credit_code_check_digit")
    warning = None if organisation_code_holds(value[8:17]) else "第 9 至 17 位的组织机构代码校验位不符，请对照证书核对"
    return CreditCode(value=value, kind=KINDS.get(value[:2], "其他"), warning=warning)


def check_character(body: str) -> str:
    """
    Compute the 18th character for the first seventeen; this function will return one character of `ALPHABET`.

    :raises KeyError: when a character is outside the alphabet
    """
    total = sum(_VALUES[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def organisation_code_holds(code: str) -> bool:
    """
    Test the nine-character organisation code by its own check (GB 11714); this function will return a bool.
    Older registers break this rule now and then, so a failure is a warning only.
    """
    total = sum(int(character, 36) * weight for character, weight in zip(code[:8], _ORGANISATION_WEIGHTS, strict=True))
    return code[8] == "0123456789X0"[11 - total % 11]
