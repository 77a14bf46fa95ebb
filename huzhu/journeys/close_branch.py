"""停用机构: an office that still has employers or registrations stays open."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.accounts import operations as accounts
from huzhu.accounts import queries as branches
from huzhu.accounts.models import Branch
from huzhu.employers import queries as employers
from huzhu.shared.actors import Actor


@transaction.atomic
def close_branch(*, branch_id: int, reason: str, by: Actor, at: datetime) -> Branch:
    """
    This function will close an office that nothing is left at; who comes to it meanwhile waits and is refused.

    :raises huzhu.accounts.permissions.NotPermitted: if the actor may not manage this part of the tree
    :raises accounts.BranchRefused: if it is closed already or something is left there, with what to do first
    """
    closed = accounts.close_branch(branch_id=branch_id, reason=reason, by=by, at=at)
    if obstacles := employers.get_obstacles(branch_id=branch_id):
        raise accounts.BranchRefused("".join(obstacles))
    return closed


def get_obstacles(branch: Branch) -> list[str]:
    """Everything that stands against closing an office, each with what to do first; five queries at most."""
    return [*branches.get_obstacles(branch), *employers.get_obstacles(branch_id=branch.pk)]
