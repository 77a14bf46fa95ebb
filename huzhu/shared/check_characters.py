"""
A check character for numbers that people copy by hand, and the folding that reads them back.

The alphabet has 31 characters: digits and capital letters without I O L S Z, which look like 1 0 1 5 2. Thirty-one is
a prime, so the weighted sum of a number (weights: powers of 3, a primitive root of 31, growing from 1 at the check
character) is divisible by 31 in one way only. No weight is 0, so one wrong character always shows; the first thirty
weights all differ, so two swapped characters always show, adjacent or not.
"""

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRTUVWXY"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_PRIMITIVE_ROOT = 3
_LOOKALIKES = str.maketrans("OILSZ", "01152")


def check_character(body: str) -> str:
    """
    This function will give the character to append to `body`, whose look-alike letters count as their digits.

    :raises ValueError: if `body` holds a character outside 0–9 and A–Z
    """
    return ALPHABET[-_weighted_sum(body + ALPHABET[0]) % len(ALPHABET)]


def has_valid_check(number: str) -> bool:
    """
    This function will tell whether the last character of `number` is the check character of what stands before it.
    """
    return len(number) > 1 and number[-1] in _VALUES and check_character(number[:-1]) == number[-1]


def _weighted_sum(number: str) -> int:
    total, weight = 0, 1
    for character in reversed(number.translate(_LOOKALIKES)):
        if character not in _VALUES:
            raise ValueError(f"{character!r} has no value in a checked number.")
        total += weight * _VALUES[character]
        weight = weight * _PRIMITIVE_ROOT % len(ALPHABET)
    return total


def compacted(text: str) -> str:
    """
    This function will bring `text` to half-width capitals and drop spaces, punctuation and invisible characters.
    """
    return "".join(character for character in unicodedata.normalize("NFKC", text).upper() if character.isalnum())


def folded(text: str) -> str:
    """
    This function will compact `text` and read O as 0, I and L as 1, S as 5, Z as 2.

    The result is for comparing with numbers over `ALPHABET` only; ordinary words do not survive it.
    """
    return compacted(text).translate(_LOOKALIKES)
