"""The tree of branches: making its offices."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.accounts import permissions
from huzhu.accounts.models import Branch, BranchLevel
from huzhu.audit import operations as audit
from huzhu.shared.actors import Actor


class BranchRefused(ValueError):
    """The branch does not fit at this place of the tree."""


@transaction.atomic
def make_branch(*, parent_id: int | None, level: str, code: str, name: str, by: Actor, at: datetime) -> Branch:
    """
    This function will add one office to the tree province → city → county.

    :raises permissions.NotPermitted: if the actor may not manage this part of the tree
    :raises BranchRefused: if the level does not lie below the parent's
    """
    parent = Branch.objects.select_for_update().get(pk=parent_id) if parent_id else None
    permissions.check_can_manage_staff(by, branch=parent)
    order = list(BranchLevel.values)
    if parent is None and level != BranchLevel.PROVINCE:
        raise BranchRefused("市、县机构须选择上级机构。")
    if parent is not None and order.index(level) <= order.index(parent.level):
        raise BranchRefused("下级机构的层级须低于上级机构，请重新选择层级。")
    branch = Branch.objects.create(parent=parent, level=level, code=code, name=name, path=f"new:{code}")
    branch.path = f"{parent.path if parent else ''}{branch.pk}."
    branch.save(update_fields=["path"])
    audit.record("accounts.make_branch", label="新增机构", subject=branch, by=by, at=at)
    return branch
