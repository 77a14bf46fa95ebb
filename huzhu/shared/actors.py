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
class Principal:
    """Whose work a deputy does: the account, and the natural person behind it with the mobiles of before."""

    user_id: int
    name: str
    person: str
    former: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Actor:
    """
    One person acting at one moment: the account, the natural person behind it, the roles and the scope in force.

    `person` is the verified mobile, `former` those the same person had before. The two-person rule (rulebook §1) compares persons,
    never accounts.
    `branch_path` is the root of the subtree a staff member may see and act in. `proven_at` is when the second factor was last
    shown. A deputy acts with the roles of whom they stand in for; to the two-person rule that is both persons acting.
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
    stands_in_for: Principal | None = None
    former: frozenset[str] = frozenset()

    @property
    def persons(self) -> frozenset[str]:
        """The natural persons behind the act by every mobile they are known by: who acts, and whom they stand in for."""
        other = {self.stands_in_for.person, *self.stands_in_for.former} if self.stands_in_for else set()
        return frozenset(filter(None, {self.person, *self.former, *other}))

    @property
    def for_person(self) -> str:
        """The natural person a deputy stands in for, to be kept beside `person`; empty where nobody is stood in for."""
        return self.stands_in_for.person if self.stands_in_for else ""

    @property
    def user_ids(self) -> frozenset[int]:
        """The accounts whose work the actor does: the own one, or as a deputy also the other's."""
        mine = set() if self.user_id is None else {self.user_id}
        return frozenset(mine | ({self.stands_in_for.user_id} if self.stands_in_for else set()))

    def own_among(self, *persons: str) -> str:
        """Who of the persons behind the act is among these, in words for a refusal; empty if neither is."""
        found = self.persons.intersection(persons)
        if not found.isdisjoint({self.person, *self.former}):
            return "您本人"
        return f"您代理的{self.stands_in_for.name}" if self.stands_in_for and found else ""

    def has_any(self, roles: frozenset[str] | set[str]) -> bool:
        """Test if the actor holds at least one of the roles."""
        return not self.roles.isdisjoint(roles)


def system_actor(name: str = "系统") -> Actor:
    """
    The program itself, for what no person does: deadlines, automatic matching, sending.
    """
    return Actor(user_id=None, name=name, person="", side=Side.SYSTEM, roles=frozenset({"system"}))
