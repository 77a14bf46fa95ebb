"""Roster files too large to be read while somebody waits."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from huzhu.accounts.models import User
from huzhu.employers.models import Membership
from huzhu.roster import operations as roster
from huzhu.roster.merge import RosterBusy
from huzhu.roster.models import RosterImport
from huzhu.shared.actors import Actor, Side, system_actor


@app.task(
    name=roster.IMPORT_TASK,
    retry=RetryStrategy(max_attempts=5, exponential_wait=5, retry_exceptions=[RosterBusy]),
)
def import_file(*, import_id: int) -> None:
    """This task will finish one waiting import, whole or not at all; running it again changes nothing."""
    record = RosterImport.objects.defer("errors").get(pk=import_id)
    roster.run_import(import_id=import_id, by=_uploader(record), at=timezone.now())


def _uploader(record: RosterImport) -> Actor:
    """Whoever sent the file, with the roles held now; the program itself where it did."""
    if record.imported_by_id is None:
        return system_actor()
    user = User.objects.get(pk=record.imported_by_id)
    membership = Membership.objects.filter(user=user, employer_id=record.employer_id, ended_at__isnull=True).first()
    return Actor(
        user_id=user.pk,
        name=user.name,
        person=user.mobile,
        side=Side.EMPLOYER,
        roles=frozenset(membership.roles if membership else ()),
        employer_id=record.employer_id,
    )
