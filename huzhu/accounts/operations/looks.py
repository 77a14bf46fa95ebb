"""Looks at full numbers of staff accounts; each is written down (security.md §4)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.accounts import permissions
from huzhu.accounts.models import StaffPost
from huzhu.audit import reveals
from huzhu.audit.reveals import Why
from huzhu.shared.actors import Actor


@transaction.atomic
def reveal_mobile(*, user_id: int, why: Why, by: Actor, at: datetime) -> str:
    """
    This function will give the full mobile of a staff member to a system administrator, and note that it was looked at.

    :raises permissions.NotPermitted: if the actor is no system administrator of that branch's subtree
    :raises reveals.RevealRefused: without a reason, or after too many looks
    """
    post = StaffPost.objects.select_related("user", "branch").get(user_id=user_id)
    permissions.check(by, "staff.reveal", post)
    label = "查看完整手机号"
    reveals.note("accounts.reveal", subject=post.user, field="mobile", why=why, label=label, by=by, at=at)
    return post.user.mobile
