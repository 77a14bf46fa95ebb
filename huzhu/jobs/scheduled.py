"""What happens by the clock."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from huzhu.accounts import opening
from huzhu.audit import closing
from huzhu.shared.actors import system_actor
from huzhu.submissions import operations as submissions

KEPT_HOURS = 72


@app.periodic(cron=f"* * * * * */{settings.HUZHU_RESCUE_EVERY}")
@app.task(name="scheduled.rescue_stalled", queueing_lock="scheduled.rescue_stalled", pass_context=True)
async def rescue_stalled(context: JobContext, timestamp: int) -> None:
    """This task will queue again, one by one, the jobs of workers that died in the middle."""
    silent = settings.HUZHU_STALLED_AFTER
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent):
        await context.app.job_manager.retry_job(job, retry_at=timezone.now() + timedelta(seconds=1))


@app.periodic(cron="20 18 * * *")  # 02:20 in Shanghai
@app.task(name="scheduled.forget_jobs", queueing_lock="scheduled.forget_jobs", pass_context=True)
async def forget_jobs(context: JobContext, timestamp: int) -> None:
    """This task will forget the jobs that succeeded days ago; those that failed stay until somebody has looked."""
    await context.app.job_manager.delete_old_jobs(nb_hours=KEPT_HOURS)


@app.periodic(cron="40 18 * * *")  # 02:40 in Shanghai
@app.task(name="scheduled.disable_idle_staff", queueing_lock="scheduled.disable_idle_staff")
def disable_idle_staff(timestamp: int) -> None:
    """This task will close the staff accounts that nobody has signed in to for ninety days."""
    opening.disable_idle_staff(by=system_actor(), at=timezone.now())


@app.periodic(cron="10 18 * * *")  # 02:10 in Shanghai
@app.task(
    name="scheduled.close_days", queueing_lock="scheduled.close_days", retry=RetryStrategy(max_attempts=12, wait=600)
)
def close_days(timestamp: int) -> None:
    """This task will close the trace of the days that are over, so that nothing of them can be altered unseen."""
    closing.close_days()


@app.periodic(cron="50 18 * * *")  # 02:50 in Shanghai
@app.task(name="scheduled.forget_submissions", queueing_lock="scheduled.forget_submissions")
def forget_submissions(timestamp: int) -> None:
    """This task will forget the answers of forms that were sent more than seven days ago."""
    submissions.forget(at=timezone.now())
