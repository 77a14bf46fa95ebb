"""续保提醒: 60, 30 and 7 days before cover ends, by SMS and in the message centre, each once (rulebook §2.8)."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from huzhu.employers.models import Employer
from huzhu.notifications import operations as notifications
from huzhu.policies import operations as policies
from huzhu.policies import renewals, rules
from huzhu.policies.renewals import Unrenewed
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY, local_date

log = logging.getLogger(__name__)
MOST_PLANS_NAMED = 2


def remind_of_renewal(*, by: Actor, at: datetime) -> int:
    """
    This function will remind every employer with people whose cover ends soon and for whom nothing is on its way, and return how
    many were. Run daily; running again reminds nobody twice, and a day that was missed is made up for.
    """
    reminded = 0
    found = renewals.get_unrenewed(day=local_date(at))
    for employer_id, rows in itertools.groupby(found, key=lambda row: row.employer_id):
        try:
            reminded += _remind(employer_id, list(rows), by=by, at=at)
        except Exception:  # one employer that cannot be reached must not keep the others from being reminded
            log.exception("employer %s could not be reminded of its renewals", employer_id)
    return reminded


@transaction.atomic
def _remind(employer_id: int, rows: Sequence[Unrenewed], *, by: Actor, at: datetime) -> bool:
    due = policies.note_reminders(unrenewed=rows, by=by, at=at)
    if not due:
        return False
    day = local_date(at)
    first = min(row.ends_on for row in due)
    employer = Employer.objects.get(pk=employer_id)
    names = list(dict.fromkeys(row.plan for row in due))
    plans = "、".join(names[:MOST_PLANS_NAMED]) + (f"等{len(names)}个计划" if len(names) > MOST_PLANS_NAMED else "")
    people, last_day, days = sum(row.people for row in due), first - ONE_DAY, (first - day).days
    key = f"renewal_reminder:{due[0].policy_id}:{due[0].ends_on}:{rules.get_reminder(ends_on=due[0].ends_on, day=day)}"
    words = {"plans": plans, "people": people, "last_day": last_day, "days": days}
    notifications.queue_sms(
        "renewal_reminder", to=employer.handler_mobile, key=key, at=at, employer_id=employer_id, **words
    )
    notifications.post_notice(
        title=f"{days} 天后保障到期，请及时续保",
        body=f"{plans}的 {people} 人次保障最早于 {last_day} 到期，续保申请尚未提交或尚未办理。"
        "请在“单位保单查询”点“续保”，系统按今日名册生成申请；断保后须重新计算免责期。",
        key=key,
        employer_id=employer_id,
        at=at,
    )
    return True
