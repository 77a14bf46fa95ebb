"""When an announcement goes out, and how its text is read."""

from __future__ import annotations

import re
from datetime import date, datetime

from huzhu.shared.calendar import SHANGHAI

HOUR = 8  # of the day somebody chose, Asia/Shanghai: when offices open
_CODE = re.compile(r"[0-9A-Za-z]+")


def is_due(*, publish_on: date, at: datetime) -> bool:
    """
    Test if an announcement set for a day goes out: from eight in the morning of that day on.
    """
    local = at.astimezone(SHANGHAI)
    return (publish_on, HOUR) <= (local.date(), local.hour) or publish_on < local.date()


def clean_text(text: str) -> str:
    """
    This function will give a text with one line end, no blanks at line ends and one empty line between paragraphs.
    """
    lines = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def read_codes(text: str) -> list[tuple[int, str]]:
    """
    This function will give the credit codes of a pasted list with the numbers of their lines: the first word of each line.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    return [(number, match[0].upper() if (match := _CODE.search(line)) else "") for number, line in lines]
