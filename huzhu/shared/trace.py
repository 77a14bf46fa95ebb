"""What one request or job carries along with it: its trace id, and what was refused on the way."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_id: ContextVar[str] = ContextVar("trace_id", default="")
_refusals: ContextVar[list[str] | None] = ContextVar("refusals", default=None)


def get_id() -> str:
    """
    The trace id of what runs now. A job or a command that nobody gave one takes its own with the first question.
    """
    if not _id.get():
        _id.set(uuid.uuid4().hex)
    return _id.get()


def peek_id() -> str:
    """The trace id of what runs now, without giving one to what has none: a line of the log is no act."""
    return _id.get()


@contextmanager
def following() -> Iterator[list[str]]:
    """
    Follow one request: a trace id of its own, and the list that refusals are noted in while it runs.
    """
    refusals: list[str] = []
    mark, list_mark = _id.set(uuid.uuid4().hex), _refusals.set(refusals)
    try:
        yield refusals
    finally:
        _refusals.reset(list_mark)
        _id.reset(mark)


class Refused(Exception):
    """
    Somebody wanted to do what the rules do not let them; the message says why. The request that runs takes note of it.
    """

    def __init__(self, words: str = "") -> None:
        super().__init__(words)
        note_refusal(words)


def note_refusal(words: str) -> None:
    """
    This function will have the request that runs, if there is one, write a refusal into the trace when it has ended.
    """
    refusals = _refusals.get()
    if refusals is not None:
        refusals.append(words)


def why_not(check: Callable[[], object]) -> str:
    """
    Ask a check without trying the act: the words it would refuse with, or nothing. Asking is no refusal and leaves no trace.
    """
    mark = _refusals.set(None)
    try:
        check()
    except Refused as refusal:
        return str(refusal)
    finally:
        _refusals.reset(mark)
    return ""
