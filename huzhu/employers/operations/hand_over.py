"""经办人交接: by the present handler to somebody who confirms, or by stamped form when the handler cannot any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from huzhu.accounts import operations as accounts
from huzhu.accounts.roles import EmployerRole
from huzhu.audit import operations as audit
from huzhu.employers import permissions
from huzhu.employers.models import Employer, HandOver, Membership
from huzhu.employers.operations.members import admit
from huzhu.employers.operations.versions import begin_version
from huzhu.employers.states import HAND_OVER, HandOverAction, HandOverState
from huzhu.notifications import operations as notifications
from huzhu.shared import fresh_factor, locks, two_persons
from huzhu.shared.actors import Actor, system_actor
from huzhu.shared.calendar import local_date
from huzhu.shared.identity import mobile as mobiles
from huzhu.shared.identity import names
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.work import operations as work

LASTS = timedelta(days=14)
ROLES_BY_FORM = [EmployerRole.OWNER, EmployerRole.HANDLER, EmployerRole.LIAISON, EmployerRole.FINANCE]
OPEN = (HandOverState.OFFERED, HandOverState.PENDING, HandOverState.RETURNED)


class HandOverRefused(ValueError):
    """The hand-over cannot be like this; `field` names what to mend."""

    def __init__(self, words: str, *, field: str = "") -> None:
        super().__init__(words)
        self.field = field


@fresh_factor.needed()
@transaction.atomic
def offer_hand_over(
    *, employer_id: int, mobile: str, name: str, former_leaves: bool, by: Actor, at: datetime
) -> HandOver:
    """
    This function will name a successor for the actor, who is the employer's handler; it takes effect when the owner of that mobile
    confirms within fourteen days.

    :raises fresh_factor.FactorStale: if the actor's second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor is not the handler
    :raises HandOverRefused: if mobile or name cannot be, it is the handler's own mobile, or an offer is open
    """
    employer = _lock_employer(employer_id)
    permissions.check(by, "hand_over.offer", employer)
    mobile, name = _check_typed(employer, mobile, name)
    if HandOver.objects.filter(employer=employer, state=HandOverState.OFFERED).exists():
        raise HandOverRefused("已有一项交接等待接任人确认，如需改交他人，请先撤回。")
    _check_not_open(employer, mobile)
    hand_over = _make(employer, mobile, name, former_leaves, HandOverState.OFFERED, None, by=by, at=at)
    _tell(hand_over, "hand_over_offered", to=mobile, at=at, former=hand_over.former_name, until=_until(hand_over))
    return hand_over


@transaction.atomic
def ask_hand_over(
    *, employer_id: int, mobile: str, name: str, former_leaves: bool, form_id: UUID, by: Actor, at: datetime
) -> HandOver:
    """
    This function will put a stamped form before the registrar, asked by the successor with a proven mobile or by an owner for a
    member of the account. The present handler is told at once and may object.

    :raises permissions.NotPermitted: if the actor may not ask for this successor
    :raises HandOverRefused: if mobile or name cannot be, or a form for this person is under review
    """
    employer = _lock_employer(employer_id)
    mobile, name = _check_typed(employer, mobile, name)
    permissions.check(by, "hand_over.ask", permissions.Successor(employer, mobile))
    _check_not_open(employer, mobile)
    hand_over = _make(employer, mobile, name, former_leaves, HandOverState.PENDING, form_id, by=by, at=at)
    _warn_former(hand_over, at=at)
    return hand_over


@transaction.atomic
def resubmit_hand_over(*, hand_over_id: int, form_id: UUID, by: Actor, at: datetime) -> HandOver:
    """
    This function will put a mended form before the registrar again.

    :raises permissions.NotPermitted: if the actor did not ask for it
    :raises TransitionNotAllowed: if it was not returned
    """
    hand_over = _lock(hand_over_id)
    permissions.check(by, "hand_over.resubmit", hand_over)
    hand_over.form_id, hand_over.round, hand_over.reason = form_id, hand_over.round + 1, ""
    _move(hand_over, HandOverAction.RESUBMIT, by=by, at=at)
    return hand_over


@transaction.atomic
def take_over(*, hand_over_id: int, by: Actor, at: datetime) -> HandOver:
    """
    This function will make the successor the employer's handler.

    :param by: `by.person` is the verified mobile of the successor
    :raises permissions.NotPermitted: if it was offered to another mobile
    :raises HandOverRefused: if the offer has expired
    :raises JoinRefused: if the person is staff of a branch above the employer
    :raises TransitionNotAllowed: if the offer does not stand any more
    """
    hand_over = _lock(hand_over_id)
    permissions.check(by, "hand_over.take", hand_over)
    HAND_OVER.next_state(HandOverAction.TAKE, state=hand_over.state)
    if hand_over.expires_at and at >= hand_over.expires_at:
        raise HandOverRefused("交接已过期，请联系原经办人重新发起。")
    _complete(hand_over, by=by, at=at)
    _move(hand_over, HandOverAction.TAKE, by=by, at=at)
    _tell_both(hand_over, at=at)
    return hand_over


@transaction.atomic
def decline_hand_over(*, hand_over_id: int, by: Actor, at: datetime) -> HandOver:
    """
    This function will decline an offer for the successor, and tell the employer.

    :raises permissions.NotPermitted: if it was offered to another mobile
    :raises TransitionNotAllowed: if the offer does not stand any more
    """
    hand_over = _lock(hand_over_id)
    permissions.check(by, "hand_over.decline", hand_over)
    _move(hand_over, HandOverAction.DECLINE, by=by, at=at)
    _post(hand_over, f"{hand_over.name}谢绝接任经办人", at=at)
    return hand_over


@transaction.atomic
def withdraw_hand_over(*, hand_over_id: int, by: Actor, at: datetime) -> HandOver:
    """
    This function will take a hand-over back for whoever asked for it.

    :raises permissions.NotPermitted: if the actor did not ask for it
    :raises TransitionNotAllowed: if it is over
    """
    hand_over = _lock(hand_over_id)
    permissions.check(by, "hand_over.withdraw", hand_over)
    _move(hand_over, HandOverAction.WITHDRAW, by=by, at=at)
    return hand_over


@transaction.atomic
def object_to_hand_over(*, hand_over_id: int, words: str, by: Actor, at: datetime) -> HandOver:
    """
    This function will note what the present handler or an owner says against a stamped form; the registrar weighs it.

    :raises permissions.NotPermitted: if the actor is neither
    :raises HandOverRefused: without words
    :raises TransitionNotAllowed: if no form is under review any more
    """
    hand_over = _lock(hand_over_id)
    permissions.check(by, "hand_over.object", hand_over)
    HAND_OVER.next_state(HandOverAction.APPROVE, state=hand_over.state)
    if not words.strip():
        raise HandOverRefused("请写明异议的理由，互助会审核时会看到。", field="words")
    hand_over.objection = words.strip()[:300]
    hand_over.save(update_fields=["objection"])
    audit.record("hand_over.object", label="提出异议", subject=hand_over, by=by, at=at, reason=hand_over.objection)
    return hand_over


@transaction.atomic
def approve_hand_over(*, hand_over_id: int, round: int, by: Actor, at: datetime) -> HandOver:
    """
    This function will make the successor of a stamped form the employer's handler.

    :param round: the submission that was looked at
    :raises permissions.NotPermitted: if the actor may not decide on it
    :raises JoinRefused: if the person is staff of a branch above the employer
    :raises TransitionNotAllowed: if it does not wait, or another submission came meanwhile
    """
    hand_over = _lock_for_review(hand_over_id, round, HandOverAction.APPROVE, by=by)
    _complete(hand_over, by=by, at=at)
    two_persons.sign(hand_over, by=by)
    _move(hand_over, HandOverAction.APPROVE, by=by, at=at)
    _tell_both(hand_over, at=at)
    return hand_over


@transaction.atomic
def send_back_hand_over(*, hand_over_id: int, round: int, reason: str, by: Actor, at: datetime) -> HandOver:
    """
    This function will return a form to be mended, and tell the one who asked.

    :raises HandOverRefused: without a reason; for the rest see `approve_hand_over`
    """
    return _refuse(hand_over_id, round, HandOverAction.SEND_BACK, reason, by=by, at=at)


@transaction.atomic
def reject_hand_over(*, hand_over_id: int, round: int, reason: str, by: Actor, at: datetime) -> HandOver:
    """
    This function will refuse a form for good, and tell the one who asked.

    :raises HandOverRefused: without a reason; for the rest see `approve_hand_over`
    """
    return _refuse(hand_over_id, round, HandOverAction.REJECT, reason, by=by, at=at)


def expire_hand_overs(*, at: datetime) -> int:
    """
    This function will end the offers nobody took in time, each in a transaction of its own, and tell how many.
    """
    over = HandOver.objects.filter(state=HandOverState.OFFERED, expires_at__lte=at).values_list("pk", flat=True)
    return sum(_expire(hand_over_id, at=at) for hand_over_id in list(over))


@transaction.atomic
def _expire(hand_over_id: int, *, at: datetime) -> bool:
    hand_over = _lock(hand_over_id)
    if hand_over.state != HandOverState.OFFERED:
        return False
    _move(hand_over, HandOverAction.EXPIRE, by=system_actor(), at=at)
    _post(hand_over, f"{hand_over.name}未在期限内接任经办人，交接已过期", at=at)
    return True


def _refuse(hand_over_id: int, round: int, action: HandOverAction, reason: str, *, by: Actor, at: datetime) -> HandOver:
    hand_over = _lock_for_review(hand_over_id, round, action, by=by)
    if not reason.strip():
        raise HandOverRefused("请写明原因，将以短信告知申请人。", field="reason")
    hand_over.reason = reason.strip()[:300]
    two_persons.sign(hand_over, by=by)
    _move(hand_over, action, by=by, at=at, reason=hand_over.reason)
    words = hand_over.reason.rstrip("。")[:120]
    _tell(hand_over, HAND_OVER.steps[action].tells, to=hand_over.asked_by_person, at=at, reason=words)
    return hand_over


def _complete(hand_over: HandOver, *, by: Actor, at: datetime) -> None:
    """
    The successor gets the roles of the one who goes (by form all those of a first handler), the employer its new contact, and
    what else was open for other successors falls away. Drafts and everything under way belong to the employer and stay.
    """
    employer = _lock_employer(hand_over.employer_id)
    if employer.handler_mobile != hand_over.former_mobile:
        raise HandOverRefused("经办人已另行变更，本次交接不能再办理，请核对单位当前经办人。")
    former = Membership.objects.live().filter(employer=employer, user__mobile=hand_over.former_mobile).first()
    roles = former.roles if former and hand_over.form_id is None else ROLES_BY_FORM
    successor = admit(employer=employer, mobile=hand_over.mobile, name=hand_over.name, roles=roles, by=by, at=at)
    missing = set(roles) - set(successor.roles)
    if missing:
        successor.roles = [role for role in EmployerRole.values if role in {*successor.roles, *roles}]
        successor.save(update_fields=["roles"])
        accounts.end_sessions(user_id=successor.user_id)
    if former and hand_over.former_leaves:
        former.ended_at = at
        former.save(update_fields=["ended_at"])
        accounts.end_sessions(user_id=former.user_id)
        audit.record("joining.end", label="移出账号", subject=former, by=by, at=at, reason="经办人交接")
    employer.handler_name, employer.handler_mobile = hand_over.name, hand_over.mobile
    employer.save(update_fields=["handler_name", "handler_mobile"])
    begin_version(employer, at=at)
    others = HandOver.objects.filter(employer=employer, state__in=OPEN).exclude(pk=hand_over.pk)
    for other in others.select_for_update(of=("self",)).select_related("employer"):
        _move(other, HandOverAction.WITHDRAW, by=system_actor(), at=at, reason="经办人已变更")


def _lock_employer(employer_id: int) -> Employer:
    return Employer.objects.select_for_update(of=("self",)).get(pk=employer_id)


def _lock(hand_over_id: int) -> HandOver:
    """Under the employer's row, which every hand-over of it changes in the end."""
    employer_id = HandOver.objects.values_list("employer_id", flat=True).get(pk=hand_over_id)
    _lock_employer(employer_id)
    found = HandOver.objects.select_for_update(of=("self",)).select_related("employer", "employer__branch")
    return found.get(pk=hand_over_id)


