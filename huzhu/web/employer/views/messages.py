"""消息中心 of an employer: announcements of the association, each with everybody's own receipt, and messages about own papers."""

from __future__ import annotations

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from huzhu.announcements import operations as announcements
from huzhu.announcements.models import Announcement, AnnouncementRead
from huzhu.notifications import operations as notifications
from huzhu.notifications.models import Notice
from huzhu.ui import menus

LATEST = 100


def messages(request: HttpRequest) -> HttpResponse:
    """The latest announcements to, and messages of, the employer in front."""
    actor = request.actor
    told = Announcement.objects.visible_to(actor).with_read_by(actor).select_related("branch")
    notices = Notice.objects.filter(employer_id=actor.employer_id).order_by("-id")[:LATEST]
    return render(
        request,
        "employer/messages/list.html",
        {"announcements": told.order_by("-published_at", "-id")[:LATEST], "notices": notices},
    )


def announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """One announcement, and who of the employer has read it. Two queries."""
    told = Announcement.objects.visible_to(request.actor).select_related("branch")
    found = get_object_or_404(told, pk=announcement_id)
    reads = list(
        AnnouncementRead.objects.visible_to(request.actor).filter(announcement=found).order_by("read_at", "id")
    )
    return render(
        request,
        "employer/messages/announcement.html",
        {
            "announcement": found,
            "reads": reads,
            "is_read": any(read.user_id == request.actor.user_id for read in reads),
        },
    )


def confirm_read(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """我已阅读."""
    found = get_object_or_404(Announcement.objects.visible_to(request.actor), pk=announcement_id)
    try:
        announcements.confirm_read(announcement_id=found.pk, by=request.actor, at=timezone.now())
    except announcements.AnnouncementRefused as refusal:
        flash.warning(request, str(refusal))
    else:
        flash.success(request, f"已确认阅读：{found.title}")
    return redirect("employer:announcement", found.pk)


def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark all messages as read; announcements are read one by one."""
    notifications.mark_read(employer_id=request.actor.employer_id, by=request.actor, at=timezone.now())
    return redirect("employer:messages")


@menus.counts_for("employer")
def count_unread(request: HttpRequest) -> dict[str, int]:
    """How many messages and announcements are unread; two queries."""
    notices = Notice.objects.filter(employer_id=request.actor.employer_id, read_at__isnull=True).count()
    return {"messages": notices + Announcement.objects.visible_to(request.actor).unread_by(request.actor).count()}
