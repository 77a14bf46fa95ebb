"""批改: what changes a policy during its term. Each makes the next version; cover and money of before stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Min, Sum

from huzhu.audit import operations as audit
from huzhu.cover.models import Cover
from huzhu.policies import permissions, versions
from huzhu.policies.models import Departure, DepartureReason, Policy, PolicyVersion, VersionCause
from huzhu.policies.operations.issuing import lock_policy, queue_document
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date


class RemovalRefused(Exception):
    """These people cannot be recorded as having left; `problems` says why, by cover, or under None for all of them."""

    def __init__(self, problems: dict[int | None, str]) -> None:
        super().__init__("；".join(dict.fromkeys(problems.values())))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """Somebody on a policy who has left the employer: why, and on which day."""

    cover_id: int
    reason: str
    left_on: date


@transaction.atomic
def remove_members(*, policy_id: int, leaving: Sequence[Leaving], by: Actor, at: datetime) -> PolicyVersion:
    """
    This function will record that people on a policy have left the employer (减员) and make the version that says so. Their cover
    is neither shortened nor refunded.

    :raises RemovalRefused: if one of them is not on the policy, has been recorded before, or the day or reason cannot be
    :raises permissions.NotPermitted: if this person does not enrol for the employer
    """
    policy = lock_policy(policy_id)
    permissions.check(by, "policy.remove_members", policy)
    day = local_date(at)
    if problems := _judge(policy, leaving, day=day):
        raise RemovalRefused(problems)
    version = make_version(
        policy,
        cause=VersionCause.MEMBERS_REMOVED,
        effective_on=day,
        removed_count=len(leaving),
        sealed_confirmation_id=policy.sealed_confirmation_id,
        at=at,
    )
    Departure.objects.bulk_create(
        [
            Departure(version=version, cover_id=each.cover_id, reason=each.reason, left_on=each.left_on)
            for each in sorted(leaving, key=lambda each: each.cover_id)
        ]
    )
    details = {"版次": version.number, "人数": len(leaving)}
    audit.record("policies.remove_members", label="减员", subject=policy, by=by, at=at, details=details)
    return version


def _judge(policy: Policy, leaving: Sequence[Leaving], *, day: date) -> dict[int | None, str]:
    if not leaving:
        return {None: "请至少勾选一位已离开单位的人员。"}
    if day >= policy.coverage_end:
        return {None: f"保单 {policy.number} 已到期，不用再办理减员。"}
    ids = [each.cover_id for each in leaving]
    on_policy = set(Cover.objects.filter(policy_id=policy.pk, pk__in=ids).values_list("pk", flat=True))
    gone = set(Departure.objects.filter(cover_id__in=ids).values_list("cover_id", flat=True))
    problems: dict[int | None, str] = {}
    for each in leaving:
        if each.cover_id not in on_policy or ids.count(each.cover_id) > 1:
            problems[None] = "所选人员中有的不在这张保单上或重复选择，请刷新页面后重新勾选。"
        elif each.cover_id in gone:
            problems[each.cover_id] = "已办理过减员，请去掉勾选。"
        elif each.reason not in DepartureReason.values:
            problems[each.cover_id] = "请选择离开原因：离职、退休、调出或身故。"
        elif each.left_on > day:
            problems[each.cover_id] = f"离开日期不能晚于今天（{day}），请在离开当天或之后办理。"
    return problems


@transaction.atomic
def add_members(*, policy_id: int, application_id: int, by: Actor, at: datetime) -> PolicyVersion | None:
    """
    This function will take the people whom an application has brought onto a policy (增员) into its figures and make the version
    that says so; None where nobody could be covered.

    :raises django.db.IntegrityError: if the application has made a version before
    """
    policy = lock_policy(policy_id)
    brought = Cover.objects.filter(policy_id=policy.pk, application_id=application_id).aggregate(
        people=Count("pk"), amount=Sum("contribution_amount"), start=Min("coverage_start"), end=Max("coverage_end")
    )
    if not brought["people"]:
        return None
    policy.member_count += brought["people"]
    policy.contribution_amount += brought["amount"]
    policy.coverage_start = min(policy.coverage_start, brought["start"])
    policy.coverage_end = max(policy.coverage_end, brought["end"])
    version = make_version(
        policy,
        cause=VersionCause.MEMBERS_ADDED,
        effective_on=brought["start"],
        application_id=application_id,
        added_count=brought["people"],
        added_amount=brought["amount"],
        at=at,
    )
    details = {"版次": version.number, "人数": version.added_count}
    audit.record("policies.add_members", label="增员", subject=policy, by=by, at=at, details=details)
    return version


def make_version(
    policy: Policy,
    *,
    cause: VersionCause,
    effective_on: date,
    at: datetime,
    application_id: int | None = None,
    added_count: int = 0,
    added_amount: Decimal = Decimal("0.00"),
    removed_count: int = 0,
    sealed_confirmation_id: UUID | None = None,
) -> PolicyVersion:
    """
    This function will write the next version of a locked policy from what the policy says by now, and queue its paper.

    The stamped confirmation stays where the money did not change; otherwise a new one is needed for the next receipt.
    """
    before = versions.get_version(policy=policy)
    version = PolicyVersion.objects.create(
        policy=policy,
        number=before.number + 1,
        cause=cause,
        application_id=application_id,
        effective_on=effective_on,
        added_count=added_count,
        removed_count=removed_count,
        member_count=policy.member_count,
        left_count=before.left_count + removed_count,
        added_amount=added_amount,
        contribution_amount=policy.contribution_amount,
        coverage_start=policy.coverage_start,
        coverage_end=policy.coverage_end,
        made_at=at,
        sealed_confirmation_id=sealed_confirmation_id,
    )
    policy.document_id, policy.sealed_confirmation_id = None, sealed_confirmation_id
    policy.save()
    queue_document(version)
    return version
