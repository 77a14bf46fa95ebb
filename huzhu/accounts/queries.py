"""Questions about accounts and branches."""

from __future__ import annotations

from django.db.models import QuerySet

from huzhu.accounts.models import Branch, Session, StaffPost, User


def get_branches() -> list[Branch]:
    """Every branch in the order of the tree, each after its parent, siblings by code."""
    children: dict[int | None, list[Branch]] = {}
    for branch in Branch.objects.order_by("code"):
        children.setdefault(branch.parent_id, []).append(branch)
    ordered: list[Branch] = []

    def visit(parent_id: int | None) -> None:
        for branch in children.get(parent_id, []):
            ordered.append(branch)
            visit(branch.pk)

    visit(None)
    return ordered


def get_portal_user(*, mobile: str) -> User | None:
    """The portal account of a mobile."""
    return User.objects.filter(mobile=mobile, is_staff_account=False).first()


def is_staff_above(*, mobile: str, branch: Branch) -> bool:
    """Test if the person has a staff account whose subtree contains the branch (rulebook §1, two-person rule)."""
    steps = branch.path.split(".")[:-1]
    above = [".".join(steps[: depth + 1]) + "." for depth in range(len(steps))]
    return StaffPost.objects.filter(user__mobile=mobile, user__is_active=True, branch__path__in=above).exists()


def get_sessions(*, user_id: int) -> QuerySet[Session]:
    """The live sessions of an account, latest first."""
    return Session.objects.filter(user_id=user_id).order_by("-last_seen_at")
