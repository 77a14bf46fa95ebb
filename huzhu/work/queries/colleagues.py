"""Staff as actors: colleagues work may be passed on to, and who stands in for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from django.db.models import Q, QuerySet

from huzhu.accounts import scope
from huzhu.accounts.models import StaffPost
from huzhu.accounts.roles import StaffRole
from huzhu.shared.actors import Actor, Principal, Side
from huzhu.work.models import Deputy
from huzhu.work.permissions import ADMINISTRATORS


def get_staff_actor(*, user_id: int) -> Actor | None:
    """A staff member in their own place; None if there is none or the account is disabled."""
    posts = StaffPost.objects.select_related("user", "branch").filter(user_id=user_id, user__is_active=True)
    post = posts.first()
    return _act(post) if post else None


def get_actor_for(actor: Actor, *, deputy: Deputy) -> Actor | None:
    """
    The actor as a deputy: with the other's roles, as far as the subtrees of both reach. None where that is nowhere.

    The deputy's days are the caller's to check (`get_standing_deputy`).
    """
    post = StaffPost.objects.select_related("user", "branch").filter(user_id=deputy.principal_id).first()
    if post is None or not post.user.is_active or not actor.branch_path or ADMINISTRATORS & set(post.roles):
        return None
    if ADMINISTRATORS & actor.roles:
        return None
    path = scope.get_common(actor.branch_path, post.branch.path)
    if path is None:
        return None
    former = frozenset(post.user.former_mobiles)
    principal = Principal(user_id=post.user_id, name=post.user.name, person=post.user.mobile, former=former)
    return replace(actor, roles=frozenset(post.roles), branch_path=path, stands_in_for=principal)


def get_standing_deputy(*, deputy_id: int, user_id: int, day: date) -> Deputy | None:
    """The appointment under which somebody stands in on a day; None outside its days, ended, or somebody else's."""
    return _in_force(day).filter(pk=deputy_id, deputy_id=user_id).first()


def get_principals(*, user_id: int, day: date) -> list[Deputy]:
    """For whom somebody stands in on a day."""
    return list(_in_force(day).filter(deputy_id=user_id).select_related("principal").order_by("pk"))


def get_deputies(*, actor: Actor, day: date) -> QuerySet[Deputy]:
    """
    The appointments somebody has to do with, from those in force to those to come; a system administrator's are all of the subtree.
    """
    mine = Q(principal_id=actor.user_id) | Q(deputy_id=actor.user_id)
    if StaffRole.SYSTEM_ADMIN in actor.roles:
        below = scope.narrow(StaffPost.objects.all(), actor, branch="branch")
        mine |= Q(principal_id__in=below.values("user_id"))
    rows = Deputy.objects.standing().filter(mine, last_on__gte=day)
    return rows.select_related("principal", "deputy").order_by("first_on", "pk")


def get_colleagues(*, actor: Actor, roles: Iterable[str] = ()) -> list[StaffPost]:
    """
    Staff of the own subtree and of the branches above it, without oneself, in the order of the tree.

    :param roles: leaves those who hold one of them
    """
    staff = StaffPost.objects.select_related("user", "branch").filter(user__is_active=True)
    wanted = list(roles)
    if wanted:
        staff = staff.filter(roles__overlap=wanted)
    near = Q(pk__in=scope.narrow(StaffPost.objects.all(), actor, branch="branch").values("pk"))
    near |= Q(branch__path__in=scope.get_paths_over(actor))
    return list(staff.filter(near).exclude(user_id__in=actor.user_ids).order_by("branch__path", "user__name", "pk"))


def _in_force(day: date) -> QuerySet[Deputy]:
    return Deputy.objects.standing().filter(first_on__lte=day, last_on__gte=day)


def _act(post: StaffPost) -> Actor:
    return Actor(
        user_id=post.user_id,
        name=post.user.name,
        person=post.user.mobile,
        side=Side.OFFICE,
        roles=frozenset(post.roles),
        branch_path=post.branch.path,
        former=frozenset(post.user.former_mobiles),
    )
