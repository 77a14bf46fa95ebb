"""Invitations and offers whose time is over."""

from django.utils import timezone
from procrastinate.contrib.django import app

from huzhu.employers import operations as employers


@app.periodic(cron="5 * * * *")
@app.task(name="employers.expire", queueing_lock="employers.expire")
def expire(timestamp: int) -> None:
    """This task will end invitations nobody accepted and hand-overs nobody took in time."""
    employers.expire_invitations(at=timezone.now())
    employers.expire_hand_overs(at=timezone.now())
