"""Roster files too large to be read while somebody waits, and results whose time is over."""

from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from huzhu.accounts.models import User
from huzhu.employers.models import Membership
from huzhu.roster import operations as roster
from huzhu.roster import progress
from huzhu.roster.merge import RosterBusy
from huzhu.roster.models import RosterImport
from huzhu.shared.actors import Actor, Side, system_actor

TRIES = 5
GAVE_UP = "这份文件多次处理都没有完成，名册没有改动。请拆成几个小文件后重新上传；如仍不行，请联系互助会。"


class TriedTooOften(Exception):
    """Workers died on this import as often as it may be tried."""


@app.task(name=roster.IMPORT_TASK, retry=RetryStrategy(max_attempts=TRIES, exponential_wait=5), pass_context=True)
def import_file(context: JobContext, *, import_id: int) -> None:
    """
    This task will finish one waiting import, whole or not at all; running it again changes nothing. A file on which workers die
    again and again is refused in the end instead of being tried for ever.
    """
    record = RosterImport.objects.defer("errors").get(pk=import_id)
    tries_left = TRIES - context.job.attempts
    try:
        if tries_left < 1:
            raise TriedTooOften
        with progress.watched(import_id=import_id) as watched:
            roster.run_import(import_id=import_id, by=_uploader(record), at=timezone.now(), progress=watched)
    except Exception as error:
        if tries_left <= 1:
            words = str(error) if isinstance(error, RosterBusy) else GAVE_UP
            roster.refuse_import(import_id=import_id, words=words, by=system_actor(), at=timezone.now())
        if not isinstance(error, TriedTooOften):
            raise


@app.periodic(cron="40 18 * * *")  # 02:40 in Shanghai
@app.task(name="roster.purge_imports", queueing_lock="roster.purge_imports")
def purge_imports(timestamp: int) -> None:
    """This task will clear away results of imports, and their files, after ninety days."""
    roster.purge_imports(at=timezone.now())


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
