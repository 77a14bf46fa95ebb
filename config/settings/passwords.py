"""
Two password profiles, one setting (`HUZHU_PASSWORD_PROFILE`). ASVS 5.0 forbids forced rotation and rules of composition, assessors
of 等级保护 ask for both; the length, the lists and the likeness to the own account hold for both.
"""

from typing import NamedTuple


class Profile(NamedTuple):
    """What a new password must be, and after how many days it must be another; 0 for never."""

    validators: list[dict[str, object]]
    lasts_days: int


_DJANGO = "django.contrib.auth.password_validation"
_BOTH: list[dict[str, object]] = [
    {"NAME": f"{_DJANGO}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": f"{_DJANGO}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("login_name", "mobile", "name")},
    },
    {"NAME": f"{_DJANGO}.NumericPasswordValidator"},
    {"NAME": "huzhu.accounts.passwords.CommonPasswordsValidator"},
    {"NAME": "huzhu.accounts.passwords.OwnWordsValidator"},
    {"NAME": "huzhu.accounts.passwords.PatternValidator"},
]
PROFILES = {
    "asvs": Profile(_BOTH, lasts_days=0),
    "mlps": Profile(
        [
            *_BOTH,
            {"NAME": "huzhu.accounts.passwords.CompositionValidator"},
            {"NAME": "huzhu.accounts.passwords.NotTheCurrentValidator"},
        ],
        lasts_days=90,
    ),
}
