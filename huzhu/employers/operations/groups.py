"""上下级关系: a subsidiary under its head, asked by one side and confirmed by the other."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.employers import permissions
from huzhu.employers.models import Employer, GroupLink
from huzhu.employers.states import GROUP_LINK, LinkAction, LinkState
from huzhu.notifications import operations as notifications
from huzhu.shared import locks
from huzhu.shared.actors import Actor
from huzhu.shared.identity import credit_code as credit_codes

LIVE = (LinkState.REQUESTED, LinkState.CONFIRMED)


class LinkRefused(ValueError):
    """The two cannot be linked like this; the words say why and what to do."""


@transaction.atomic
def request_link(*, credit_code: str, as_head: bool, by: Actor, at: datetime) -> GroupLink:
    """
    This function will ask another employer to be subsidiary of the actor's (`as_head`) or its head.

    :param credit_code: of the other employer
    :raises permissions.NotPermitted: if the actor is neither owner nor handler
    :raises LinkRefused: if the code is none, unknown or the own one, the subsidiary has a head already, or it would close a circle
    """
    permissions.check(by, "group_link.ask", by.employer_id)
    assert by.employer_id is not None
    own = Employer.objects.get(pk=by.employer_id)
    try:
        code = credit_codes.check_credit_code(credit_code).value
    except credit_codes.CreditCodeRefused as refusal:
        raise LinkRefused(str(refusal)) from refusal
    other = Employer.objects.filter(credit_code=code).first()
    if other is None:
        raise LinkRefused("没有找到该代码对应的单位账号。请核对代码；对方尚未注册的，请先完成注册。")
    if other == own:
        raise LinkRefused("不能与本单位建立上下级关系，请填写对方单位的统一社会信用代码。")
    head, subsidiary = (own, other) if as_head else (other, own)
    locks.lock("group-links")
    _check_single_parent(subsidiary, own=own)
    _check_no_circle(head=head, subsidiary=subsidiary)
    link = GroupLink.objects.create(head=head, subsidiary=subsidiary, requested_by_head=as_head, requested_at=at)
    _trace(link, "request", "申请关联", by=by, at=at, before="")
    _notify(link, to=other, title=f"{own.name}申请与贵单位建立上下级关系", event="requested", at=at)
    return link


@transaction.atomic
def confirm_link(*, link_id: int, by: Actor, at: datetime) -> GroupLink:
    """
    This function will confirm a link as the side that was asked.

    :raises permissions.NotPermitted: if the actor's side asked or is no part of it
    :raises LinkRefused: if it would close a circle by now
    :raises TransitionNotAllowed: if it does not wait for an answer any more
    """
    locks.lock("group-links")
    link = _lock(link_id)
    permissions.check(by, "group_link.confirm", link)
    GROUP_LINK.next_state(LinkAction.CONFIRM, state=link.state)
    _check_no_circle(head=link.head, subsidiary=link.subsidiary)
    link.decided_at = at
    _move(link, LinkAction.CONFIRM, by=by, at=at)
    return link


@transaction.atomic
def refuse_link(*, link_id: int, by: Actor, at: datetime) -> GroupLink:
    """
    This function will refuse a link as the side that was asked.

    :raises permissions.NotPermitted: if the actor's side asked or is no part of it
    :raises TransitionNotAllowed: if it does not wait for an answer any more
    """
    link = _lock(link_id)
    permissions.check(by, "group_link.refuse", link)
    link.decided_at = at
    _move(link, LinkAction.REFUSE, by=by, at=at)
    return link


@transaction.atomic
def end_link(*, link_id: int, by: Actor, at: datetime) -> GroupLink:
    """
    This function will end a link, or take back a request, as either side; history stays.

    :raises permissions.NotPermitted: if the actor's employer is no part of it
    :raises TransitionNotAllowed: if it has ended or was refused
    """
    locks.lock("group-links")
    link = _lock(link_id)
    permissions.check(by, "group_link.end", link)
    link.ended_at = at
    _move(link, LinkAction.END, by=by, at=at)
    return link


def _lock(link_id: int) -> GroupLink:
    return GroupLink.objects.select_for_update(of=("self",)).select_related("head", "subsidiary").get(pk=link_id)


def _move(link: GroupLink, action: LinkAction, *, by: Actor, at: datetime) -> None:
    """Change the state, save, leave a trace and tell the other side. The only lines in this app that write a link's `state`."""
    before = link.state
    link.state = GROUP_LINK.next_state(action, state=before)
    link.save()
    _trace(link, action, str(action.label), by=by, at=at, before=before)
    other = link.subsidiary if by.employer_id == link.head_id else link.head
    own = link.head if other == link.subsidiary else link.subsidiary
    title = (
        f"{own.name}：{link.get_state_display()}上下级关系"
        if action != LinkAction.CONFIRM
        else f"{own.name}已确认上下级关系"
    )
    _notify(link, to=other, title=title, event=str(action), at=at)


def _trace(link: GroupLink, event: str, label: str, *, by: Actor, at: datetime, before: str) -> None:
    """One row for each side, so that both see it in their history."""
    for employer_id in (link.head_id, link.subsidiary_id):
        audit.record(
            f"group_link.{event}",
            label=label,
            subject=link,
            by=by,
            at=at,
            before=before,
            after=link.state,
            employer_id=employer_id,
        )


def _notify(link: GroupLink, *, to: Employer, title: str, event: str, at: datetime) -> None:
    notifications.post_notice(
        title=title,
        body="请在上下级关系维护中查看。",
        key=f"group_link:{link.pk}:{event}",
        at=at,
        employer_id=to.pk,
    )


def _check_single_parent(subsidiary: Employer, *, own: Employer) -> None:
    link = GroupLink.objects.filter(subsidiary=subsidiary, state__in=LIVE).first()
    if link is None:
        return
    if subsidiary == own:
        raise LinkRefused("本单位已有上级单位或待确认的上级申请，请先解除或撤回后再申请。")
    raise LinkRefused("对方单位已有上级单位或待确认的上级申请，同一时间只能有一个上级，请先与对方联系。")


def _check_no_circle(*, head: Employer, subsidiary: Employer) -> None:
    """Walk up from the head; the links are few and the walk is short."""
    above: int | None = head.pk
    seen: set[int] = set()
    while above is not None and above not in seen:
        if above == subsidiary.pk:
            raise LinkRefused("对方单位已在贵单位的上级或下级链条中，关联后会首尾相接，请核对上下级方向。")
        seen.add(above)
        above = (
            GroupLink.objects.filter(subsidiary_id=above, state=LinkState.CONFIRMED)
            .values_list("head_id", flat=True)
            .first()
        )