def _lock_for_review(hand_over_id: int, seen: int, action: HandOverAction, *, by: Actor) -> HandOver:
    hand_over = _lock(hand_over_id)
    permissions.check(by, f"hand_over.{action}", hand_over)
    work.check_free(hand_over, by=by)
    if hand_over.round != seen:
        raise TransitionNotAllowed(action=action, state=hand_over.state, label=str(action.label))
    HAND_OVER.next_state(action, state=hand_over.state)
    return hand_over


def _make(
    employer: Employer,
    mobile: str,
    name: str,
    former_leaves: bool,
    state: HandOverState,
    form_id: UUID | None,
    *,
    by: Actor,
    at: datetime,
) -> HandOver:
    hand_over = HandOver.objects.create(
        employer=employer,
        former_name=employer.handler_name,
        former_mobile=employer.handler_mobile,
        name=name,
        mobile=mobile,
        former_leaves=former_leaves,
        form_id=form_id,
        state=state,
        asked_at=at,
        asked_by_person=by.person,
        expires_at=at + LASTS if state == HandOverState.OFFERED else None,
    )
    label = "发起经办人交接" if state == HandOverState.OFFERED else "申请变更经办人"
    audit.record("hand_over.ask", label=label, subject=hand_over, by=by, at=at, after=state)
    return hand_over


