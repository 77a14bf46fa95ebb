"""
The access table: every route of the site, by name, and who may open it. A route without a row does not open and fails the build.

Pages, menus and the middleware ask this table; what somebody may do to one record is asked again by the operation (permissions.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.urls import URLResolver, get_resolver

from huzhu.accounts.roles import STAFF
from huzhu.shared.actors import Actor, Side


@dataclass(frozen=True)
class Access:
    """Who may open a route: anyone, or people of one side with one of the roles."""

    side: Side | None
    roles: frozenset[str]

    def admits(self, actor: Actor | None) -> bool:
        """Test if the actor may open the route."""
        if self.side is None:
            return True
        return actor is not None and actor.side == self.side and actor.has_any(self.roles)


ANYONE = Access(None, frozenset())


def employer(roles: frozenset[str]) -> Access:
    """Open to members of the current employer with one of the roles."""
    return Access(Side.EMPLOYER, frozenset(map(str, roles)))


def office(*roles: str) -> Access:
    """Open to staff with one of the roles; to all staff if none is named."""
    return Access(Side.OFFICE, frozenset(map(str, roles)) or STAFF)


@cache
def get_table() -> dict[str, Access]:
    """
    The whole table, by route name: every route of the site carries its rule (`routes.collect`); one without is left out.
    """
    return dict(_walk(get_resolver()))


def _walk(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, Access]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(getattr(pattern, "access", None), Access):
            yield f"{namespace}{pattern.name}", pattern.access
