"""
The access table: every route of the site, by name, and who may open it. A route without a row does not open and fails the build.

A route that acts names its acts and takes its roles from the policy table (`accounts/policy.py`): `office_may("slip.cancel")`; one
that many read and few act on names both. Pages, menus and the middleware ask this table; what somebody may do to one record is
asked again by the operation, from the same row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from django.urls import URLResolver, get_resolver

from huzhu.accounts import policy
from huzhu.accounts.roles import STAFF
from huzhu.shared.actors import Actor, Side


@dataclass(frozen=True)
class Access:
    """Who may open a route: anyone, or people of one side with one of the roles."""

    side: Side | None
    roles: frozenset[str]
    acts: tuple[str, ...] = ()  # what can be done there, by the policy table

    def admits(self, actor: Actor | None) -> bool:
        """Test if the actor may open the route."""
        if self.side is None:
            return True
        return actor is not None and actor.side == self.side and actor.has_any(self.roles)


ANYONE = Access(None, frozenset())


def employer(roles: Iterable[str], *, does: Iterable[str] = ()) -> Access:
    """Open to members of the current employer with one of the roles; `does` names acts that some of them may take there."""
    return Access(Side.EMPLOYER, frozenset(map(str, roles)), tuple(does))


def office(*roles: str, does: Iterable[str] = ()) -> Access:
    """Open to staff with one of the roles, to all staff if none is named; `does` names acts that some of them may take there."""
    return Access(Side.OFFICE, frozenset(map(str, roles)) or STAFF, tuple(does))


def employer_may(*acts: str) -> Access:
    """Open to members of the current employer who may take one of the acts, whichever record."""
    return _may(Side.EMPLOYER, acts)


def office_may(*acts: str) -> Access:
    """Open to staff who may take one of the acts, whichever record."""
    return _may(Side.OFFICE, acts)


def _may(side: Side, acts: tuple[str, ...]) -> Access:
    roles = frozenset(role for act in acts for role in policy.get_rule(act).get_roles(side))
    if not roles:
        raise ValueError(f"nobody on that side may {acts}")
    return Access(side, roles, acts)


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
