"""Money by the clock: slips are reminded of and expire, and what a crash left between matching and settlement is finished."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from huzhu.journeys import expire_slips as expiry
from huzhu.journeys import import_statement as importing
from huzhu.journeys import remind_of_payment as reminding
from huzhu.shared.actors import system_actor


@app.periodic(cron="10 17 * * *")  # 01:10 in Shanghai
@app.task(name="billing.expire_slips", queueing_lock="billing.expire_slips")
def expire_slips(timestamp: int) -> None:
    """This task will let the slips expire whose time has come; running it again changes nothing."""
    expiry.expire_slips(by=system_actor(), at=timezone.now())


@app.periodic(cron="0 1 * * *")  # 09:00 in Shanghai
@app.task(name="billing.remind_of_payment", queueing_lock="billing.remind_of_payment")
def remind_of_payment(timestamp: int) -> None:
    """This task will remind employers of slips that come due; running it again reminds nobody twice."""
    reminding.remind_of_payment(by=system_actor(), at=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="billing.settle_waiting", queueing_lock="billing.settle_waiting")
def settle_waiting(timestamp: int) -> None:
    """This task will settle the slips whose money is complete and that nobody has settled, one by one."""
    importing.settle_all(by=system_actor(), at=timezone.now())


@app.task(name=importing.MATCH_TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=5))
def match_statement(*, statement_id: int) -> None:
    """This task will match and settle what a large statement brought; running it again finishes what is undone."""
    importing.match_statement(statement_id=statement_id, by=system_actor(), at=timezone.now())
