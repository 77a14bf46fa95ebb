"""What each role may do, read from the access table and the declarations of the flows; nothing here is written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from huzhu.accounts.roles import EmployerRole, StaffRole
from huzhu.journeys.flows import FLOWS
from huzhu.shared.actors import Side
from huzhu.ui import menus
from huzhu.web import access

ROLES: dict[Side, list[StaffRole] | list[EmployerRole]] = {
    Side.OFFICE: list(StaffRole),
    Side.EMPLOYER: list(EmployerRole),
}


@dataclass(frozen=True, kw_only=True)
class Right:
    """One page or one step, and which of the roles (in their order) may open or take it."""

    name: str
    detail: str
    held: Sequence[bool]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rights that belong together: a section of the menu, or a flow."""

    name: str
    rights: Sequence[Right]


def get_pages(side: Side) -> list[Group]:
    """
    This function will give the pages of one side's menu with the roles that may open each.
    """
    table, groups = access.get_table(), []
    for section in menus.MENUS[side.value]:
        rights = [
            Right(
                name=entry.label,
                detail="、".join(entry.aliases),
                held=[str(role) in table[entry.name].roles for role in ROLES[side]],
            )
            for entry in section.entries
            if entry.name in table
        ]
        if rights:
            groups.append(Group(name=section.title or "首页", rights=rights))
    return groups


def get_steps(side: Side) -> list[Group]:
    """
    This function will give the steps of every flow that somebody of the side may take, with the roles that may.
    """
    groups = []
    for title, flow in FLOWS.values():
        rights = [
            Right(
                name=str(flow.actions(action).label),
                detail="、".join(str(flow.states(source).label) for source in sorted(step.sources))
                + f" → {flow.states(step.target).label}",
                held=[role in step.by for role in ROLES[side]],
            )
            for action, step in flow.steps.items()
            if not step.by.isdisjoint(ROLES[side])
        ]
        if rights:
            groups.append(Group(name=title, rights=rights))
    return groups
