"""Devices on which an employer's person has proven the mobile: found, remembered, listed, forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from huzhu.accounts.models import KnownDevice, User
from huzhu.audit import operations as audit
from huzhu.shared.actors import Actor

LASTS = timedelta(days=180)  # after the mobile was proven
IDLE = timedelta(days=90)  # without signing in there


def is_known(*, user: User, browser: str, at: datetime) -> bool:
    """
    Test if this account has proven its mobile in this browser, not too long ago, and since the password was set.
    """
    return bool(browser) and get_devices(user_id=user.pk, at=at).filter(mark=mark(user, browser)).exists()


def get_devices(*, user_id: int, at: datetime) -> QuerySet[KnownDevice]:
    """The devices still known for an account, the latest used first."""
    known = KnownDevice.objects.filter(user_id=user_id, first_seen_at__gt=at - LASTS, last_seen_at__gt=at - IDLE)
    return known.order_by("-last_seen_at", "-id")


@transaction.atomic
def remember(*, user: User, browser: str, is_proven: bool, by: Actor, at: datetime) -> None:
    """
    This function will note that the account was used in this browser; where the mobile was proven just now, the device is known
    from now on.
    """
    known = KnownDevice.objects.filter(user=user, mark=mark(user, browser))
    seen = {"device": by.device[:200], "address": by.address[:45], "last_seen_at": at}
    if not is_proven:
        known.update(**seen)
        return
    fresh = seen | {"first_seen_at": at}
    KnownDevice.objects.update_or_create(user=user, mark=mark(user, browser), defaults=fresh)
    audit.record("accounts.remember_device", label="记住设备", subject=user, by=by, at=at)


@transaction.atomic
def forget(*, device_id: int, by: Actor, at: datetime) -> None:
    """
    This function will forget one of the actor's own devices: the next sign-in there asks for a code again.

    :raises KnownDevice.DoesNotExist: if it is none of theirs
    """
    device = KnownDevice.objects.select_for_update().get(pk=device_id, user_id=by.user_id or 0)
    audit.record("accounts.forget_device", label="移除设备", subject=User(pk=by.user_id), by=by, at=at)
    device.delete()


def mark(user: User, browser: str) -> str:
    """
    What stands for one browser at one account: without the browser's number nobody can make it, and it fits no other account.
    """
    return salted_hmac("huzhu.accounts.devices", f"{user.pk}/{browser}", algorithm="sha256").hexdigest()
