"""
Step-up: acts that a stolen session must not do need a second factor shown in the last five minutes (security.md §1).

The decorator stands on the operation, so that no page, command or job can forget it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from huzhu.shared.actors import Actor, Side
from huzhu.shared.trace import Refused

LASTS = timedelta(minutes=5)
P = ParamSpec("P")
R = TypeVar("R")


class FactorStale(Refused):
    """The second factor was shown too long ago, or not at all; the words say what to do. Nothing has been written."""


def needed(
    *, when: Callable[[Mapping[str, Any]], bool] = lambda given: True
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """
    This function will make an operation refuse actors whose second factor is older than five minutes, before it does anything.

    :param when: tests the operation's arguments, where only some calls are sensitive
    :raises FactorStale: from the operation; the page that called it need not catch it (web/step_up.py asks for the factor)
    """

    def decorate(operation: Callable[P, R]) -> Callable[P, R]:
        @wraps(operation)
        def guarded(*args: P.args, **given: P.kwargs) -> R:
            if when(given):
                check(given["by"], at=given["at"])  # type: ignore[arg-type]  # every operation takes them
            return operation(*args, **given)

        guarded.needs_fresh_factor = True  # type: ignore[attr-defined]  # read by the list of sensitive acts in the tests
        return guarded

    return decorate


def check(by: Actor, *, at: datetime) -> None:
    """
    Test if the actor has shown a second factor in the last five minutes; the program itself needs none.

    :raises FactorStale: if it is older, or there was none
    """
    if by.side != Side.SYSTEM and not is_fresh(by, at=at):
        raise FactorStale("这项操作需要再次确认是您本人，请先完成验证。")


def is_fresh(by: Actor, *, at: datetime) -> bool:
    """
    Test if the actor's second factor was shown in the last five minutes.
    """
    return by.proven_at is not None and at - by.proven_at <= LASTS
