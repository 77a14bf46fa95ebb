"""邀请成员: an owner invites a mobile; whoever proves that mobile comes in, once and in time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.employers import permissions
from huzhu.employers.models import Employer, Invitation, Membership
from huzhu.employers.operations.members import JoinRefused, admit, check_roles
from huzhu.employers.states import INVITATION, InvitationAction, InvitationState
from huzhu.notifications import operations as notifications
from huzhu.shared import fresh_factor, locks
from huzhu.shared.actors import Actor, system_actor
from huzhu.shared.calendar import local_date
from huzhu.shared.identity import mobile as mobiles
from huzhu.shared.identity import names

LASTS = timedelta(days=7)
MOST_PER_DAY = 30  # messages of one employer


class InvitationRefused(ValueError):
    """The person cannot be invited, or the invitation not be accepted, like this; `field` names what to mend."""

    def __init__(self, words: str, *, field: str = "") -> None:
        super().__init__(words)
        self.field = field


@fresh_factor.needed()
@transaction.atomic
def invite(*, employer_id: int, mobile: str, name: str, roles: Collection[str], by: Actor, at: datetime) -> Invitation:
    """
    This function will invite the owner of a mobile into the account with these roles, and tell the person; the invitation lasts
    seven days.

    :raises fresh_factor.FactorStale: if the actor's second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor is not an owner of the account
    :raises InvitationRefused: if mobile, name or roles cannot be, the person is in or invited already, or too many were sent today
    """
    employer = Employer.objects.get(pk=employer_id)
    permissions.check(by, "member.manage", employer)
    locks.lock("invite", employer.pk)
    mobile, name, wanted = _check_typed(mobile, name, roles)
    if Membership.objects.live().filter(employer=employer, user__mobile=mobile).exists():
        raise InvitationRefused("该手机号已是本单位账号的成员，可在成员列表中调整角色。", field="mobile")
    if Invitation.objects.filter(employer=employer, mobile=mobile, state=InvitationState.INVITED).exists():
        raise InvitationRefused("该手机号已有待接受的邀请，可在下方重新发送或撤回。", field="mobile")
    _check_allowance(employer, at=at)
    invitation = Invitation.objects.create(
        employer=employer,
        name=name,
        mobile=mobile,
        roles=wanted,
        invited_at=at,
        invited_by_id=by.user_id,
        sent_at=at,
        expires_at=at + LASTS,
    )
    audit.record(
        "invitation.invite",
        label="邀请成员",
        subject=invitation,
        by=by,
        at=at,
        after=InvitationState.INVITED,
        details={"roles": wanted},
    )
    _tell(invitation, by=by, at=at)
    return invitation


@transaction.atomic
def invite_again(*, invitation_id: int, by: Actor, at: datetime) -> Invitation:
    """
    This function will send an open invitation once more and let its time begin anew.

    :raises permissions.NotPermitted: if the actor is not an owner of the account
    :raises InvitationRefused: within a minute of the last message, or if too many were sent today
    :raises TransitionNotAllowed: if it does not wait any more
    """
    invitation = _lock(invitation_id)
    permissions.check(by, "member.manage", invitation.employer)
    INVITATION.next_state(InvitationAction.WITHDRAW, state=invitation.state)
    if at - invitation.sent_at < timedelta(minutes=1):
        raise InvitationRefused("邀请短信刚刚发送过，请一分钟后再重新发送。")
    locks.lock("invite", invitation.employer_id)
    _check_allowance(invitation.employer, at=at)
    invitation.sent_at, invitation.expires_at = at, at + LASTS
    invitation.save(update_fields=["sent_at", "expires_at"])
    audit.record("invitation.invite_again", label="重新发送邀请", subject=invitation, by=by, at=at)
    _tell(invitation, by=by, at=at)
    return invitation


@transaction.atomic
def withdraw_invitation(*, invitation_id: int, by: Actor, at: datetime) -> Invitation:
    """
    This function will take an open invitation back.

    :raises permissions.NotPermitted: if the actor is not an owner of the account
    :raises TransitionNotAllowed: if it does not wait any more
    """
    invitation = _lock(invitation_id)
    permissions.check(by, "invitation.withdraw", invitation)
    _move(invitation, InvitationAction.WITHDRAW, by=by, at=at)
    return invitation


@transaction.atomic
def accept_invitation(*, invitation_id: int, by: Actor, at: datetime) -> Membership:
    """
    This function will let the invited person into the account, and tell its owners.

    :param by: `by.person` is the verified mobile
    :raises permissions.NotPermitted: if the invitation is for another mobile
    :raises InvitationRefused: if it has expired
    :raises JoinRefused: if the person is staff of a branch above the employer
    :raises TransitionNotAllowed: if it was accepted, declined or withdrawn before
    """
    invitation = _lock(invitation_id)
    permissions.check(by, "invitation.accept", invitation)
    INVITATION.next_state(InvitationAction.ACCEPT, state=invitation.state)
    if at >= invitation.expires_at:
        raise InvitationRefused("邀请已过期，请联系单位管理员重新发送。")
    membership = admit(
        employer=invitation.employer,
        mobile=invitation.mobile,
        name=invitation.name,
        roles=invitation.roles,
        by=by,
        at=at,
    )
    _move(invitation, InvitationAction.ACCEPT, by=by, at=at)
    _tell_owners(invitation, "已接受邀请，加入单位账号", at=at)
    return membership


@transaction.atomic
def decline_invitation(*, invitation_id: int, by: Actor, at: datetime) -> Invitation:
    """
    This function will decline an invitation for the person it was sent to, and tell the owners.

    :raises permissions.NotPermitted: if the invitation is for another mobile
    :raises TransitionNotAllowed: if it does not wait any more
    """
    invitation = _lock(invitation_id)
    permissions.check(by, "invitation.decline", invitation)
    _move(invitation, InvitationAction.DECLINE, by=by, at=at)
    _tell_owners(invitation, "谢绝了加入单位账号的邀请", at=at)
    return invitation


def expire_invitations(*, at: datetime) -> int:
    """
    This function will mark the invitations whose time is over, each in a transaction of its own, and tell how many.
    """
    over = Invitation.objects.filter(state=InvitationState.INVITED, expires_at__lte=at).values_list("pk", flat=True)
    return sum(_expire(invitation_id, at=at) for invitation_id in list(over))


@transaction.atomic
def _expire(invitation_id: int, *, at: datetime) -> bool:
    invitation = _lock(invitation_id)
    if invitation.state != InvitationState.INVITED or invitation.expires_at > at:
        return False
    _move(invitation, InvitationAction.EXPIRE, by=system_actor(), at=at)
    return True


def _lock(invitation_id: int) -> Invitation:
    return (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("employer", "employer__branch")
        .get(pk=invitation_id)
    )


def _move(invitation: Invitation, action: InvitationAction, *, by: Actor, at: datetime) -> None:
    """Change the state, save, and leave a trace. The only lines in this app that write an invitation's `state`."""
    before = invitation.state
    invitation.state, invitation.decided_at = INVITATION.next_state(action, state=before), at
    invitation.save(update_fields=["state", "decided_at"])
    audit.record(
        f"invitation.{action}",
        label=str(action.label),
        subject=invitation,
        by=by,
        at=at,
        before=before,
        after=invitation.state,
    )


