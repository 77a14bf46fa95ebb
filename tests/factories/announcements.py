"""Announcements, and what becomes of them."""

from __future__ import annotations

from datetime import datetime

import factory
from factory.django import DjangoModelFactory

from huzhu.accounts.models import User
from huzhu.announcements.models import Announcement, AnnouncementRead, AnnouncementRecipient
from huzhu.employers.models import Employer
from tests.factories.accounts import NOON, BranchFactory
from tests.factories.flows import move


class AnnouncementFactory(DjangoModelFactory):
    """A draft to all employers of a branch."""

    class Meta:
        model = Announcement

    branch = factory.SubFactory(BranchFactory)
    title = factory.Sequence(lambda n: f"关于续保的公告{n}")
    body = "请各单位尽快核对名册。\n\n如有疑问请联系所属代办处。"
    audience = "all"
    written_at = NOON
    written_by_name = "林晓敏"


def announced(
    draft: Announcement, *employers: Employer, reader: User | None = None, at: datetime = NOON
) -> Announcement:
    """A draft published to these employers, read by somebody of the first."""
    for employer in employers:
        AnnouncementRecipient.objects.create(announcement=draft, employer=employer)
    draft.published_at, draft.recipient_count = at, len(employers)
    move(draft, "published", at=at)
    if reader:
        AnnouncementRead.objects.create(
            announcement=draft, employer=employers[0], user_id=reader.pk, user_name=reader.name, read_at=at
        )
    return draft
