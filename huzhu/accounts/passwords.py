"""What no password may be (security.md §1). Which of these hold is the profile's: config/settings/passwords.py."""

from __future__ import annotations

import gzip
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
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
    "参保",
    "广东",
)
FEWEST_CHARACTERS = 5  # different ones
FEWEST_KINDS = 3  # of small and capital letters, digits, and everything else
MOST_FILLER = 3  # letters left beside the society's own words
_LIST = Path(__file__).with_name("common-passwords.txt.gz")
_FILLER = re.compile(r"[\d\W_]+")
_AROUND = re.compile(r"^[\d\W_]+|[\d\W_]+$")
_DISGUISES = str.maketrans("@4301!$57", "aaeoiisst")
_BLOCK = re.compile(r"(.{1,8}?)\1+")
_KINDS = (str.islower, str.isupper, str.isdigit, lambda one: not (one.islower() or one.isupper() or one.isdigit()))


@cache
def get_common_passwords() -> frozenset[str]:
    """The 100,000 most common passwords, and the longer ones among the million; read once, at the first question."""
    return frozenset(gzip.decompress(_LIST.read_bytes()).decode().split("\n"))


class CommonPasswordsValidator:
    """Refuses passwords of the list, also in disguise: with digits and marks around them, a for @, or written twice."""

    def validate(self, password: str, user: object = None) -> None:
        """
        :raises ValidationError: if it is a common one
        """
        if not get_common_passwords().isdisjoint(_faces(password.lower())):
            raise ValidationError("这是常见密码或其变形，容易被猜到，请换成自己的词句。", code="common")

    def get_help_text(self) -> str:
        """What people are told beforehand."""
        return "不要用常见密码。"


class OwnWordsValidator:
    """Refuses passwords that are only the society's words with digits and marks around them."""

    def validate(self, password: str, user: object = None) -> None:
        """
        :raises ValidationError: if nothing is left of the password without own words, digits and marks
        """
        rest = password.lower()
        for word in sorted(OWN_WORDS, key=len, reverse=True):
            rest = rest.replace(word, "")
        if len(_FILLER.sub("", rest)) <= MOST_FILLER and rest != password.lower():
            raise ValidationError("密码主要由互助会的常用词组成，容易被猜到，请换成自己的词句。", code="own_words")

    def get_help_text(self) -> str:
        """What people are told beforehand."""
        return "不要用“互助会、工会”等常用词加数字作密码。"


class PatternValidator:
    """Refuses passwords of very few characters, of one short piece repeated, and of steps along the alphabet."""

    def validate(self, password: str, user: object = None) -> None:
        """
        :raises ValidationError: if it is more pattern than password
        """
        text = password.lower()
        steps = [ord(after) - ord(before) for before, after in pairwise(text)]
        is_staircase = any(steps.count(step) * 3 >= len(steps) * 2 for step in (-1, 0, 1))
        if len(set(text)) < FEWEST_CHARACTERS or _BLOCK.fullmatch(_AROUND.sub("", text) or text) or is_staircase:
            raise ValidationError("密码由重复或连续的字符组成，容易被猜到，请换成自己的词句。", code="pattern")

    def get_help_text(self) -> str:
        """What people are told beforehand."""
        return "不要用重复或连续的字符。"


class CompositionValidator:
    """Asks for three of four kinds of characters."""

    def validate(self, password: str, user: object = None) -> None:
        """
        :raises ValidationError: if there are fewer kinds
        """
        if sum(any(map(kind, password)) for kind in _KINDS) < FEWEST_KINDS:
            raise ValidationError(self.get_help_text(), code="composition")

    def get_help_text(self) -> str:
        """What people are told beforehand."""
        return "须包含大写字母、小写字母、数字、符号（含汉字、空格）中的至少三种。"


class NotTheCurrentValidator:
    """Refuses the password that is in use, so that a change is one."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """
        :raises ValidationError: if it is the account's current password
        """
        if user is not None and user.check_password(password):
            raise ValidationError("新密码不能与当前密码相同。", code="current")

    def get_help_text(self) -> str:
        """What people are told beforehand."""
        return "不能与当前密码相同。"


def get_advice() -> str:
    """What the form says beside the field, by the profile in force."""
    words = "至少12个字符，可以用一句话；不要用手机号、姓名、连续数字或常见密码。"
    if any(str(one["NAME"]).endswith("CompositionValidator") for one in settings.AUTH_PASSWORD_VALIDATORS):
        words += CompositionValidator().get_help_text()
    return words


def _faces(text: str) -> set[str]:
    """A password, and what it is without its disguises; faces shorter than four characters say nothing."""
    faces = {text}
    for face in (text, text.translate(_DISGUISES)):
        bare = _AROUND.sub("", face)
        faces |= {face, bare, _FILLER.sub("", face)}
    faces |= {found[1] for face in set(faces) if (found := _BLOCK.fullmatch(face))}
    return {face for face in faces if len(face) > MOST_FILLER}
