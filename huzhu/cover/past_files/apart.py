"""A list of old policies read in a confined child (`shared.confined`); no file is parsed in the process of a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from huzhu.cover.past_files.reading import PastList, read_list
from huzhu.shared import confined, frames

__all__ = ["PastList", "read_apart", "read_rows"]


def read_apart(
    *, content: bytes, file_name: str, today: dt.date, on_rows: Callable[[Any], None] | None = None
) -> PastList:
    """
    Read a list in a confined child; this function will return what `read_list` returns.

    :param on_rows: told how many rows were read, before they are judged
    :raises UploadRefused: as `read_sheet`, or what `confined.run` raises
    """
    arguments = {"file_name": file_name, "today": today.isoformat()}
    child = "huzhu.cover.past_files.apart:read_rows"
    answer = confined.run(child, content=content, arguments=arguments, on_note=on_rows)
    rows, errors = (frames.from_bytes(part) for part in answer.parts)
    return PastList(read=answer.head["read"], rows=rows, errors=errors)


def read_rows(
    *, content: bytes, note: Callable[[Any], None], file_name: str, today: str
) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """In the child: see `read_apart`."""
    found = read_list(content=content, file_name=file_name, today=dt.date.fromisoformat(today), on_rows=note)
    return {"read": found.read}, (frames.to_bytes(found.rows), frames.to_bytes(found.errors))