def _move(hand_over: HandOver, action: HandOverAction, *, by: Actor, at: datetime, reason: str = "") -> None:
    """Change the state, save, and leave a trace. The only lines in this app that write a hand-over's `state`."""
    before = hand_over.state
    hand_over.state, hand_over.decided_at = HAND_OVER.next_state(action, state=before), at
    hand_over.save()
    work.finish(hand_over, at=at)
    audit.record(
        f"hand_over.{action}",
        label=str(action.label),
        subject=hand_over,
        by=by,
        at=at,
        before=before,
        after=hand_over.state,
        reason=reason,
    )


def _tell(hand_over: HandOver, template: str, *, to: str, at: datetime, **words: Any) -> None:
    notifications.queue_sms(
        template,
        to=to,
        key=f"{template}:{hand_over.pk}:{hand_over.round}:{to}",
        at=at,
        employer_id=hand_over.employer_id,
        employer=hand_over.employer.name,
        url=settings.PUBLIC_URL,
        **words,
    )


def _warn_former(hand_over: HandOver, *, at: datetime) -> None:
    """Whoever is to be replaced by a form must hear of it while it can be stopped."""
    hidden = names.masked_name(hand_over.name)
    _tell(hand_over, "hand_over_asked", to=hand_over.former_mobile, at=at, name=hidden)
    _post(hand_over, f"有人凭盖章表格申请变更经办人为{hidden}", at=at)


