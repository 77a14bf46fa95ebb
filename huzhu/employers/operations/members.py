"""账号成员: letting people into an employer's account, their roles, and their leaving."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from huzhu.accounts import operations as accounts
from huzhu.accounts import queries as account_queries
from huzhu.accounts.roles import EmployerRole
from huzhu.audit import operations as audit
from huzhu.employers import permissions
from huzhu.employers.models import Employer, JoinRequest, Membership
from huzhu.employers.states import JOINING, JoinAction, JoinState
from huzhu.notifications import operations as notifications
from huzhu.shared import fresh_factor, locks
from huzhu.shared.actors import Actor
from huzhu.shared.identity import names


class JoinRefused(ValueError):
    """The person cannot be let in, or the account not be left, like this; the words say what to do."""


@transaction.atomic
def ask_to_join(*, employer_id: int, name: str, note: str = "", by: Actor, at: datetime) -> JoinRequest:
    """
    This function will ask the owners of an account to let the actor in, and tell them.

    :param by: the applicant; `by.person` is the verified mobile
    :raises JoinRefused: if the name cannot be, or the person is in or has asked already
    """
    employer = Employer.objects.get(pk=employer_id)
    locks.lock("join", employer.pk, by.person)
    try:
        name = names.check_name(name)
    except names.NameRefused as refusal:
        raise JoinRefused(str(refusal)) from refusal
    if Membership.objects.live().filter(employer=employer, user__mobile=by.person).exists():
        raise JoinRefused("您已是该单位账号的成员，请直接用手机号登录；忘记密码可通过短信重新设置。")
    if JoinRequest.objects.filter(employer=employer, mobile=by.person, state=JoinState.ASKED).exists():
        raise JoinRefused("您的加入申请已提交，正等待该单位的单位管理员确认，无需重复申请。")
    request = JoinRequest.objects.create(
        employer=employer, name=name, mobile=by.person, note=note.strip()[:200], asked_at=at
    )
    audit.record(
        "joining.ask", label="申请加入", subject=request, by=by, at=at, after=JoinState.ASKED, employer_id=employer.pk
    )
    owners = Membership.objects.live().filter(employer=employer, roles__contains=[EmployerRole.OWNER])
    for mobile in owners.order_by("id").values_list("user__mobile", flat=True):
        key = f"join_requested:{request.pk}:{mobile}"
        notifications.queue_sms(
            "join_requested", to=mobile, key=key, at=at, employer_id=employer.pk, name=name, employer=employer.name
        )
    notifications.post_notice(
        title=f"{name}申请加入单位账号",
        body="请在账号成员中同意或拒绝。",
        key=f"join_requested:{request.pk}",
        at=at,
        employer_id=employer.pk,
    )
    return request


@fresh_factor.needed()
@transaction.atomic
def accept_join(*, join_request_id: int, roles: Collection[str], by: Actor, at: datetime) -> Membership:
    """
    This function will let a person into the account with these roles, and tell them.

    :raises fresh_factor.FactorStale: if the actor's second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor is not an owner of the account
    :raises JoinRefused: without a role, or if the person is staff of a branch above the employer
    :raises TransitionNotAllowed: if somebody has answered already
    """
    request = _lock(join_request_id)
    permissions.check(by, "joining.accept", request)
    JOINING.next_state(JoinAction.ACCEPT, state=request.state)
    membership = admit(employer=request.employer, mobile=request.mobile, name=request.name, roles=roles, by=by, at=at)
    _move(request, JoinAction.ACCEPT, by=by, at=at)
    _tell(request, JoinAction.ACCEPT, at=at)
    return membership


@transaction.atomic
def refuse_join(*, join_request_id: int, reason: str, by: Actor, at: datetime) -> JoinRequest:
    """
    This function will turn a person away, and tell them why.

    :raises permissions.NotPermitted: if the actor is not an owner of the account
    :raises JoinRefused: without a reason
    :raises TransitionNotAllowed: if somebody has answered already
    """
    request = _lock(join_request_id)
    permissions.check(by, "joining.refuse", request)
    if not reason.strip():
        raise JoinRefused("请写明拒绝的原因，将以短信告知申请人。")
    request.reason = reason.strip()[:200]
    _move(request, JoinAction.REFUSE, by=by, at=at, reason=request.reason)
    _tell(request, JoinAction.REFUSE, at=at, reason=request.reason.rstrip("。"))
    return request


@fresh_factor.needed()
@transaction.atomic
def change_roles(*, membership_id: int, roles: Collection[str], by: Actor, at: datetime) -> Membership:
    """
    This function will give a member other roles and end the person's sessions, so that the new roles hold at once.

    :raises fresh_factor.FactorStale: if the actor's second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor is not an owner of the account
    :raises JoinRefused: without a role, or if no owner would be left
    """
    membership = _lock_membership(membership_id)
    permissions.check(by, "member.manage", membership.employer)
    wanted = check_roles(roles)
    if EmployerRole.OWNER not in wanted:
        _check_owner_remains(membership)
    before, membership.roles = list(membership.roles), wanted
    membership.save(update_fields=["roles"])
    accounts.end_sessions(user_id=membership.user_id)
    audit.record(
        "joining.change_roles",
        label="调整成员角色",
        subject=membership,
        by=by,
        at=at,
        changes={"roles": (before, wanted)},
    )
    return membership


@transaction.atomic
def end_membership(*, membership_id: int, by: Actor, at: datetime) -> Membership:
    """
    This function will take a person out of the account and end the person's sessions; what they did stays theirs.

    :raises permissions.NotPermitted: if the actor is not an owner of the account
    :raises JoinRefused: if no owner would be left
    """
    membership = _lock_membership(membership_id)
    permissions.check(by, "member.manage", membership.employer)
    _check_owner_remains(membership)
    membership.ended_at = at
    membership.save(update_fields=["ended_at"])
    accounts.end_sessions(user_id=membership.user_id)
    audit.record("joining.end", label="移出账号", subject=membership, by=by, at=at)
    return membership


def admit(*, employer: Employer, mobile: str, name: str, roles: Collection[str], by: Actor, at: datetime) -> Membership:
    """
    This function will give a person a place in an employer's account, and an account to sign in with if there is none yet.
    It stands inside the transaction of the act that decided it.

    :raises JoinRefused: without a role, or if the person is staff of a branch above the employer
    """
    wanted = check_roles(roles)
    words = "该手机号属于本辖区互助会工作人员，不能同时是参保单位账号的成员，请更换经办人。"
    if account_queries.is_staff_above(mobile=mobile, branch=employer.branch):
        raise JoinRefused(words)
    user = accounts.make_user(mobile=mobile, name=name, by=by, at=at)
    try:
        with transaction.atomic():
            membership, is_new = Membership.objects.get_or_create(
                user=user, employer=employer, ended_at=None, defaults={"roles": wanted, "since": at}
            )
    except IntegrityError as error:
        if "own subtree" in str(error):
            raise JoinRefused(words) from error
        raise
    if is_new:
        audit.record(
            "joining.admit", label="加入账号", subject=membership, by=by, at=at, details={"roles": membership.roles}
        )
    return membership


def check_roles(roles: Collection[str]) -> list[str]:
    """
    This function will give the roles in the order of rulebook §1, each once.

    :raises JoinRefused: if there is none
    """
    wanted = [role for role in EmployerRole.values if role in {str(each) for each in roles}]
    if not wanted:
        raise JoinRefused("请至少选择一个角色。")
    return wanted


def _lock(join_request_id: int) -> JoinRequest:
    return (
        JoinRequest.objects.select_for_update(of=("self",))
        .select_related("employer", "employer__branch")
        .get(pk=join_request_id)
    )


def _lock_membership(membership_id: int) -> Membership:
    """Under the employer's row, so that two owners cannot both leave."""
    employer_id = Membership.objects.values_list("employer_id", flat=True).get(pk=membership_id)
    Employer.objects.select_for_update(of=("self",)).get(pk=employer_id)
    membership = Membership.objects.select_related("employer", "user").get(pk=membership_id)
    if membership.ended_at:
        raise JoinRefused("该成员已移出账号，请刷新页面查看最新情况。")
    return membership


def _move(request: JoinRequest, action: JoinAction, *, by: Actor, at: datetime, reason: str = "") -> None:
    """Change the state, save, and leave a trace. The only lines in this app that write a join request's `state`."""
    before = request.state
    request.state = JOINING.next_state(action, state=before)
    request.decided_at, request.decided_by_id = at, by.user_id
    request.save()
    audit.record(
        f"joining.{action}",
        label=str(action.label),
        subject=request,
        by=by,
        at=at,
        before=before,
        after=request.state,
        reason=reason,
    )


def _tell(request: JoinRequest, action: JoinAction, *, at: datetime, **words: Any) -> None:
    template = JOINING.steps[action].tells
    notifications.queue_sms(
        template, to=request.mobile, key=f"{template}:{request.pk}", at=at, employer=request.employer.name, **words
    )


def _check_owner_remains(membership: Membership) -> None:
    others = Membership.objects.live().filter(employer=membership.employer, roles__contains=[EmployerRole.OWNER])
    if EmployerRole.OWNER in membership.roles and not others.exclude(pk=membership.pk).exists():
        raise JoinRefused("单位账号至少要有一位单位管理员，请先让另一位成员担任单位管理员。")
