"""When the branches sell a version."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from huzhu.accounts.models import Branch
from huzhu.audit import operations as audit
from huzhu.plans import permissions
from huzhu.plans.models import PlanVersion, SaleWindow
from huzhu.plans.operations.moving import PlanRefused
from huzhu.plans.states import VersionState, WindowKind
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date


@transaction.atomic
def set_window(
    *,
    version_id: int,
    branch_id: int,
    kind: WindowKind,
    opens_on: date | None,
    closes_on: date | None,
    effective_from: date,
    reason: str,
    by: Actor,
    at: datetime,
) -> SaleWindow:
    """
    This function will say from a day on when a branch, and those below it that say nothing themselves, sells a version.

    :raises permissions.NotPermitted: if the branch is not of the actor's subtree
    :raises PlanRefused: if the version is not published, the day is past, the reason is missing, or the window does not lie within
        the version's own
    """
    version = PlanVersion.objects.select_related("plan").get(pk=version_id)
    branch = Branch.objects.get(pk=branch_id)
    permissions.check(by, "plan.set_window", branch)
    if version.state != VersionState.PUBLISHED:
        raise PlanRefused("只有已发布、未停售的版本可以设置机构参保时间。")
    if effective_from < local_date(at):
        raise PlanRefused("生效日期不能早于今天：已经提交的申请不受影响。")
    if not reason.strip():
        raise PlanRefused("请填写原因，如通知名称和文号。")
    if kind == WindowKind.OWN:
        _check_days(version, opens_on, closes_on)
    else:
        opens_on = closes_on = None
    window = SaleWindow.objects.create(
        version=version,
        branch=branch,
        kind=kind,
        opens_on=opens_on,
        closes_on=closes_on,
        effective_from=effective_from,
        reason=reason.strip()[:200],
        set_at=at,
        set_by_id=by.user_id,
        set_by_name=by.name,
    )
    audit.record(
        "plans.set_window",
        label=f"设置机构参保时间：{version.plan}",
        subject=window,
        by=by,
        at=at,
        reason=window.reason,
        details={
            "version": version.pk,
            "branch": branch.name,
            "kind": window.kind,
            "opens_on": str(opens_on or ""),
            "closes_on": str(closes_on or ""),
            "effective_from": str(effective_from),
        },
    )
    return window


def _check_days(version: PlanVersion, opens_on: date | None, closes_on: date | None) -> None:
    if opens_on is None and closes_on is None:
        raise PlanRefused("请填写开始日期或截止日期；不限日期的请选“按上级机构办理”。")
    if opens_on and closes_on and closes_on < opens_on:
        raise PlanRefused(f"截止日期不能早于开始日期 {opens_on}。")
    if version.valid_from and opens_on and opens_on < version.valid_from:
        raise PlanRefused(f"开始日期不能早于该版本开始销售的 {version.valid_from}。")
    if version.valid_to and closes_on and closes_on > version.valid_to:
        raise PlanRefused(f"截止日期不能晚于该版本销售截止的 {version.valid_to}。")
