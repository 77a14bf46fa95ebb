"""Money by the clock: slips expire by night, and what a crash left between matching and settlement is finished."""

from django.utils import timezone
from procrastinate.contrib.django import app

from huzhu.journeys import expire_slips as expiry
from huzhu.journeys import import_statement as importing
from huzhu.shared.actors import system_actor


@app.periodic(cron="10 17 * * *")  # 01:10 in Shanghai
@app.task(name="billing.expire_slips", queueing_lock="billing.expire_slips")
def expire_slips(timestamp: int) -> None:
    """This task will let the slips expire whose time has come; running it again changes nothing."""
    expiry.expire_slips(by=system_actor(), at=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="billing.settle_waiting", queueing_lock="billing.settle_waiting")
def settle_waiting(timestamp: int) -> None:
    """This task will settle the slips whose money is complete and that nobody has settled, one by one."""
    importing.settle_all(by=system_actor(), at=timezone.now())
