"""From a request to the actor that operations are told about."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from huzhu.accounts.models import StaffPost
from huzhu.employers.models import Membership
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import today
from huzhu.work import queries

CURRENT_EMPLOYER = "employer_id"  # session key: which of a person's employers is in front
STANDING_IN = "deputy_id"  # session key: the appointment under which a staff member acts for somebody


def get_actor(request: HttpRequest) -> Actor | None:
    """
    Who is asking: a staff member in the own branch's subtree, or a member of the employer in front; None for strangers.

    Two queries at most: the account (by Django) and its post or memberships.
    """
    user = request.user
    if not user.is_authenticated:
        return None
    where = {
        "address": request.META.get("REMOTE_ADDR", ""),
        "device": request.headers.get("User-Agent", ""),
        "proven_at": request.session.proven_at,
    }
    if user.is_staff_account:
        post = StaffPost.objects.select_related("branch").filter(user=user).first()
        if post is None:
            return None
        request.post = post
        own = Actor(
            user_id=user.pk,
            name=user.name,
            person=user.mobile,
            side=Side.OFFICE,
            roles=frozenset(post.roles),
            branch_path=post.branch.path,
            former=frozenset(user.former_mobiles),
            **where,
        )
        return _get_deputy(request, own) or own
    memberships = list(
        Membership.objects.select_related("employer")
        .filter(user=user, ended_at__isnull=True)
        .order_by("employer__name")
    )
    if not memberships:
        return None
    wanted = request.session.get(CURRENT_EMPLOYER)
    current = next((m for m in memberships if m.employer_id == wanted), memberships[0])
    request.memberships, request.employer = memberships, current.employer
    return Actor(
        user_id=user.pk,
        name=user.name,
        person=user.mobile,
        side=Side.EMPLOYER,
        roles=frozenset(current.roles),
        employer_id=current.employer_id,
        **where,
    )


def _get_deputy(request: HttpRequest, own: Actor) -> Actor | None:
    """A staff member in somebody's stead, as long as the appointment is in force; three queries, only for who stands in."""
    deputy_id = request.session.get(STANDING_IN)
    if deputy_id is None or own.user_id is None:
        return None
    day = today(timezone.now())
    deputy = queries.get_standing_deputy(deputy_id=deputy_id, user_id=own.user_id, day=day)
    actor = queries.get_actor_for(own, deputy=deputy) if deputy else None
    if actor is None:
        del request.session[STANDING_IN]
    request.deputy = deputy
    return actor
