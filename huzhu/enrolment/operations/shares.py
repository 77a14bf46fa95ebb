"""份数 of single people, where the plan leaves them to each (`uniform_shares = false`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from huzhu.enrolment.models import ApplicationMember, ApplicationPlan
from huzhu.enrolment.operations.flow import changed, lock_editable
from huzhu.plans.models import PlanVersion
from huzhu.shared.actors import Actor


class SharesRefused(Exception):
    """These people cannot have so many shares; the message says of which plan and why."""


@transaction.atomic
def set_shares(*, application_id: int, member_ids: Iterable[int], share_count: int, by: Actor, at: datetime) -> int:
    """
    This function will give people of an application other shares than everybody, and return how many rows it changed.

    :raises SharesRefused: if a plan wants the same shares of everybody, or takes fewer; nothing is changed then
    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    members = ApplicationMember.objects.filter(
        application=application, pk__in=list(member_ids), removed_at__isnull=True
    )
    plans = list(ApplicationPlan.objects.filter(members__in=members).select_related("plan_version__plan").distinct())
    for plan in plans:
        if plan.is_gift_only:
            raise SharesRefused(
                f"“{plan.plan_version.plan}”是赠送的计划，每人1份；要增加份数，请在“选择计划”中勾选该计划。"
            )
        _check(plan.plan_version, share_count)
    count = 0
    for plan in plans:
        others = members.filter(application_plan=plan).exclude(share_count=share_count)
        amount = share_count * plan.plan_version.contribution_amount
        count += others.update(share_count=share_count, contribution_amount=amount)
    names = [str(plan.plan_version.plan) for plan in plans]
    changed(
        application,
        "set_shares",
        label="修改个人份数",
        by=by,
        at=at,
        details={"rows": count, "shares": share_count, "plans": names},
    )
    return count


def _check(version: PlanVersion, share_count: int) -> None:
    if version.uniform_shares:
        raise SharesRefused(
            f"“{version.plan}”规定同一申请每人份数相同，不能单独修改某人的份数；要改全部人员的份数，请到“选择计划”。"
        )
    if not 1 <= share_count <= version.max_shares:
        raise SharesRefused(
            f"“{version.plan}”每人可选1至{version.max_shares}份，所填{share_count}份不可用，请修改份数。"
        )
