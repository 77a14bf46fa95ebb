"""Telling people: a message is a row in the transaction of its event; a job sends it after commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from huzhu.audit import operations as audit
from huzhu.notifications.gateways import get_gateway
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.notifications.states import MessageState
from huzhu.notifications.templates import SIGNATURE, TEMPLATES
from huzhu.shared import queue
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY, SHANGHAI

SEND_TASK = "notifications.send_sms"
QUIET_BEGINS, QUIET_ENDS = 22, 8  # hours, Asia/Shanghai


def queue_sms(
    template: str, *, to: str, key: str, at: datetime, employer_id: int | None = None, **words: object
) -> SmsMessage | None:
    """
    This function will put one text message into the outbox and queue its sending.

    :param key: names the event told of, e.g. "enrolment_returned:17:2"; the same key is told once, None is returned the second time
    :raises KeyError: if the template is unknown or one of its words is missing
    """
    text = TEMPLATES[template]
    not_before = None if settings.DEMO else next_moment(is_urgent=text.is_urgent, at=at)
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
            "not_before": not_before,
        },
    )
    if not is_new:
        return None
    queue.defer(SEND_TASK, run_at=not_before, message_id=message.pk)
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


def post_notices(*, employers: QuerySet[Any], title: str, key: str, at: datetime, body: str = "", url: str = "") -> int:
    """
    This function will put one message into the message centre of every employer of a query, in one statement, and return how many
    are new; once per key and employer.

    :param employers: one column with the ids of employers
    """
    chosen, values = employers.order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Notice._meta.db_table} (key, employer_id, title, body, url, sent_at) "
            f"SELECT %s || ':' || chosen.id, chosen.id, %s, %s, %s, %s FROM ({chosen}) chosen (id) "
            "ON CONFLICT (key) DO NOTHING",
            [key, title, body, url, at, *values],
        )
        return cursor.rowcount


@transaction.atomic
def mark_read(*, employer_id: int, by: Actor, at: datetime) -> int:
    """
    This function will mark the notices of an employer as read and return how many were not.
    """
    unread = Notice.objects.filter(employer_id=employer_id, read_at__isnull=True)
    latest = unread.order_by("-id").first()
    if latest is None:
        return 0
    count = unread.update(read_at=at)
    audit.record("notifications.read", label="消息标为已读", subject=latest, by=by, at=at, details={"条数": count})
    return count


def send(*, message_id: int, at: datetime) -> SmsMessage:
    """
    This function will hand one queued message to the gateway. Sending again what was sent changes nothing.

    :raises DeliveryFailed: if the carrier did not take it; the job tries again with growing pauses
    """
    with transaction.atomic():
        message = SmsMessage.objects.select_for_update(of=("self",)).get(pk=message_id)
        if message.state != MessageState.QUEUED:
            return message
        message.attempts += 1
        message.provider_reference = get_gateway().send(message=message, reference=message.key, at=at)
        message.state, message.sent_at = MessageState.SENT, at
        message.save(update_fields=["attempts", "provider_reference", "state", "sent_at"])
    return message


def give_up(*, message_id: int, error: str) -> None:
    """
    This function will mark a message as failed after the last try, so that the people who wait for it can see it.
    """
    SmsMessage.objects.filter(pk=message_id, state=MessageState.QUEUED).update(
        state=MessageState.FAILED, last_error=error[:200]
    )


def next_moment(*, is_urgent: bool, at: datetime) -> datetime | None:
    """
    When a message may go out: at once (None), or at eight in the morning if it would arrive between ten at night and then.

    Quiet hours never hold back verification codes (rulebook §2.8).
    """
    local = at.astimezone(SHANGHAI)
    if is_urgent or QUIET_ENDS <= local.hour < QUIET_BEGINS:
        return None
    morning = local.replace(hour=QUIET_ENDS, minute=0, second=0, microsecond=0)
    return morning if local.hour < QUIET_ENDS else morning + ONE_DAY
