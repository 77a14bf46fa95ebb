"""代理: a colleague does somebody's work from one day to another."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from huzhu.accounts.models import StaffPost, User
from huzhu.audit import operations as audit
from huzhu.notifications import operations as notifications
from huzhu.shared import fresh_factor
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.work import permissions
from huzhu.work.models import Deputy

LONGEST = timedelta(days=183)  # half a year: who is away longer changes posts


class DeputyRefused(Exception):
    """These days cannot be; the message says why and how to mend. `field` is the one to mend."""

    def __init__(self, words: str, *, field: str = "") -> None:
        super().__init__(words)
        self.field = field


@fresh_factor.needed()
@transaction.atomic
def appoint_deputy(
    *, principal_id: int, deputy_id: int, first_on: date, last_on: date, reason: str, by: Actor, at: datetime
) -> Deputy:
    """
    This function will let a colleague do somebody's work from `first_on` to `last_on`, both included.

    :raises fresh_factor.FactorStale: if the actor's second factor was shown too long ago
    :raises permissions.NotPermitted: if `by` may not appoint, or these two cannot be principal and deputy
    :raises DeputyRefused: if the days are over, out of order or too many, or another deputy stands in on one of them
    """
    principal, deputy = _lock_post(principal_id), _get_post(deputy_id)
    permissions.check(by, "deputy.appoint", permissions.Appointment(principal, deputy))
    _check_days(first_on, last_on, today=local_date(at))
    assert by.user_id is not None
    taken = Deputy.objects.standing().filter(principal_id=principal_id, first_on__lte=last_on, last_on__gte=first_on)
    if other := taken.select_related("deputy").first():
        raise DeputyRefused(
            f"{other.first_on:%Y-%m-%d} 至 {other.last_on:%Y-%m-%d} 已由{other.deputy.name}代理，请错开日期或先结束该代理。",
            field="first_on",
        )
    made = Deputy.objects.create(
        principal_id=principal_id,
        deputy_id=deputy_id,
        first_on=first_on,
        last_on=last_on,
        reason=" ".join(reason.split())[:200],
        set_at=at,
        set_by_id=by.user_id,
        set_by_name=by.name,
    )
    details = {"deputy": deputy_id, "deputy_name": deputy.user.name, "first_on": str(first_on), "last_on": str(last_on)}
    audit.record(
        "work.appoint_deputy",
        subject=made,
        by=by,
        at=at,
        label=f"设置代理：{principal.user.name} → {deputy.user.name}",
        reason=made.reason,
        details=details,
    )
    _tell(made, deputy.user, f"{principal.user.name}请您代理 {first_on:%Y-%m-%d} 至 {last_on:%Y-%m-%d} 的工作", at=at)
    if principal_id != by.user_id:
        _tell(made, principal.user, f"{by.name}已为您设置代理人{deputy.user.name}", at=at)
    return made


@transaction.atomic
def end_deputy(*, deputy_id: int, by: Actor, at: datetime) -> Deputy:
    """
    This function will end somebody's standing in before its last day; what was done stays done. Ending it twice changes nothing.

    :raises permissions.NotPermitted: if `by` may not
    """
    found = Deputy.objects.select_for_update(of=("self",)).select_related("principal", "deputy").get(pk=deputy_id)
    permissions.check(by, "deputy.end", _get_post(found.principal_id))
    if found.ended_at is None:
        found.ended_at, found.ended_by_name = at, by.name
        found.save(update_fields=["ended_at", "ended_by_name"])
        label = f"结束代理：{found.principal.name} → {found.deputy.name}"
        audit.record("work.end_deputy", subject=found, by=by, at=at, label=label)
    return found


def _check_days(first_on: date, last_on: date, *, today: date) -> None:
    if last_on < first_on:
        raise DeputyRefused("结束日期不能早于开始日期。", field="last_on")
    if last_on < today:
        raise DeputyRefused("结束日期已过，请填写今天或以后的日期。", field="last_on")
    if last_on - first_on > LONGEST:
        raise DeputyRefused("代理最长半年；更久的请由系统管理员调整岗位。", field="last_on")


def _get_post(user_id: int) -> StaffPost:
    post = StaffPost.objects.select_related("user", "branch").filter(user_id=user_id).first()
    if post is None:
        raise permissions.NotPermitted("没有这位工作人员，请重新选择。")
    return post


def _lock_post(user_id: int) -> StaffPost:
    """Two appointments for one person wait for each other on the person's post."""
    StaffPost.objects.select_for_update(of=("self",)).filter(user_id=user_id).first()
    return _get_post(user_id)


def _tell(made: Deputy, to: User, title: str, *, at: datetime) -> None:
    notifications.post_notice(title=title, body=made.reason, key=f"deputy:{made.pk}:{to.pk}", user_id=to.pk, at=at)
