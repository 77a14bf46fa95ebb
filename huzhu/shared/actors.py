"""Who acts: handed to every operation as `by`, so that no operation needs a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Side(StrEnum):
    """From which side of the counter somebody acts."""

    EMPLOYER = "employer"
    OFFICE = "office"
    PUBLIC = "public"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """
    One person acting at one moment: the account, the natural person behind it, the roles and the scope in force.

    `person` is the verified mobile. The two-person rule (rulebook §1) compares persons, never accounts.
    `branch_path` is the root of the subtree a staff member may see and act in.
    `proven_at` is when the second factor was last shown.
    """

    user_id: int | None
    name: str
    person: str
    side: Side
    roles: frozenset[str] = field(default_factory=frozenset)
    employer_id: int | None = None
    branch_path: str | None = None
    address: str = ""
    device: str = ""
    proven_at: datetime | None = None

    def has_any(self, roles: frozenset[str] | set[str]) -> bool:
        """Test if the actor holds at least one of the roles."""
        return not self.roles.isdisjoint(roles)


def system_actor(name: str = "系统") -> Actor:
    """
    The program itself, for what no person does: deadlines, automatic matching, sending.
    """
    return Actor(user_id=None, name=name, person="", side=Side.SYSTEM, roles=frozenset({"system"}))
