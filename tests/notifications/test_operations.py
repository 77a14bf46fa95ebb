"""A message is told once, sent after commit, tried again, and never in the night unless it is a code."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from huzhu.notifications import gateways
from huzhu.notifications import operations as notifications
from huzhu.notifications.models import SimulatedDelivery, SmsMessage
from huzhu.notifications.states import MessageState

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)  # 12:00 in Shanghai
NIGHT = datetime(2026, 11, 23, 15, tzinfo=UTC)  # 23:00 in Shanghai
pytestmark = pytest.mark.django_db


def _queue(at: datetime = NOON, key: str = "enrolment_returned:1:1") -> SmsMessage | None:
    return notifications.queue_sms(
        "enrolment_returned", to="13800138000", key=key, at=at, number="SQ1", reason="申请书不清晰"
    )


def test_the_text_is_kept_as_it_was_told():
    assert _queue().body == "【职工保障互助会】贵单位参保申请SQ1被退回：申请书不清晰。请登录单位网厅修改后重新提交。"


def test_the_same_event_is_told_once():
    _queue()
    assert _queue() is None
    assert SmsMessage.objects.count() == 1


def test_a_missing_word_is_an_error_at_once():
    with pytest.raises(KeyError):
        notifications.queue_sms("enrolment_returned", to="13800138000", key="k", at=NOON, number="SQ1")


def test_the_job_carries_an_id_and_nothing_personal():
    message = _queue()
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs")
        rows = cursor.fetchall()
    assert rows == [(notifications.SEND_TASK, f'{{"message_id": {message.pk}}}')] or rows == [
        (notifications.SEND_TASK, {"message_id": message.pk})
    ]


def test_sending_twice_delivers_once():
    message = _queue()
    notifications.send(message_id=message.pk, at=NOON)
    notifications.send(message_id=message.pk, at=NOON)
    assert SimulatedDelivery.objects.count() == 1
    assert SmsMessage.objects.get().state == MessageState.SENT


def test_a_refusing_carrier_leaves_the_message_queued(monkeypatch):
    def refuse(self, **_: object) -> str:
        raise gateways.DeliveryFailed("busy")

    monkeypatch.setattr(gateways.Simulator, "send", refuse)
    message = _queue()
    with pytest.raises(gateways.DeliveryFailed):
        notifications.send(message_id=message.pk, at=NOON)
    assert SmsMessage.objects.get().state == MessageState.QUEUED


def test_a_given_up_message_can_be_seen():
    message = _queue()
    notifications.give_up(message_id=message.pk, error="busy")
    assert SmsMessage.objects.get().state == MessageState.FAILED


@pytest.mark.parametrize(
    ("at", "local_hour_of_sending"),
    [
        (NOON, None),
        (NIGHT, 8),
        (datetime(2026, 11, 23, 23, 59, tzinfo=UTC), 8),
        (datetime(2026, 11, 24, 0, tzinfo=UTC), None),
    ],
)
def test_quiet_hours_wait_for_the_morning(at: datetime, local_hour_of_sending: int | None):
    moment = notifications.next_moment(is_urgent=False, at=at)
    assert (moment and moment.hour) == local_hour_of_sending
    assert moment is None or moment > at


def test_codes_do_not_wait():
    assert notifications.next_moment(is_urgent=True, at=NIGHT) is None
