"""批改 in the demo: a school whose people have come and gone since its policies were issued."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from huzhu.demo import office, rosters
from huzhu.demo.telling import Teller
from huzhu.journeys.add_members import add_members
from huzhu.journeys.remove_members import remove_members
from huzhu.policies import endorsements
from huzhu.policies.models import Policy
from huzhu.policies.operations import Leaving
from huzhu.roster import operations as roster
from huzhu.roster.models import EmploymentStatus, RosterEntry
from huzhu.shared.calendar import SHANGHAI, local_date

_S = EmploymentStatus


def let_people_join(teller: Teller, *, now: datetime) -> None:
    """
    This function will let three people come to the school and onto its first policy, reviewed, paid and effective.
    """
    policy = Policy.objects.filter(employer_id=teller.employer_id).order_by("pk")[0]
    teller.clock = datetime.combine(local_date(now) - timedelta(days=11), time(9, 20), tzinfo=SHANGHAI)
    teller.people = teller.people + rosters.get_people(seed=8000 + teller.seed, size=3, day=local_date(now))
    teller.keep_roster()
    teller.application = add_members(policy_id=policy.pk, by=teller.actor, at=teller.clock).application
    teller.prove()
    teller.submit()
    teller.send_form(teller.store_form())
    teller.approve_first()
    teller.approve_second()
    application, arrival = teller.arrival
    office.receive_money({application: arrival}, now=now, opening=office.get_balance())


def let_people_leave(teller: Teller, *, now: datetime) -> None:
    """
    This function will let four people leave; two of them stand on the first policy as left, the others are still to be recorded.
    """
    day = local_date(now) - timedelta(days=4)
    at = datetime.combine(day, time(10), tzinfo=SHANGHAI)
    in_service = RosterEntry.objects.filter(employer_id=teller.employer_id, status=_S.IN_SERVICE).order_by("pk")
    for entry, status in zip(in_service[:2], (_S.LEFT, _S.RETIRED), strict=True):
        roster.end_employment(entry_id=entry.pk, status=status, on=day, by=teller.actor, at=at)
    policy = Policy.objects.filter(employer_id=teller.employer_id).order_by("pk")[0]
    leaving = [
        Leaving(cover_id=each.cover_id, reason=str(each.status), left_on=each.left_on or day)
        for each in endorsements.get_left(policy=policy)
    ]
    remove_members(policy_id=policy.pk, leaving=leaving, by=teller.actor, at=at + timedelta(minutes=20))
    for entry in in_service.all()[:2]:
        roster.end_employment(
            entry_id=entry.pk,
            status=_S.TRANSFERRED,
            on=day + timedelta(days=1),
            by=teller.actor,
            at=at + timedelta(days=1),
        )
