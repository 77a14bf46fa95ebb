"""Taking rows of the policy table apart, for twins that show what the row keeps out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from huzhu.accounts import policy


def without_guards(monkeypatch: pytest.MonkeyPatch, *acts: str) -> None:
    """The rows of these acts, with the role still asked but nothing about the record any more."""
    for act in acts:
        monkeypatch.setitem(policy._TABLE, act, replace(policy.get_rule(act), scope=None, guards=()))


def open_to(monkeypatch: pytest.MonkeyPatch, act: str, roles: Iterable[str]) -> None:
    """The row of an act, open to other roles."""
    monkeypatch.setitem(policy._TABLE, act, replace(policy.get_rule(act), roles=frozenset(roles)))
