"""Questions about accounts and branches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django_otp.plugins.otp_totp.models import TOTPDevice

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


def has_active(role: str, *, without: int | None = None) -> bool:
    """Test if some active account, other than one, holds the role."""
    posts = StaffPost.objects.filter(roles__contains=[role], user__is_active=True)
    return (posts.exclude(user_id=without) if without else posts).exists()


def get_staff(
    *, actor: Actor, branch_id: int | None = None, role: str = "", state: str = "", words: str = ""
) -> QuerySet[StaffPost]:
    """
    The staff of the actor's subtree, in the order of the tree; one query.

    :param state: `active`, `disabled`, `no_role`; empty for all
    :param words: part of the name, the beginning of the login name, or a whole mobile
    """
    posts = StaffPost.objects.visible_to(actor).select_related("user", "branch").order_by("branch__path", "pk")
    if branch_id:
        posts = posts.filter(branch__in=get_branches_below(branch_id=branch_id))
    if role:
        posts = posts.filter(roles__contains=[role])
    if state:
        posts = posts.filter(user__is_active=state != "disabled")
    if state == "no_role":
        posts = posts.filter(roles=[])
    if words := words.strip():
        by_name = Q(user__name__icontains=words) | Q(user__login_name__startswith=words.lower())
        posts = posts.filter(by_name | Q(user__mobile=words))
    return posts


def count_role_holders(*, actor: Actor) -> dict[str, int]:
    """How many active staff of the actor's subtree hold each role; one query."""
    held = StaffPost.objects.visible_to(actor).filter(user__is_active=True).values_list("roles", flat=True)
    return dict(Counter(role for roles in held for role in roles))


def get_locked(*, login_names: Iterable[str], at: datetime) -> set[str]:
    """Which of these login names have failed too often just now."""
    since = at - timedelta(hours=float(settings.AXES_COOLOFF_TIME))
    attempts = AccessAttempt.objects.filter(username__in=list(login_names), attempt_time__gte=since)
    failed = attempts.values("username").annotate(failures=Sum("failures_since_start")).order_by()
    return {row["username"] for row in failed if row["failures"] >= settings.AXES_FAILURE_LIMIT}


def get_with_factor(*, user_ids: Iterable[int]) -> set[int]:
    """Which of these accounts have a second factor."""
    return set(TOTPDevice.objects.filter(user__in=list(user_ids), confirmed=True).values_list("user_id", flat=True))


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
