"""Telling people: a message is a row in the transaction of its event; a job sends it after commit."""

from __future__ import annotations

from datetime import datetime

from huzhu.notifications.models import Notice, SmsMessage
from huzhu.notifications.templates import SIGNATURE, TEMPLATES
from huzhu.shared import queue

SEND_TASK = "notifications.send_sms"


def queue_sms(
    template: str, *, to: str, key: str, at: datetime, employer_id: int | None = None, **words: object
) -> SmsMessage | None:
    """
    This function will put one text message into the outbox and queue its sending.

    :param key: names the event told of, e.g. "enrolment_returned:17:2"; the same key is told once, None is returned the second time
    :raises KeyError: if the template is unknown or one of its words is missing
    """
    text = TEMPLATES[template]
    message, is_new = SmsMessage.objects.get_or_create(
        key=key,
        defaults={
            "template": template,
            "template_version": text.version,
            "mobile": to,
            "body": SIGNATURE + text.body.format(**words),
            "is_urgent": text.is_urgent,
            "employer_id": employer_id,
            "queued_at": at,
        },
    )
    if not is_new:
        return None
    queue.defer(SEND_TASK, message_id=message.pk)
    return message


def post_notice(
    *,
    title: str,
    key: str,
    at: datetime,
    employer_id: int | None = None,
    user_id: int | None = None,
    body: str = "",
    url: str = "",
) -> Notice | None:
    """
    This function will put one message into the message centre of an employer or of one staff account; once per key.
    """
    notice, is_new = Notice.objects.get_or_create(
        key=key,
        defaults={
            "employer_id": employer_id,
            "user_id": user_id,
            "title": title,
            "body": body,
            "url": url,
            "sent_at": at,
        },
    )
    return notice if is_new else None
