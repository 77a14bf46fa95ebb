"""What is kept of renewals: which policies an application renews, and who was reminded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from huzhu.audit import operations as audit
from huzhu.policies import rules
from huzhu.policies.models import RenewalReminder, RenewedPolicy
from huzhu.policies.renewals import Unrenewed
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY, local_date


def note_renewal(*, application_id: int, policy_ids: Sequence[int], by: Actor, at: datetime) -> None:
    """
    This function will keep which policies an application was begun to renew, in the caller's transaction.
    """
    renewed = RenewedPolicy.objects.bulk_create(
        [RenewedPolicy(application_id=application_id, policy_id=pk) for pk in sorted(set(policy_ids))]
    )
    for row in renewed:
        audit.record(
            "policies.renew", label="续保", subject=row.policy, by=by, at=at, details={"申请": row.application.number}
        )


def note_reminders(*, unrenewed: Iterable[Unrenewed], by: Actor, at: datetime) -> list[Unrenewed]:
    """
    This function will keep which reminders are due today, in the caller's transaction, and give those that were not sent before.
    """
    day = local_date(at)
    due = []
    for row in unrenewed:
        days = rules.get_reminder(ends_on=row.ends_on, day=day)
        if days is None:
            continue
        reminder, is_new = RenewalReminder.objects.get_or_create(
            policy_id=row.policy_id,
            coverage_end=row.ends_on,
            days_before=days,
            defaults={"people": row.people, "reminded_at": at},
        )
        if is_new:
            details = {"到期日": str(row.ends_on - ONE_DAY), "人数": row.people}
            audit.record("policies.remind", label="提醒续保", subject=reminder.policy, by=by, at=at, details=details)
            due.append(row)
    return due
