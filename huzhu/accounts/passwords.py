"""The society's own words make no password (security.md §1)."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

OWN_WORDS = (
    "huzhu",
    "huzhuhui",
    "gdhzh",
    "gonghui",
    "zhigong",
    "guangdong",
    "baozhang",
    "canbao",
    "互助",
    "工会",
    "职工",
    "保障",
)
_FILLER = re.compile(r"[\d\W_]+")


class OwnWordsValidator:
    """Refuses passwords that are only the society's words with digits and marks around them."""

    def validate(self, password: str, user: object = None) -> None:
        """
        :raises ValidationError: if nothing is left of the password without own words, digits and marks
        """
        rest = password.lower()
        for word in sorted(OWN_WORDS, key=len, reverse=True):
            rest = rest.replace(word, "")
        if len(_FILLER.sub("", rest)) < 4 and rest != password.lower():
            raise ValidationError("密码主要由互助会的常用词组成，容易被猜到，请换成自己的词句。", code="own_words")

    def get_help_text(self) -> str:
        """What people are told beforehand."""
        return "不要用“互助会、工会”等常用词加数字作密码。"
