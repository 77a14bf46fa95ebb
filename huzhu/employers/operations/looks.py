"""Looks at full numbers of an employer's account; each is written down (security.md §4)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.audit import reveals
from huzhu.audit.reveals import Why
from huzhu.employers import permissions
from huzhu.employers.models import HandOver, Membership
from huzhu.shared.actors import Actor


@transaction.atomic
def reveal_hand_over(*, hand_over_id: int, field: str, why: Why, by: Actor, at: datetime) -> str:
    """
    This function will give the full mobile of the former or the new handler, and note that it was looked at.

    :param field: former_mobile or mobile
    :raises permissions.NotPermitted: if the actor neither decides on the hand-over nor is its employer's owner or handler
    :raises reveals.RevealRefused: without a reason, or after too many looks
    """
    hand_over = HandOver.objects.select_related("employer__branch").get(pk=hand_over_id)
    permissions.check(by, "hand_over.reveal", hand_over)
    label = "查看完整手机号"
    reveals.note("hand_over.reveal", subject=hand_over, field=field, why=why, label=label, by=by, at=at)
    return {"former_mobile": hand_over.former_mobile, "mobile": hand_over.mobile}[field]


@transaction.atomic
def reveal_member(*, membership_id: int, why: Why, by: Actor, at: datetime) -> str:
    """
    This function will give the full mobile of a member of an employer's account, and note that it was looked at.

    :raises permissions.NotPermitted: if the actor is neither an owner of the account nor a registrar of its branch
    :raises reveals.RevealRefused: without a reason, or after too many looks
    """
    membership = Membership.objects.select_related("user", "employer__branch").get(pk=membership_id)
    permissions.check(by, "member.reveal", membership)
    label = "查看账号成员完整手机号"
    reveals.note("member.reveal", subject=membership, field="mobile", why=why, label=label, by=by, at=at)
    return membership.user.mobile
