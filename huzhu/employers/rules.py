"""What is asked of an employer that registers, and how alike two names are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

FIELDS: Mapping[str, str] = {
    "credit_code": "统一社会信用代码",
    "name": "单位名称",
    "kind": "单位性质",
    "branch": "所属代办处",
    "address": "单位联系地址",
    "headcount": "在职职工人数",
    "women_headcount": "其中女职工人数",
    "legal_representative": "法定代表人",
    "legal_document": "法定代表人证件",
    "handler_name": "经办人",
    "certificate": "统一社会信用代码证影像",
}

# What an employer may have changed; the branch moves by a transfer, the handler by a hand-over.
CHANGEABLE = (
    "credit_code",
    "name",
    "kind",
    "address",
    "headcount",
    "women_headcount",
    "legal_representative",
    "legal_document_type",
)
ON_CERTIFICATE = frozenset({"credit_code", "name", "kind", "legal_representative"})  # needs the new certificate's image

# The first two characters of a credit code say what kind of organisation it is (GB 32100-2015, facts §4.3).
KIND_BY_PREFIX: Mapping[str, str] = {
    "11": "state_organ",
    "12": "public_institution",
    "13": "social_organisation",
    "51": "social_organisation",
    "52": "private_non_enterprise",
    "53": "other",
    "81": "trade_union",
    "91": "enterprise",
    "92": "other",
    "93": "other",
    "N1": "other",
    "Y1": "other",
}

# Pairs of characters that stand in most names and tell none apart.
COMMON = frozenset(
    """
    广东 东省 广州 州市 深圳 圳市 佛山 山市 东莞 莞市 中山 惠州 珠海 海市
    有限 限公 公司 限责 责任 任公 股份 份有 科技 技有 集团 团有
    """.split()  # noqa: SIM905 - a block of words reads better than thirty literals
)


MOST_HEADCOUNT = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike two names are: the shared part of their telling pairs of characters, 0 to 1."""

    share: float

    @property
    def percent(self) -> int:
        """For people."""
        return round(self.share * 100)


def entry_problems(
    *, name: str | None, address: str | None, headcount: int | None, women_headcount: int | None
) -> dict[str, str]:
    """
    Judge what needs no register and no clock; this function will name each field that cannot be, with the remedy. A field
    that is None was refused before and is left out.
    """
    problems = {}
    if name is not None and not 4 <= len(name) <= 120:
        problems["name"] = "单位名称应为证书上的全称，4至120个字，请对照证书填写。"
    if address is not None and not 5 <= len(address) <= 200:
        problems["address"] = "请填写可以收到信件的详细地址，5至200个字。"
    if headcount is not None and not 1 <= headcount <= MOST_HEADCOUNT:
        problems["headcount"] = "在职职工人数应为大于0的整数，请按实际人数填写。"
    most = MOST_HEADCOUNT if headcount is None else headcount
    if women_headcount is not None and not 0 <= women_headcount <= most:
        problems["women_headcount"] = "女职工人数不能多于在职职工人数，请核对两项人数。"
    return problems


def kind_of(credit_code: str) -> str:
    """
    The kind of organisation that a credit code's prefix names; empty for a prefix nobody has described.
    """
    return KIND_BY_PREFIX.get(credit_code[:2], "")


def needs_certificate(changed: Collection[str]) -> bool:
    """
    Test if one of the changed fields stands on the certificate, so that its new image must be seen.
    """
    return not ON_CERTIFICATE.isdisjoint(changed)


def bigrams(name: str) -> list[str]:
    """
    Cut a name into its pairs of neighbouring characters; this function will return each pair once, in order.
    """
    letters = "".join(name.split())
    return list(dict.fromkeys(letters[at : at + 2] for at in range(len(letters) - 1)))


def likeness(one: Collection[str], other: Collection[str]) -> Likeness:
    """
    Compare two names by their pairs of characters, leaving out those of every company; this function will give twice the
    common pairs over all pairs.
    """
    mine, theirs = set(one) - COMMON, set(other) - COMMON
    return Likeness(share=2 * len(mine & theirs) / (len(mine) + len(theirs)) if mine and theirs else 0.0)
