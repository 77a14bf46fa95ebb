"""Announcements whose day has come."""

from django.utils import timezone
from procrastinate.contrib.django import app

from huzhu.announcements import operations as announcements
from huzhu.shared.actors import system_actor


@app.periodic(cron="*/10 * * * *")
@app.task(name="announcements.publish_due", queueing_lock="announcements.publish_due")
def publish_due(timestamp: int) -> None:
    """This task will publish what was set for today, from eight in the morning on."""
    announcements.publish_due(by=system_actor(), at=timezone.now())
