"""The tree of branches: making its offices, naming, moving and closing them."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from huzhu.accounts import permissions, queries
from huzhu.accounts.models import Branch, BranchLevel
from huzhu.audit import operations as audit
from huzhu.shared import locks
from huzhu.shared.actors import Actor

LONGEST_NAME = 80
CODE = re.compile(r"[0-9A-Za-z-]{2,20}")
BELOW = {None: BranchLevel.PROVINCE, BranchLevel.PROVINCE: BranchLevel.CITY, BranchLevel.CITY: BranchLevel.COUNTY}


class BranchRefused(ValueError):
    """The branch cannot be like this at this place of the tree; the words say what to change."""


@transaction.atomic
def make_branch(*, parent_id: int | None, level: str, code: str, name: str, by: Actor, at: datetime) -> Branch:
    """
    This function will add one office to the tree province → city → county.

    :raises permissions.NotPermitted: if the actor may not manage this part of the tree
    :raises BranchRefused: if the level is not the one below the parent's, the parent is closed, or code or name are taken
    """
    _lock_tree()
    parent = lock_branch(branch_id=parent_id) if parent_id else None
    permissions.check(by, "branch.keep", parent)
    if parent is None and level != BranchLevel.PROVINCE:
        raise BranchRefused("市、县机构须选择上级机构。")
    if level != BELOW.get(BranchLevel(parent.level) if parent else None):
        raise BranchRefused("机构按省、市、县三级设置，下级机构须比上级机构低一级，请重新选择上级机构。")
    _check_open(parent)
    code, name = _check_words(code=code, name=name, parent_id=parent_id)
    branch = Branch.objects.create(parent=parent, level=level, code=code, name=name, path=f"new:{code}")
    branch.path = f"{parent.path if parent else ''}{branch.pk}."
    branch.save(update_fields=["path"])
    audit.record("accounts.make_branch", label="新增机构", subject=branch, by=by, at=at, details={"name": name})
    return branch


@transaction.atomic
def rename_branch(*, branch_id: int, code: str, name: str, by: Actor, at: datetime) -> Branch:
    """
    This function will give an office another name or code; papers already made keep the old one.

    :raises permissions.NotPermitted: if the actor may not manage this part of the tree
    :raises BranchRefused: if code or name are malformed or taken, or nothing changes
    """
    branch = lock_branch(branch_id=branch_id)
    permissions.check(by, "branch.keep", branch)
    before = {"code": branch.code, "name": branch.name}
    code, name = _check_words(code=code, name=name, parent_id=branch.parent_id, own=branch)
    if before == {"code": code, "name": name}:
        raise BranchRefused("名称和编码都没有变化。")
    branch.code, branch.name = code, name
    branch.save(update_fields=["code", "name"])
    details = {"before": before, "after": {"code": code, "name": name}}
    audit.record("accounts.rename_branch", label="修改机构名称", subject=branch, by=by, at=at, details=details)
    return branch


@transaction.atomic
def move_branch(*, branch_id: int, parent_id: int, reason: str, by: Actor, at: datetime) -> Branch:
    """
    This function will put an office, with everything below it, under another parent of the same level as the present one. Staff
    of the old parent lose sight of it at once, staff of the new one gain it.

    :raises permissions.NotPermitted: if the actor does not manage both parents
    :raises BranchRefused: without a reason, if the new parent is of another level or closed, or if a member of an employer there
        would come to work above that employer
    """
    _lock_tree()
    branch, parent = lock_branch(branch_id=branch_id), lock_branch(branch_id=parent_id)
    permissions.check(by, "branch.keep", branch.parent)
    permissions.check(by, "branch.keep", parent)
    if not reason.strip():
        raise BranchRefused("请填写调整原因。")
    if branch.level != BELOW.get(BranchLevel(parent.level)):
        raise BranchRefused("只能移到同级的上级机构下：县级机构移到另一市级机构下。")
    if branch.parent_id == parent.pk:
        raise BranchRefused(f"该机构已在“{parent.name}”下，请选择另一上级机构。")
    _check_open(parent)
    if Branch.objects.filter(parent=parent, name=branch.name).exists():
        raise BranchRefused(f"“{parent.name}”下已有“{branch.name}”，请先改名。")
    details = {"from": branch.parent.name if branch.parent else "", "to": parent.name}
    count = _move_subtree(branch, to=parent)
    branch = Branch.objects.select_related("parent").get(pk=branch.pk)
    audit.record(
        "accounts.move_branch",
        label="调整上级机构",
        subject=branch,
        by=by,
        at=at,
        reason=reason.strip(),
        details=details | {"branches": count},
    )
    return branch


@transaction.atomic
def close_branch(*, branch_id: int, reason: str, by: Actor, at: datetime) -> Branch:
    """
    This function will close an office that has neither offices below nor staff; its history stays. What employers have there is
    asked by the journey `close_branch`.

    :raises permissions.NotPermitted: if the actor may not manage this part of the tree
    :raises BranchRefused: without a reason, if it is closed, or if it is still in use
    """
    branch = lock_branch(branch_id=branch_id)
    permissions.check(by, "branch.keep", branch.parent)
    if not reason.strip():
        raise BranchRefused("请填写停用原因。")
    if branch.closed_at:
        raise BranchRefused("该机构已经停用。")
    if obstacles := queries.get_obstacles(branch):
        raise BranchRefused("".join(obstacles))
    branch.closed_at = at
    branch.save(update_fields=["closed_at"])
    audit.record("accounts.close_branch", label="停用机构", subject=branch, by=by, at=at, reason=reason.strip())
    return branch


@transaction.atomic
def reopen_branch(*, branch_id: int, reason: str, by: Actor, at: datetime) -> Branch:
    """
    This function will open a closed office again.

    :raises permissions.NotPermitted: if the actor may not manage this part of the tree
    :raises BranchRefused: without a reason, if it is open, or while its parent is closed
    """
    branch = lock_branch(branch_id=branch_id)
    permissions.check(by, "branch.keep", branch.parent)
    if not reason.strip():
        raise BranchRefused("请填写恢复使用的原因。")
    if not branch.closed_at:
        raise BranchRefused("该机构正在使用，无需恢复。")
    _check_open(branch.parent)
    branch.closed_at = None
    branch.save(update_fields=["closed_at"])
    audit.record("accounts.reopen_branch", label="恢复机构", subject=branch, by=by, at=at, reason=reason.strip())
    return branch


def lock_branch(*, branch_id: int) -> Branch:
    """
    This function will hold one office against every change, and against employers and staff that come to it, until the
    transaction ends.
    """
    return Branch.objects.select_for_update(of=("self",)).get(pk=branch_id)


def _lock_tree() -> None:
    """One change of the tree's shape at a time: a path is read above and written below."""
    locks.lock("tree of branches")


