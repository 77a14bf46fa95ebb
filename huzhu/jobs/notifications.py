"""Sending what the outbox holds."""

from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from huzhu.notifications import gateways
from huzhu.notifications import operations as notifications

TRIES = 6


@app.task(
    name=notifications.SEND_TASK,
    retry=RetryStrategy(max_attempts=TRIES, exponential_wait=10, retry_exceptions=[gateways.DeliveryFailed]),
    pass_context=True,
)
def send_sms(context: JobContext, *, message_id: int) -> None:
    """This task will send one message, trying again with growing pauses and giving up visibly."""
    try:
        notifications.send(message_id=message_id, at=timezone.now())
    except gateways.DeliveryFailed as error:
        if context.job.attempts + 1 >= TRIES:
            notifications.give_up(message_id=message_id, error=str(error))
        raise