def _tell(invitation: Invitation, *, by: Actor, at: datetime) -> None:
    notifications.queue_sms(
        "member_invited",
        to=invitation.mobile,
        key=f"member_invited:{invitation.pk}:{at.isoformat()}",
        at=at,
        employer_id=invitation.employer_id,
        name=by.name,
        employer=invitation.employer.name,
        until=f"{local_date(invitation.expires_at):%m月%d日}",
        url=settings.PUBLIC_URL,
    )


def _tell_owners(invitation: Invitation, what: str, *, at: datetime) -> None:
    notifications.post_notice(
        title=f"{invitation.name}{what}",
        body="可在账号成员中查看。",
        key=f"invitation:{invitation.pk}:{invitation.state}",
        at=at,
        employer_id=invitation.employer_id,
    )


def _check_typed(mobile: str, name: str, roles: Collection[str]) -> tuple[str, str, list[str]]:
    try:
        mobile = mobiles.check_mobile(mobile)
    except mobiles.MobileRefused as refusal:
        raise InvitationRefused(str(refusal), field="mobile") from refusal
    try:
        name = names.check_name(name)
    except names.NameRefused as refusal:
        raise InvitationRefused(str(refusal), field="name") from refusal
    try:
        return mobile, name, check_roles(roles)
    except JoinRefused as refusal:
        raise InvitationRefused(str(refusal), field="roles") from refusal


def _check_allowance(employer: Employer, *, at: datetime) -> None:
    """So that an account cannot be used to flood strangers with messages."""
    sent = Invitation.objects.filter(employer=employer, sent_at__gt=at - timedelta(days=1)).count()
    if sent >= MOST_PER_DAY:
        raise InvitationRefused(f"本单位一天内最多发送{MOST_PER_DAY}条邀请，请明天再试。")