def _move_subtree(branch: Branch, *, to: Branch) -> int:
    """Hang the office under its new parent: the paths of the whole subtree in one statement; tells how many."""
    path = f"{to.path}{branch.pk}."
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_branch SET path = %(new)s || substr(path, length(%(old)s) + 1),"
                " parent_id = CASE WHEN id = %(id)s THEN %(to)s ELSE parent_id END WHERE path LIKE %(old)s || '%%'",
                {"new": path, "old": branch.path, "id": branch.pk, "to": to.pk},
            )
            return cursor.rowcount
    except IntegrityError as error:
        if "own subtree" not in str(error):
            raise
        raise BranchRefused(
            "该机构下有参保单位的账号成员同时是新上级机构的工作人员，移入后将管辖自己所在单位，请先处理该人员的账号。"
        ) from error


def _check_open(parent: Branch | None) -> None:
    if parent is not None and parent.closed_at:
        raise BranchRefused(f"上级机构“{parent.name}”已停用，请选择在用的机构，或先恢复使用。")


def _check_words(*, code: str, name: str, parent_id: int | None, own: Branch | None = None) -> tuple[str, str]:
    """
    The tidied code and name.

    :raises BranchRefused: if one is malformed or taken
    """
    code, name = code.strip(), " ".join(name.split())
    others = Branch.objects.exclude(pk=own.pk) if own else Branch.objects.all()
    if not CODE.fullmatch(code):
        raise BranchRefused("机构编码须为2至20位数字、字母或短横线，一般用行政区划代码，请修改。")
    if not 2 <= len(name) <= LONGEST_NAME:
        raise BranchRefused("机构名称须为2至80个字，请修改。")
    if others.filter(code=code).exists():
        raise BranchRefused(f"机构编码“{code}”已被使用，请换一个。")
    if others.filter(parent_id=parent_id, name=name).exists():
        raise BranchRefused(f"同一上级机构下已有“{name}”，请换一个名称。")
    return code, name
