"""
What may stand in the log: one line per record, with the trace id of its request, without personal data (security.md §5).

Numbers and names of people are masked wherever they come from: words, arguments, a traceback, a text somebody sent. Database errors
lose the values they quote. What breaks lines or moves the cursor is written as its escape; lines of a traceback
begin with `    | `, so that none of them can pass for a record.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from huzhu.shared import trace

MASK: Final = "▇▇▇"
BLANK = r"[ \u00a0\u3000._-]?"
# A digest is no number of anybody, and is kept whole. It is looked for first, so that digits inside it are left alone.
_DIGEST = r"(?P<digest>(?<![0-9A-Za-z])(?=[0-9]*[a-f])[0-9a-f]{32,128}(?![0-9A-Za-z]))"
_RESIDENT = rf"(?<!\d)\d{{6}}{BLANK}\d{{8}}{BLANK}\d{{3}}[\dXx](?!\d)"
_OLD_RESIDENT = r"(?<!\d)\d{15}(?!\d)"
_MOBILE = rf"(?<!\d)(?:\+?86{BLANK})?1[3-9]\d{BLANK}\d{{4}}{BLANK}\d{{4}}(?!\d)"
_CARD = rf"(?<!\d)(?:\d{{4}}{BLANK}){{4}}\d{{0,3}}(?!\d)|(?<!\d)\d{{16,21}}(?!\d)"
_PASSPORT = r"(?<![0-9A-Za-z])[A-Za-z]{1,2}\d{7,9}(?![0-9A-Za-z])"
PERSONAL = re.compile("|".join([_DIGEST, _RESIDENT, _OLD_RESIDENT, _MOBILE, _CARD, _PASSPORT]))
# What PostgreSQL quotes of a row or of a statement, to the end of its words; and a single value it could not read.
QUOTED = re.compile(
    r"(?m)^[^\S\n]*(DETAIL|CONTEXT|QUERY|LINE \d+):(?s:.*?)(?=\n\n|\Z)|(invalid input [^:\n]*): \"[^\"]*\""
)
# The words of the program's log are English: Chinese in it came from outside and may be a name, spelt out or encoded.
CHINESE = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff][\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·]*"
    r"|(?:%[0-9A-Fa-f]{2}){3,}|(?:\\{1,4}u[0-9A-Fa-f]{4})+"
)
FRAME = re.compile(r'  File "')  # the line of source after it is the program's own
WIDE = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789Xx")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def clean(text: str) -> str:
    """
    This function will mask what is about persons and write every control character as its escape.
    """
    return _clean_line(CHINESE.sub(MASK, _without_quotes(text)))


def clean_traceback(text: str) -> list[str]:
    """
    This function will do the same to the lines of a traceback, where Chinese in the program's own source stays.
    """
    lines = _without_quotes(text).split("\n")
    is_source = [False, *(bool(FRAME.match(line)) for line in lines)]
    return [
        _clean_line(line if ours else CHINESE.sub(MASK, line)) for line, ours in zip(lines, is_source, strict=False)
    ]


def _without_quotes(text: str) -> str:
    return QUOTED.sub(lambda found: f"{found[1] or found[2]}: {MASK}", text)


def _clean_line(text: str) -> str:
    text = PERSONAL.sub(lambda found: found["digest"] or MASK, text.translate(WIDE))
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class CleanFormatter(logging.Formatter):
    """The formatter of every handler: moment, level, trace id, logger, words."""

    def format(self, record: logging.LogRecord) -> str:
        """
        This function will write a record as one clean line, with the traceback under it, if there is one.
        """
        head = f"{self.formatTime(record)} {record.levelname} {self._get_trace_id(record)} {record.name} "
        parts = [head + clean(record.getMessage())]
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        for more in (record.exc_text, record.stack_info):
            parts += [f"    | {line}" for line in clean_traceback(more)] if more else []
        return "\n".join(parts)

    @staticmethod
    def _get_trace_id(record: logging.LogRecord) -> str:
        """Django writes a request's last line when its context is over; the request itself still knows."""
        return getattr(getattr(record, "request", None), "trace_id", "") or trace.peek_id() or "-"
