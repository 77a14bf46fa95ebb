"""The second person's part: publish or send back; and ending the sale of what is published."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from huzhu.audit import operations as audit
from huzhu.plans import permissions
from huzhu.plans.models import PlanVersion
from huzhu.plans.operations.drafting import VersionConflict
from huzhu.plans.operations.moving import PlanRefused, check_cases, lock_version, move
from huzhu.plans.rules import Judge
from huzhu.plans.states import PLAN_VERSION, VersionAction, VersionState
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY, local_date
from huzhu.work import operations as work


@transaction.atomic
def publish(*, version_id: int, revision: int, judge: Judge, by: Actor, at: datetime) -> PlanVersion:
    """
    This function will publish a proposed version; the sale of the version before it ends the day before it begins.

    :param revision: of the version that was on the screen
    :raises permissions.NotPermitted: if the actor may not, or proposed it
    :raises CasesFail: if an example case does not come as expected
    :raises PlanRefused: if its sale would begin before today, or not after that of the version before
    :raises VersionConflict: if it was changed meanwhile
    :raises AlreadyClaimed: if a colleague has taken it on
    :raises TransitionNotAllowed: if it is not proposed any more
    """
    version = lock_version(version_id)
    permissions.check(by, "plan_version.publish", version)
    PLAN_VERSION.next_state(VersionAction.PUBLISH, state=version.state)
    work.check_free(version, by=by)
    if version.revision != revision:
        raise VersionConflict
    check_cases(version, judge=judge)
    begins = version.valid_from
    if begins is None or begins < local_date(at):
        raise PlanRefused(f"开始销售日期 {begins or ''} 已过，不能追溯。请退回，由提交人改为今天或以后再提交。")
    _end_former(version, begins=begins, by=by, at=at)
    two_persons.sign(version, by=by)
    version.decided_at, version.decided_by_name, version.published_at = at, by.name, at
    return move(version, VersionAction.PUBLISH, by=by, at=at, reason=version.change_note[:200])


def _end_former(version: PlanVersion, *, begins: date, by: Actor, at: datetime) -> None:
    """The sale of what is on sale on the first day of the new version, and later, ends the day before."""
    others = PlanVersion.objects.filter(plan_id=version.plan_id, state=VersionState.PUBLISHED)
    for former in others.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=begins)):
        if former.valid_from is not None and former.valid_from >= begins:
            raise PlanRefused(
                f"第{former.version}版自 {former.valid_from} 起销售，新版本须晚于该日开始。"
                f"请退回修改开始日期，或先将第{former.version}版停售。"
            )
        _set_end(former, last_day=begins - ONE_DAY, reason=f"第{version.version}版开始销售", by=by, at=at)


@transaction.atomic
def send_back(*, version_id: int, reason: str, by: Actor, at: datetime) -> PlanVersion:
    """
    This function will return a proposed version to whoever prepares it.

    :raises permissions.NotPermitted: if the actor may not, or proposed it
    :raises PlanRefused: without a reason
    :raises AlreadyClaimed: if a colleague has taken it on
    :raises TransitionNotAllowed: if it is not proposed any more
    """
    version = lock_version(version_id)
    permissions.check(by, "plan_version.send_back", version)
    PLAN_VERSION.next_state(VersionAction.SEND_BACK, state=version.state)
    work.check_free(version, by=by)
    if not reason.strip():
        raise PlanRefused("请填写退回原因：哪一处、应如何修改。")
    two_persons.sign(version, by=by)
    version.decided_at, version.decided_by_name, version.return_reason = at, by.name, reason.strip()[:200]
    return move(version, VersionAction.SEND_BACK, by=by, at=at, reason=version.return_reason)


@transaction.atomic
def bring_end_forward(*, version_id: int, last_day: date, reason: str, by: Actor, at: datetime) -> PlanVersion:
    """
    This function will let the sale of a published version end earlier than it was to.

    :raises permissions.NotPermitted: if the actor may not
    :raises PlanRefused: without a reason, for a day that is past or not earlier, or if the version is not on sale
    """
    version = lock_version(version_id)
    permissions.check(by, "plan.shorten", version)
    if version.state != VersionState.PUBLISHED:
        raise PlanRefused("只有已发布、未停售的版本可以提前结束销售。")
    if last_day < max(local_date(at), version.valid_from or date.min):
        raise PlanRefused("最后销售日不能早于今天和开始销售日；要立即停止，请用“停售”。")
    if version.valid_to is not None and last_day >= version.valid_to:
        raise PlanRefused(f"销售截止日只能提前：现为 {version.valid_to}。要延长请起草新版本，由第二人复核发布。")
    if not reason.strip():
        raise PlanRefused("请填写原因，如文件名称和文号。")
    _set_end(version, last_day=last_day, reason=reason.strip()[:200], by=by, at=at)
    return version


def _set_end(version: PlanVersion, *, last_day: date, reason: str, by: Actor, at: datetime) -> None:
    before, version.valid_to = version.valid_to, last_day
    version.save(update_fields=["valid_to"])
    audit.record(
        "plan_version.end_sale",
        label="提前结束销售",
        subject=version,
        by=by,
        at=at,
        reason=reason,
        changes={"valid_to": (before, last_day)},
        details={"version": version.version},
    )


@transaction.atomic
def close(*, version_id: int, reason: str, by: Actor, at: datetime) -> PlanVersion:
    """
    This function will end the sale of a version at once. What was sold under it, and applications under way, keep it.

    :raises permissions.NotPermitted: if the actor may not
    :raises PlanRefused: without a reason
    :raises TransitionNotAllowed: if it is not on sale
    """
    version = lock_version(version_id)
    permissions.check(by, "plan_version.close", version)
    if not reason.strip():
        raise PlanRefused("请填写停售原因，如文件名称和文号。")
    version.closed_at, version.closed_by_name, version.close_reason = at, by.name, reason.strip()[:200]
    return move(version, VersionAction.CLOSE, by=by, at=at, reason=version.close_reason)
