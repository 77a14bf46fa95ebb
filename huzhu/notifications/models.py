"""The outbox: every message is a row in the transaction of its event; a job sends it afterwards."""

from django.db import models

from huzhu.notifications.states import MessageState
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import rows_stay


class SmsMessage(models.Model):
    """
    One text message to one mobile. `key` names the event it tells of, so that no event is told twice.
    """

    key = models.CharField(max_length=120, unique=True)
    template = models.CharField(max_length=60)
    template_version = models.PositiveSmallIntegerField()
    mobile = models.CharField(max_length=20)
    body = models.TextField()
    is_urgent = models.BooleanField(default=False)  # verification codes: quiet hours never hold them back
    employer_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.QUEUED)
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_reference = models.CharField(max_length=80, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    privacy = data_classes(
        internal="id key template template_version is_urgent employer_id state queued_at not_before sent_at attempts "
        "provider_reference last_error",
        personal="mobile body",
    )

    class Meta:
        indexes = [
            models.Index(fields=["state", "id"], name="sms_state"),
            models.Index(fields=["mobile", "-id"], name="sms_mobile"),
        ]
        triggers = rows_stay("key", "template", "template_version", "mobile", "body", "employer_id", "queued_at")

    def __str__(self) -> str:
        return f"{self.template} {self.get_state_display()}"


class SimulatedDelivery(models.Model):
    """
    One message as the simulated gateway received it; the demo's phone. A second delivery of the same message would be seen here.
    """

    message = models.ForeignKey(SmsMessage, on_delete=models.CASCADE, related_name="deliveries")
    received_at = models.DateTimeField()

    privacy = data_classes(internal="id message received_at")


class Notice(models.Model):
    """
    One in-app message to one employer or one staff account (消息中心).
    """

    key = models.CharField(max_length=120, unique=True)
    employer_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=120)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    privacy = data_classes(internal="id key employer_id user_id title body url sent_at read_at")

    class Meta:
        indexes = [models.Index(fields=["employer_id", "-id"], name="notice_employer")]
