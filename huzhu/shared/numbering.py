"""
Numbers that the society issues: prefix, day, running number, check character (such as JK + 20250811 + 000012 + x).
"""

import re
from datetime import date

from huzhu.shared.check_characters import ALPHABET, check_character, folded, has_valid_check

SEQUENCE_DIGITS = 6
LARGEST_SEQUENCE = 10**SEQUENCE_DIGITS - 1
_PREFIX = re.compile(r"[A-Z]{1,4}")
_TAIL = rf"[0-9]{{14}}[{ALPHABET}]"
_NUMBER = re.compile(rf"(?P<prefix>[A-Z]{{1,4}})(?P<day>[0-9]{{8}})[0-9]{{6}}[{ALPHABET}]", re.ASCII)


class SequenceExhausted(ValueError):
    """
    More numbers were asked for on one day than six digits can tell apart.
    """


def make_number(prefix: str, day: date, sequence: int) -> str:
    """
    This function will write the number `prefix` + yyyymmdd + six digits + check character.

    :raises SequenceExhausted: if `sequence` has more than six digits
    :raises ValueError: if `sequence` is negative or `prefix` is not one to four capital letters
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is not one to four capital letters.")
    if sequence < 0:
        raise ValueError("A running number is not negative.")
    if sequence > LARGEST_SEQUENCE:
        raise SequenceExhausted(f"{prefix} has no number left on {day}.")
    body = f"{prefix}{day:%Y%m%d}{sequence:0{SEQUENCE_DIGITS}d}"
    return body + check_character(body)


def is_valid_number(text: str, prefix: str | None = None) -> bool:
    """
    This function will tell whether `text` is exactly such a number: form, calendar day and check character.
    """
    match = _NUMBER.fullmatch(text)
    return (
        match is not None
        and prefix in {None, match["prefix"]}
        and _is_calendar_day(match["day"])
        and has_valid_check(text)
    )


def find_numbers(text: str, prefix: str) -> list[str]:
    """
    This function will list the valid numbers of `prefix` that stand in `text` character by character, in the order of
    the text, each once.
    """
    tails = re.findall(rf"(?={prefix}({_TAIL}))", text)
    return _valid_numbers(prefix, tails)


def find_folded_numbers(text: str, prefix: str) -> list[str]:
    """
    This function will list the valid numbers of `prefix` found after folding away width, case, spaces, punctuation and
    look-alike letters, in the order of the text, each once and in its proper spelling.
    """
    tails = re.findall(rf"(?={folded(prefix)}({_TAIL}))", folded(text))
    return _valid_numbers(prefix, tails)


def _valid_numbers(prefix: str, tails: list[str]) -> list[str]:
    numbers = (prefix + tail for tail in tails)
    return list(dict.fromkeys(number for number in numbers if is_valid_number(number, prefix)))


def _is_calendar_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True
