"""
减员: people on a policy have left; whoever the roster still has in service leaves there too. One transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from huzhu.policies import endorsements
from huzhu.policies import operations as policies
from huzhu.policies.models import DepartureReason, Policy, PolicyVersion
from huzhu.policies.operations import Leaving, RemovalRefused
from huzhu.roster import operations as roster
from huzhu.roster.models import EmploymentStatus, RosterEntry
from huzhu.shared.actors import Actor

STATUSES: dict[str, str] = {DepartureReason.DIED: EmploymentStatus.LEFT}  # the roster has no word of its own for it


@transaction.atomic
def remove_members(*, policy_id: int, leaving: Sequence[Leaving], by: Actor, at: datetime) -> PolicyVersion:
    """
    This function will record who has left, on the policy as its next version and on the roster where it does not know yet.

    :raises RemovalRefused: if somebody cannot be recorded, or the roster refuses the day; nobody is then
    :raises permissions.NotPermitted: if this person does not enrol for the employer
    """
    version = policies.remove_members(policy_id=policy_id, leaving=leaving, by=by, at=at)
    policy = Policy.objects.get(pk=policy_id)
    covers = {each.cover_id: each for each in leaving}
    open_spells = endorsements.get_open_spells(policy=policy, cover_ids=list(covers))
    groups: dict[tuple[str, date], list[int]] = {}
    for cover_id, entry_id in open_spells:
        each = covers[cover_id]
        groups.setdefault((STATUSES.get(each.reason, each.reason), each.left_on), []).append(entry_id)
    try:
        for (status, on), entry_ids in groups.items():
            chosen = roster.Chosen(entry_ids=tuple(entry_ids))
            roster.end_people(employer_id=policy.employer_id, chosen=chosen, status=status, on=on, by=by, at=at)
    except roster.PersonRefused as refusal:
        raise RemovalRefused(
            {None: "；".join(text for texts in refusal.errors.values() for text in texts)}
        ) from refusal
    if still := _get_still_in_service(open_spells):
        words = "名册中这一天不能作为离开日期（早于满16岁或上一次离开），请核对日期。"
        raise RemovalRefused(dict.fromkeys(still, words))
    return version


def _get_still_in_service(spells: Sequence[tuple[int, int]]) -> list[int]:
    open_ids = set(
        RosterEntry.objects.filter(pk__in=[entry for _, entry in spells], left_on__isnull=True).values_list(
            "pk", flat=True
        )
    )
    return [cover_id for cover_id, entry_id in spells if entry_id in open_ids]
