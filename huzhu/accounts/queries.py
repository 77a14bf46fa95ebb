"""Questions about accounts and branches."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from huzhu.accounts import scope
from huzhu.accounts.models import Branch, Session, StaffPost, User
from huzhu.shared.actors import Actor


def get_branches(*, actor: Actor | None = None, closed: bool = False) -> list[Branch]:
    """
    The branches in the order of the tree, each after its parent, siblings by code.

    :param actor: leaves those of the actor's subtree only; None gives all, as an applicant chooses from them
    :param closed: gives closed branches too
    """
    children: dict[int | None, list[Branch]] = {}
    for branch in (Branch.objects.all() if closed else Branch.objects.open()).order_by("code"):
        children.setdefault(branch.parent_id, []).append(branch)
    ordered: list[Branch] = []

    def visit(parent_id: int | None) -> None:
        for branch in children.get(parent_id, []):
            ordered.append(branch)
            visit(branch.pk)

    visit(None)
    return [branch for branch in ordered if actor is None or scope.includes(actor, branch)]


def count_staff() -> dict[int, int]:
    """How many active staff are placed at each branch itself."""
    rows = StaffPost.objects.filter(user__is_active=True).values_list("branch").annotate(count=Count("pk"))
    return dict(rows.order_by())


def get_obstacles(branch: Branch) -> list[str]:
    """What stands against closing a branch in the tree itself, each with what to do first."""
    below = Branch.objects.open().filter(parent=branch).count()
    staff = StaffPost.objects.filter(branch=branch, user__is_active=True).count()
    words = []
    if below:
        words.append(f"还有 {below} 个下级机构在用，请先停用或移到其他机构下。")
    if staff:
        words.append(f"还有 {staff} 名在用的工作人员，请先将其调到其他机构或停用。")
    return words


def get_branches_below(*, branch_id: int) -> QuerySet[Branch]:
    """A branch and all below it; one subquery."""
    return Branch.objects.filter(path__startswith=Branch.objects.filter(pk=branch_id).values("path"))


def get_portal_user(*, mobile: str) -> User | None:
    """The portal account of a mobile."""
    return User.objects.filter(mobile=mobile, is_staff_account=False).first()


def is_staff_above(*, mobile: str, branch: Branch) -> bool:
    """Test if the person has a staff account whose subtree contains the branch (rulebook §1, two-person rule)."""
    above = scope.get_paths_above(branch)
    return StaffPost.objects.filter(user__mobile=mobile, user__is_active=True, branch__path__in=above).exists()


def get_sessions(*, user_id: int) -> QuerySet[Session]:
    """The live sessions of an account, latest first."""
    return Session.objects.filter(user_id=user_id).order_by("-last_seen_at")
