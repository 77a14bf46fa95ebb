"""What happens by the clock."""

from datetime import timedelta

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app


@app.periodic(cron="* * * * *")
@app.task(name="scheduled.rescue_stalled", queueing_lock="scheduled.rescue_stalled", pass_context=True)
async def rescue_stalled(context: JobContext, timestamp: int) -> None:
    """This task will queue again, one by one, the jobs of workers that died in the middle."""
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
        await context.app.job_manager.retry_job(job, retry_at=timezone.now() + timedelta(seconds=1))