def _tell_both(hand_over: HandOver, *, at: datetime) -> None:
    template = HAND_OVER.steps[HandOverAction.TAKE].tells
    for mobile in (hand_over.former_mobile, hand_over.mobile):
        _tell(hand_over, template, to=mobile, at=at, name=hand_over.name)
    _post(hand_over, f"经办人已由{hand_over.former_name}变更为{hand_over.name}", at=at)


def _post(hand_over: HandOver, title: str, *, at: datetime) -> None:
    notifications.post_notice(
        title=title,
        body="可在账号成员中查看经办人交接。",
        key=f"hand_over:{hand_over.pk}:{hand_over.state}:{hand_over.round}",
        at=at,
        employer_id=hand_over.employer_id,
    )


def _until(hand_over: HandOver) -> str:
    assert hand_over.expires_at
    return f"{local_date(hand_over.expires_at):%m月%d日}"


def _check_typed(employer: Employer, mobile: str, name: str) -> tuple[str, str]:
    try:
        mobile = mobiles.check_mobile(mobile)
    except mobiles.MobileRefused as refusal:
        raise HandOverRefused(str(refusal), field="mobile") from refusal
    try:
        name = names.check_name(name)
    except names.NameRefused as refusal:
        raise HandOverRefused(str(refusal), field="name") from refusal
    if mobile == employer.handler_mobile:
        raise HandOverRefused("该手机号已是本单位的经办人，无需交接；请填写接任人的手机号。", field="mobile")
    return mobile, name


def _check_not_open(employer: Employer, mobile: str) -> None:
    locks.lock("hand-over", employer.pk)
    if HandOver.objects.filter(employer=employer, mobile=mobile, state__in=OPEN).exists():
        raise HandOverRefused("该手机号的经办人交接正在办理，请在进度中查看，无需重复申请。", field="mobile")
