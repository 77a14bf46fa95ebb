"""The QR code beside a proof slot: where it leads, how long it opens, what has come through it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from huzhu.documents import qr
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication, PhoneLink
from huzhu.shared.actors import Actor


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A link as its slot shows it; `over` says why it opens nothing any more."""

    kind: str
    code: SafeString
    address: str
    expires_at: datetime
    count: int
    over: str
    seen: str
    poll_url: str


def get_phone(*, application: EnrolmentApplication, kind: str, by: Actor, at: datetime) -> Phone | None:
    """
    This function will give the link somebody opened last for a slot; None if there is none.
    """
    link = (
        PhoneLink.objects.filter(application=application, kind=kind, opened_by_id=by.user_id)
        .order_by("opened_at")
        .last()
    )
    if not kind or link is None:
        return None
    over = ""
    try:
        enrolment.check_open(link, at=at)
    except enrolment.PhoneLinkOver as error:
        over = str(error)
    address = f"{settings.PUBLIC_URL.rstrip('/')}{reverse('public:phone-upload', args=[enrolment.get_token(link)])}"
    seen = f"{link.file_count}{'x' if over else ''}"
    page = reverse("employer:wizard-proofs", args=[application.pk])
    return Phone(
        kind=kind,
        code=mark_safe(qr.svg(text=address)),  # noqa: S308 - drawn by us
        address=address,
        expires_at=link.expires_at,
        count=link.file_count,
        over=over,
        seen=seen,
        poll_url=f"{page}?{urlencode({'phone': kind, 'seen': seen})}",
    )
