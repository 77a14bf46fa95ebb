"""The one interface to whoever carries our messages, and the simulator that stands in for a carrier."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from huzhu.notifications.models import SimulatedDelivery, SmsMessage


class DeliveryFailed(Exception):
    """The carrier did not take the message; it may be tried again."""


class SmsGateway(Protocol):
    """A carrier. `reference` is our own id: a carrier that has it already must not send again."""

    def send(self, *, message: SmsMessage, reference: str, at: datetime) -> str:
        """
        This function will hand one message to the carrier and return the carrier's reference.

        :raises DeliveryFailed: if the carrier did not take it
        """
        ...


class Simulator:
    """Keeps messages in the database, where the demo's phone page shows them. It takes a reference once, as real carriers do."""

    def send(self, *, message: SmsMessage, reference: str, at: datetime) -> str:
        """This function will keep the message as delivered."""
        delivery, _ = SimulatedDelivery.objects.get_or_create(message=message, defaults={"received_at": at})
        return f"simulated-{delivery.pk}"


def get_gateway() -> SmsGateway:
    """The gateway named in the settings."""
    return import_string(settings.SMS_GATEWAY)()
