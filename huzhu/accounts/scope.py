"""
Whose records somebody may see and act on: the one place where the subtree rule stands (rulebook §1, security.md §2).

Reads pass through `narrow` (every `visible_to`), writes through `includes` (every `permissions.py`); both ask `get_subtree`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models

from huzhu.shared.actors import Actor, Side

if TYPE_CHECKING:
    from huzhu.accounts.models import Branch

Rows = TypeVar("Rows", bound="models.QuerySet[Any]")


def get_subtree(actor: Actor) -> str | None:
    """
    The beginning that the path of every branch in the actor's scope has: empty for the program itself, None for who has no
    branch at all.
    """
    if actor.side == Side.SYSTEM:
        return ""
    return (actor.branch_path or None) if actor.side == Side.OFFICE else None


def narrow(rows: Rows, actor: Actor, *, branch: str = "", employer: str = "") -> Rows:
    """
    This function will leave of some rows those the actor may see: staff those of their branch's subtree, an employer's people
    those of the employer in front, the program all, anybody else none.

    :param branch: the lookup from a row to its branch; left out where staff see none
    :param employer: the lookup from a row to its employer's id; left out where an employer's people see none
    """
    if actor.side == Side.EMPLOYER:
        return rows.filter(**{employer: actor.employer_id}) if employer and actor.employer_id else rows.none()
    subtree = get_subtree(actor)
    if subtree == "":
        return rows
    return rows.filter(**{f"{branch}__path__startswith": subtree}) if branch and subtree else rows.none()


def includes(actor: Actor, branch: Branch) -> bool:
    """
    Test if the actor may act at a branch: staff in their own subtree, and the program everywhere.
    """
    subtree = get_subtree(actor)
    return subtree is not None and branch.path.startswith(subtree)


def within_any(paths: Iterable[str], *, branch: str) -> models.Q:
    """
    The condition that a row's branch is one of these, by path, or below one of them.
    """
    return reduce(or_, (models.Q(**{f"{branch}__path__startswith": path}) for path in paths))


def get_paths_above(branch: Branch) -> list[str]:
    """
    The paths of the branches whose subtree holds this one, from the root down to the branch itself.
    """
    return _get_steps(branch.path)


def get_paths_over(actor: Actor) -> list[str]:
    """
    The paths of the branches that are set over the actor: from the root down to the actor's own.
    """
    return _get_steps(get_subtree(actor) or "")


def _get_steps(path: str) -> list[str]:
    steps = path.split(".")[:-1]
    return [".".join(steps[: depth + 1]) + "." for depth in range(len(steps))]


def get_common(path: str, other: str) -> str | None:
    """
    The subtree that two subtrees share: the lower one if it lies in the upper one, else none.
    """
    lower, upper = (path, other) if len(path) >= len(other) else (other, path)
    return lower if upper and lower.startswith(upper) else None


def is_of_whole_association(actor: Actor) -> bool:
    """
    Test if the actor is staff whose subtree is the whole tree: the path of the root is one id and one dot.
    """
    return actor.side == Side.OFFICE and len(get_paths_over(actor)) == 1


def is_of_city_or_above(actor: Actor) -> bool:
    """
    Test if the actor is staff of a city's branch or of the whole association.
    """
    return actor.side == Side.OFFICE and len(get_paths_over(actor)) in (1, 2)
